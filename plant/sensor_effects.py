"""Say what each sensor fault makes of a reading. Shares and times are assumptions, named in `plant.sensor_modes`."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plant import sensor_modes as modes
from plant.entities import TagDefinition
from plant.laws.first_order import Array
from plant.quality import StatusCode

Columns = NDArray[np.intp]


class Scales:
    """Scale, normal band and resolution of every column."""

    def __init__(self, tags: Sequence[TagDefinition]) -> None:
        self.low = np.array([tag.low for tag in tags])
        self.high = np.array([tag.high for tag in tags])
        self.normal_low = np.array([tag.normal_low for tag in tags])
        self.normal_high = np.array([tag.normal_high for tag in tags])
        self.resolution = 10.0 ** np.array([tag.precision for tag in tags], dtype=np.float64)


@dataclass(slots=True)
class Spoiled:
    """The columns on which one mode is at work, with what it remembers of each."""

    column: Columns
    severity: Array
    since_s: Array
    life_s: Array
    held: Array  # first reading; NaN until there is one
    until_s: Array  # end of the present spike or dip
    size: Array  # of it, as a share of the scale

    @classmethod
    def of(cls, rows: Sequence[tuple[int, float, float, float]]) -> "Spoiled":
        """Return the state of (column, severity, onset, life) rows that have just begun."""
        n = len(rows)
        column, severity, since_s, life_s = (np.array(each) for each in zip(*rows, strict=True))
        return cls(column, severity, since_s, life_s, np.full(n, np.nan), np.zeros(n), np.zeros(n))


@dataclass(slots=True)
class Moment:
    """The readings of one step, changed in place."""

    values: Array
    status: NDArray[np.uint32]
    time_s: float
    dt_s: float
    scales: Scales
    rng: np.random.Generator

    def read(self, spoiled: Spoiled) -> Array:
        return self.values[spoiled.column]

    def span(self, spoiled: Spoiled) -> Array:
        span: Array = self.scales.high[spoiled.column] - self.scales.low[spoiled.column]
        return span

    def write(self, spoiled: Spoiled, readings: Array) -> None:
        """Write what the instrument makes of it: in its resolution, held inside its scale and marked where it is beyond."""
        column, scales = spoiled.column, self.scales
        low, high, resolution = scales.low[column], scales.high[column], scales.resolution[column]
        outside = (readings < low) | (readings > high)
        self.values[column] = np.minimum(np.maximum(np.rint(readings * resolution) / resolution, low), high)
        if outside.any():
            self.status[column[outside]] = StatusCode.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED

    def hold(self, spoiled: Spoiled) -> None:
        """Repeat the reading at which the fault began."""
        spoiled.held = np.where(np.isnan(spoiled.held), self.read(spoiled), spoiled.held)
        self.values[spoiled.column] = spoiled.held

    def mark(self, spoiled: Spoiled, status: StatusCode) -> None:
        self.status[spoiled.column] = status


def _drift(at: Moment, spoiled: Spoiled) -> None:
    """Move away from the nearer end of the scale, in a straight line."""
    readings, column = at.read(spoiled), spoiled.column
    spoiled.held = np.where(np.isnan(spoiled.held), readings, spoiled.held)
    way = np.where(spoiled.held < (at.scales.low[column] + at.scales.high[column]) / 2.0, 1.0, -1.0)
    ramp_s = np.where(np.isfinite(spoiled.life_s), spoiled.life_s, modes.DRIFT_S)
    share = np.minimum((at.time_s - spoiled.since_s) / ramp_s, 1.0)
    at.write(spoiled, readings + way * share * modes.DRIFT_SHARE * spoiled.severity * at.span(spoiled))


def _bias(at: Moment, spoiled: Spoiled) -> None:
    at.write(spoiled, at.read(spoiled) + modes.BIAS_SHARE * spoiled.severity * at.span(spoiled))


def _noise(at: Moment, spoiled: Spoiled) -> None:
    chance = at.rng.standard_normal(len(spoiled.column))
    at.write(spoiled, at.read(spoiled) + chance * modes.NOISE_SHARE * spoiled.severity * at.span(spoiled))


def _spikes(at: Moment, spoiled: Spoiled) -> None:
    _peaks(at, spoiled, 1.0)


def _dips(at: Moment, spoiled: Spoiled) -> None:
    _peaks(at, spoiled, -1.0)


def _peaks(at: Moment, spoiled: Spoiled, way: float) -> None:
    """Let peaks come as a Poisson process, exact for any step; each lasts a second or two, at least one step."""
    n = len(spoiled.column)
    begins = (at.rng.random(n) < -math.expm1(-at.dt_s / modes.SPIKE_EVERY_S)) & (spoiled.until_s <= at.time_s)
    if begins.any():
        length_s = at.rng.uniform(*modes.SPIKE_LENGTH_S, n)
        spoiled.until_s = np.where(begins, at.time_s + length_s, spoiled.until_s)
        spoiled.size = np.where(begins, at.rng.uniform(*modes.SPIKE_SHARE, n), spoiled.size)
    on = spoiled.until_s > at.time_s
    if on.any():
        height = way * spoiled.size * spoiled.severity * at.span(spoiled) * on
        at.write(spoiled, at.read(spoiled) + height)


def _clip(at: Moment, spoiled: Spoiled) -> None:
    """Read no higher than the top of the normal band, and at severity 1 no higher than its bottom."""
    low, high = at.scales.normal_low[spoiled.column], at.scales.normal_high[spoiled.column]
    at.values[spoiled.column] = np.minimum(at.read(spoiled), high - (high - low) * spoiled.severity)


def _exceed(at: Moment, spoiled: Spoiled) -> None:
    at.values[spoiled.column] = at.scales.high[spoiled.column]
    at.mark(spoiled, StatusCode.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED)


def _stick(at: Moment, spoiled: Spoiled) -> None:
    at.hold(spoiled)
    at.mark(spoiled, StatusCode.GOOD)


def _drop(at: Moment, spoiled: Spoiled) -> None:
    at.hold(spoiled)
    is_usable = at.time_s - spoiled.since_s < modes.LAST_USABLE_S
    at.status[spoiled.column] = np.where(
        is_usable, StatusCode.UNCERTAIN_LAST_USABLE_VALUE, StatusCode.BAD_NO_COMMUNICATION
    )


def _fail(at: Moment, spoiled: Spoiled) -> None:
    at.hold(spoiled)
    at.mark(spoiled, StatusCode.BAD_SENSOR_FAILURE)


# In the order in which one acts on top of the other.
EFFECTS: Final[dict[str, Callable[[Moment, Spoiled], None]]] = {
    modes.DRIFT: _drift,
    modes.BIAS: _bias,
    modes.NOISE: _noise,
    modes.SPIKES: _spikes,
    modes.DIPS: _dips,
    modes.CLIPPING: _clip,
    modes.OUT_OF_RANGE: _exceed,
    modes.STUCK: _stick,
    modes.DROPOUT: _drop,
    modes.FAILURE: _fail,
}
