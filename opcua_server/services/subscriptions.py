"""Subscriptions: values without a deep copy each, events up the notifier tree, refresh that no filter holds back."""

import logging
from collections.abc import Callable
from typing import Any

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.server.address_space import AddressSpace
from asyncua.server.internal_subscription import InternalSubscription
from asyncua.server.monitored_item_service import MonitoredItemData, MonitoredItemService
from asyncua.server.subscription_service import SubscriptionService
from typing_extensions import override

from opcua_server.services.events import EventRecord
from opcua_server.services.status import status
from opcua_server.services.where import TypeTree, WhereClause

_log = logging.getLogger(__name__)

MIN_PUBLISHING_MS = 20.0
DEFAULT_EVENT_QUEUE = 1000


class AndonMonitoredItems(MonitoredItemService):
    """The monitored items of one subscription."""

    def __init__(self, subscription: InternalSubscription, aspace: AddressSpace, types: TypeTree) -> None:
        super().__init__(subscription, aspace)
        self._types = types
        self._where: dict[int, WhereClause] = {}

    @override
    async def datachange_callback(
        self, handle: int, value: ua.DataValue, error: ua.StatusCode | None = None
    ) -> None:
        """Queue a new value. The library deep-copies it: 64 % of a busy server's CPU, and our values are never changed."""
        item = self._monitored_items[self._monitored_datachange[handle]]
        if item.mode == ua.MonitoringMode.Disabled:
            return
        item.mvalue.old_dvalue, item.mvalue.current_dvalue = item.mvalue.current_dvalue, value
        if not self._should_report(item):
            # What was not reported is not what the next value is compared with, or a slow drift is never seen.
            if item.filter is not None and item.mvalue.old_dvalue is not None:
                item.mvalue.current_dvalue = item.mvalue.old_dvalue
            return
        notification = ua.MonitoredItemNotification()
        notification.ClientHandle = item.client_handle
        notification.Value = value
        assert item.monitored_item_id is not None
        await self.isub.enqueue_datachange_event(item.monitored_item_id, notification, item.queue_size)

    def _should_report(self, item: MonitoredItemData) -> bool:
        trigger = item.filter.Trigger if item.filter else ua.DataChangeTrigger.StatusValue
        if not self._is_data_changed(item.mvalue, trigger):
            return False
        return item.filter is None or self._is_deadband_exceeded(item.mvalue, item.filter)

    @override
    def _create_events_monitored_item(
        self, params: ua.MonitoredItemCreateRequest
    ) -> ua.MonitoredItemCreateResult:
        requested = params.RequestedParameters
        if not isinstance(requested.Filter, ua.EventFilter):
            return ua.MonitoredItemCreateResult(
                StatusCode=status(ua.StatusCodes.BadMonitoredItemFilterInvalid)
            )
        if requested.QueueSize <= 1:
            requested.QueueSize = DEFAULT_EVENT_QUEUE  # 0 and 1 ask for the server's own (OPC 10000-4, 7.21)
        result = super()._create_events_monitored_item(params)
        if result.StatusCode.is_good():
            self._where[result.MonitoredItemId] = WhereClause(requested.Filter.WhereClause, self._types)
        return result

    @override
    async def _create_data_change_monitored_item(
        self, params: ua.MonitoredItemCreateRequest
    ) -> ua.MonitoredItemCreateResult:
        requested = params.RequestedParameters
        if not isinstance(requested.Filter, ua.DataChangeFilter):
            # An absent filter arrives as an extension object without a type.
            if requested.Filter is not None and requested.Filter != ua.ExtensionObject():
                return ua.MonitoredItemCreateResult(
                    StatusCode=status(ua.StatusCodes.BadMonitoredItemFilterUnsupported)
                )
            requested.Filter = None
        return await super()._create_data_change_monitored_item(params)

    @override
    def _modify_monitored_item(self, params: ua.MonitoredItemModifyRequest) -> ua.MonitoredItemModifyResult:
        if params.MonitoredItemId not in self._monitored_items:
            return ua.MonitoredItemModifyResult(StatusCode=status(ua.StatusCodes.BadMonitoredItemIdInvalid))
        return super()._modify_monitored_item(params)

    @override
    def _delete_monitored_items(self, mid: int) -> ua.StatusCode:
        self._where.pop(mid, None)
        return super()._delete_monitored_items(mid)

    @override
    async def trigger_event(self, event: EventRecord, mid: int | None = None) -> bool:
        """Send an event to every item on one of its notifiers, once each."""
        sent = False
        for notifier in event.notifiers & self._monitored_events.keys():
            for item in list(self._monitored_events[notifier]):
                if mid in (None, item):
                    sent = await self._send(event, item) or sent
        return sent

    async def _send(self, event: EventRecord, mid: int) -> bool:
        item = self._monitored_items.get(mid)
        if item is None or item.mode != ua.MonitoringMode.Reporting:
            return False
        where = self._where.get(mid)
        if not event.unfiltered and where is not None and not where.passes(event):
            return False
        fields = ua.EventFieldList()
        fields.ClientHandle = item.client_handle
        fields.EventFields = event.select(item.filter.SelectClauses)
        await self.isub.enqueue_event(mid, fields, item.queue_size)
        return True


class AndonSubscriptions(SubscriptionService):
    """All subscriptions of the server, and the conditions that a refresh repeats."""

    def __init__(self, aspace: AddressSpace, iserver: Any) -> None:
        super().__init__(aspace, iserver=iserver)
        self.types = TypeTree(aspace)
        self.retained: Callable[[], list[EventRecord]] = list  # what ConditionRefresh repeats
        self.bracket: Callable[[int], EventRecord] | None = None  # RefreshStart and RefreshEnd

    @override
    async def create_subscription(
        self,
        params: ua.CreateSubscriptionParameters,
        callback: Callable[..., Any],
        session_id: ua.NodeId,
        request_callback: Callable[..., Any] | None = None,
    ) -> ua.CreateSubscriptionResult:
        params.RequestedPublishingInterval = max(params.RequestedPublishingInterval, MIN_PUBLISHING_MS)
        result = await super().create_subscription(params, callback, session_id, request_callback)
        subscription = self.subscriptions[result.SubscriptionId]
        subscription.monitored_item_srv = AndonMonitoredItems(subscription, self.aspace, self.types)
        return result

    @override
    async def trigger_event(self, event: EventRecord, subscription_id: int | None = None) -> bool:
        """Send an event to whoever listens; returns whether anyone does."""
        sent = False
        for number, subscription in list(self.subscriptions.items()):
            if subscription_id in (None, number):
                sent = await subscription.monitored_item_srv.trigger_event(event) or sent
        return sent

    @override
    def republish(self, params: ua.RepublishParameters) -> ua.NotificationMessage:
        subscription = self.subscriptions.get(params.SubscriptionId)
        if subscription is None:
            raise ServiceError(ua.StatusCodes.BadSubscriptionIdInvalid)
        if params.RetransmitSequenceNumber not in subscription._not_acknowledged_results:
            raise ServiceError(ua.StatusCodes.BadMessageNotAvailable)
        return super().republish(params)

    async def refresh(self, subscription_id: int, mid: int | None = None) -> ua.StatusCode:
        """Repeat every retained condition to one subscription, between RefreshStart and RefreshEnd."""
        subscription = self.subscriptions.get(subscription_id)
        if subscription is None:
            return status(ua.StatusCodes.BadSubscriptionIdInvalid)
        items = subscription.monitored_item_srv
        if mid is not None and mid not in items._monitored_items:
            return status(ua.StatusCodes.BadMonitoredItemIdInvalid)
        assert self.bracket is not None
        await items.trigger_event(self.bracket(ua.ObjectIds.RefreshStartEventType), mid)
        for event in self.retained():
            await items.trigger_event(event, mid)
        await items.trigger_event(self.bracket(ua.ObjectIds.RefreshEndEventType), mid)
        return ua.StatusCode()
