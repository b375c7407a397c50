"""Smooth many signals at several time constants, one step at a time."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Smoother:
    """Exponentially weighted means, bias-corrected, at several time constants each.

    The share of a new value follows from the time since the last one, so that the means do not depend on
    the tick. A mean of nothing is NaN.
    """

    def __init__(self, shape: tuple[int, ...], taus_s: tuple[float, ...]) -> None:
        self._taus_s = np.asarray(taus_s, dtype=np.float64)
        self._sum: FloatArray = np.zeros((*shape, len(taus_s)))
        self._weight: FloatArray = np.zeros((*shape, len(taus_s)))

    def update(self, values: FloatArray, dt_s: float) -> FloatArray:
        """Take one value per signal, NaN for none; return the means, shape (*shape, n_taus)."""
        share = 1.0 - np.exp(-dt_s / self._taus_s)
        known = np.isfinite(values)[..., np.newaxis]
        value = np.where(known, values[..., np.newaxis], 0.0)
        step = np.where(known, share, 0.0)
        self._sum += step * (value - self._sum)
        self._weight += step * (1.0 - self._weight)
        return self.means

    @property
    def means(self) -> FloatArray:
        empty = self._weight <= 0.0
        return np.where(empty, np.nan, self._sum / np.where(empty, 1.0, self._weight))

    def forget(self, who: NDArray[np.bool_]) -> None:
        """Start afresh for the chosen entries of the first axis."""
        self._sum[who] = 0.0
        self._weight[who] = 0.0
