"""Write a recording as one table in the shape of a data set."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plant.data_sets import Column, DataSet
from plant.engine import Engine
from plant.entities import DeviceDefinition
from plant.record import Record
from plant.unfinished import unfinished_file

BEGIN: Final = np.datetime64("2026-01-01T00:00:00.000", "ms")  # of simulated time; always the same
_BAD: Final = 0x80000000
_STATES: Final = np.array(["stopped", "starting", "running", "stopping", "stopped", "offline"])


def write_data_set(path: Path, engine: Engine, data_set: DataSet, blocks: Iterable[Record]) -> int:
    """Write one CSV file, which appears when it is complete; a reading that is Bad is an empty cell. Returns its rows.

    Raises:
        OSError: It cannot be written, or the disk is full.
    """
    devices = engine.definition.devices
    companions = [device for device in devices if device.family is data_set.companion]
    machines = [device for device in devices if device.family in data_set.families]
    tables = [
        _Machine(engine, data_set, device, companions[number % len(companions)] if companions else None)
        for number, device in enumerate(machines)
    ]
    head = ["timestamp", "device", "family", *(column.name for column in data_set.columns)]
    head += [
        "state",
        *([data_set.rule_name] if data_set.rule else []),
        "true_fault",
        "is_anomaly",
        "failed",
        "rul_h",
    ]
    count = 0
    with unfinished_file(path) as file:
        file.write((",".join(head) + "\n").encode("utf-8"))
        for block in blocks:
            times = np.datetime_as_string(
                BEGIN + (block.time_s * 1000.0).round().astype("timedelta64[ms]"), unit="s"
            )
            stamps = [str(text).replace("T", " ") for text in times]
            rows = [table.rows(block, stamps) for table in tables]
            file.write("".join(chain.from_iterable(zip(*rows, strict=True))).encode("utf-8"))
            count += len(stamps) * len(tables)
    return count


class _Machine:
    """One machine's rows."""

    def __init__(
        self, engine: Engine, data_set: DataSet, device: DeviceDefinition, companion: DeviceDefinition | None
    ) -> None:
        self._device, self._data_set = device, data_set
        self._names = np.array([*engine.fault_names, ""])  # code -1 is the empty name
        self._place = engine.definition.devices.index(device)
        index = {(tag.device, tag.definition.name): tag.index for tag in engine.tags}
        self._sources: list[tuple[Column, int | None]] = [
            (column, _source(column, index, device, companion)) for column in data_set.columns
        ]

    def rows(self, block: Record, stamps: list[str]) -> Iterator[str]:
        """Return the lines of a block."""
        place, data_set = self._place, self._data_set
        read = {
            column.name: block.values[:, source].astype(np.float64)
            for column, source in self._sources
            if source is not None
        }
        codes = block.fault[:, place]
        columns = [stamps, *(_cells(block, column.precision, source) for column, source in self._sources)]
        columns.append(_STATES[block.running[:, place]].tolist())
        if data_set.rule is not None:
            columns.append(_flags(data_set.rule(read)))
        columns += [self._names[codes].tolist(), _flags(codes >= 0), _flags(block.failed[:, place])]
        columns.append([f"{hours:.3f}" for hours in block.rul_h[:, place].tolist()])
        who = f",{self._device.tag},{self._device.family},"
        return (f"{stamp}{who}{','.join(rest)}\n" for stamp, *rest in zip(*columns, strict=True))


def _source(
    column: Column,
    index: dict[tuple[str, str], int],
    device: DeviceDefinition,
    companion: DeviceDefinition | None,
) -> int | None:
    if device.family in column.tags:
        return index[device.tag, column.tags[device.family]]
    if companion is not None and companion.family in column.tags:
        return index[companion.tag, column.tags[companion.family]]
    return None


def _cells(block: Record, precision: int, source: int | None) -> list[str]:
    if source is None:
        return [""] * len(block.time_s)
    texts = [f"{value:.{precision}f}" for value in block.values[:, source].tolist()]
    for row in np.flatnonzero(block.status[:, source] >= _BAD).tolist():
        texts[row] = ""
    return texts


def _flags(marks: NDArray[np.bool_]) -> list[str]:
    return ["1" if mark else "0" for mark in marks.tolist()]
