"""Read the recordings that `python -m plant record` writes."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import RecordingError
from models.layout import Layout

_BY_TIME = ("time_s", "values", "status", "fault", "failed", "running")
_BY_TAG = ("tag_device", "tag_group", "tag_name", "tag_unit", "tag_normal_low", "tag_normal_high")
_OTHERS = ("device", "family", "fault_names")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A plant's readings with the truth about its faults.

    Attributes:
        name: File name, for messages and reports.
        layout: What the columns are.
        time_s: shape (n,), simulated seconds, rising.
        values: shape (n, n_tags).
        status: shape (n, n_tags), OPC UA status codes.
        running: shape (n, n_devices), running states.
        fault: shape (n, n_devices), index into `fault_names`, -1 for none.
        failed: shape (n, n_devices), the fault has ended in failure.
        fault_names: Names of the fault codes.
        seed: Seed that the plant ran with; -1 if the file does not say.
    """

    name: str
    layout: Layout
    time_s: NDArray[np.float64]
    values: NDArray[np.float32]
    status: NDArray[np.uint32]
    running: NDArray[np.int8]
    fault: NDArray[np.int16]
    failed: NDArray[np.bool_]
    fault_names: tuple[str, ...]
    seed: int

    @property
    def is_healthy(self) -> bool:
        """Return whether nothing went wrong in it."""
        return not bool((self.fault >= 0).any())

    def ticks(self) -> Iterator[int]:
        """Return the row numbers, oldest first."""
        return iter(range(len(self.time_s)))


def load_recording(path: Path) -> Recording:
    """Return the recording in a file.

    Raises:
        RecordingError: The file cannot be read, lacks an array, or its arrays contradict each other.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise RecordingError(f"{path}: not a recording: {error}") from error
    missing = [name for name in (*_BY_TIME, *_BY_TAG, *_OTHERS) if name not in arrays]
    if missing:
        raise RecordingError(f"{path}: {missing[0]} is missing")
    _check_shapes(path, arrays)
    return Recording(
        name=path.name,
        layout=_layout(arrays),
        time_s=arrays["time_s"],
        values=arrays["values"],
        status=arrays["status"],
        running=arrays["running"],
        fault=arrays["fault"],
        failed=arrays["failed"],
        fault_names=tuple(map(str, arrays["fault_names"])),
        seed=int(arrays["seed"].flat[0]) if "seed" in arrays else -1,
    )


def _check_shapes(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    rows, tags, devices = len(arrays["time_s"]), len(arrays["tag_device"]), len(arrays["device"])
    wanted: dict[str, tuple[int, ...]] = dict.fromkeys(("fault", "failed", "running"), (rows, devices))
    wanted |= dict.fromkeys(("values", "status"), (rows, tags))
    wanted |= dict.fromkeys(_BY_TAG, (tags,))
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise RecordingError(f"{path}: {name} has shape {arrays[name].shape}, not {shape}")
    if rows < 2 or bool((np.diff(np.asarray(arrays["time_s"], dtype=np.float64)) <= 0.0).any()):
        raise RecordingError(f"{path}: time_s does not rise over at least 2 rows")


def _layout(arrays: dict[str, NDArray[np.generic]]) -> Layout:
    devices = tuple(map(str, arrays["device"]))
    place = {device: index for index, device in enumerate(devices)}
    index = [place[str(device)] for device in arrays["tag_device"]]
    return Layout(
        devices=devices,
        families=tuple(map(str, arrays["family"])),
        tag_device_index=np.asarray(index, dtype=np.int32),
        tag_group=tuple(map(str, arrays["tag_group"])),
        tag_name=tuple(map(str, arrays["tag_name"])),
        tag_unit=tuple(map(str, arrays["tag_unit"])),
        normal_low=np.asarray(arrays["tag_normal_low"], dtype=np.float64),
        normal_high=np.asarray(arrays["tag_normal_high"], dtype=np.float64),
    )
