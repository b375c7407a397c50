"""Hold a change back until it has lasted for its delay, for many signals at once."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_NONE: Final[tuple[int, ...]] = ()
_EASING: Final = 0  # direction of a change towards normal; -1 and +1 are the directions away from it


class Debouncer:
    """Levels of n signals, 0 normal, -2..2 beyond; a rise waits for its on-delay, a fall for its off-delay.

    A signal whose value is unknown neither changes nor restarts its wait: it goes on where it was.
    """

    def __init__(self, on_delay_s: NDArray[np.float64], off_delay_s: NDArray[np.float64]) -> None:
        self._on_delay_s = on_delay_s
        self._off_delay_s = off_delay_s
        self.level: NDArray[np.int8] = np.zeros(len(on_delay_s), dtype=np.int8)
        self._waiting: dict[int, tuple[int, float]] = {}

    def update(self, target: NDArray[np.int8], known: NDArray[np.bool_], mono_s: float) -> tuple[int, ...]:
        """Return the indices whose level has now changed.

        Args:
            target: The level that each value asks for.
            known: Where that value can be trusted.
            mono_s: Monotonic time, s.
        """
        differs = (target != self.level) & known
        if not self._waiting and not differs.any():
            return _NONE
        for index in [i for i in self._waiting if known[i] and not differs[i]]:
            del self._waiting[index]
        return tuple(i for i in np.flatnonzero(differs).tolist() if self._is_due(i, int(target[i]), mono_s))

    def _is_due(self, index: int, target: int, mono_s: float) -> bool:
        direction = _direction(int(self.level[index]), target)
        waiting = self._waiting.get(index)
        if waiting is None or waiting[0] != direction:
            waiting = self._waiting[index] = (direction, mono_s)
        delay_s = self._off_delay_s if direction == _EASING else self._on_delay_s
        if mono_s - waiting[1] < delay_s[index]:
            return False
        self.level[index] = target
        del self._waiting[index]
        return True


def _direction(level: int, target: int) -> int:
    if target == 0 or (target * level > 0 and abs(target) < abs(level)):
        return _EASING
    return 1 if target > 0 else -1
