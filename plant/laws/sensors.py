"""Model what instruments make of the true values: lag, noise, resolution, saturation."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plant.entities import TagDefinition
from plant.laws.first_order import Array, Lag
from plant.quality import StatusCode

# Unit -> (noise in the tag's unit, noise as a share of the reading, lag in s); assumption: common industrial sensors.
_SENSORS: dict[str, tuple[float, float, float]] = {
    "degC": (0.10, 0.0, 1.0),
    "dB": (0.5, 0.0, 0.5),
    "rpm": (0.0, 0.0004, 0.1),
    "percent": (0.0, 0.012, 0.3),
    "mm/s": (0.0, 0.05, 0.5),
    "m/s2": (0.0, 0.05, 0.5),
    "mm": (0.0, 0.06, 0.2),
    "bar": (0.0, 0.004, 0.2),
    "A": (0.0, 0.008, 0.1),
    "kW": (0.0, 0.006, 0.1),
    "m/s": (0.0, 0.004, 0.1),
    "m3/h": (0.0, 0.008, 0.5),
    "V": (0.0, 0.0012, 0.05),
    "Hz": (0.0, 0.0002, 0.05),
    "1": (0.0, 0.003, 0.1),
    "Nm": (0.0, 0.006, 0.1),
    "Mbit/s": (0.0, 0.05, 0.5),
}
_PERFECT = (0.0, 0.0, 1e-3)


class SensorBank:
    """All instruments of the plant, one row of arrays over their tags.

    y = round(lag(x) + noise), held inside the scale; outside it the status is Uncertain: engineering units exceeded.
    """

    def __init__(self, tags: Sequence[TagDefinition]) -> None:
        kinds = np.array([_SENSORS.get(tag.unit, _PERFECT) for tag in tags]).reshape(len(tags), 3)
        self._noise, self._relative_noise = kinds[:, 0], kinds[:, 1]
        self._lag = Lag(kinds[:, 2])
        self._low = np.array([tag.low for tag in tags])
        self._high = np.array([tag.high for tag in tags])
        self._scale = 10.0 ** np.array([tag.precision for tag in tags], dtype=np.float64)
        self._lagged = np.zeros(len(tags))
        self._is_primed = False
        self.status: NDArray[np.uint32] = np.zeros(len(tags), dtype=np.uint32)

    def read(self, true: Array, noise: Array, dt_s: float) -> Array:
        """Return the readings; `noise` is standard normal. Sets `status`."""
        if not self._is_primed:
            self._lagged[:] = true
            self._is_primed = True
        self._lag.advance(self._lagged, true, dt_s)
        x = self._lagged
        reading = x + noise * (self._noise + self._relative_noise * np.abs(x))
        reading = np.rint(reading * self._scale) / self._scale
        outside = (x < self._low) | (x > self._high)
        self.status[:] = 0
        if outside.any():
            self.status[outside] = StatusCode.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED
        held: Array = np.minimum(np.maximum(reading, self._low), self._high)
        return held
