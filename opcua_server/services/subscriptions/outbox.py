"""What a subscription has to send: its column items' samples, other values, and events."""

from typing import Final, TypeVar

from opcua_server.dataplane.encode import RECORD_BYTES, data_change
from opcua_server.dataplane.items import ItemTable
from opcua_server.dataplane.messages import DATA_CHANGE, EVENTS, notification
from opcua_server.services.subscriptions.event_items import EventItem, event_body
from opcua_server.services.subscriptions.item import Watch
from opcua_server.services.subscriptions.object_items import ObjectItem

_MAX_BYTES: Final = 1_000_000  # of texts, arrays and events in one message; numbers have their count
_W = TypeVar("_W", ObjectItem, EventItem)


class Outbox:
    """Knows which items have something to send, and fills messages with it."""

    def __init__(self, table: ItemTable) -> None:
        self._table = table
        self._values: dict[int, ObjectItem] = {}  # in turn
        self._events: dict[int, EventItem] = {}
        self._refusals: dict[int, bytes] = {}  # of items that may not be read any more

    @property
    def has_waiting(self) -> bool:
        """Whether there is something to send."""
        return bool(self._table.waiting or self._values or self._events or self._refusals)

    def note(self, watch: Watch) -> None:
        """Have an item take its turn, if it has something to send."""
        if not watch.waiting:
            self._values.pop(watch.id, None)
            self._events.pop(watch.id, None)
        elif isinstance(watch, ObjectItem):
            self._values[watch.id] = watch
        else:
            self._events[watch.id] = watch

    def refuse(self, item: int, notification_: bytes) -> None:
        """Tell the client why an item falls silent."""
        self._refusals[item] = notification_

    def take_back(self, item: int) -> None:
        """Tell it no more."""
        self._refusals.pop(item, None)

    def drop(self, item: int) -> None:
        """Send nothing of an item that is in no column."""
        for waiting in (self._values, self._events, self._refusals):
            waiting.pop(item, None)

    def take(self, limit: int, room: int) -> list[bytes]:
        """Remove up to `limit` notifications from the queues, of about `room` bytes together.

        Returns:
            Entries of NotificationData.
        """
        records, count = self._table.take(min(limit, max(room // RECORD_BYTES, 1)))
        if not (self._values or self._events or self._refusals):
            return [notification(DATA_CHANGE, data_change(records, count))] if count else []
        parts: list[bytes] = []
        room = min(room - sum(map(len, records)), _MAX_BYTES)
        refusals = [self._refusals.pop(number) for number in list(self._refusals)[: limit - count]]
        values = [*refusals, *_drain(self._values, limit - count - len(refusals), room)]
        if count or values:
            parts.append(notification(DATA_CHANGE, data_change([*records, *values], count + len(values))))
        room -= sum(map(len, values))
        events = _drain(self._events, limit - count - len(values), room)
        if events:
            parts.append(notification(EVENTS, event_body(events)))
        return parts


def _drain(ready: dict[int, _W], limit: int, room: int) -> list[bytes]:
    """Take notifications item by item until the limit or a message's fill is reached."""
    taken: list[bytes] = []
    size = 0
    while ready and len(taken) < limit and size < room:
        number, item = next(iter(ready.items()))
        while item.waiting and len(taken) < limit and size < room:
            taken.append(item.take())
            size += len(taken[-1])
        if not item.waiting:
            del ready[number]
    return taken
