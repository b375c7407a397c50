"""All subscriptions of the server: whose they are, what may be done with them, and the conditions a refresh repeats."""

import itertools
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.server.address_space import NodeData

from opcua_server.dataplane.address_space import ColumnAddressSpace
from opcua_server.dataplane.messages import acknowledgements, republish_response
from opcua_server.dataplane.sampling import Sampler
from opcua_server.services.caller import Caller, current_caller
from opcua_server.services.events import EventRecord
from opcua_server.services.limits import LIMITS, Limits
from opcua_server.services.status import GOOD, status
from opcua_server.services.subscriptions.monitored import MonitoredItems
from opcua_server.services.subscriptions.registry import Registry
from opcua_server.services.subscriptions.revise import RefusedError, revise_pace, stamps_of
from opcua_server.services.subscriptions.subscription import Retransmission, Subscription
from opcua_server.services.subscriptions.wheel import Wheel
from opcua_server.services.table import QuickRequest, Request
from opcua_server.services.where import TypeTree
from opcua_server.services.work import Workbench

_log = logging.getLogger(__name__)
_S = ua.StatusCodes
_ITEMS_AT_ONCE: Final = 50  # made in some milliseconds
# Who is calling, the node, the attribute -> the status that refuses a reading, None where it is allowed.
MayRead = Callable[[Caller, NodeData, int], int | None]


class AndonSubscriptions:
    """Stands in the place of the library's subscription service; `handlers` leads the requests here."""

    def __init__(self, aspace: ColumnAddressSpace, limits: Limits = LIMITS) -> None:
        self.types = TypeTree(aspace)
        self.registry = Registry(limits)
        self.retained: Callable[[], list[EventRecord]] = list  # what ConditionRefresh repeats
        self.bracket: Callable[[int], EventRecord] | None = None  # RefreshStart and RefreshEnd
        self.may_read: MayRead = _everybody
        self.may_receive: Callable[[Caller, EventRecord], bool] = lambda _, __: True
        self._aspace = aspace
        self._limits = limits
        self._wheel = Wheel()
        self._sampler = Sampler(aspace.columns, self._wheel.now, self._wheel.at)
        self._bench = Workbench()
        self._numbers = itertools.count(1)

    @property
    def subscriptions(self) -> dict[int, Subscription]:
        """All subscriptions by their ids; the library asks for them too."""
        return self.registry.all

    @property
    def item_count(self) -> int:
        """How many monitored items there are."""
        return sum(len(each.items) for each in self.subscriptions.values())

    # ---- subscriptions -------------------------------------------------------------------------------------------

    def create(self, session: Any, asked: ua.CreateSubscriptionParameters) -> ua.CreateSubscriptionResult:
        """Create a subscription of a session.

        Raises:
            ServiceError: There are too many.
        """
        limits = self._limits
        self.registry.make_room(session)
        pace = revise_pace(asked, limits)
        number = next(self._numbers)
        wheel = self._wheel
        items = MonitoredItems(
            self._aspace, self.types, self._sampler, wheel.now, self._wake_for(number), limits
        )
        subscription = Subscription(
            number,
            session,
            pace,
            items,
            self.registry.queue,
            wheel,
            self._expire,
            Retransmission(limits.max_retransmissions, limits.max_retransmission_bytes),
            is_enabled=bool(asked.PublishingEnabled),
        )
        self.registry.add(subscription)
        return ua.CreateSubscriptionResult(
            SubscriptionId=number,
            RevisedPublishingInterval=pace.interval_ms,
            RevisedLifetimeCount=pace.lifetime_count,
            RevisedMaxKeepAliveCount=pace.keep_alive_count,
        )

    def modify(self, session: Any, asked: ua.ModifySubscriptionParameters) -> ua.ModifySubscriptionResult:
        """Change the pace of a subscription."""
        subscription = self.registry.owned(session, asked.SubscriptionId)
        pace = revise_pace(asked, self._limits)
        subscription.set_pace(pace)
        return ua.ModifySubscriptionResult(
            RevisedPublishingInterval=pace.interval_ms,
            RevisedLifetimeCount=pace.lifetime_count,
            RevisedMaxKeepAliveCount=pace.keep_alive_count,
        )

    def delete(self, session: Any, ids: Sequence[int]) -> list[ua.StatusCode]:
        """Delete subscriptions of a session."""
        results = []
        for number in _some(ids):
            subscription = self.registry.find(session, number)
            results.append(GOOD if subscription is not None else status(_S.BadSubscriptionIdInvalid))
            if subscription is not None:
                self.registry.remove(subscription)
        return results

    async def delete_subscriptions(self, ids: Sequence[int]) -> list[ua.StatusCode]:
        """Delete subscriptions whoever owns them; the library asks this of a session that ends."""
        for subscription in [self.subscriptions[number] for number in ids if number in self.subscriptions]:
            self.registry.remove(subscription)
        return [GOOD for _ in ids]

    def set_publishing_mode(self, session: Any, enabled: bool, ids: Sequence[int]) -> list[ua.StatusCode]:
        """Let subscriptions publish, or hold their notifications back."""
        results = []
        for number in _some(ids):
            subscription = self.registry.find(session, number)
            results.append(GOOD if subscription is not None else status(_S.BadSubscriptionIdInvalid))
            if subscription is not None:
                subscription.set_enabled(enabled)
        return results

    def transfer(self, session: Any, ids: Sequence[int], *, send_initial: bool) -> list[ua.TransferResult]:
        """Hand subscriptions of the same user over to `session`, with all that they have not delivered."""
        return [self._transfer(session, number, send_initial=send_initial) for number in _some(ids)]

    def _transfer(self, session: Any, number: int, *, send_initial: bool) -> ua.TransferResult:
        subscription = self.subscriptions.get(number)
        if subscription is None:
            return ua.TransferResult(StatusCode=status(_S.BadSubscriptionIdInvalid))
        before = subscription.session
        if before is not session:
            if not _same_user(before, session):
                return ua.TransferResult(StatusCode=status(_S.BadUserAccessDenied))
            if self.registry.is_full(session):
                return ua.TransferResult(StatusCode=status(_S.BadTooManySubscriptions))
            self.registry.move(subscription, session, _S.GoodSubscriptionTransferred)
        subscription.touch()
        if send_initial:
            subscription.items.resend()
        return ua.TransferResult(AvailableSequenceNumbers=subscription.sent.available())

    # ---- publishing ----------------------------------------------------------------------------------------------

    def publish(self, request: QuickRequest) -> None:
        """Take a publish request; it is answered when there is something to say.

        Raises:
            ServiceError: The session has no subscription.
        """
        session = request.processor.session
        results = [
            self._acknowledge(session, number, sequence)
            for number, sequence in acknowledgements(request.body)
        ]
        queue = self.registry.queue(session)
        if not self.registry.touch_all(session) and not queue.has_last_words:
            self.registry.tidy(session)
            raise ServiceError(_S.BadNoSubscription)
        queue.add(request, results, self._limits.max_publish_requests_per_session)

    def republish(self, request: Request, number: int, sequence: int) -> None:
        """Send a message again that was not acknowledged.

        Raises:
            ServiceError: There is no such subscription or message.
        """
        subscription = self.registry.owned(request.processor.session, number)
        message = subscription.sent.get(sequence)
        if message is None:
            raise ServiceError(_S.BadMessageNotAvailable)
        request.processor.send_encoded(request, republish_response(request.header.RequestHandle, message))

    def _acknowledge(self, session: Any, number: int, sequence: int) -> int:
        subscription = self.subscriptions.get(number)
        if subscription is None or subscription.session is not session:
            return int(_S.BadSubscriptionIdInvalid)
        return 0 if subscription.sent.acknowledge(sequence) else int(_S.BadSequenceNumberUnknown)

    # ---- monitored items -----------------------------------------------------------------------------------------

    async def create_items(
        self, session: Any, asked: ua.CreateMonitoredItemsParameters, lane: object
    ) -> list[ua.MonitoredItemCreateResult]:
        """Create monitored items, some at a time: thousands of them hold nobody else up. `lane` is the connection."""
        subscription = self.registry.owned(session, asked.SubscriptionId)
        requests = self._bounded(asked.ItemsToCreate)
        stamps = _or_service_error(stamps_of, asked.TimestampsToReturn)

        def may_read(node: NodeData, attribute: int) -> int | None:
            return self.may_read(session.caller, node, attribute)

        results: list[ua.MonitoredItemCreateResult] = []
        async with self._bench.job(lane) as job:
            for start in range(0, len(requests), _ITEMS_AT_ONCE):
                results += subscription.items.create(
                    requests[start : start + _ITEMS_AT_ONCE],
                    stamps,
                    subscription.pace.interval_ms,
                    self._room(subscription),
                    may_read,
                )
                await job.pause()
                if subscription.is_closed:
                    raise ServiceError(_S.BadSubscriptionIdInvalid)
        return results

    def _room(self, subscription: Subscription) -> int:
        """Return how many more items a subscription may have."""
        limits = self._limits
        of_session = sum(len(each.items) for each in self.registry.of(subscription.session))
        return min(
            limits.max_monitored_items_per_subscription - len(subscription.items),
            limits.max_monitored_items_per_session - of_session,
            limits.max_monitored_items - self.item_count,
        )

    def modify_items(
        self, session: Any, asked: ua.ModifyMonitoredItemsParameters
    ) -> list[ua.MonitoredItemModifyResult]:
        """Change monitored items."""
        subscription = self.registry.owned(session, asked.SubscriptionId)
        requests = self._bounded(asked.ItemsToModify)
        stamps = _or_service_error(stamps_of, asked.TimestampsToReturn)
        return subscription.items.modify(requests, stamps, subscription.pace.interval_ms)

    def look_again(self, session: Any) -> None:
        """Follow a change of user or of rights: what may not be read any more falls silent."""

        def may_read(node: NodeData, attribute: int) -> int | None:
            return self.may_read(session.caller, node, attribute)

        for subscription in self.registry.of(session):
            subscription.items.permit(may_read)

    def delete_items(self, session: Any, asked: ua.DeleteMonitoredItemsParameters) -> list[ua.StatusCode]:
        """Delete monitored items."""
        subscription = self.registry.owned(session, asked.SubscriptionId)
        return subscription.items.delete(self._bounded(asked.MonitoredItemIds))

    def set_mode(self, session: Any, asked: ua.SetMonitoringModeParameters) -> list[ua.StatusCode]:
        """Switch monitored items."""
        subscription = self.registry.owned(session, asked.SubscriptionId)
        ids = self._bounded(asked.MonitoredItemIds)
        return _or_service_error(subscription.items.set_mode, int(asked.MonitoringMode), ids)

    def set_triggering(
        self, session: Any, asked: ua.SetTriggeringParameters
    ) -> tuple[list[ua.StatusCode], list[ua.StatusCode]]:
        """Link monitored items; returns the results of links added and removed."""
        subscription = self.registry.owned(session, asked.SubscriptionId)
        add, remove = asked.LinksToAdd or [], asked.LinksToRemove or []
        if len(add) + len(remove) > self._limits.max_monitored_items_per_call:
            raise ServiceError(_S.BadTooManyOperations)
        return _or_service_error(subscription.items.set_triggering, asked.TriggeringItemId, add, remove)

    # ---- methods of the Server object ----------------------------------------------------------------------------

    def handles(self, session_id: str, number: int) -> list[tuple[int, int]]:
        """Return server and client handle of every item of a subscription (GetMonitoredItems)."""
        return self.registry.owned_by_id(session_id, number).items.handles()

    def resend(self, session_id: str, number: int) -> None:
        """Have the present values of a subscription's items sent, changed or not (ResendData)."""
        self.registry.owned_by_id(session_id, number).items.resend()

    # ---- events --------------------------------------------------------------------------------------------------

    async def trigger_event(self, event: EventRecord, subscription_id: int | None = None) -> bool:
        """Send an event to whoever listens; returns whether anyone does."""
        sent = False
        for number, subscription in list(self.subscriptions.items()):
            is_meant = subscription_id in (None, number)
            if is_meant and self.may_receive(subscription.session.caller, event):
                sent = subscription.items.trigger_event(event) or sent
        return sent

    async def refresh(self, subscription_id: int, mid: int | None = None) -> ua.StatusCode:
        """Repeat every retained condition to one subscription of the caller, between RefreshStart and RefreshEnd."""
        subscription = self.subscriptions.get(subscription_id)
        caller = current_caller()
        if subscription is None or not (
            caller.internal or subscription.session_id.to_string() == caller.session
        ):
            return status(_S.BadSubscriptionIdInvalid)
        items = subscription.items
        if mid is not None and mid not in items:
            return status(_S.BadMonitoredItemIdInvalid)
        assert self.bracket is not None
        items.trigger_event(self.bracket(ua.ObjectIds.RefreshStartEventType), mid)
        for event in self.retained():
            items.trigger_event(event, mid)
        items.trigger_event(self.bracket(ua.ObjectIds.RefreshEndEventType), mid)
        return GOOD

    # ---- inside --------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End all subscriptions, with the server."""
        self.registry.clear()
        self._wheel.stop()

    def _wake_for(self, number: int) -> Callable[[float], None]:
        def due() -> None:
            subscription = self.subscriptions.get(number)
            if subscription is not None:
                subscription.items.sample_due()

        return lambda when: self._wheel.at(when, due)

    def _expire(self, subscription: Subscription) -> None:
        _log.info("subscription %d has expired: nobody asked for what it had to say", subscription.id)
        session = subscription.session
        if not session.is_closed:
            self.registry.queue(session).say_last(subscription.id, _S.BadTimeout)
        self.registry.remove(subscription)

    def _bounded(self, operations: Sequence[Any] | None) -> Sequence[Any]:
        asked = _some(operations)
        if len(asked) > self._limits.max_monitored_items_per_call:
            raise ServiceError(_S.BadTooManyOperations)
        return asked


def _some(operations: Sequence[Any] | None) -> Sequence[Any]:
    """Return what is to be done.

    Raises:
        ServiceError: Nothing is.
    """
    if not operations:
        raise ServiceError(_S.BadNothingToDo)
    return operations


def _or_service_error(call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except RefusedError as refusal:
        raise ServiceError(refusal.status) from refusal


def _same_user(before: Any, after: Any) -> bool:
    """Return whether two sessions act for the same user, from the same application where it has shown who it is."""
    return bool(
        before.caller.name == after.caller.name
        and getattr(before, "client_certificate", b"") == getattr(after, "client_certificate", b"")
    )


def _everybody(_: Caller, __: NodeData, ___: int) -> int | None:
    return None
