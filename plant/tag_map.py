"""Say which column of the engine's arrays belongs to which tag."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from plant.columns import TagColumn
from plant.entities import PlantDefinition
from plant.fork import unchanging

Indices = NDArray[np.intp]


@unchanging
class TagMap:
    """The columns, flattened over devices in the order of the plant file."""

    def __init__(self, definition: PlantDefinition) -> None:
        self.columns: tuple[TagColumn, ...] = tuple(
            TagColumn(index=index, device=device, group=tag.group.value, definition=tag)
            for index, (device, tag) in enumerate(
                (device.tag, tag) for device in definition.devices for tag in device.tags
            )
        )
        self._index = {(each.device, each.group, each.definition.name): each.index for each in self.columns}
        self._by_name: dict[str, list[TagColumn]] = {}
        for column in self.columns:
            self._by_name.setdefault(column.device, []).append(column)

    def __len__(self) -> int:
        return len(self.columns)

    def index(self, device: str, group: str, name: str) -> int:
        """Return the column of one tag."""
        return self._index[device, group, name]

    def indices(self, devices: Sequence[str], group: str, name: str) -> Indices:
        """Return the columns of the same tag on several devices."""
        return np.array([self._index[device, group, name] for device in devices], dtype=np.intp)

    def gather(self, places: Iterable[tuple[str, str, str]]) -> Indices:
        """Return the columns of (device, group, name) triples."""
        return np.array([self._index[place] for place in places], dtype=np.intp)

    def of_device(self, device: str) -> Sequence[TagColumn]:
        """Return all columns of a device."""
        return self._by_name[device]

    def span(self, device: str) -> slice:
        """Return the columns of a device, which stand side by side."""
        columns = self._by_name[device]
        return slice(columns[0].index, columns[-1].index + 1)
