"""Keep a verdict steady: no alarm from a single tick, no chatter at the limit."""

import numpy as np
from numpy.typing import NDArray

RAISE_AFTER_S = 10.0
CLEAR_AFTER_S = 60.0
CLEAR_BELOW = 0.7  # of the limit


class Persistence:
    """Turns a probability per device into a steady yes or no; a NaN is a no at once."""

    def __init__(self, n_devices: int, limit: float) -> None:
        self._limit = limit
        self._over_s: NDArray[np.float64] = np.zeros(n_devices)
        self._under_s: NDArray[np.float64] = np.zeros(n_devices)
        self._on: NDArray[np.bool_] = np.zeros(n_devices, dtype=np.bool_)

    def update(self, probability: NDArray[np.float64], dt_s: float) -> NDArray[np.bool_]:
        """Take the probabilities of one tick; return which devices are in anomaly.

        Args:
            probability: shape (n_devices,), NaN for unknown.
            dt_s: Time since the last tick.
        """
        over, under = probability >= self._limit, probability < CLEAR_BELOW * self._limit
        self._over_s = np.where(over, self._over_s + dt_s, 0.0)
        self._under_s = np.where(under, self._under_s + dt_s, 0.0)
        self._on = (self._on | (self._over_s >= RAISE_AFTER_S)) & (self._under_s < CLEAR_AFTER_S)
        self._on &= np.isfinite(probability)
        return self._on.copy()
