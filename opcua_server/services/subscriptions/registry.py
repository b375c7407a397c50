"""Which subscriptions there are, whose they are, and each session's publish requests."""

from typing import Any

from asyncua import ua
from asyncua.common.utils import ServiceError

from opcua_server.security.guests import is_loopback
from opcua_server.services.limits import Limits
from opcua_server.services.subscriptions.publishing import PublishQueue
from opcua_server.services.subscriptions.revise import RefusedError
from opcua_server.services.subscriptions.subscription import Subscription

_S = ua.StatusCodes


class Registry:
    """All subscriptions of a server. Sessions are told apart by what they are, not by an id that two could share."""

    def __init__(self, limits: Limits) -> None:
        self.all: dict[int, Subscription] = {}
        self._limits = limits
        self._by_session: dict[Any, dict[int, Subscription]] = {}
        self._queues: dict[Any, PublishQueue] = {}  # by session

    @property
    def item_count(self) -> int:
        """How many monitored items there are."""
        return sum(len(each.items) for each in self.all.values())

    # ---- who has which -------------------------------------------------------------------------------------------

    def of(self, session: Any) -> list[Subscription]:
        """Return a session's subscriptions."""
        return list(self._by_session.get(session, {}).values())

    def find(self, session: Any, number: int) -> Subscription | None:
        """Return a subscription if it is the session's own; that it is heard of lets it live on."""
        subscription = self.all.get(number)
        if subscription is None or subscription.session is not session:
            return None
        subscription.touch()
        return subscription

    def touch_all(self, session: Any) -> bool:
        """Let all subscriptions of a session live on; returns whether it has any."""
        own = self._by_session.get(session)
        if not own:
            return False
        for subscription in own.values():
            subscription.touch()
        return True

    def owned(self, session: Any, number: int) -> Subscription:
        """Return a subscription of the session.

        Raises:
            ServiceError: There is none, or it is another session's.
        """
        subscription = self.find(session, number)
        if subscription is None:
            raise ServiceError(_S.BadSubscriptionIdInvalid)
        return subscription

    def owned_by_id(self, session_id: str, number: int) -> Subscription:
        """Return a subscription of the session with that id, as methods know it.

        Raises:
            RefusedError: There is none, or it is another session's.
        """
        subscription = self.all.get(number)
        if subscription is None:
            raise RefusedError(_S.BadSubscriptionIdInvalid)
        if subscription.session_id.to_string() != session_id:
            raise RefusedError(_S.BadUserAccessDenied)
        return subscription

    # ---- coming and going ----------------------------------------------------------------------------------------

    def make_room(self, session: Any) -> None:
        """See whether a session may have one more.

        Raises:
            ServiceError: There are too many.
        """
        limits = self._limits
        if len(self.all) >= limits.max_subscriptions:
            self._drop_abandoned()
        if (
            len(self.all) >= limits.max_subscriptions
            or self.is_full(session)
            or self._has_share(session.address)
        ):
            raise ServiceError(_S.BadTooManySubscriptions)

    def is_full(self, session: Any) -> bool:
        """Tell whether a session has all the subscriptions it may have."""
        return len(self._by_session.get(session, {})) >= self._limits.max_subscriptions_per_session

    def add(self, subscription: Subscription) -> None:
        """Take in a new subscription."""
        self.all[subscription.id] = subscription
        self._by_session.setdefault(subscription.session, {})[subscription.id] = subscription

    def remove(self, subscription: Subscription) -> None:
        """End a subscription."""
        session = subscription.session
        del self.all[subscription.id]
        subscription.close()
        self._disown(session, subscription)

    def move(self, subscription: Subscription, session: Any, parting: int) -> None:
        """Give a subscription to another session; the one before is told so by the status `parting`."""
        before = subscription.session
        subscription.move(session)
        self._by_session.setdefault(session, {})[subscription.id] = subscription
        if not before.is_closed:
            self.queue(before).say_last(subscription.id, parting)
        self._disown(before, subscription)

    def clear(self) -> None:
        """End all."""
        for subscription in list(self.all.values()):
            subscription.close()
        self.all.clear()
        self._by_session.clear()
        self._queues.clear()

    # ---- publish requests ----------------------------------------------------------------------------------------

    def queue(self, session: Any) -> PublishQueue:
        """Return a session's publish requests."""
        queue = self._queues.get(session)
        if queue is None:
            queue = self._queues[session] = PublishQueue(session)
        return queue

    def cancel(self, session: Any, handle: int) -> int:
        """Give up a session's publish requests of one handle; returns how many there were."""
        queue = self._queues.get(session)
        return 0 if queue is None else queue.cancel(handle)

    def tidy(self, session: Any) -> None:
        """Let go of a session that has no subscription any more."""
        queue = self._queues.get(session)
        if queue is None or self._by_session.get(session):
            return
        queue.refuse_all(_S.BadSessionClosed if session.is_closed else _S.BadNoSubscription)
        if session.is_closed or not queue.has_last_words:
            del self._queues[session]

    # ---- inside --------------------------------------------------------------------------------------------------

    def _disown(self, session: Any, subscription: Subscription) -> None:
        own = self._by_session.get(session, {})
        own.pop(subscription.id, None)
        if not own:
            self._by_session.pop(session, None)
        self.tidy(session)

    def _drop_abandoned(self) -> None:
        """Give up the oldest subscription that its session has left behind: it must keep nobody else from having one."""
        left = (each for each in self.all.values() if each.session.is_closed)
        oldest = min(left, key=lambda each: each.id, default=None)
        if oldest is not None:
            self.remove(oldest)

    def _has_share(self, address: str) -> bool:
        """Tell whether a remote address has all the subscriptions it may have."""
        if is_loopback(address):
            return False
        same = sum(1 for each in self.all.values() if each.session.address == address)
        return same >= self._limits.max_subscriptions_per_address
