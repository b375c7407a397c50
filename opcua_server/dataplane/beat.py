"""How often frames come, found out by watching them."""

import statistics
from collections import deque
from typing import Final

_GAPS: Final = 7  # a frame that is late, or an extra one, is not believed
_TOLERANCE: Final = 0.2  # of the beat


class Beat:
    """The time between frames."""

    def __init__(self) -> None:
        self.tick_s = 0.0  # 0 until it is known
        self._last: float | None = None
        self._gaps: deque[float] = deque(maxlen=_GAPS)

    def frame(self, now: float) -> bool:
        """Note a frame at `now` (seconds, monotonic); returns whether `tick_s` is another one than before."""
        if self._last is not None:
            self._gaps.append(now - self._last)
        self._last = now
        if len(self._gaps) < _GAPS:
            return False
        middle = statistics.median(self._gaps)
        if abs(middle - self.tick_s) <= _TOLERANCE * self.tick_s:
            return False
        self.tick_s = middle
        return True
