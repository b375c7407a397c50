"""The monitored items of one subscription, whatever they watch: made, changed, switched, linked, drained."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from asyncua import ua

from opcua_server.dataplane.address_space import ColumnAddressSpace
from opcua_server.dataplane.encode import RECORD_BYTES, data_change
from opcua_server.dataplane.items import ItemSettings, ItemTable
from opcua_server.dataplane.messages import DATA_CHANGE, EVENTS, notification
from opcua_server.dataplane.runs import DISABLED, REPORTING
from opcua_server.dataplane.sampling import Sampler
from opcua_server.services import index_range
from opcua_server.services.events import EventRecord
from opcua_server.services.index_range import IndexRangeError, Range
from opcua_server.services.limits import LIMITS, Limits
from opcua_server.services.status import GOOD, status
from opcua_server.services.subscriptions.event_items import EventItem, event_body
from opcua_server.services.subscriptions.object_items import ObjectItem, refusal
from opcua_server.services.subscriptions.planning import MayRead, Planner
from opcua_server.services.subscriptions.revise import RefusedError
from opcua_server.services.where import TypeTree

_S = ua.StatusCodes
_MAX_BYTES: Final = 1_000_000  # of texts, arrays and events in one message; numbers have their count


@dataclass(slots=True)
class Item:
    """What is known of any item; the settings are the table's or the object's business too."""

    id: int
    node: ua.NodeId
    attribute: int
    settings: ItemSettings
    row: int | None = None  # of a column item
    watch: "ObjectItem | EventItem | None" = None
    callback: int = 0  # the address space's handle, of an object item
    links: set[int] = field(default_factory=set)  # what this item triggers
    filter_result: ua.EventFilterResult | None = None  # of an event item: what is wrong in its filter


class MonitoredItems:
    """All items of a subscription."""

    def __init__(
        self,
        aspace: ColumnAddressSpace,
        types: TypeTree,
        sampler: Sampler,
        clock: Callable[[], float],
        wake: Callable[[float], None],
        limits: Limits = LIMITS,
    ) -> None:
        """`wake` is told when `sample_due` wants to be called next."""
        self._aspace = aspace
        self._planner = Planner(aspace, types, limits)
        self._limits = limits
        self._queue_sizes = 0  # of all items together
        self._clock = clock
        self._wake = wake
        self._next_id = 1
        self._items: dict[int, Item] = {}
        self._table = ItemTable(sampler)
        self._by_notifier: dict[ua.NodeId, dict[int, EventItem]] = {}
        self._ready: dict[int, ObjectItem] = {}  # that have something to send, in turn
        self._ready_events: dict[int, EventItem] = {}
        self._put_off: dict[int, ObjectItem] = {}
        self._fired: set[int] = set()
        self._denied: set[int] = set()  # items that the session's user may not read any more
        self._refusals: dict[int, bytes] = {}  # and what tells it so
        self._woken_for: float | None = None
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item: int) -> bool:
        return item in self._items

    def handles(self) -> list[tuple[int, int]]:
        """Return id and client handle of every item."""
        return [(item.id, item.settings.handle) for item in self._items.values()]

    def close(self) -> None:
        """Watch nothing any more."""
        self._is_closed = True
        self._table.close()
        for item in self._items.values():
            self._unwatch(item)
        self._items.clear()

    # ---- services ------------------------------------------------------------------------------------------------

    def create(
        self,
        requests: Sequence[ua.MonitoredItemCreateRequest],
        stamps: int,
        publishing_ms: float,
        room: int,
        may_read: MayRead,
    ) -> list[ua.MonitoredItemCreateResult]:
        """Create items, as many as there is room for; `may_read` gives the status that refuses a node, if any."""
        results: list[ua.MonitoredItemCreateResult] = []
        columns: list[Item] = []
        for request in requests:
            result = ua.MonitoredItemCreateResult()
            results.append(result)
            try:
                if room <= 0:
                    raise RefusedError(_S.BadTooManyMonitoredItems)
                item = self._make(request, stamps, publishing_ms, may_read)
            except RefusedError as refusal:
                result.StatusCode = status(refusal.status)
                result.FilterResult = refusal.filter_result
                continue
            room -= 1
            result.FilterResult = item.filter_result
            self._items[item.id] = item
            result.MonitoredItemId = item.id
            result.RevisedSamplingInterval = item.settings.interval_s * 1000.0
            result.RevisedQueueSize = item.settings.queue_size
            if item.row is not None:
                columns.append(item)
            elif isinstance(item.watch, ObjectItem) and item.settings.mode != DISABLED:
                item.watch.sample(self._clock())
        if columns:
            self._table.add(
                [item.id for item in columns],
                [item.row for item in columns if item.row is not None],
                [item.settings for item in columns],
            )
        return results

    def modify(
        self, requests: Sequence[ua.MonitoredItemModifyRequest], stamps: int, publishing_ms: float
    ) -> list[ua.MonitoredItemModifyResult]:
        """Change items; one that is not there, or cannot be so, leaves the others untouched."""
        results: list[ua.MonitoredItemModifyResult] = []
        columns: list[Item] = []
        for request in requests:
            result = ua.MonitoredItemModifyResult()
            results.append(result)
            try:
                item = self._modify(request, stamps, publishing_ms)
            except RefusedError as refusal:
                result.StatusCode = status(refusal.status)
                result.FilterResult = refusal.filter_result
                continue
            result.FilterResult = item.filter_result
            result.RevisedSamplingInterval = item.settings.interval_s * 1000.0
            result.RevisedQueueSize = item.settings.queue_size
            if item.row is not None:
                columns.append(item)
        if columns:
            self._table.modify([item.id for item in columns], [self._allowed(item) for item in columns])
        return results

    def delete(self, ids: Sequence[int]) -> list[ua.StatusCode]:
        """Delete items with all that is queued for them."""
        results: list[ua.StatusCode] = []
        columns: list[int] = []
        for number in ids:
            item = self._items.pop(number, None)
            results.append(GOOD if item is not None else status(_S.BadMonitoredItemIdInvalid))
            if item is None:
                continue
            self._unwatch(item)
            self._queue_sizes -= item.settings.queue_size
            if item.row is not None:
                columns.append(number)
        if columns:
            self._table.remove(columns)
        gone = set(ids)
        for item in self._items.values():
            if item.links:
                self._set_links(item, item.links - gone)
        return results

    def set_mode(self, mode: int, ids: Sequence[int]) -> list[ua.StatusCode]:
        """Switch items to Disabled, Sampling or Reporting."""
        if mode not in iter(ua.MonitoringMode):
            raise RefusedError(_S.BadMonitoringModeInvalid)
        results: list[ua.StatusCode] = []
        columns: list[int] = []
        for number in ids:
            item = self._items.get(number)
            results.append(GOOD if item is not None else status(_S.BadMonitoredItemIdInvalid))
            if item is None:
                continue
            item.settings = replace(item.settings, mode=mode)
            if number in self._denied:
                continue
            if item.watch is not None:
                self._switch(item.watch, mode)
            else:
                columns.append(number)
        if columns:
            self._table.set_mode(columns, mode)
        return results

    def permit(self, may_read: MayRead) -> None:
        """Look at every item anew after a change of user: one that may not be read any more says so and falls silent.

        It goes on when it may be read again.
        """
        for item in self._items.values():
            node = self._aspace.get(item.node)
            if node is None or isinstance(item.watch, EventItem):
                continue  # of events each is looked at
            problem = may_read(node, item.attribute)
            if (problem is not None) == (item.id in self._denied):
                continue
            if problem is None:
                self._denied.discard(item.id)
                self._refusals.pop(item.id, None)
            else:
                self._denied.add(item.id)
            mode = self._allowed(item).mode
            if item.watch is not None:
                self._switch(item.watch, mode)
            else:
                self._table.set_mode([item.id], mode)
            if problem is not None and item.settings.mode == REPORTING:
                self._refusals[item.id] = refusal(item.settings.handle, problem)

    def _allowed(self, item: Item) -> ItemSettings:
        return replace(item.settings, mode=DISABLED) if item.id in self._denied else item.settings

    def _switch(self, watch: ObjectItem | EventItem, mode: int) -> None:
        if isinstance(watch, ObjectItem):
            watch.set_mode(mode, self._clock())
        else:
            watch.set_mode(mode)
        self._note(watch)

    def set_triggering(
        self, trigger: int, add: Sequence[int], remove: Sequence[int]
    ) -> tuple[list[ua.StatusCode], list[ua.StatusCode]]:
        """Link and unlink items that are sent when the triggering one takes a sample; returns what became of each.

        Raises:
            RefusedError: There is no such triggering item, or nothing to do.
        """
        item = self._items.get(trigger)
        if not add and not remove:
            raise RefusedError(_S.BadNothingToDo)
        if item is None:
            raise RefusedError(_S.BadMonitoredItemIdInvalid)
        links = set(item.links)  # links are removed before others are added (OPC 10000-4, 5.13.5)
        removed = [GOOD if link in links else status(_S.BadMonitoredItemIdInvalid) for link in remove]
        links -= set(remove)
        added = [GOOD if link in self._items else status(_S.BadMonitoredItemIdInvalid) for link in add]
        links |= {link for link in add if link in self._items}
        self._set_links(item, links)
        return added, removed

    def resend(self) -> None:
        """Queue the present value of every reporting data item, changed or not."""
        self._table.resend()
        for item in self._items.values():
            if isinstance(item.watch, ObjectItem) and self._allowed(item).mode == REPORTING:
                item.watch.resend(self._clock())

    # ---- what happens --------------------------------------------------------------------------------------------

    def sample_due(self) -> None:
        """Sample what was put off until now."""
        self._woken_for = None
        if self._is_closed:
            return
        now = self._clock()
        for number, item in list(self._put_off.items()):
            if item.due is None or now >= item.due:
                del self._put_off[number]
                if item.due is not None:
                    item.sample(now)
        self._wake_up()

    def trigger_event(self, event: EventRecord, only: int | None = None) -> bool:
        """Offer an event to every item on one of its notifiers; returns whether one sends it."""
        sent = False
        for notifier in event.notifiers & self._by_notifier.keys():
            for item in list(self._by_notifier[notifier].values()):
                if only in (None, item.id):
                    sent = item.take_in(event) or sent
        return sent

    # ---- sending -------------------------------------------------------------------------------------------------

    def has_waiting(self) -> bool:
        """Return whether there is something to send."""
        if self._fired or self._table.fired:
            self._release()
        return bool(self._table.waiting or self._ready or self._ready_events or self._refusals)

    def take(self, limit: int, room: int) -> list[bytes]:
        """Remove up to `limit` notifications from the queues, of about `room` bytes together.

        Returns:
            Entries of NotificationData.
        """
        if self._fired or self._table.fired:
            self._release()
        records, count = self._table.take(min(limit, max(room // RECORD_BYTES, 1)))
        if not (self._ready or self._ready_events or self._refusals):
            return [notification(DATA_CHANGE, data_change(records, count))] if count else []
        parts: list[bytes] = []
        room = min(room - sum(map(len, records)), _MAX_BYTES)
        refusals = [self._refusals.pop(number) for number in list(self._refusals)[: limit - count]]
        objects = [*refusals, *_drain(self._ready, limit - count - len(refusals), room)]
        if count or objects:
            parts.append(notification(DATA_CHANGE, data_change([*records, *objects], count + len(objects))))
        room -= sum(map(len, objects))
        events = _drain(self._ready_events, limit - count - len(objects), room)
        if events:
            parts.append(notification(EVENTS, event_body(events)))
        return parts

    def _release(self) -> None:
        """Send the queues of what is linked to items that took samples."""
        fired, self._fired = self._fired | self._table.fired, set()
        self._table.fired = set()
        links = {link for number in fired if number in self._items for link in self._items[number].links}
        self._table.release([link for link in links if self._items[link].row is not None])
        for link in links:
            watch = self._items[link].watch
            if watch is not None:
                watch.release()
                self._note(watch)

    def _note(self, watch: ObjectItem | EventItem) -> None:
        """Have an item take its turn, if it has something to send."""
        ready: dict[int, Any] = self._ready if isinstance(watch, ObjectItem) else self._ready_events
        if watch.waiting:
            ready[watch.id] = watch
        else:
            ready.pop(watch.id, None)

    # ---- making items --------------------------------------------------------------------------------------------

    def _make(
        self, request: ua.MonitoredItemCreateRequest, stamps: int, publishing_ms: float, may_read: MayRead
    ) -> Item:
        plan = self._planner.plan(request, stamps, publishing_ms, may_read)
        settings = self._within_room(plan.settings)
        item = Item(self._new_id(), plan.node, plan.attribute, settings, plan.row)
        if plan.events is not None and plan.checked is not None:
            item.watch = EventItem(
                item.id, plan.node, settings, plan.events, plan.checked.where, self._on_queued
            )
            item.filter_result = plan.checked.result
            self._by_notifier.setdefault(plan.node, {})[item.id] = item.watch
        elif plan.row is None:
            self._watch(item, plan.ranges)
        return item

    def _modify(self, request: ua.MonitoredItemModifyRequest, stamps: int, publishing_ms: float) -> Item:
        item = self._items.get(request.MonitoredItemId)
        if item is None:
            raise RefusedError(_S.BadMonitoredItemIdInvalid)
        asked, mode = request.RequestedParameters, item.settings.mode
        if isinstance(item.watch, EventItem):
            filter_ = asked.Filter if isinstance(asked.Filter, ua.EventFilter) else None
            checked = self._planner.checked(filter_) if filter_ is not None else None
            item.filter_result = checked.result if checked is not None else None
            item.settings = self._within_room(self._planner.event_settings(asked, mode), item)
            item.watch.modify(item.settings, filter_, checked.where if checked is not None else None)
            return item
        settings = self._planner.data_settings(
            asked, self._aspace[item.node], item.attribute, item.row, mode, stamps, publishing_ms
        )
        item.settings = self._within_room(settings, item)
        if item.watch is not None:
            item.watch.modify(self._allowed(item))
        return item

    def _within_room(self, settings: ItemSettings, item: Item | None = None) -> ItemSettings:
        """Return settings whose queue fits beside all others; of an item that is changed, in place of its own."""
        others = self._queue_sizes - (item.settings.queue_size if item is not None else 0)
        size = min(settings.queue_size, max(self._limits.max_queue_sizes - others, 1))
        self._queue_sizes = others + size
        return replace(settings, queue_size=size)

    def _new_id(self) -> int:
        number, self._next_id = self._next_id, self._next_id + 1
        return number

    def _watch(self, item: Item, ranges: Sequence[Range]) -> None:
        attribute = ua.AttributeIds(item.attribute)

        def read() -> ua.DataValue:
            return _part(self._aspace.read_attribute_value(item.node, attribute), ranges)

        watch = ObjectItem(item.id, item.settings, read, self._on_queued)

        async def written(_: int, __: ua.DataValue) -> None:
            watch.changed(self._clock())
            if watch.due is not None:
                self._put_off[item.id] = watch
                self._wake_up()

        code, item.callback = self._aspace.add_datachange_callback(item.node, attribute, written)
        if not code.is_good():
            raise RefusedError(code.value)
        item.watch = watch

    def _unwatch(self, item: Item) -> None:
        if item.callback:
            self._aspace.delete_datachange_callback(item.callback)
        if isinstance(item.watch, EventItem):
            others = self._by_notifier[item.watch.notifier]
            del others[item.id]
            if not others:
                del self._by_notifier[item.watch.notifier]
        for waiting in (self._ready, self._ready_events, self._put_off):
            waiting.pop(item.id, None)
        self._fired.discard(item.id)
        self._denied.discard(item.id)
        self._refusals.pop(item.id, None)

    def _set_links(self, item: Item, links: Collection[int]) -> None:
        item.links = set(links)
        if item.row is not None:
            self._table.set_trigger(item.id, is_trigger=bool(links))

    def _on_queued(self, watch: ObjectItem | EventItem) -> None:
        self._note(watch)
        if watch.id in self._items and self._items[watch.id].links:
            self._fired.add(watch.id)

    def _wake_up(self) -> None:
        times = [item.due for item in self._put_off.values() if item.due is not None]
        if times and (self._woken_for is None or min(times) < self._woken_for):
            self._woken_for = min(times)
            self._wake(self._woken_for)


def _drain(ready: "dict[int, Any]", limit: int, room: int) -> list[bytes]:
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


def _part(data: ua.DataValue, ranges: Sequence[Range]) -> ua.DataValue:
    """Return a value cut to a range; where that finds nothing, a status that says so."""
    if not ranges or data.Value is None or data.Value.Value is None:
        return data
    try:
        return replace(data, Value=index_range.read(data.Value, ranges))
    except IndexRangeError as problem:
        return replace(data, Value=None, StatusCode=status(problem.status))
