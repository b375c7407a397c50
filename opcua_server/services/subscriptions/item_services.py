"""CreateMonitoredItems and what follows it (OPC 10000-4, 5.13): some items at a time, so that thousands hold nobody up."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.server.address_space import NodeData

from opcua_server.services.caller import Caller
from opcua_server.services.limits import Limits
from opcua_server.services.subscriptions.registry import Registry
from opcua_server.services.subscriptions.revise import RefusedError, stamps_of
from opcua_server.services.subscriptions.subscription import Subscription
from opcua_server.services.wire import check_count
from opcua_server.services.work import Workbench

_S = ua.StatusCodes
_MADE_AT_ONCE: Final = 50  # made, or changed, in some milliseconds
_SWITCHED_AT_ONCE: Final = 500  # or deleted
# Who is calling, the node, the attribute -> the status that refuses a reading, None where it is allowed.
MayRead = Callable[[Caller, NodeData, int], int | None]
_T = TypeVar("_T")
_R = TypeVar("_R")


class ItemServices:
    """Answers the services about monitored items. `lane` is the connection that asks: it has one request at work."""

    def __init__(self, registry: Registry, limits: Limits, may_read: MayRead) -> None:
        self._registry = registry
        self._limits = limits
        self._may_read = may_read
        self._bench = Workbench()

    async def create(
        self, session: Any, asked: ua.CreateMonitoredItemsParameters, lane: object
    ) -> list[ua.MonitoredItemCreateResult]:
        """Create monitored items."""
        subscription = self._registry.owned(session, asked.SubscriptionId)
        stamps = _or_service_error(stamps_of, asked.TimestampsToReturn)

        def may_read(node: NodeData, attribute: int) -> int | None:
            return self._may_read(session.caller, node, attribute)

        def create(some: Sequence[ua.MonitoredItemCreateRequest]) -> list[ua.MonitoredItemCreateResult]:
            self._share_queues(subscription)
            interval_ms, room = subscription.pace.interval_ms, self._room(subscription)
            return subscription.items.create(some, stamps, interval_ms, room, may_read)

        return await self._in_slices(session, subscription, asked.ItemsToCreate, _MADE_AT_ONCE, create, lane)

    async def modify(
        self, session: Any, asked: ua.ModifyMonitoredItemsParameters, lane: object
    ) -> list[ua.MonitoredItemModifyResult]:
        """Change monitored items."""
        subscription = self._registry.owned(session, asked.SubscriptionId)
        stamps = _or_service_error(stamps_of, asked.TimestampsToReturn)

        def modify(some: Sequence[ua.MonitoredItemModifyRequest]) -> list[ua.MonitoredItemModifyResult]:
            self._share_queues(subscription)
            return subscription.items.modify(some, stamps, subscription.pace.interval_ms)

        return await self._in_slices(session, subscription, asked.ItemsToModify, _MADE_AT_ONCE, modify, lane)

    async def delete(
        self, session: Any, asked: ua.DeleteMonitoredItemsParameters, lane: object
    ) -> list[ua.StatusCode]:
        """Delete monitored items."""
        subscription = self._registry.owned(session, asked.SubscriptionId)
        delete = subscription.items.delete
        return await self._in_slices(
            session, subscription, asked.MonitoredItemIds, _SWITCHED_AT_ONCE, delete, lane
        )

    async def set_mode(
        self, session: Any, asked: ua.SetMonitoringModeParameters, lane: object
    ) -> list[ua.StatusCode]:
        """Switch monitored items."""
        subscription = self._registry.owned(session, asked.SubscriptionId)

        def switch(some: Sequence[int]) -> list[ua.StatusCode]:
            done: list[ua.StatusCode] = _or_service_error(
                subscription.items.set_mode, int(asked.MonitoringMode), some
            )
            return done

        return await self._in_slices(
            session, subscription, asked.MonitoredItemIds, _SWITCHED_AT_ONCE, switch, lane
        )

    def set_triggering(
        self, session: Any, asked: ua.SetTriggeringParameters
    ) -> tuple[list[ua.StatusCode], list[ua.StatusCode]]:
        """Link monitored items, the most that there may be in some milliseconds; returns the results of links added and removed."""
        subscription = self._registry.owned(session, asked.SubscriptionId)
        add, remove = asked.LinksToAdd or [], asked.LinksToRemove or []
        if len(add) + len(remove) > self._limits.max_monitored_items_per_call:
            raise ServiceError(_S.BadTooManyOperations)
        results: tuple[list[ua.StatusCode], list[ua.StatusCode]] = _or_service_error(
            subscription.items.set_triggering, asked.TriggeringItemId, add, remove
        )
        return results

    # ---- inside --------------------------------------------------------------------------------------------------

    async def _in_slices(
        self,
        session: Any,
        subscription: Subscription,
        operations: Sequence[_T] | None,
        at_once: int,
        act: Callable[[Sequence[_T]], list[_R]],
        lane: object,
    ) -> list[_R]:
        wanted = operations or ()
        check_count(len(wanted), self._limits.max_monitored_items_per_call)
        results: list[_R] = []
        async with self._bench.job(lane) as job:
            for start in range(0, len(wanted), at_once):
                if subscription.is_closed or subscription.session is not session:
                    raise ServiceError(_S.BadSubscriptionIdInvalid)
                results += act(wanted[start : start + at_once])
                await job.pause()
        return results

    def _room(self, subscription: Subscription) -> int:
        """Return how many more items a subscription may have."""
        limits, registry = self._limits, self._registry
        of_session = sum(len(each.items) for each in registry.of(subscription.session))
        return min(
            limits.max_monitored_items_per_subscription - len(subscription.items),
            limits.max_monitored_items_per_session - of_session,
            limits.max_monitored_items - registry.item_count,
        )

    def _share_queues(self, subscription: Subscription) -> None:
        """Say how large the queues of a subscription may be, beside those of its session's others."""
        limits, items = self._limits, subscription.items
        others = sum(each.items.queue_sizes for each in self._registry.of(subscription.session))
        left = limits.max_queue_sizes_per_session - (others - items.queue_sizes)
        items.max_queue_sizes = max(min(limits.max_queue_sizes, left), 0)


def _or_service_error(call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except RefusedError as refusal:
        raise ServiceError(refusal.status) from refusal
