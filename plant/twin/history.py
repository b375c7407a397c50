"""Read a stretch of history: the tags of a plant and its utilities over time, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from plant.columns import TagColumn
from plant.errors import DefinitionError
from plant.laws.first_order import Array
from plant.laws.utilities import UTILITY_TAGS, UtilityReadings


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Rows are moments; columns those of the plant's tags, in their order."""

    time_s: Array
    values: NDArray[np.float32] | Array
    status: NDArray[np.uint32]
    utilities: Array  # in the order of `UTILITY_TAGS`

    def __len__(self) -> int:
        return len(self.time_s)


class Shown(Protocol):
    """A plant as far as history sees it."""

    time_s: float

    @property
    def values(self) -> Array: ...
    @property
    def status(self) -> NDArray[np.uint32]: ...
    @property
    def utilities(self) -> UtilityReadings | None: ...
    def step(self, dt_s: float) -> None: ...


def watch(plant: Shown, *, rows: int, every_s: float, step_s: float = 1.0) -> History:
    """Let a plant run and take its history down, a row each `every_s`."""
    utilities = plant.utilities
    assert utilities is not None
    time_s = np.empty(rows)
    values = np.empty((rows, len(plant.values)), dtype=np.float32)
    status = np.empty(values.shape, dtype=np.uint32)
    shared = np.empty((rows, len(utilities.values)))
    for row in range(rows):
        for _ in range(max(1, round(every_s / step_s))):
            plant.step(step_s)
        time_s[row], values[row], status[row] = plant.time_s, plant.values, plant.status
        utilities = plant.utilities
        assert utilities is not None
        shared[row] = utilities.values
    return History(time_s=time_s, values=values, status=status, utilities=shared)


def load_history(path: Path, tags: Sequence[TagColumn]) -> History:
    """Return the history that `python -m plant record` has written to an .npz file.

    Raises:
        DefinitionError: It is no such file, or of another plant.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = list(zip(archive["tag_device"], archive["tag_group"], archive["tag_name"], strict=True))
            wanted = [(tag.device, tag.group, tag.definition.name) for tag in tags]
            if [tuple(map(str, name)) for name in names] != wanted:
                raise DefinitionError(f"{path}: it is a recording of another plant")
            shared = archive["utilities"]
            if shared.shape[1] != len(UTILITY_TAGS):
                raise DefinitionError(f"{path}: utilities: {shared.shape[1]} of {len(UTILITY_TAGS)} columns")
            return History(
                time_s=archive["time_s"],
                values=archive["values"],
                status=archive["status"],
                utilities=shared.astype(np.float64),
            )
    except (OSError, ValueError, KeyError) as problem:
        raise DefinitionError(f"{path}: it is no recording of a plant: {problem}") from problem
