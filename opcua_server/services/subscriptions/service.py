"""All subscriptions of the server: whose they are, what may be done with them, and the conditions a refresh repeats."""

import itertools
import logging
from collections.abc import Callable, Sequence
from typing import Any

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
from opcua_server.services.subscriptions.item_services import ItemServices, MayRead
from opcua_server.services.subscriptions.monitored import MonitoredItems
from opcua_server.services.subscriptions.registry import Registry
from opcua_server.services.subscriptions.revise import revise_pace
from opcua_server.services.subscriptions.subscription import Retransmission, Subscription
from opcua_server.services.subscriptions.wheel import Wheel
from opcua_server.services.table import QuickRequest, Request
from opcua_server.services.where import TypeTree

_log = logging.getLogger(__name__)
_S = ua.StatusCodes


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
        self.item_services = ItemServices(self.registry, limits, self._may_read_now)
        self._numbers = itertools.count(1)

    @property
    def subscriptions(self) -> dict[int, Subscription]:
        """All subscriptions by their ids; the library asks for them too."""
        return self.registry.all

    @property
    def item_count(self) -> int:
        """How many monitored items there are."""
        return self.registry.item_count

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
        before, ledger = subscription.session, subscription.ledger
        ledger.transfer_requests += 1
        if before is not session:
            if not _same_user(before, session):
                return ua.TransferResult(StatusCode=status(_S.BadUserAccessDenied))
            if self.registry.is_full(session):
                return ua.TransferResult(StatusCode=status(_S.BadTooManySubscriptions))
            self.registry.move(subscription, session, _S.GoodSubscriptionTransferred)
            is_same = before.client.description.ApplicationUri == session.client.description.ApplicationUri
            ledger.transferred_to_same += is_same
            ledger.transferred_to_others += not is_same
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
        subscription.ledger.republish_requests += 1
        message = subscription.sent.get(sequence)
        if message is None:
            raise ServiceError(_S.BadMessageNotAvailable)
        subscription.ledger.republished += 1
        request.processor.send_encoded(request, republish_response(request.header.RequestHandle, message))

    def _acknowledge(self, session: Any, number: int, sequence: int) -> int:
        subscription = self.subscriptions.get(number)
        if subscription is None or subscription.session is not session:
            return int(_S.BadSubscriptionIdInvalid)
        return 0 if subscription.sent.acknowledge(sequence) else int(_S.BadSequenceNumberUnknown)

    # ---- rights --------------------------------------------------------------------------------------------------

    def look_again(self, session: Any) -> None:
        """Follow a change of user or of rights: what may not be read any more falls silent."""

        def may_read(node: NodeData, attribute: int) -> int | None:
            return self.may_read(session.caller, node, attribute)

        for subscription in self.registry.of(session):
            subscription.items.permit(may_read)

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

    def _may_read_now(self, caller: Caller, node: NodeData, attribute: int) -> int | None:
        return self.may_read(caller, node, attribute)  # which may be replaced at any time

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


def _some(operations: Sequence[Any] | None) -> Sequence[Any]:
    """Return what is to be done.

    Raises:
        ServiceError: Nothing is.
    """
    if not operations:
        raise ServiceError(_S.BadNothingToDo)
    return operations


def _same_user(before: Any, after: Any) -> bool:
    """Return whether two sessions act for the same user, from the same application where it has shown who it is."""
    return bool(
        before.caller.name == after.caller.name
        and getattr(before, "client_certificate", b"") == getattr(after, "client_certificate", b"")
    )


def _everybody(_: Caller, __: NodeData, ___: int) -> int | None:
    return None
