"""One subscription: its publishing cycle, keep-alives, lifetime, and what may have to be sent again."""

import logging
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from opcua_server.dataplane.messages import notification_message
from opcua_server.services.subscriptions.ledger import Ledger
from opcua_server.services.subscriptions.monitored import MonitoredItems
from opcua_server.services.subscriptions.publishing import PublishQueue
from opcua_server.services.subscriptions.revise import Pace
from opcua_server.services.subscriptions.wheel import GRID_S, Wheel

_log = logging.getLogger(__name__)
_LAST_SEQUENCE: Final = 0xFFFFFFFF
_FRAME_BYTES: Final = 4096  # of a message for all but its notifications
_MEETING_S: Final = 0.025  # between two moments at which cycles begin, at most


class Retransmission:
    """Messages that were sent and not acknowledged, bounded in number and bytes."""

    def __init__(self, max_messages: int, max_bytes: int) -> None:
        self._messages: OrderedDict[int, bytes] = OrderedDict()
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._bytes = 0
        self.discarded = 0  # messages that were not acknowledged

    def keep(self, sequence: int, message: bytes) -> None:
        """Keep a message; the oldest ones make room."""
        self._messages[sequence] = message
        self._bytes += len(message)
        while len(self._messages) > self._max_messages or self._bytes > self._max_bytes:
            self._bytes -= len(self._messages.popitem(last=False)[1])
            self.discarded += 1

    def acknowledge(self, sequence: int) -> bool:
        """Drop a message; returns whether it was there."""
        message = self._messages.pop(sequence, None)
        self._bytes -= len(message or b"")
        return message is not None

    def get(self, sequence: int) -> bytes | None:
        """Return a message, None where it is not there any more or never was."""
        return self._messages.get(sequence)

    def available(self) -> list[int]:
        """Return the sequence numbers of all messages."""
        return list(self._messages)


class Subscription:
    """Publishes what its items queue, at its pace and as its session's publish requests allow."""

    def __init__(
        self,
        number: int,
        session: Any,
        pace: Pace,
        items: MonitoredItems,
        queue: Callable[[Any], PublishQueue],
        wheel: Wheel,
        expire: Callable[["Subscription"], None],
        sent: Retransmission,
        *,
        is_enabled: bool,
    ) -> None:
        """`queue` gives a session's publish requests, `expire` ends a subscription nobody has asked for."""
        self.id = number
        self.session = session
        self.pace = pace
        self.items = items
        self.sent = sent
        self.is_enabled = is_enabled
        self.is_closed = False
        self.ledger = Ledger()
        self._queue = queue
        self._wheel = wheel
        self._expire = expire
        self._next_sequence = 1
        self._quiet_cycles = pace.keep_alive_count  # the first cycle ends with a message, whatever happens
        self._unheard_cycles = 0
        self._due = _first_cycle(wheel.now(), pace)
        self._beat = 0  # a cycle of an earlier pace is none
        self._call: Callable[[], None]
        self._schedule()

    @property
    def session_id(self) -> Any:
        """The session it belongs to, as the library asks for it."""
        return self.session.session_id

    @property
    def next_sequence(self) -> int:
        """The number of its next message that is no keep-alive."""
        return self._next_sequence

    @property
    def cycles(self) -> tuple[int, int]:
        """How many cycles it has sent nothing, and how many it has not heard of its client."""
        return self._quiet_cycles, self._unheard_cycles

    def touch(self) -> None:
        """Live on: the client was heard of."""
        self._unheard_cycles = 0

    def set_pace(self, pace: Pace) -> None:
        """Publish at another pace from now on."""
        self.pace = pace
        self.ledger.modified += 1
        self._due = _first_cycle(self._wheel.now(), pace)
        self._schedule()

    def set_enabled(self, enabled: bool) -> None:
        """Send notifications, or only keep-alives while they queue."""
        self.is_enabled = enabled
        self.ledger.enabled += enabled
        self.ledger.disabled += not enabled
        self._quiet_cycles = 0

    def move(self, session: Any) -> None:
        """Belong to another session."""
        self._queue(self.session).leave(self.id)
        self.session = session
        self.touch()

    def close(self) -> None:
        """Publish nothing more."""
        self.is_closed = True
        self._queue(self.session).leave(self.id)
        self.items.close()

    def publish(self) -> None:
        """Send what there is, as far as requests last; a keep-alive where there is nothing."""
        queue = self._queue(self.session)
        items = self.items
        more = True
        while more:
            request = queue.take()
            if request is None:
                self.ledger.late += 1
                queue.wait_in_line(self)
                return
            self._unheard_cycles = self._quiet_cycles = 0
            self.ledger.publish_requests += 1
            if self.is_enabled:
                room = request.max_response - _FRAME_BYTES
                parts: Sequence[bytes] = items.take(self.pace.max_notifications, room)
                more = items.has_waiting()
            else:
                parts, more = (), False
            message = notification_message(self._next_sequence, parts)
            if parts:
                self.ledger.sent(parts)
                self.sent.keep(self._next_sequence, message)
                self._next_sequence = self._next_sequence % _LAST_SEQUENCE + 1
            request.answer(self.id, self.sent.available(), message, more=more)

    def _schedule(self) -> None:
        self._beat += 1
        self._call = partial(self._cycle, self._beat)
        self._wheel.at(self._due, self._call)

    def _cycle(self, beat: int) -> None:
        if self.is_closed or beat != self._beat:
            return
        now = self._wheel.now()
        period = self.pace.interval_ms / 1000.0
        self._due += period
        if self._due <= now:  # cycles that were missed are left out, not made up for
            self._due = now + period
        self._wheel.at(self._due, self._call)
        queue = self._queue(self.session)
        queue.sweep()
        self._unheard_cycles = 0 if len(queue) else self._unheard_cycles + 1
        if self._unheard_cycles >= self.pace.lifetime_count:
            self._expire(self)
            return
        self._quiet_cycles += 1
        if self._quiet_cycles >= self.pace.keep_alive_count or (self.is_enabled and self.items.has_waiting()):
            self.publish()
        elif self._quiet_cycles == 1:
            self._wheel.at(now + GRID_S, partial(self._look_again, beat))

    def _look_again(self, beat: int) -> None:
        """Send what came a moment after the cycle, and keep to this moment from now on.

        Values that come as often as they are sent may come just behind each cycle: they would wait for the next one, once
        in a while or always, as chance has it.
        """
        if self.is_closed or beat != self._beat or not (self.is_enabled and self.items.has_waiting()):
            return
        self._due += GRID_S
        self._schedule()
        self.publish()


def _first_cycle(now: float, pace: Pace) -> float:
    """Return when a subscription's first cycle is due, at most an interval from now.

    Those of one interval meet at a few moments: one after the other they cost less than each on its own.
    """
    interval_s = pace.interval_ms / 1000.0
    meeting_s = min(interval_s / 4.0, _MEETING_S)
    return math.floor((now + interval_s) / meeting_s) * meeting_s
