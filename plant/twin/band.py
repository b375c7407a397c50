"""Say within which bounds a measurement is normal, around what it should read."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plant.columns import TagColumn
from plant.entities import DeviceDefinition
from plant.laws.first_order import Array
from plant.laws.sensors import data_sheet

SIGMAS = 4.0  # a healthy reading lies outside once in some ten thousand times
_UNKNOWN = 0.05  # scatter of a tag that nobody has surveyed, as a share of its normal band
_FLOOR = 0.3  # of the scatter that is there even at rest
_LEVEL_FLOOR = 1e-9
STIRRED = 4.0  # how much wider by that right after a command: plant and twin hear of it at different ticks
_STIRRED_TAU_S = 15.0

Scatter = Mapping[str, tuple[float, float]]  # "family/Tag" -> scatter, and the level that it was found at


class Band:
    """Half the width of the normal range of each measurement: instrument noise, and scatter of the model.

    w = 4 sqrt(n^2 + s^2 (0.3 + 0.7 |x - x_0| / l)^2), n the instrument's noise at the expected value x, s the scatter of
    healthy machines of the type about the model, found at the mean level l above rest; x_0 is the hall's temperature for
    temperatures, else zero. So the range narrows at rest and widens with load. After a command it is five times as wide
    and calms down within a minute. Assumption: scatter grows in proportion with the level, because the differences
    between machines are differences of gain.
    """

    def __init__(
        self, devices: Sequence[DeviceDefinition], tags: Sequence[TagColumn], scatter: Scatter
    ) -> None:
        families = {device.tag: device.family.value for device in devices}
        definitions = [tag.definition for tag in tags]
        self._sheet = data_sheet(definitions)
        self._warmth = np.array([each.unit == "degC" for each in definitions], dtype=np.float32)
        self._low = np.array([each.low for each in definitions])
        self._high = np.array([each.high for each in definitions])
        width = np.array([each.normal_high - each.normal_low for each in definitions])
        middle = np.array([(each.normal_high + each.normal_low) / 2.0 for each in definitions])
        found = [scatter.get(f"{families[tag.device]}/{tag.definition.name}") for tag in tags]
        self.scatter: Array = np.array(
            [_UNKNOWN * w if pair is None else pair[0] for pair, w in zip(found, width, strict=True)]
        )
        level = [m if pair is None else pair[1] for pair, m in zip(found, middle, strict=True)]
        # A width needs no more than seven digits, and half the memory is half the time.
        slope = (1.0 - _FLOOR) * self.scatter / np.maximum(np.abs(level), _LEVEL_FLOOR)
        self._floor, self._slope = (_FLOOR * self.scatter).astype(np.float32), slope.astype(np.float32)
        sheet = self._sheet
        self._relative, self._most = sheet.relative.astype(np.float32), sheet.most.astype(np.float32)
        self._steady = sheet.noise.astype(np.float32)
        self._sigma, self._noise, self._x = np.zeros((3, len(tags)), dtype=np.float32)
        self._half: Array = np.zeros(len(tags))

    def calibrate(self, row: int, scatter: float, level: float) -> None:
        """Take the scatter of one measurement of one machine, found at this mean level above rest."""
        self.scatter[row] = scatter
        self._floor[row] = _FLOOR * scatter
        self._slope[row] = (1.0 - _FLOOR) * scatter / max(abs(level), _LEVEL_FLOOR)

    def rest(self, ambient_degc: float) -> Array:
        """Return what each measurement reads at rest: the hall's temperature, or zero."""
        return np.where(self._warmth > 0.0, ambient_degc, 0.0)

    def noise(self, expected: Array) -> Array:
        """Return the standard deviation of the instruments' noise at these readings."""
        return self._sheet.sigma(expected)

    def half_width(self, expected: Array, ambient_degc: float) -> Array:
        """Return half the width, in an array that the next call changes."""
        sigma, noise, x = self._sigma, self._noise, self._x
        x[:] = expected
        np.multiply(self._warmth, np.float32(-ambient_degc), out=sigma)
        sigma += x
        np.abs(sigma, out=sigma)
        sigma *= self._slope
        sigma += self._floor
        sigma *= sigma
        np.abs(x, out=noise)
        noise *= self._relative
        np.minimum(noise, self._most, out=noise)
        noise += self._steady
        noise *= noise
        sigma += noise
        np.sqrt(sigma, out=sigma)
        sigma *= np.float32(SIGMAS)
        self._half[:] = sigma
        return self._half

    def clip(self, bound: Array) -> None:
        """Hold bounds within the scales, in place."""
        np.maximum(bound, self._low, out=bound)
        np.minimum(bound, self._high, out=bound)


class Stir:
    """How fresh the last command to each machine is: 1 when it has just come, then less."""

    def __init__(self, n: int) -> None:
        self._stir = np.ones(n)

    def look(self, has_changed: NDArray[np.bool_], dt_s: float) -> Array:
        """Take in which machines have another mode or setpoint than before, shape (n,)."""
        self._stir *= np.exp(-dt_s / _STIRRED_TAU_S)
        self._stir[has_changed] = 1.0
        return self._stir


def load_scatter(path: Path) -> Scatter:
    """Return what the survey of a healthy fleet has found; nothing where there was none."""
    if not path.is_file():
        return {}
    return {name: (pair[0], pair[1]) for name, pair in json.loads(path.read_text(encoding="utf-8")).items()}
