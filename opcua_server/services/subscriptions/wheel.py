"""One timer for everything that is due: publishing cycles and samples, on a common grid."""

import asyncio
import logging
import math
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final

_log = logging.getLogger(__name__)

GRID_S: Final = 0.005  # what is due within one step is done in one turn of the loop


class Wheel:
    """Calls back at steps of the grid; a call that fails is logged, the others go on."""

    def __init__(self) -> None:
        self._calls: dict[int, list[Callable[[], None]]] = {}
        self._steps: list[int] = []  # heap of the steps that have calls
        self._timer: asyncio.TimerHandle | None = None

    @staticmethod
    def now() -> float:
        """Return the loop's clock, in seconds."""
        return asyncio.get_running_loop().time()

    def at(self, when: float, call: Callable[[], None]) -> None:
        """Call at the first step not before `when`."""
        step = math.ceil(when / GRID_S - 1e-6)
        if step not in self._calls:
            self._calls[step] = []
            heappush(self._steps, step)
            if self._steps[0] == step:
                self._set()
        self._calls[step].append(call)

    def stop(self) -> None:
        """Call nobody any more."""
        self._calls.clear()
        self._steps.clear()
        self._set()

    def _set(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._steps:
            self._timer = asyncio.get_running_loop().call_at(self._steps[0] * GRID_S, self._turn)

    def _turn(self) -> None:
        self._timer = None
        step = math.floor(self.now() / GRID_S + 1e-6)
        while self._steps and self._steps[0] <= step:
            for call in self._calls.pop(heappop(self._steps)):
                try:
                    call()
                except Exception:  # noqa: BLE001  # one subscription must not end the others
                    _log.exception("what was due failed")
        self._set()
