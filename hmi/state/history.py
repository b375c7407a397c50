"""Keep the last samples of many tags in preallocated rings."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

BUDGET_BYTES: Final = 64 * 2**20
LONGEST: Final = 3600  # samples a tag: an hour at the default rate of 1 Hz
_SAMPLE_BYTES: Final = 16


class History:
    """Rings of (time, value) per row; full size from the start, so that memory stays flat."""

    def __init__(self, rows: int, capacity: int | None = None) -> None:
        fitting = BUDGET_BYTES // (_SAMPLE_BYTES * max(rows, 1))
        self.capacity = capacity if capacity is not None else int(min(LONGEST, max(fitting, 120)))
        self._times = np.full((rows, self.capacity), np.nan)
        self._values = np.full((rows, self.capacity), np.nan)
        self._count = np.zeros(rows, np.int64)

    def append(
        self, rows: NDArray[np.intp], times_s: NDArray[np.float64], values: NDArray[np.float64]
    ) -> None:
        """Append samples, a row at most once per call (see `append_any`)."""
        slots = self._count[rows] % self.capacity
        self._times[rows, slots] = times_s
        self._values[rows, slots] = values
        self._count[rows] += 1

    def append_any(
        self, rows: NDArray[np.intp], times_s: NDArray[np.float64], values: NDArray[np.float64]
    ) -> None:
        """Append samples in which a row may occur several times, oldest first."""
        while rows.size:
            _, first = np.unique(rows, return_index=True)
            self.append(rows[first], times_s[first], values[first])
            if first.size == rows.size:
                return
            later = np.ones(rows.size, bool)
            later[first] = False
            rows, times_s, values = rows[later], times_s[later], values[later]

    def read(self, row: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the times and values of a row, oldest first."""
        count = int(self._count[row])
        if count <= self.capacity:
            return self._times[row, :count].copy(), self._values[row, :count].copy()
        turn = -(count % self.capacity)
        return np.roll(self._times[row], turn), np.roll(self._values[row], turn)

    def newest(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the times and values of the newest samples, NaN where there are none."""
        slots = (self._count[rows] - 1) % self.capacity
        return self._times[rows, slots], self._values[rows, slots]

    def __len__(self) -> int:
        return len(self._count)

    def count(self, row: int) -> int:
        """Return how many samples a row ever got."""
        return int(self._count[row])
