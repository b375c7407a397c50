"""Run steps one after another in Qt's event loop, and time them."""

import time
from collections.abc import Callable
from dataclasses import dataclass

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


def wait_until(done: Callable[[], bool], within_s: float) -> bool:
    """Let the event loop run until `done` or the time is over; returns whether it was done."""
    loop = QEventLoop()
    deadline = time.monotonic() + within_s
    poll = QTimer()
    poll.setInterval(_POLL_MS)
    poll.timeout.connect(lambda: loop.quit() if done() or time.monotonic() > deadline else None)
    poll.start()
    if not done():
        loop.exec()
    poll.stop()
    return done()


def run_step(step: Step) -> StepResult:
    """Do one step and wait for its effect."""
    began = time.monotonic()
    step.act()
    ok = wait_until(step.done, step.within_s)
    seconds = round(time.monotonic() - began, 2)
    reason = "" if ok else f"not seen within {step.within_s:.0f} s"
    return StepResult(name=step.name, ok=ok, seconds=seconds, reason=reason)
