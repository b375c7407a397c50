"""The monitored items of one subscription, whatever they watch: made, changed, switched, linked, drained."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from asyncua import ua

from opcua_server.dataplane.address_space import ColumnAddressSpace
from opcua_server.dataplane.items import ItemSettings, ItemTable
from opcua_server.dataplane.runs import DISABLED, REPORTING
from opcua_server.dataplane.sampling import Sampler
from opcua_server.services.events import EventRecord
from opcua_server.services.limits import LIMITS, Limits
from opcua_server.services.status import GOOD, status
from opcua_server.services.subscriptions.event_items import EventItem
from opcua_server.services.subscriptions.item import Item, Watch
from opcua_server.services.subscriptions.object_items import ObjectItem, refusal
from opcua_server.services.subscriptions.outbox import Outbox
from opcua_server.services.subscriptions.planning import MayRead, Planner
from opcua_server.services.subscriptions.revise import RefusedError
from opcua_server.services.subscriptions.triggering import Triggering
from opcua_server.services.subscriptions.watches import Watches
from opcua_server.services.where import TypeTree

_S = ua.StatusCodes


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
        self._clock = clock
        self._next_id = 1
        self._items: dict[int, Item] = {}
        self._table = ItemTable(sampler)
        self._outbox = Outbox(self._table)
        self._triggering = Triggering()
        self._watches = Watches(aspace, clock, wake, self._on_queued)
        self._denied: set[int] = set()  # items that the session's user may not read any more
        self.queue_sizes = 0  # of all items together
        self.max_queue_sizes = limits.max_queue_sizes

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item: int) -> bool:
        return item in self._items

    def handles(self) -> list[tuple[int, int]]:
        """Return id and client handle of every item."""
        return [(item.id, item.settings.handle) for item in self._items.values()]

    def close(self) -> None:
        """Watch nothing any more."""
        self._table.close()
        for item in self._items.values():
            self._watches.end(item)
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
        columns: dict[int, Item] = {}  # the last change of an item counts
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
                columns[item.id] = item
        if columns:
            self._table.modify(list(columns), [self._allowed(item) for item in columns.values()])
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
            self._watches.end(item)
            self._outbox.drop(number)
            self._denied.discard(number)
            self.queue_sizes -= item.settings.queue_size
            if item.row is not None:
                columns.append(number)
        if columns:
            self._table.remove(columns)
        for trigger in self._triggering.forget(ids):
            self._tell_trigger(self._items[trigger], is_trigger=False)
        return results

    def set_mode(self, mode: int, ids: Sequence[int]) -> list[ua.StatusCode]:
        """Switch items to Disabled, Sampling or Reporting.

        Raises:
            RefusedError: There is no such mode.
        """
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
        links = self._triggering.of(trigger)  # some are removed before others are added (OPC 10000-4, 5.13.5)
        removed = [GOOD if link in links else status(_S.BadMonitoredItemIdInvalid) for link in remove]
        links.difference_update(remove)
        added = [GOOD if link in self._items else status(_S.BadMonitoredItemIdInvalid) for link in add]
        links.update(link for link in add if link in self._items)
        self._triggering.link(trigger, links)
        self._tell_trigger(item, is_trigger=bool(links))
        return added, removed

    def resend(self) -> None:
        """Queue the present value of every reporting data item, changed or not."""
        self._table.resend()
        for item in self._items.values():
            if isinstance(item.watch, ObjectItem) and self._allowed(item).mode == REPORTING:
                item.watch.resend(self._clock())

    # ---- rights --------------------------------------------------------------------------------------------------

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
                self._outbox.take_back(item.id)
            else:
                self._denied.add(item.id)
            mode = self._allowed(item).mode
            if item.watch is not None:
                self._switch(item.watch, mode)
            else:
                self._table.set_mode([item.id], mode)
            if problem is not None and item.settings.mode == REPORTING:
                self._outbox.refuse(item.id, refusal(item.settings.handle, problem))

    def _allowed(self, item: Item) -> ItemSettings:
        return replace(item.settings, mode=DISABLED) if item.id in self._denied else item.settings

    # ---- what happens --------------------------------------------------------------------------------------------

    def sample_due(self) -> None:
        """Sample what was put off until now; the items in columns are sampled together with others'."""
        self._watches.sample_due()

    def trigger_event(self, event: EventRecord, only: int | None = None) -> bool:
        """Offer an event to every item on one of its notifiers; returns whether one sends it."""
        return self._watches.trigger_event(event, only)

    def _on_queued(self, watch: Watch) -> None:
        self._outbox.note(watch)
        self._triggering.fire(watch.id)

    # ---- sending -------------------------------------------------------------------------------------------------

    def has_waiting(self) -> bool:
        """Return whether there is something to send."""
        if self._table.fired or self._triggering.has_fired:
            self._release()
        return self._outbox.has_waiting

    def take(self, limit: int, room: int) -> list[bytes]:
        """Remove up to `limit` notifications from the queues, of about `room` bytes together.

        Returns:
            Entries of NotificationData.
        """
        if self._table.fired or self._triggering.has_fired:
            self._release()
        return self._outbox.take(limit, room)

    def _release(self) -> None:
        """Send the queues of what is linked to items that took samples."""
        fired, self._table.fired = self._table.fired, set()
        links = self._triggering.take_fired(fired)
        self._table.release([link for link in links if self._items[link].row is not None])
        for link in links:
            watch = self._items[link].watch
            if watch is not None:
                watch.release()
                self._outbox.note(watch)

    # ---- inside --------------------------------------------------------------------------------------------------

    def _make(
        self, request: ua.MonitoredItemCreateRequest, stamps: int, publishing_ms: float, may_read: MayRead
    ) -> Item:
        plan = self._planner.plan(request, stamps, publishing_ms, may_read)
        number, self._next_id = self._next_id, self._next_id + 1
        item = Item(number, plan.node, plan.attribute, self._within_room(plan.settings), plan.row)
        if plan.row is None:
            try:
                self._watches.begin(item, plan)
            except RefusedError:
                self.queue_sizes -= item.settings.queue_size
                raise
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
        others = self.queue_sizes - (item.settings.queue_size if item is not None else 0)
        size = min(settings.queue_size, max(self.max_queue_sizes - others, 1))
        self.queue_sizes = others + size
        return settings if size == settings.queue_size else replace(settings, queue_size=size)

    def _switch(self, watch: Watch, mode: int) -> None:
        if isinstance(watch, ObjectItem):
            watch.set_mode(mode, self._clock())
        else:
            watch.set_mode(mode)
        self._outbox.note(watch)

    def _tell_trigger(self, item: Item, *, is_trigger: bool) -> None:
        if item.row is not None:
            self._table.set_trigger(item.id, is_trigger=is_trigger)
