"""Items that tell of events: a filter, and a queue that says when it has lost some."""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary

from opcua_server.dataplane.items import ItemSettings
from opcua_server.dataplane.runs import DISABLED, REPORTING
from opcua_server.services.events import EventRecord
from opcua_server.services.where import WhereClause

_SERVER: Final = ua.NodeId(ua.ObjectIds.Server)
_OVERFLOW_TYPE: Final = ua.NodeId(ua.ObjectIds.EventQueueOverflowEventType)
_OVERFLOW_SEVERITY: Final = 500


class EventItem:
    """One item on a notifier."""

    def __init__(
        self,
        item: int,
        notifier: ua.NodeId,
        settings: ItemSettings,
        filter_: ua.EventFilter,
        where: WhereClause,
        on_event: Callable[["EventItem"], None],
    ) -> None:
        """`on_event` hears of each event that was queued."""
        self.id = item
        self.notifier = notifier
        self.settings = settings
        self._select = filter_.SelectClauses or []
        self._where = where
        self._on_event = on_event
        self._queue: deque[list[ua.Variant]] = deque()
        self._overflow: EventRecord | None = None  # beside the queue, at the end where events were lost
        self._tells_overflow = False
        self._released = 0

    @property
    def waiting(self) -> int:
        """How many events are to be sent."""
        return self._released + (self._overflow is not None and self._tells_overflow)

    def take_in(self, event: EventRecord) -> bool:
        """Queue an event that passes the filter; returns whether it is on its way to a client."""
        if self.settings.mode == DISABLED:
            return False
        if not event.unfiltered and not self._where.passes(event):
            return False
        self._push(event.select(self._select))
        self._on_event(self)
        return self.settings.mode == REPORTING

    def modify(
        self, settings: ItemSettings, filter_: ua.EventFilter | None, where: WhereClause | None
    ) -> None:
        """Change the item; its queue is cut to the new size, a filter holds for later events."""
        self.settings = settings
        if filter_ is not None and where is not None:
            self._select, self._where = filter_.SelectClauses or [], where
        held, self._queue = self._queue, deque()
        released, self._released = self._released, 0
        for fields in held:
            self._push(fields)
        self._released = min(released, len(self._queue))

    def set_mode(self, mode: int) -> None:
        """Switch the item; disabled it loses its queue."""
        self.settings = replace(self.settings, mode=mode)
        if mode == DISABLED:
            self._queue.clear()
            self._overflow = None
        self._released = len(self._queue) if mode == REPORTING else 0
        self._tells_overflow = mode == REPORTING

    def release(self) -> None:
        """Have what is queued sent."""
        self._released = len(self._queue)
        self._tells_overflow = True

    def take(self) -> bytes:
        """Remove the oldest event that may be sent; returns it as an EventFieldList."""
        overflow = self._overflow
        if overflow is not None and (self.settings.discard_oldest or not self._released):
            self._overflow = None
            return self._encoded(overflow.select(self._select))
        self._released -= 1
        fields = self._queue.popleft()
        return self._encoded(fields)

    def _push(self, fields: list[ua.Variant]) -> None:
        if len(self._queue) < self.settings.queue_size:
            self._queue.append(fields)
        else:
            # Once in a queue, however many are lost; it takes no place of an event (OPC 10000-4, 7.22.3).
            self._overflow = self._overflow or overflow_event()
            self._tells_overflow = self.settings.mode == REPORTING
            if self.settings.discard_oldest:
                self._queue.popleft()
                self._queue.append(fields)
            else:
                self._queue[-1] = fields
        if self.settings.mode == REPORTING:
            self._released = len(self._queue)

    def _encoded(self, fields: list[ua.Variant]) -> bytes:
        told = ua.EventFieldList()
        told.ClientHandle = self.settings.handle
        told.EventFields = fields
        encoded: bytes = struct_to_binary(told)
        return encoded


def overflow_event() -> EventRecord:
    """Return an EventQueueOverflowEventType event: events of this item were lost."""
    now = datetime.now(UTC)
    fields: dict[str, tuple[Any, ua.VariantType]] = {
        "EventId": (secrets.token_bytes(16), ua.VariantType.ByteString),
        "EventType": (_OVERFLOW_TYPE, ua.VariantType.NodeId),
        "SourceNode": (_SERVER, ua.VariantType.NodeId),
        "SourceName": ("Internal/EventQueueOverflow", ua.VariantType.String),
        "Time": (now, ua.VariantType.DateTime),
        "ReceiveTime": (now, ua.VariantType.DateTime),
        "Message": (ua.LocalizedText("Events were lost.", "en"), ua.VariantType.LocalizedText),
        "Severity": (_OVERFLOW_SEVERITY, ua.VariantType.UInt16),
    }
    return EventRecord(
        event_type=_OVERFLOW_TYPE,
        fields={name: ua.Variant(value, kind) for name, (value, kind) in fields.items()},
        notifiers=frozenset((_SERVER,)),
        unfiltered=True,
    )


def event_body(events: list[bytes]) -> bytes:
    """Return the body of an EventNotificationList."""
    return len(events).to_bytes(4, "little") + b"".join(events)
