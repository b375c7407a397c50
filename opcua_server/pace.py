"""How fast simulated time goes: divides a tick into steps, and gives way where the machine is too slow."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Final

SPEED_RANGE: Final = (0.1, 1000.0)  # simulated seconds a second
FINE_STEP_S: Final = 1.0  # a tick is not divided finer than that
MOST_STEPS: Final = 10  # of a tick; 1000 times real time is ten steps of 10 s a tick
BUSY_SHARE: Final = 0.5  # of a tick may go into steps: the rest is for clients
_MEMORY_S: Final = 5.0


class Pace:
    """The speed that was asked for, and the one that comes of it."""

    def __init__(self, speed: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self.speed = speed
        self.achieved = speed
        self._clock = clock
        self._since_s = clock()
        self._simulated_s = 0.0

    def steps(self, tick_s: float) -> Iterator[float]:
        """Return the simulated seconds of each step of a tick; the last ones are left out where time is short."""
        whole_s = tick_s * self.speed
        count = min(MOST_STEPS, max(1, math.ceil(whole_s / FINE_STEP_S - 1e-9)))
        until_s = self._clock() + tick_s * BUSY_SHARE
        for number in range(count):
            if number and self._clock() > until_s:
                break
            self._simulated_s += whole_s / count
            yield whole_s / count
        self._measure()

    def set(self, speed: float) -> None:
        """Go at another speed from the next tick on."""
        self.speed = self.achieved = speed
        self._since_s, self._simulated_s = self._clock(), 0.0

    def _measure(self) -> None:
        passed_s = self._clock() - self._since_s
        if passed_s >= _MEMORY_S:
            self.achieved = self._simulated_s / passed_s
            self._since_s, self._simulated_s = self._clock(), 0.0
