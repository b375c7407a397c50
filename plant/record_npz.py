"""Write a recording as one NumPy archive, the values as they come."""

import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from plant.engine import Engine
from plant.laws.utilities import UTILITY_TAGS
from plant.record import Record
from plant.unfinished import unfinished_file

_LEVEL: Final = 1
_LABELS: Final = (
    "status",
    "fault",
    "sensor_fault",
    "failed",
    "running",
    "rul_h",
    "utilities",
)  # they compress well
_FREE_BYTES: Final = 50_000_000  # left for others on the disk


class _Spool:
    """Rows of one array, kept compressed: labels and status hardly ever change."""

    def __init__(self) -> None:
        self._parts: list[tuple[tuple[int, ...], np.dtype[Any], bytes]] = []

    def add(self, rows: NDArray[Any]) -> None:
        packed = zlib.compress(rows.tobytes(), _LEVEL) if rows.any() else b""
        self._parts.append((rows.shape, rows.dtype, packed))

    @property
    def shape(self) -> tuple[int, ...]:
        rows = sum(shape[0] for shape, _, _ in self._parts)
        return (rows, *self._parts[0][0][1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._parts[0][1]

    def chunks(self) -> Iterator[bytes]:
        for shape, dtype, packed in self._parts:
            yield zlib.decompress(packed) if packed else bytes(int(np.prod(shape)) * dtype.itemsize)


def write_npz(path: Path, engine: Engine, blocks: Iterable[Record], rows: int) -> None:
    """Write `rows` rows into one file, which appears when it is complete.

    Raises:
        OSError: The disk is full, or the folder cannot be written.
    """
    tags = len(engine.tags)
    _check_space(path, rows * tags * 4)
    spools = {name: _Spool() for name in ("time_s", *_LABELS)}
    with unfinished_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        # Noise does not compress: storing the values as they are is ten times faster.
        with _member(archive, "values", (rows, tags), np.dtype(np.float32), compress=False) as member:
            for block in blocks:
                member.write(block.values.tobytes())
                for name, spool in spools.items():
                    spool.add(getattr(block, name))
        for name, spool in spools.items():
            with _member(archive, name, spool.shape, spool.dtype) as member:
                for chunk in spool.chunks():
                    member.write(chunk)
        for name, array in _layout(engine).items():
            with _member(archive, name, array.shape, array.dtype) as member:
                member.write(array.tobytes())


def _layout(engine: Engine) -> dict[str, NDArray[Any]]:
    """Return what the columns are."""
    tags, devices = engine.tags, engine.definition.devices
    return {
        "tag_device": np.array([tag.device for tag in tags]),
        "tag_group": np.array([tag.group for tag in tags]),
        "tag_name": np.array([tag.definition.name for tag in tags]),
        "tag_unit": np.array([tag.definition.unit for tag in tags]),
        "tag_normal_low": np.array([tag.definition.normal_low for tag in tags]),
        "tag_normal_high": np.array([tag.definition.normal_high for tag in tags]),
        "device": np.array([device.tag for device in devices]),
        "family": np.array([device.family.value for device in devices]),
        "utility_name": np.array([tag.name for tag in UTILITY_TAGS]),
        "utility_unit": np.array([tag.unit for tag in UTILITY_TAGS]),
        "fault_names": np.array(engine.fault_names),
        "seed": np.array(engine.seed),
    }


def _member(
    archive: zipfile.ZipFile,
    name: str,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    *,
    compress: bool = True,
) -> IO[bytes]:
    info = zipfile.ZipInfo(f"{name}.npy")  # its fixed date keeps the same recording the same bytes
    info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    info._compresslevel = _LEVEL  # type: ignore[attr-defined]  # public from Python 3.13 on
    member = archive.open(info, "w", force_zip64=True)
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(member, header)
    return member


def _check_space(path: Path, needed: int) -> None:
    """Refuse a recording that the disk cannot hold before an hour is spent on it."""
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free - _FREE_BYTES
    if needed > free:
        raise OSError(
            f"{path}: {needed / 1e9:.1f} GB are needed, {max(free, 0) / 1e9:.1f} GB are free: keep fewer rows"
        )
