"""Items of everything that is in no column: texts, arrays, structures, and attributes other than Value."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary

from opcua_server.dataplane.encode import HAS_SERVER, HAS_SOURCE
from opcua_server.dataplane.items import ItemSettings
from opcua_server.dataplane.runs import DISABLED, REPORTING
from opcua_server.dataplane.samples import OVERFLOW
from opcua_server.dataplane.sampling import STATUS, STATUS_VALUE_TIMESTAMP
from opcua_server.services.status import status

_SLACK_S: Final = 0.005


def refusal(handle: int, code: int) -> bytes:
    """Return a MonitoredItemNotification that says why there is no value."""
    notification = ua.MonitoredItemNotification()
    notification.ClientHandle = handle
    notification.Value = ua.DataValue(StatusCode=status(code))
    encoded: bytes = struct_to_binary(notification)
    return encoded


class ObjectItem:
    """Samples, filters and queues one item; the same rules as `dataplane.items`, a value at a time."""

    def __init__(
        self,
        item: int,
        settings: ItemSettings,
        read: Callable[[], ua.DataValue],
        on_sample: Callable[["ObjectItem"], None],
    ) -> None:
        """`read` gives the present value, `on_sample` hears of each sample that was queued."""
        self.id = item
        self.settings = settings
        self.due: float | None = None  # when a change that was put off is to be sampled
        self._read = read
        self._on_sample = on_sample
        self._queue: deque[ua.DataValue] = deque()
        self._released = 0  # how many of the queue's first may be sent
        self._last: ua.DataValue | None = None
        self._not_before = 0.0

    @property
    def waiting(self) -> int:
        """How many samples are to be sent."""
        return self._released

    def changed(self, now: float) -> None:
        """Sample, or put it off until the interval is over."""
        if self.settings.mode == DISABLED:
            return
        if now < self._not_before - self._slack:
            self.due = self._not_before
        else:
            self.sample(now)

    def sample(self, now: float) -> None:
        """Queue the present value if it passes the filter."""
        self.due = None
        in_step = now <= self._not_before + self._slack
        self._not_before = (self._not_before if in_step else now) + self.settings.interval_s
        data = self._read()
        if self._last is not None and not self._passes(self._last, data):
            return
        self._last = data
        self._push(data)
        self._on_sample(self)

    def modify(self, settings: ItemSettings) -> None:
        """Change the item; its queue is cut to the new size."""
        self.settings = settings
        held, self._queue = self._queue, deque()
        reported, self._released = self._released, 0
        for data in held:
            self._push(data)
        self._released = min(reported, len(self._queue))
        self._not_before = 0.0

    def set_mode(self, mode: int, now: float) -> None:
        """Switch the item; disabled it loses its queue, enabled again it is sampled at once."""
        before = self.settings.mode
        self.settings = replace(self.settings, mode=mode)
        self._released = len(self._queue) if mode == REPORTING else 0
        if mode == DISABLED:
            self._queue.clear()
            self._released, self._last, self.due = 0, None, None
        elif before == DISABLED:
            self.sample(now)

    def release(self) -> None:
        """Have what is queued sent."""
        self._released = len(self._queue)

    def resend(self, now: float) -> None:
        """Queue the present value, changed or not."""
        self._last = None
        self.sample(now)

    def take(self) -> bytes:
        """Remove the oldest sample that may be sent; returns it as a MonitoredItemNotification."""
        self._released -= 1
        notification = ua.MonitoredItemNotification()
        notification.ClientHandle = self.settings.handle
        notification.Value = _stamped(self._queue.popleft(), self.settings.stamps)
        encoded: bytes = struct_to_binary(notification)
        return encoded

    @property
    def _slack(self) -> float:
        return min(self.settings.interval_s / 2.0, _SLACK_S)

    def _push(self, data: ua.DataValue) -> None:
        queue, settings = self._queue, self.settings
        if len(queue) < settings.queue_size:
            queue.append(data)
        elif settings.queue_size == 1:
            queue[0] = data
        elif settings.discard_oldest:
            queue.popleft()
            self._released = max(self._released - 1, 0)
            queue[0] = _overflowed(queue[0])
            queue.append(data)
        else:
            queue[-1] = _overflowed(data)
        if settings.mode == REPORTING:
            self._released = len(queue)

    def _passes(self, last: ua.DataValue, data: ua.DataValue) -> bool:
        trigger = self.settings.trigger
        if _status(last) != _status(data):
            return True
        if trigger == STATUS:
            return False
        by_time = trigger == STATUS_VALUE_TIMESTAMP and not self.settings.has_deadband
        if by_time and last.SourceTimestamp != data.SourceTimestamp:
            return True
        before, after = _plain(last), _plain(data)
        if self.settings.has_deadband:
            return _moved(before, after, self.settings.deadband)
        return not _same(before, after) or _kind(last) != _kind(data)


def _status(data: ua.DataValue) -> int:
    return int(data.StatusCode.value) if data.StatusCode is not None else 0


def _plain(data: ua.DataValue) -> Any:
    return data.Value.Value if data.Value is not None else None


def _kind(data: ua.DataValue) -> Any:
    return data.Value.VariantType if data.Value is not None else None


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, float) and isinstance(after, float) and math.isnan(before) and math.isnan(after):
        return True
    return bool(before == after)


def _moved(before: Any, after: Any, deadband: float) -> bool:
    """Return whether a number has moved by more than the deadband; of an array, whether any has."""
    if isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            return True
        return any(_moved(one, other, deadband) for one, other in zip(before, after, strict=True))
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return not _same(before, after)
    if math.isnan(before) or math.isnan(after):
        return math.isnan(before) != math.isnan(after)
    return before != after and abs(after - before) > deadband


def _overflowed(data: ua.DataValue) -> ua.DataValue:
    return replace(data, StatusCode=ua.StatusCode(_status(data) | OVERFLOW))


def _stamped(data: ua.DataValue, stamps: int) -> ua.DataValue:
    """Return a value with the timestamps that were asked for."""
    if stamps == HAS_SOURCE | HAS_SERVER:
        return data
    return replace(
        data,
        SourceTimestamp=data.SourceTimestamp if stamps & HAS_SOURCE else None,
        SourcePicoseconds=data.SourcePicoseconds if stamps & HAS_SOURCE else None,
        ServerTimestamp=data.ServerTimestamp if stamps & HAS_SERVER else None,
        ServerPicoseconds=data.ServerPicoseconds if stamps & HAS_SERVER else None,
    )
