"""Record a plant into files, with the ground truth beside the values."""

import csv
import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plant.atomic_file import atomic_path
from plant.engine import Engine

_MAX_VALUES = 400_000_000  # 1.6 GB of float32: more than that is a mistake in --every


@dataclass(slots=True, kw_only=True)
class Record:
    """What a recording holds; rows are moments, columns tags or devices in the engine's order."""

    time_s: NDArray[np.float64]
    values: NDArray[np.float32]
    status: NDArray[np.uint32]
    fault: NDArray[np.int16]
    failed: NDArray[np.bool_]
    running: NDArray[np.int8]


def record(engine: Engine, *, duration_s: float, step_s: float = 1.0, every_s: float = 1.0) -> Record:
    """Step the engine and keep a row each `every_s`.

    Raises:
        ValueError: `every_s` is no whole multiple of `step_s`, or the recording would not fit into memory.
    """
    stride = round(every_s / step_s)
    if stride < 1 or not math.isclose(stride * step_s, every_s, rel_tol=1e-9):
        raise ValueError(f"every: {every_s:g} s is no whole multiple of the step of {step_s:g} s")
    rows = int(duration_s / every_s + 1e-9)
    if rows < 1:
        raise ValueError(f"hours: {duration_s / 3600.0:g} h is shorter than one row of {every_s:g} s")
    if rows * len(engine.tags) > _MAX_VALUES:
        raise ValueError(f"every: {rows} rows of {len(engine.tags)} tags do not fit into memory; keep fewer")
    kept = _empty(rows, len(engine.tags), len(engine.definition.devices))
    modes = _mode_columns(engine)
    for row in range(rows):
        for _ in range(stride):
            engine.step(step_s)
        kept.time_s[row] = engine.time_s
        kept.values[row] = engine.values
        kept.status[row] = engine.status
        kept.fault[row], kept.failed[row] = engine.fault_labels()
        kept.running[row] = engine.values[modes]
    return kept


def write_npz(path: Path, engine: Engine, kept: Record) -> None:
    """Write one NumPy archive; the file appears when it is complete."""
    tags, devices = engine.tags, engine.definition.devices
    arrays: dict[str, NDArray[Any]] = {
        "time_s": kept.time_s,
        "values": kept.values,
        "status": kept.status,
        "tag_device": np.array([tag.device for tag in tags]),
        "tag_group": np.array([tag.group for tag in tags]),
        "tag_name": np.array([tag.definition.name for tag in tags]),
        "tag_unit": np.array([tag.definition.unit for tag in tags]),
        "tag_normal_low": np.array([tag.definition.normal_low for tag in tags]),
        "tag_normal_high": np.array([tag.definition.normal_high for tag in tags]),
        "device": np.array([device.tag for device in devices]),
        "family": np.array([device.family.value for device in devices]),
        "fault": kept.fault,
        "fault_names": np.array(engine.fault_names),
        "failed": kept.failed,
        "running": kept.running,
        "seed": np.array(engine.seed),
    }
    with atomic_path(path) as unfinished, zipfile.ZipFile(unfinished, "w") as archive:
        for name, array in arrays.items():
            # Noise does not compress: storing the values as they are is ten times faster.
            archive.compression = zipfile.ZIP_STORED if name == "values" else zipfile.ZIP_DEFLATED
            archive.compresslevel = 1
            info = zipfile.ZipInfo(f"{name}.npy")  # its fixed date keeps the same recording the same bytes
            info.compress_type = archive.compression
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)


def write_csv_folder(folder: Path, engine: Engine, kept: Record) -> None:
    """Write one CSV file per device: time, its tags, running state, fault, whether it has failed."""
    folder.mkdir(parents=True, exist_ok=True)
    names = (*engine.fault_names, "")  # code -1 is the empty name
    for place, device in enumerate(engine.definition.devices):
        columns = [tag for tag in engine.tags if tag.device == device.tag]
        formats = [_formatter(tag.definition.precision) for tag in columns]
        values = kept.values[:, [tag.index for tag in columns]]
        with (
            atomic_path(folder / f"{device.tag}.csv") as unfinished,
            unfinished.open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            heads = [f"{tag.group}/{tag.definition.name} [{tag.definition.unit}]" for tag in columns]
            writer.writerow(["time_s", *heads, "fault", "failed"])
            for row, time_s in enumerate(kept.time_s):
                cells = [form(float(value)) for form, value in zip(formats, values[row], strict=True)]
                label = names[kept.fault[row, place]]
                writer.writerow([f"{time_s:.3f}", *cells, label, int(kept.failed[row, place])])


def _formatter(precision: int) -> Callable[[float], str]:
    return lambda value: f"{value:.{precision}f}"


def _empty(rows: int, tags: int, devices: int) -> Record:
    return Record(
        time_s=np.empty(rows, dtype=np.float64),
        values=np.empty((rows, tags), dtype=np.float32),
        status=np.empty((rows, tags), dtype=np.uint32),
        fault=np.empty((rows, devices), dtype=np.int16),
        failed=np.empty((rows, devices), dtype=np.bool_),
        running=np.empty((rows, devices), dtype=np.int8),
    )


def _mode_columns(engine: Engine) -> NDArray[np.intp]:
    found = {tag.device: tag.index for tag in engine.tags if tag.definition.name == "RunningState"}
    return np.array([found[device.tag] for device in engine.definition.devices], dtype=np.intp)
