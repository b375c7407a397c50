"""Keep calibrations as files, one JSON object per device."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from plant.errors import DefinitionError
from plant.twin.fit import DeviceFit, TagFit
from plant.unfinished import unfinished_file

FORMAT = 1
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_TAG_NUMBERS = ("gain", "offset", "r2", "residual_std", "noise", "level")


def save_fits(folder: Path, fits: Iterable[DeviceFit]) -> list[Path]:
    """Write one file per device; each appears whole, and takes the place of an earlier one."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for fit in fits:
        path = folder / f"{fit.device}.json"
        with unfinished_file(path) as file:
            file.write((json.dumps({"format": FORMAT, **asdict(fit)}, indent=1) + "\n").encode())
        written.append(path)
    return written


def load_fits(folder: Path, families: Mapping[str, str]) -> dict[str, DeviceFit]:
    """Return the calibrations of the devices that the plant has; none where there is no folder.

    Args:
        folder: Where `save_fits` has put them.
        families: Family of each machine of the plant, by its tag. Files of other devices are left alone.

    Raises:
        DefinitionError: A file is no calibration, or of a device of another family; one sentence with file and key.
    """
    found = {}
    for device, family in families.items():
        path = folder / f"{device}.json"
        if _SAFE.fullmatch(device) and path.is_file():
            found[device] = _read(path, device, family)
    return found


def _read(path: Path, device: str, family: str) -> DeviceFit:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise DefinitionError(f"{path}: it is no calibration: {problem}") from problem
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise DefinitionError(f"{path}: format: it is no calibration of format {FORMAT}")
    for key, wanted in (("device", device), ("family", family)):
        if raw.get(key) != wanted:
            raise DefinitionError(f"{path}: {key}: {raw.get(key)!r} is not {wanted!r}")
    parameters, tags = raw.get("parameters"), raw.get("tags")
    if not isinstance(parameters, dict) or not isinstance(tags, dict):
        raise DefinitionError(f"{path}: parameters and tags must be tables")
    return DeviceFit(
        device=device,
        family=family,
        samples=int(_number(path, raw, "samples", 0.0, 1e12)),
        seconds=_number(path, raw, "seconds", 0.0, 1e12),
        parameters={name: _number(path, parameters, name, 0.1, 10.0) for name in parameters},
        tags={name: _tag(path, name, each) for name, each in tags.items()},
    )


def _tag(path: Path, name: str, raw: object) -> TagFit:
    if not isinstance(raw, dict):
        raise DefinitionError(f"{path}: tags.{name}: it is no table")
    numbers = {key: _number(path, raw, key, -1e12, 1e12) for key in _TAG_NUMBERS}
    return TagFit(samples=int(_number(path, raw, "samples", 0.0, 1e12)), **numbers)


def _number(path: Path, raw: Mapping[str, Any], key: str, low: float, high: float) -> float:
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise DefinitionError(f"{path}: {key}: {value!r} is not a finite number")
    if not low <= value <= high:
        raise DefinitionError(f"{path}: {key}: {value:g} is outside {low:g} to {high:g}")
    return float(value)
