"""Describe to the detectors which column belongs to which device."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of a plant's values, without anything of the plant's own code.

    Attributes:
        devices: Device tags, in the order of every array over devices.
        families: Family of each device, as on the wire ("cnc", "robot_arm", ...).
        tag_device_index: shape (n_tags,), index into `devices`.
        tag_group: Group of each column ("Measurements", "State", ...).
        tag_name: Name of each column.
        tag_unit: Unit key of each column ("degC", "mm/s", ...).
        normal_low: shape (n_tags,), lower end of the normal band; NaN where there is none.
        normal_high: shape (n_tags,), upper end.
    """

    devices: tuple[str, ...]
    families: tuple[str, ...]
    tag_device_index: NDArray[np.int32]
    tag_group: tuple[str, ...]
    tag_name: tuple[str, ...]
    tag_unit: tuple[str, ...]
    normal_low: NDArray[np.float64]
    normal_high: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check that the parts fit together.

        Raises:
            ValueError: Two parts differ in length, or a column names a device that is not there.
        """
        if len(self.families) != len(self.devices):
            raise ValueError(f"layout: {len(self.families)} families for {len(self.devices)} devices")
        count = len(self.tag_device_index)
        for name in ("tag_group", "tag_name", "tag_unit", "normal_low", "normal_high"):
            if len(getattr(self, name)) != count:
                raise ValueError(f"layout: {name} has {len(getattr(self, name))} entries, not {count}")
        if count and not 0 <= self.tag_device_index.min() <= self.tag_device_index.max() < len(self.devices):
            raise ValueError(f"layout: tag_device_index is outside 0..{len(self.devices) - 1}")

    @property
    def n_devices(self) -> int:
        return len(self.devices)

    @property
    def n_tags(self) -> int:
        return len(self.tag_device_index)

    def to_dict(self) -> dict[str, Any]:
        """Return the layout as plain JSON types; a missing bound is None."""
        return {
            "devices": list(self.devices),
            "families": list(self.families),
            "tag_device_index": self.tag_device_index.tolist(),
            "tag_group": list(self.tag_group),
            "tag_name": list(self.tag_name),
            "tag_unit": list(self.tag_unit),
            "normal_low": _without_nan(self.normal_low),
            "normal_high": _without_nan(self.normal_high),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Layout":
        """Return the layout that `to_dict` has written.

        Raises:
            ValueError: A part is missing, or the parts do not fit together.
        """
        try:
            return cls(
                devices=tuple(map(str, data["devices"])),
                families=tuple(map(str, data["families"])),
                tag_device_index=np.asarray(data["tag_device_index"], dtype=np.int32),
                tag_group=tuple(map(str, data["tag_group"])),
                tag_name=tuple(map(str, data["tag_name"])),
                tag_unit=tuple(map(str, data["tag_unit"])),
                normal_low=np.asarray(data["normal_low"], dtype=np.float64),
                normal_high=np.asarray(data["normal_high"], dtype=np.float64),
            )
        except KeyError as error:
            raise ValueError(f"layout: {error.args[0]} is missing") from error


def _without_nan(bounds: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(bound) else float(bound) for bound in bounds]
