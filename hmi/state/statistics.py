"""Average many tags over a stated window of time."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

AVERAGE_WINDOW_S: Final = 600.0  # the "10-min avg" of the device tables
_BUCKETS: Final = 60


class WindowMean:
    """Time-weighted means over a sliding window, in constant memory.

    Each value counts for as long as it was held (sample and hold); values that are missing or odd count
    for nothing. The window moves in steps of a 60th of its length.
    """

    def __init__(self, rows: int, window_s: float = AVERAGE_WINDOW_S) -> None:
        self._step_s = window_s / _BUCKETS
        self._sums = np.zeros((_BUCKETS, rows))
        self._weights = np.zeros((_BUCKETS, rows))
        self._bucket = -1
        self._last_s: float | None = None

    def add(self, values: NDArray[np.float64], now_s: float) -> None:
        """Take in the values held since the last call; `now_s` is monotonic, s."""
        held_s = 0.0 if self._last_s is None else min(now_s - self._last_s, self._step_s)
        self._last_s = now_s
        self._turn_to(int(now_s / self._step_s))
        usable = np.isfinite(values) & (np.abs(values) < 1e100)  # 1e308 would overflow the sum
        slot = self._bucket % _BUCKETS
        weight = np.where(usable, max(held_s, 1e-6), 0.0)
        self._sums[slot] += np.where(usable, values, 0.0) * weight
        self._weights[slot] += weight

    def _turn_to(self, bucket: int) -> None:
        if self._bucket < 0:
            self._bucket = bucket
        for passed in range(self._bucket + 1, min(bucket, self._bucket + _BUCKETS) + 1):
            self._sums[passed % _BUCKETS] = 0.0
            self._weights[passed % _BUCKETS] = 0.0
        self._bucket = max(bucket, self._bucket)

    def means(self) -> NDArray[np.float64]:
        """Return the means, NaN where nothing usable was seen."""
        weights = self._weights.sum(axis=0)
        sums = self._sums.sum(axis=0)
        means: NDArray[np.float64] = np.full(weights.shape, np.nan)
        np.divide(sums, weights, out=means, where=weights > 0)
        return means
