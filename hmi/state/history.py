"""Keep the last samples of many tags in preallocated rings."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

BUDGET_BYTES: Final = 64 * 2**20
LONGEST: Final = 3600  # samples a tag: an hour at the default rate of 1 Hz
_SAMPLE_BYTES: Final = 16
_PAGE: Final = 512  # values a page of memory
_SLICE: Final = 256 * _PAGE


class History:
    """Rings of (time, value) per row; full size from the start, so that memory stays flat.

    The samples of one moment lie side by side. The system hands memory out where it is first written to, which for all of
    it takes a fifth of a second: `settle` has it done a slice at a time, once the screen is up.
    """

    def __init__(self, rows: int, capacity: int | None = None) -> None:
        fitting = BUDGET_BYTES // (_SAMPLE_BYTES * max(rows, 1))
        self.capacity = capacity if capacity is not None else int(min(LONGEST, max(fitting, 120)))
        self._times = np.zeros((self.capacity, rows))
        self._values = np.zeros((self.capacity, rows))
        self._count = np.zeros(rows, np.int64)
        self._settled = 0

    def settle(self) -> bool:
        """Have the next slice of the rings' memory handed out; returns whether there is more."""
        begin, self._settled = self._settled, self._settled + _SLICE
        for ring in (self._times, self._values):
            pages = ring.reshape(-1)[begin : self._settled : _PAGE]
            pages[:] = pages.copy()
        return self._settled < self._times.size

    def append(
        self, rows: NDArray[np.intp], times_s: NDArray[np.float64], values: NDArray[np.float64]
    ) -> None:
        """Append samples, a row at most once per call (see `append_any`)."""
        slots = self._count[rows] % self.capacity
        self._times[slots, rows] = times_s
        self._values[slots, rows] = values
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
            return self._times[:count, row].copy(), self._values[:count, row].copy()
        turn = -(count % self.capacity)
        return np.roll(self._times[:, row], turn), np.roll(self._values[:, row], turn)

    def newest(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the times and values of the newest samples, NaN where there are none."""
        count = self._count[rows]
        slots = (count - 1) % self.capacity
        times, values = self._times[slots, rows], self._values[slots, rows]
        return np.where(count > 0, times, np.nan), np.where(count > 0, values, np.nan)

    def __len__(self) -> int:
        return len(self._count)

    def count(self, row: int) -> int:
        """Return how many samples a row ever got."""
        return int(self._count[row])
