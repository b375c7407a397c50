"""Measure how late the screen's own timer comes, and how much memory the console holds."""

import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

_KEPT: Final = 600  # a minute at 10 Hz
_STATM: Final = Path("/proc/self/statm")


class FrameClock:
    """Lateness of the last minute's frames, ms."""

    def __init__(self, interval_ms: float, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._interval_ms = interval_ms
        self._monotonic_s = monotonic_s
        self._last_s: float | None = None
        self._late_ms: deque[float] = deque(maxlen=_KEPT)

    def tick(self) -> None:
        """Note that a frame begins."""
        now_s = self._monotonic_s()
        if self._last_s is not None:
            self._late_ms.append(max((now_s - self._last_s) * 1000.0 - self._interval_ms, 0.0))
        self._last_s = now_s

    def lateness_ms(self) -> tuple[float, float]:
        """Return the 99th percentile and the greatest lateness; NaN before the second frame."""
        if not self._late_ms:
            return float("nan"), float("nan")
        late = np.fromiter(self._late_ms, float)
        return float(np.percentile(late, 99)), float(late.max())


def memory_mb() -> float:
    """Return the resident memory of this process, MB; NaN where the system does not tell."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
