"""Run steps one after another in Qt's event loop, and time them."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from PySide6.QtCore import QEventLoop, QTimer

_POLL_MS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to do, and how to see that it has happened."""

    name: str
    act: Callable[[], None]
    done: Callable[[], bool]
    within_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What became of a step."""

    name: str
    ok: bool
    seconds: float
    reason: str = ""


class DemoInterruptedError(Exception):
    """Someone pressed Ctrl-C."""


class Stage:
    """Where steps run: Qt's event loop, and an ear for Ctrl-C.

    Qt swallows an exception that a signal handler raises while it calls us; so the handler only takes a note.
    """

    def __init__(self) -> None:
        self._interrupted = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def wait_until(self, done: Callable[[], bool], within_s: float) -> bool:
        """Let the event loop run until `done` or the time is over; returns whether it was done.

        Raises:
            DemoInterruptedError: Someone pressed Ctrl-C.
        """
        loop = QEventLoop()
        deadline = time.monotonic() + within_s
        poll = QTimer()
        poll.setInterval(_POLL_MS)
        poll.timeout.connect(
            lambda: loop.quit() if self._interrupted or done() or time.monotonic() > deadline else None
        )
        poll.start()
        if not done():
            loop.exec()
        poll.stop()
        if self._interrupted:
            raise DemoInterruptedError
        return done()

    def run(self, step: Step) -> StepResult:
        """Do one step and wait for its effect."""
        began = time.monotonic()
        step.act()
        ok = self.wait_until(step.done, step.within_s)
        seconds = round(time.monotonic() - began, 2)
        reason = "" if ok else f"not seen within {step.within_s:.0f} s"
        return StepResult(name=step.name, ok=ok, seconds=seconds, reason=reason)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._interrupted = True
