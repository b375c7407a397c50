"""What items outside the columns watch: attributes that are written, and notifiers that events come from."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from asyncua import ua

from opcua_server.dataplane.address_space import ColumnAddressSpace
from opcua_server.services import index_range
from opcua_server.services.events import EventRecord
from opcua_server.services.index_range import IndexRangeError, Range
from opcua_server.services.status import status
from opcua_server.services.subscriptions.event_items import EventItem
from opcua_server.services.subscriptions.item import Item, Watch
from opcua_server.services.subscriptions.object_items import ObjectItem
from opcua_server.services.subscriptions.planning import Plan
from opcua_server.services.subscriptions.revise import RefusedError


class Watches:
    """Tells the items of one subscription what happens to what they watch."""

    def __init__(
        self,
        aspace: ColumnAddressSpace,
        clock: Callable[[], float],
        wake: Callable[[float], None],
        on_queued: Callable[[Watch], None],
    ) -> None:
        """`wake` is told when `sample_due` wants to be called next, `on_queued` which item has queued something."""
        self._aspace = aspace
        self._clock = clock
        self._wake = wake
        self._on_queued = on_queued
        self._by_notifier: dict[ua.NodeId, dict[int, EventItem]] = {}
        self._put_off: dict[int, ObjectItem] = {}
        self._woken_for: float | None = None

    def begin(self, item: Item, plan: Plan) -> None:
        """Let a new item that is in no column watch its node.

        Raises:
            RefusedError: There is nothing to watch.
        """
        if plan.events is not None and plan.checked is not None:
            item.watch = watch = EventItem(
                item.id, plan.node, item.settings, plan.events, plan.checked.where, self._on_queued
            )
            item.filter_result = plan.checked.result
            self._by_notifier.setdefault(plan.node, {})[item.id] = watch
        else:
            self._watch_value(item, plan.ranges)

    def end(self, item: Item) -> None:
        """Watch for an item no more."""
        if item.callback:
            self._aspace.delete_datachange_callback(item.callback)
        if isinstance(item.watch, EventItem):
            others = self._by_notifier[item.watch.notifier]
            del others[item.id]
            if not others:
                del self._by_notifier[item.watch.notifier]
        self._put_off.pop(item.id, None)

    def sample_due(self) -> None:
        """Sample what was put off until now."""
        self._woken_for = None
        now = self._clock()
        for number, watch in list(self._put_off.items()):
            if watch.due is None or now >= watch.due:
                del self._put_off[number]
                if watch.due is not None:
                    watch.sample(now)
            else:
                self._wake_at(watch.due)

    def trigger_event(self, event: EventRecord, only: int | None = None) -> bool:
        """Offer an event to every item on one of its notifiers; returns whether one sends it."""
        sent = False
        for notifier in event.notifiers & self._by_notifier.keys():
            for item in list(self._by_notifier[notifier].values()):
                if only in (None, item.id):
                    sent = item.take_in(event) or sent
        return sent

    def _watch_value(self, item: Item, ranges: Sequence[Range]) -> None:
        attribute = ua.AttributeIds(item.attribute)

        def read() -> ua.DataValue:
            return _part(self._aspace.read_attribute_value(item.node, attribute), ranges)

        watch = ObjectItem(item.id, item.settings, read, self._on_queued)

        async def written(_: int, __: ua.DataValue) -> None:
            watch.changed(self._clock())
            if watch.due is not None:
                self._put_off[item.id] = watch
                self._wake_at(watch.due)

        code, item.callback = self._aspace.add_datachange_callback(item.node, attribute, written)
        if not code.is_good():
            raise RefusedError(code.value)
        item.watch = watch

    def _wake_at(self, when: float) -> None:
        if self._woken_for is None or when < self._woken_for:
            self._woken_for = when
            self._wake(when)


def _part(data: ua.DataValue, ranges: Sequence[Range]) -> ua.DataValue:
    """Return a value cut to a range; where that finds nothing, a status that says so."""
    if not ranges or data.Value is None or data.Value.Value is None:
        return data
    try:
        return replace(data, Value=index_range.read(data.Value, ranges))
    except IndexRangeError as problem:
        return replace(data, Value=None, StatusCode=status(problem.status))
