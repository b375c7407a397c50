"""Model what instruments make of the true values: lag, error of calibration, drift, noise, resolution, saturation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plant.entities import TagDefinition
from plant.laws.first_order import Array, Lag
from plant.quality import StatusCode

_MONTH_S = 30.0 * 86400.0
_DRIFT_PER_MONTH = (0.001, 0.01)  # of full scale
_DRIFT_EVERY_S = 60.0  # drift is far slower: it need not be drawn at every step


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of instrument reads.

    Noise as standard deviations: `noise` in the tag's unit; on top of it `relative` as a share of the reading, which is
    at most `most` in the tag's unit and at most `of_scale` as a share of full scale: at rest a meter shows nought.
    `lag_s` the time constant; `bias` in the tag's unit and `gain` as a share: how far instruments of the kind differ;
    `bits` of the converter. What a clock or a counter measures does not drift.
    """

    noise: float = 0.0
    relative: float = 0.0
    most: float = math.inf
    of_scale: float = math.inf
    lag_s: float = 0.5
    bias: float = 0.0
    gain: float = 0.002
    bits: int = 16
    drifts: bool = True


_KINDS: dict[str, _Kind] = {
    "degC": _Kind(noise=0.2, lag_s=3.0, bias=0.15, gain=0.001),
    "dB": _Kind(noise=0.5, lag_s=0.5, bias=0.3, gain=0.0),
    "rpm": _Kind(relative=0.01, most=1.5, lag_s=0.5, gain=0.0002, drifts=False),
    "percent": _Kind(relative=0.01, lag_s=0.5, gain=0.004, bits=14),
    "mm/s": _Kind(relative=0.05, lag_s=0.5, gain=0.01, bits=14),
    "m/s2": _Kind(relative=0.05, lag_s=0.5, gain=0.01, bits=14),
    "mm": _Kind(relative=0.05, lag_s=0.5, gain=0.005, bits=14),
    "bar": _Kind(relative=0.03, of_scale=0.003, lag_s=0.5, gain=0.0015, bits=14),
    "A": _Kind(relative=0.007, lag_s=0.1, gain=0.003, bits=14),
    "kW": _Kind(relative=0.005, lag_s=0.1, gain=0.003, bits=14),
    "m/s": _Kind(relative=0.004, lag_s=0.5, gain=0.002, bits=14),
    "m3/h": _Kind(relative=0.008, lag_s=1.0, gain=0.003, bits=14),
    "l/min": _Kind(relative=0.008, lag_s=1.0, gain=0.003, bits=14),
    "s": _Kind(noise=0.01, lag_s=1.0, gain=0.0),
    "V": _Kind(relative=0.001, lag_s=0.2, gain=0.001),
    "Hz": _Kind(relative=0.0002, lag_s=0.2, gain=0.0001, drifts=False),
    "1": _Kind(relative=0.003, lag_s=0.2, gain=0.001),
    "Nm": _Kind(relative=0.006, lag_s=0.1, gain=0.003, bits=14),
    "Mbit/s": _Kind(relative=0.01, lag_s=1.0, gain=0.0, drifts=False),
    "ms": _Kind(relative=0.05, lag_s=1.0, gain=0.0, bits=24, drifts=False),
    "MOhm": _Kind(relative=0.03, lag_s=5.0, gain=0.01, bits=12),
}
_COUNTED = _Kind(lag_s=1e-3, gain=0.0, drifts=False)  # what is counted, not measured


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSheet:
    """What the makers say of noise and lag of the instruments of some tags, one entry per tag, in the tags' units."""

    noise: Array  # that is always there, the instrument's resolution with it
    relative: Array  # what comes on top, as a share of the reading
    most: Array  # and at most
    lag_s: Array  # time constant

    def sigma(self, reading: Array) -> Array:
        """Return the standard deviation of the noise at these readings."""
        found: Array = np.abs(reading)
        found *= self.relative
        np.minimum(found, self.most, out=found)
        found += self.noise
        return found


def data_sheet(tags: Sequence[TagDefinition]) -> DataSheet:
    """Return the data sheets of the instruments of these tags.

    A resolution of q has noise of q / sqrt(12) (uniform quantisation, textbook).
    """
    kinds = [_KINDS.get(tag.unit, _COUNTED) for tag in tags]
    span = np.array([tag.high - tag.low for tag in tags])
    digit = 10.0 ** -np.array([tag.precision for tag in tags], dtype=np.float64)
    return DataSheet(
        noise=np.array([kind.noise for kind in kinds]) + digit / math.sqrt(12.0),
        relative=np.array([kind.relative for kind in kinds]),
        most=np.minimum(
            np.array([kind.most for kind in kinds]), np.array([kind.of_scale for kind in kinds]) * span
        ),
        lag_s=np.array([kind.lag_s for kind in kinds]),
    )


class SensorBank:
    """All instruments of the plant, one row of arrays over their tags.

    y = quantise(clip(lag(x) (1 + g) + b + d + e)): x the true value, lag of first order, g and b the instrument's error
    of gain and zero (drawn once), d its drift, a random walk of 0.1 to 1 % of full scale a month, e white noise; held
    inside the scale. Outside it the status is Uncertain: engineering units exceeded. The quantum is the least whole
    number of digits shown that is no finer than the converter's step, full scale / (2^bits - 1).

    Source: class B resistance thermometers are within 0.3 K + 0.005 |T|, IEC 60751 (a bias of 0.15 K at one standard
    deviation); uniform quantisation: textbook of converters. Assumption: noise, lag and drift per unit of measurement,
    within what data sheets of industrial transmitters give (thermometers 1 to 5 s in a well, power transducers
    0.1 s).
    """

    def __init__(self, tags: Sequence[TagDefinition], rng: np.random.Generator | None = None) -> None:
        """Fit an instrument to each tag; without `rng` they are ideal but for their lag."""
        kinds = [_KINDS.get(tag.unit, _COUNTED) for tag in tags]
        self._low = np.array([tag.low for tag in tags])
        self._high = np.array([tag.high for tag in tags])
        span = self._high - self._low
        self._lag = Lag(np.array([kind.lag_s for kind in kinds]))
        self._lagged = np.zeros(len(tags))
        self._work = np.zeros(len(tags))
        self._is_primed = False
        self._rng = rng
        self.status: NDArray[np.uint32] = np.zeros(len(tags), dtype=np.uint32)
        self.changes = 0  # counts the steps in which `status` was written
        self._dirty = False
        self._outside, self._above = np.zeros((2, len(tags)), dtype=np.bool_)
        if rng is None:
            return
        self._relative = np.array([kind.relative for kind in kinds])
        self._noise = np.array([kind.noise for kind in kinds])
        self._most = np.array(
            [
                min(kind.most, kind.of_scale * (tag.high - tag.low))
                for kind, tag in zip(kinds, tags, strict=True)
            ]
        )
        bias = np.array([kind.bias for kind in kinds])
        gain = np.array([kind.gain for kind in kinds])
        is_counted = np.array([kind is _COUNTED for kind in kinds], dtype=np.bool_)
        self._gain = 1.0 + gain * rng.standard_normal(len(tags))
        self._bias = bias * rng.standard_normal(len(tags))
        self._offset = self._bias.copy()
        low, high = np.log(_DRIFT_PER_MONTH)
        self._drift_per_s = np.exp(rng.uniform(low, high, len(tags))) * span / np.sqrt(_MONTH_S)
        self._drift_per_s[[not kind.drifts for kind in kinds]] = 0.0
        self._since_drift_s = 0.0
        digit = 10.0 ** -np.array([tag.precision for tag in tags], dtype=np.float64)
        step = span / (2.0 ** np.array([kind.bits for kind in kinds]) - 1.0)
        self._per_quantum = 1.0 / (digit * np.maximum(np.ceil(step / digit - 1e-9), 1.0))
        self._per_quantum[is_counted] = 1.0 / digit[is_counted]
        self._quantum = 1.0 / self._per_quantum

    def forget(self) -> None:
        """Begin the next reading at the true values: what was true before a restart lags no longer."""
        self._is_primed = False

    def read(self, true: Array, noise: Array, dt_s: float, out: Array | None = None) -> Array:
        """Return the readings, in `out` where it is given; `noise` is standard normal. Sets `status`."""
        if not self._is_primed:
            self._lagged[:] = true
            self._is_primed = True
        x = self._lagged
        way = np.subtract(true, x, self._work)
        way *= self._lag.share(dt_s)
        x += way
        self._mark(x)
        if self._rng is None:
            return x.copy()
        self._drift(dt_s, self._rng)
        work = np.multiply(x, self._relative, self._work)  # its sign does not matter to the noise
        np.minimum(work, self._most, out=work)
        work += self._noise
        work *= noise
        work += self._offset
        reading = np.multiply(x, self._gain, out)
        reading += work
        np.maximum(reading, self._low, out=reading)
        np.minimum(reading, self._high, out=reading)
        reading *= self._per_quantum
        np.rint(reading, reading)
        reading *= self._quantum
        return reading

    def begin(self) -> None:
        """Let drift begin now: the instruments have just been calibrated."""
        if self._rng is not None:
            self._offset[:] = self._bias
            self._since_drift_s = 0.0

    def _mark(self, x: Array) -> None:
        outside = np.less(x, self._low, self._outside)
        outside |= np.greater(x, self._high, self._above)
        is_any = bool(np.count_nonzero(outside))
        if is_any or self._dirty:
            self.status[:] = 0
            self.status[outside] = StatusCode.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED
            self._dirty = is_any
            self.changes += 1

    def _drift(self, dt_s: float, rng: np.random.Generator) -> None:
        """Let the zeros walk: independent normal increments of variance proportional to time, exact for any dt."""
        self._since_drift_s += dt_s
        if self._since_drift_s < _DRIFT_EVERY_S:
            return
        self._offset += (
            self._drift_per_s * np.sqrt(self._since_drift_s) * rng.standard_normal(len(self._offset))
        )
        self._since_drift_s = 0.0
