"""Publishing cycles: when the first one is, and what becomes of values that come a moment after one."""

import struct
from collections.abc import Callable
from typing import Any

import pytest

from opcua_server.services.subscriptions.publishing import PublishQueue
from opcua_server.services.subscriptions.revise import Pace
from opcua_server.services.subscriptions.subscription import Retransmission, Subscription
from opcua_server.services.subscriptions.wheel import GRID_S, Wheel
from opcua_server.services.table import QuickRequest

INTERVAL_S = 0.1
EPSILON_S = 1e-6


class StandingWheel(Wheel):
    """A wheel whose clock stands until told."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1000.003
        self.due: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> float:  # type: ignore[override]
        return self.time

    def at(self, when: float, call: Callable[[], None]) -> None:
        self.due.append((when, call))

    def advance(self, to: float) -> None:
        while next_ := min(
            (each for each in self.due if each[0] <= to), default=None, key=lambda each: each[0]
        ):
            self.due.remove(next_)
            self.time = max(self.time, next_[0])
            next_[1]()
        self.time = to


class Line:
    """A subscription with a session that has always a request waiting; `sent` tells when it published, `values` what."""

    is_gone = False
    max_response = 100_000

    def __init__(self) -> None:
        self.wheel = StandingWheel()
        self.session: Any = self
        self.values: list[bytes] = []
        self.sent: list[float] = []
        self.queue = PublishQueue(self, lambda: self.wheel.time)
        pace = Pace(
            interval_ms=INTERVAL_S * 1000,
            lifetime_count=1000,
            keep_alive_count=10,
            max_notifications=10,
            priority=0,
        )
        self.subscription = Subscription(
            1,
            self,
            pace,
            self,  # type: ignore[arg-type]
            lambda _: self.queue,
            self.wheel,
            lambda _: None,
            Retransmission(10, 1000),
            is_enabled=True,
        )
        self.ask()

    def ask(self) -> None:
        self.queue.add(QuickRequest(self, 1, 1, 0, b""), (), 10)  # type: ignore[arg-type]

    # As the items
    def has_waiting(self) -> bool:
        return bool(self.values)

    def take(self, _: int, __: int) -> list[bytes]:
        taken, self.values = self.values, []
        return taken

    # As the processor
    def send_bytes(self, _: int, __: int, response: bytes) -> None:
        assert struct.unpack_from("<BBH", response)[2] == 829
        self.sent.append(self.wheel.time)
        self.ask()


@pytest.fixture
def line() -> Line:
    made = Line()
    made.wheel.advance(made.wheel.time + 2 * INTERVAL_S)  # the first message is a keep-alive
    assert len(made.sent) == 1
    return made


def test_that_the_first_cycle_comes_within_an_interval_and_meets_others() -> None:
    one, other = Line(), Line()
    other.wheel.time += 0.001
    other.subscription.set_pace(other.subscription.pace)

    for each in (one, other):
        each.wheel.advance(1001.0)

    assert 1000.003 < one.sent[0] <= 1000.003 + INTERVAL_S
    assert one.sent[0] == pytest.approx(other.sent[0])


def test_that_values_just_behind_the_cycle_do_not_wait_for_the_next(line: Line) -> None:
    wheel = line.wheel
    line.values = [b"0"]
    wheel.advance(wheel.time + INTERVAL_S)
    last = line.sent[-1]
    late = 0.002

    for frame in range(1, 20):
        wheel.advance(last + frame * INTERVAL_S + late)
        line.values = [b"%d" % frame]
    wheel.advance(wheel.time + INTERVAL_S / 2)

    moments = [sent - last - (index + 1) * INTERVAL_S for index, sent in enumerate(line.sent[2:])]
    assert len(moments) == 19
    assert max(moments) <= late + GRID_S + EPSILON_S


def test_that_what_comes_later_waits_for_the_next_cycle(line: Line) -> None:
    wheel = line.wheel
    line.values = [b"0"]
    wheel.advance(wheel.time + INTERVAL_S)
    last = line.sent[-1]

    wheel.advance(last + INTERVAL_S + 2 * GRID_S)
    line.values = [b"1"]
    wheel.advance(last + 3 * INTERVAL_S)

    assert line.sent[2:] == [pytest.approx(last + 2 * INTERVAL_S)]


def test_that_nothing_is_sent_in_a_moment_after_the_end(line: Line) -> None:
    wheel = line.wheel
    line.values = [b"0"]
    wheel.advance(wheel.time + INTERVAL_S)
    last, sent = line.sent[-1], len(line.sent)
    wheel.advance(last + INTERVAL_S + 0.001)
    line.subscription.is_closed = True
    line.values = [b"1"]

    wheel.advance(last + 3 * INTERVAL_S)

    assert len(line.sent) == sent
