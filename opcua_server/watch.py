"""Watch the server itself: does it keep up with the plant, does the clock run evenly."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

OVERRUN_SHARE = (
    0.5  # of the ticks in the window: below that the plant is late now and then, above it is behind for good
)
WINDOW_S = 10.0
CLEAR_SHARE = 0.1
JUMP_S = 2.0  # wall and monotonic clock drift apart by far less than this in a second; time services slew, they do not jump
JUMP_SHOWN_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong now; empty texts where nothing is."""

    overrun: str = ""
    clock: str = ""


class SelfWatch:
    """Looks once a second, remembers ten seconds. Clocks are injected in tests."""

    def __init__(
        self,
        ticks_per_s: float,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._ticks_per_s = ticks_per_s
        self._monotonic_s = monotonic_s
        self._now = now
        self._overruns: deque[tuple[float, int]] = deque()
        self._last = (monotonic_s(), now())
        self._is_behind = False
        self._jump = ""
        self._jump_at_s = 0.0

    def look(self, overruns: int) -> Trouble:
        """Return what is wrong, given how many ticks have begun late since the start."""
        mono_s, now = self._monotonic_s(), self._now()
        self._look_at_clock(mono_s, now)
        return Trouble(overrun=self._overrun(mono_s, overruns), clock=self._jump)

    def _overrun(self, mono_s: float, overruns: int) -> str:
        self._overruns.append((mono_s, overruns))
        while mono_s - self._overruns[0][0] > WINDOW_S:
            self._overruns.popleft()
        began_s, before = self._overruns[0]
        elapsed_s = mono_s - began_s
        if elapsed_s < WINDOW_S / 2:
            return ""
        share = (overruns - before) / (elapsed_s * self._ticks_per_s)
        self._is_behind = share > (CLEAR_SHARE if self._is_behind else OVERRUN_SHARE)
        if not self._is_behind:
            return ""
        return f"The server cannot keep up: {share * 100:.0f} % of the plant's ticks begin late"

    def _look_at_clock(self, mono_s: float, now: datetime) -> None:
        last_mono_s, last_now = self._last
        self._last = (mono_s, now)
        jump_s = (now - last_now).total_seconds() - (mono_s - last_mono_s)
        if abs(jump_s) > JUMP_S:
            way = "forwards" if jump_s > 0 else "backwards"
            self._jump = f"The computer's clock jumped {way} by {abs(jump_s):.0f} s: times before and after do not compare"
            self._jump_at_s = mono_s
        elif self._jump and mono_s - self._jump_at_s > JUMP_SHOWN_S:
            self._jump = ""
