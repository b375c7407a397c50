"""Find tags by what they mean: a device's temperature, its running state, the plant's latch."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hmi.link.types import DeviceInfo, PlantModel, TagInfo

MEASUREMENTS: Final = "Measurements"
EXPECTED: Final = (
    "Expected"  # what the server's twin says that a measurement should read; same device, same name
)


class Metric(StrEnum):
    """What the tables compare over all devices."""

    TEMPERATURE = "Temperature"
    VIBRATION = "Vibration"
    PRESSURE = "Pressure"
    POWER = "Power"


_UNITS: Final = {
    Metric.TEMPERATURE: ("°C", "degC"),
    Metric.VIBRATION: ("mm/s", "m/s²", "m/s2"),
    Metric.PRESSURE: ("bar",),
    Metric.POWER: ("kW",),
}
_PREFERRED: Final = ("WindingTemperature", "SpindleTemperature")  # where a device has several of a kind
_EMPTY: Final = PlantModel(plant_name="", devices=(), tags=())


class Catalogue:
    """Look-ups over one plant model."""

    def __init__(self, model: PlantModel = _EMPTY) -> None:
        self.model = model
        self.devices = model.devices
        self._tags = {t.tag_id: t for t in model.tags}
        self._by_name = {(t.device, t.group, t.name): t for t in model.tags}
        self._by_path = {node_path(t.node_id): t for t in model.tags}
        self._index = {d.tag: i for i, d in enumerate(model.devices)}

    def device(self, tag: str) -> DeviceInfo | None:
        """Return a device by its tag."""
        at = self._index.get(tag)
        return None if at is None else self.devices[at]

    def index(self, tag: str) -> int:
        """Return a device's place in the list, -1 where there is none."""
        return self._index.get(tag, -1)

    def tag(self, tag_id: int) -> TagInfo | None:
        """Return a tag by its id."""
        return self._tags.get(tag_id)

    def find(self, device: str, group: str, name: str) -> TagInfo | None:
        """Return a device's tag by group and name."""
        return self._by_name.get((device, group, name))

    def find_path(self, path: str) -> TagInfo | None:
        """Return a tag by the path in its NodeId: "Plant/EmergencyStopLatched"."""
        return self._by_path.get(path)

    def tags_of(self, device: str, group: str) -> tuple[TagInfo, ...]:
        """Return a device's tags of one group, in the server's order."""
        found = self.device(device)
        ids = found.tags if found else ()
        return tuple(t for i in ids if (t := self._tags.get(i)) is not None and t.group == group)

    def plant_tags(self, group: str) -> tuple[TagInfo, ...]:
        """Return the plant-wide tags of one group."""
        return tuple(t for t in self.model.tags if not t.device and t.group == group)

    def metric(self, device: str, metric: Metric) -> TagInfo | None:
        """Return the tag that stands for a metric of a device, if it has one."""
        found = [t for t in self.tags_of(device, MEASUREMENTS) if _measures(t, metric)]
        return min(found, key=_rank, default=None)

    def column(self, group: str, name: str) -> NDArray[np.intp]:
        """Return the tag id per device of a tag that many have, -1 where a device lacks it."""
        found = (self.find(d.tag, group, name) for d in self.devices)
        return np.array([-1 if t is None else t.tag_id for t in found], np.intp)

    def metric_column(self, metric: Metric) -> NDArray[np.intp]:
        """Return the tag id per device of a metric, -1 where a device lacks it."""
        found = (self.metric(d.tag, metric) for d in self.devices)
        return np.array([-1 if t is None else t.tag_id for t in found], np.intp)

    def lines(self) -> Iterator[tuple[tuple[str, str], tuple[DeviceInfo, ...]]]:
        """Yield ((area, line), its devices) in the plant's order."""
        groups: dict[tuple[str, str], list[DeviceInfo]] = {}
        for device in self.devices:
            groups.setdefault((device.area, device.line), []).append(device)
        for place, members in groups.items():
            yield place, tuple(members)


def node_path(node_id: str) -> str:
    """Return the text after `s=` of a NodeId."""
    _, _, path = node_id.partition("s=") if node_id.startswith("s=") else node_id.partition(";s=")
    return path


def source_tag(path_or_source: str) -> str:
    """Return the last word of a source name: "CNC-014/Vibration" is "Vibration"."""
    return path_or_source.rpartition("/")[2]


def _measures(tag: TagInfo, metric: Metric) -> bool:
    if tag.unit not in _UNITS[metric]:
        return False
    return metric is not Metric.VIBRATION or "ibration" in tag.name


def _rank(tag: TagInfo) -> tuple[bool, int]:
    return (tag.name not in _PREFERRED, tag.tag_id)
