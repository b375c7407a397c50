"""How long a server's loop is held: what one step of it costs in processor time, told from inside the server's process.

`install(state)` is called in a process before it serves. A step that used at least `NOTED_S` is told as a line of `loop.jsonl` in
the state directory: when it ended, what the loop's thread itself used, what the collector took of that, and who it was. It is
processor time of the loop's own thread: what other processes take of the machine, and how long a step sleeps, is not in it.
"""

import asyncio
import gc
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FILE_NAME: Final = "loop.jsonl"
NOTED_S: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One long step of a loop."""

    at: float  # `time.monotonic()` at its end: the same clock in all processes of a machine
    cpu_s: float
    gc_s: float  # of that, in the garbage collector
    what: str


def steps(state: Path, since: float) -> Iterator[Step]:
    """Yield the long steps that a server has noted since a moment of `time.monotonic()`."""
    for line in (state / FILE_NAME).read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        if found["at"] >= since:
            yield Step(**found)


def worst_step(state: Path, since: float) -> Step | None:
    """Return the longest of them, None where there was no long one."""
    return max(steps(state, since), key=lambda step: step.cpu_s, default=None)


def install(state: Path) -> None:
    """Watch every step of every loop of this process."""
    state.mkdir(parents=True, exist_ok=True)
    file = os.open(state / FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    run = asyncio.events.Handle._run
    collected = _Collector()
    now, cpu = time.monotonic, time.thread_time

    def watched(handle: asyncio.Handle) -> None:
        before, collected.took_s = cpu(), 0.0
        run(handle)
        took = cpu() - before
        if took >= NOTED_S:
            note = {"at": now(), "cpu_s": took, "gc_s": collected.took_s, "what": _name(handle)}
            os.write(file, (json.dumps(note) + "\n").encode())

    vars(asyncio.events)["Handle"]._run = watched


class _Collector:
    """Processor time that the garbage collector took since it was last set to nothing."""

    def __init__(self) -> None:
        self.took_s = 0.0
        self._began_s = 0.0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._began_s = time.thread_time()
        else:
            self.took_s += time.thread_time() - self._began_s


def _name(handle: asyncio.Handle) -> str:
    callback: Any = getattr(handle, "_callback", None)
    task = getattr(callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        coroutine: Any = task.get_coro()
        return str(getattr(coroutine, "__qualname__", coroutine))
    return str(getattr(callback, "__qualname__", callback))
