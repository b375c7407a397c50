"""Say at every moment what each measurement should read, how far off it is, and within which bounds that is normal."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

import resources
from plant.columns import TagColumn
from plant.entities import DeviceDefinition, Group
from plant.laws.first_order import Array
from plant.twin.band import STIRRED, Band, Scatter, Stir, load_scatter
from plant.twin.fit import DeviceFit, applied, corrections
from plant.twin.inputs import BAD, InputColumns, Inputs, machines_of
from plant.twin.shadow import Shadow

SUMMED_UNITS = frozenset({"EUR"})  # counters: what they should read depends on when they began
_CALM = 0.01  # of a stir, that no longer shows


def twinned(devices: Sequence[DeviceDefinition], tags: Sequence[TagColumn]) -> tuple[TagColumn, ...]:
    """Return the tags that a twin speaks of: what machines measure, but for what only adds up."""
    machines = {device.tag for device in machines_of(devices)}
    return tuple(
        tag
        for tag in tags
        if tag.group == Group.MEASUREMENTS.value
        and tag.device in machines
        and tag.definition.unit not in SUMMED_UNITS
    )


class Twin:
    """The twin of all machines of a plant: `expected`, `residual`, `low` and `high`, one entry per tag of `tags`.

    The next look changes them in place. It is given what any client could read: the values and status of the tags, and of the utilities' tags. NaN stands
    where there is no measurement to compare with.
    """

    def __init__(
        self,
        devices: Sequence[DeviceDefinition],
        tags: Sequence[TagColumn],
        *,
        fits: Mapping[str, DeviceFit] | None = None,
        scatter: Scatter | None = None,
    ) -> None:
        """Build the shadow of these devices with the calibrations at hand; tags are all those of the plant."""
        self._fits = dict(fits or {})
        machines = machines_of(devices)
        self._machines = tuple(applied(device, self._fits.get(device.tag)) for device in machines)
        self.tags = twinned(devices, tags)
        self._columns = np.array([tag.index for tag in self.tags], dtype=np.intp)
        self._inputs = InputColumns(self._machines, tags)
        self._shadow = Shadow(self._machines, [(tag.device, tag.definition) for tag in self.tags])
        places = {device.tag: place for place, device in enumerate(machines)}
        self._owner = np.array([places[tag.device] for tag in self.tags], dtype=np.intp)
        self._band = Band(machines, self.tags, shipped_scatter() if scatter is None else scatter)
        self._gain, self._offset = corrections(self._fits, self.tags, self._band)
        self._stir = Stir(len(machines))
        self._last: Inputs | None = None
        self.expected: Array = np.full(len(self.tags), np.nan)
        self.residual: Array = np.full(len(self.tags), np.nan)
        self.low: Array = np.full(len(self.tags), np.nan)
        self.high: Array = np.full(len(self.tags), np.nan)

    def look(self, values: Array, status: NDArray[np.uint32], utilities: Array, dt_s: float) -> None:
        """Take in what the plant shows `dt_s` after the last look; the first look settles the twin.

        Args:
            values: shape (n_tags,), of all tags of the plant.
            status: shape (n_tags,), OPC UA status codes.
            utilities: in the order and units of `UTILITY_TAGS`, as measured.
            dt_s: Simulated seconds since the last look.
        """
        last, inputs = self._last, self._inputs.read(values, utilities, self._last)
        self._last = inputs
        model = self._shadow.settle(inputs) if last is None else self._shadow.follow(inputs, dt_s)
        expected, residual = self.expected, self.residual
        expected[:] = model
        if self._fits:
            expected *= self._gain
            expected += self._offset
        np.take(values, self._columns, out=residual, mode="clip")
        residual -= expected
        if status.max(initial=0) >= BAD:
            residual[status[self._columns] >= BAD] = np.nan
        before = inputs if last is None else last
        stir = self._stir.look((inputs.mode != before.mode) | (inputs.setpoint != before.setpoint), dt_s)
        half = self._band.half_width(expected, float(utilities[0]))
        if stir.max(initial=0.0) > _CALM:
            half *= 1.0 + STIRRED * stir[self._owner]
        self._band.clip(np.subtract(expected, half, out=self.low))
        self._band.clip(np.add(expected, half, out=self.high))


def shipped_scatter() -> Scatter:
    """Return what the survey that comes with the product has found."""
    return load_scatter(resources.path("plants", "twin_scatter.json"))
