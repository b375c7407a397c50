"""Prepare a stretch of history: what counts of it, and what a shadow would have read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plant.columns import TagColumn
from plant.control.modes import RunningState
from plant.entities import DeviceDefinition, TagDefinition
from plant.errors import DefinitionError
from plant.laws.first_order import Array
from plant.twin.band import Band, Scatter
from plant.twin.history import History
from plant.twin.inputs import BAD, InputColumns, Inputs, machines_of
from plant.twin.shadow import Shadow
from plant.twin.twin import twinned

MIN_ROWS = 60
_WARM_S = 1800.0  # rows before are left out: what the machine did earlier is not known
_CALM_ROWS = 3  # rows left out after a command


@dataclass(slots=True)
class Stretch:
    """What the rounds share."""

    machines: tuple[DeviceDefinition, ...]
    tags: tuple[TagColumn, ...]
    history: History
    inputs: InputColumns
    measured: Array  # shape (rows, tags), NaN where it does not count
    sigma: Array  # per tag
    starts: NDArray[np.intp]  # first tag of each machine

    def wanted(self, suffix: str = "") -> list[tuple[str, TagDefinition]]:
        """Return device and tag of every measurement, of the copy of the plant with this suffix to its devices."""
        return [(f"{tag.device}{suffix}", tag.definition) for tag in self.tags]


def prepare(
    devices: Sequence[DeviceDefinition], tags: Sequence[TagColumn], history: History, scatter: Scatter
) -> Stretch:
    """Return what calibration needs of a stretch.

    Raises:
        DefinitionError: It is too short.
    """
    if len(history) < MIN_ROWS:
        raise DefinitionError(f"calibration: {len(history)} rows are fewer than {MIN_ROWS}")
    machines, chosen_tags = machines_of(devices), twinned(devices, tags)
    columns = np.array([tag.index for tag in chosen_tags], dtype=np.intp)
    measured = history.values[:, columns].astype(np.float64)
    places = {device.tag: place for place, device in enumerate(machines)}
    owner = np.array([places[tag.device] for tag in chosen_tags], dtype=np.intp)
    inputs = InputColumns(machines, tags)
    measured[~_counting(inputs, history)[:, owner]] = np.nan
    measured[history.status[:, columns] >= BAD] = np.nan
    band = Band(machines, chosen_tags, scatter)
    filled = np.where(np.isfinite(measured), measured, 0.0)
    typical = filled.sum(axis=0) / np.maximum(np.isfinite(measured).sum(axis=0), 1)
    return Stretch(
        machines=machines,
        tags=chosen_tags,
        history=history,
        inputs=inputs,
        measured=measured,
        sigma=np.sqrt(band.noise(typical) ** 2 + (0.3 * band.scatter) ** 2) + 1e-12,
        starts=np.searchsorted(owner, np.arange(len(machines))).astype(np.intp),
    )


def _counting(columns: InputColumns, history: History) -> NDArray[np.bool_]:
    """Return when each machine ran undisturbed, shape (rows, machines)."""
    rows = [
        columns.read(history.values[i].astype(np.float64), history.utilities[i], None)
        for i in range(len(history))
    ]
    mode = np.array([row.mode for row in rows])
    setpoint = np.array([row.setpoint for row in rows])
    counts: NDArray[np.bool_] = mode == RunningState.RUNNING
    disturbed = np.zeros(counts.shape, dtype=np.bool_)
    disturbed[1:] = (mode[1:] != mode[:-1]) | (setpoint[1:] != setpoint[:-1])
    for later in range(_CALM_ROWS):
        counts[later:] &= ~disturbed[: len(disturbed) - later]
    elapsed_s = history.time_s - history.time_s[0]
    counts[elapsed_s < min(_WARM_S, 0.25 * float(elapsed_s[-1]))] = False
    return counts


def expected(stretch: Stretch, shadow: Shadow, copies: int) -> Iterator[Array]:
    """Yield the expected values of all copies, row by row, in an array that the next row changes."""
    history = stretch.history
    last: Inputs | None = None
    for row in range(len(history)):
        values = history.values[row].astype(np.float64)
        last = stretch.inputs.read(values, history.utilities[row], last)
        inputs = last.repeated(copies)
        if row == 0:
            yield shadow.settle(inputs)
        else:
            yield shadow.follow(inputs, float(history.time_s[row] - history.time_s[row - 1]))
