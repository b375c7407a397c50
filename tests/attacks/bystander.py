"""A process beside the attack: it is subscribed at 10 Hz, presses the emergency stop and measures what it has to wait.

Run as `python -m tests.attacks.bystander PORT SERVER_PID press|watch`: says "ready" when all is set up, measures until its standard input
closes, then says one line of JSON. What the kernel kept the server or this process waiting for a core is taken off each figure
(schedstat, `man proc`): on a busy machine everybody is late, and no attack is to blame for that.
"""

import json
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.raw_ua import RawUa, named, numeric

DEVICE = "CNC-001"
STOP_PAUSE_S = 0.1
OUTSTANDING = 3  # publish requests


def waited_for_core_s(pid: int) -> float:
    """Return how long a process's first thread has been ready to run but was not let, since it began."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


class Clock:
    """Measures how long something takes, less what the scheduler adds to it."""

    def __init__(self, server: int) -> None:
        self._server = server

    def now(self) -> tuple[float, float]:
        here = int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
        return time.monotonic(), waited_for_core_s(self._server) + here

    def since(self, before: tuple[float, float]) -> float:
        now = self.now()
        return max(0.0, (now[0] - before[0]) - (now[1] - before[1]))


@dataclass
class Found:
    """What was measured; a figure is the worst of its kind."""

    gap_s: float = 0.0
    notifications: int = 0
    stop_s: float = 0.0
    stops: int = 0
    problems: list[str] = field(default_factory=list)


def main() -> None:
    port, server = int(sys.argv[1]), int(sys.argv[2])
    found, ended, clock = Found(), threading.Event(), Clock(server)
    works: tuple[Work, ...] = (_listen, _press) if sys.argv[3] == "press" else (_listen,)
    ready = [threading.Event() for _ in works]
    threads = [
        threading.Thread(target=_guarded, args=(work, port, clock, found, ended, event))
        for work, event in zip(works, ready, strict=True)
    ]
    for thread in threads:
        thread.start()
    for event in ready:
        event.wait(20.0)
    print("ready", flush=True)
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    print(json.dumps(found.__dict__), flush=True)


Work = Callable[[int, Clock, Found, threading.Event, threading.Event], None]


def _guarded(
    work: Work, port: int, clock: Clock, found: Found, ended: threading.Event, ready: threading.Event
) -> None:
    try:
        work(port, clock, found, ended, ready)
    except Exception as problem:  # noqa: BLE001  # whatever it is, whoever waits for the figures must hear of it
        found.problems.append(f"{work.__name__}: {problem!r}")
    finally:
        ready.set()


def _listen(port: int, clock: Clock, found: Found, ended: threading.Event, ready: threading.Event) -> None:
    """Note the longest time between two answers to a subscription that has something to say ten times a second."""
    with RawUa(port) as client:
        client.session()
        client.subscribe([numeric(2258)])
        for _ in range(OUTSTANDING):
            client.publish()
        client.answer()
        client.publish()
        last = clock.now()
        ready.set()
        while not ended.is_set():
            answer = client.answer(20.0)
            if answer.result & 0x80000000:
                found.problems.append(f"publish: 0x{answer.result:08X}")
                return
            found.gap_s = max(found.gap_s, clock.since(last))
            last = clock.now()
            found.notifications += 1
            _acknowledge(client, answer.body)


def _acknowledge(client: RawUa, body: bytes) -> None:
    (subscription, available) = struct.unpack_from("<Ii", body)
    at = 8 + 4 * max(available, 0) + 1
    (sequence,) = struct.unpack_from("<I", body, at)
    client.begin(826, struct.pack("<iII", 1, subscription, sequence))


def _press(port: int, clock: Clock, found: Found, ended: threading.Event, ready: threading.Event) -> None:
    """Press the emergency stop of a machine again and again over a session that is open."""
    with RawUa(port) as client:
        client.session()
        namespace = 5
        owner, method = named(DEVICE, namespace), named(f"{DEVICE}/EmergencyStop", namespace)
        ready.set()
        while not ended.wait(STOP_PAUSE_S):
            began = clock.now()
            status = client.call(owner, method)
            found.stop_s = max(found.stop_s, clock.since(began))
            found.stops += 1
            if status & 0x80000000:
                found.problems.append(f"e-stop: 0x{status:08X}")
                return


if __name__ == "__main__":
    main()
