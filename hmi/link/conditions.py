"""Receive the alarms of a server: events as they happen, and the whole list by ConditionRefresh.

Part 9, 5.5.2 (ConditionId), 5.5.7 (ConditionRefresh), 4.5 (the RefreshStart and RefreshEnd brackets).
"""

import asyncio
from collections.abc import Callable
from typing import Any

from asyncua import ua

from hmi.link.connection import Connection, Feed
from hmi.link.errors import LinkError, RefusedError
from hmi.link.node_ids import Namespaces
from hmi.link.outbox import nanoseconds, text_of
from hmi.link.types import ConditionEvent

EVENTS_INTERVAL_MS = 200.0
EVENTS_KEEP_ALIVE = 5
EVENTS_QUEUE = 10_000
REFRESH_TIMEOUT_S = 5.0  # a server that forgets RefreshEnd is believed to have said all

_ID = ua.ObjectIds
# Browse path -> the type that declares it: a strict server wants to be asked of the right one (Part 4, 7.4.4.5).
_STANDARD = {
    "EventId": _ID.BaseEventType,
    "EventType": _ID.BaseEventType,
    "SourceNode": _ID.BaseEventType,
    "SourceName": _ID.BaseEventType,
    "Time": _ID.BaseEventType,
    "Message": _ID.BaseEventType,
    "Severity": _ID.BaseEventType,
    "ConditionName": _ID.ConditionType,
    "Retain": _ID.ConditionType,
    "Comment": _ID.ConditionType,
    "ClientUserId": _ID.ConditionType,
    "AckedState/Id": _ID.AcknowledgeableConditionType,
    "ActiveState/Id": _ID.AlarmConditionType,
    "ActiveState/TransitionTime": _ID.AlarmConditionType,
}
_OURS = (
    "Priority",
    "Predicted",
    "Device",
    "Cause",
    "Consequence",
    "OperatorAction",
    "RespondWithin",
    "Evidence",
    "FirstActiveTime",
)
_CONDITION_ID = "ConditionId"
# Severity of each priority on an Andon server: 900, 700, 500, 200. A foreign server's severity falls between.
_PRIORITY_FROM = ((800, 1), (600, 2), (400, 3), (0, 4))


class ConditionFeed:
    """The alarms of one connection."""

    def __init__(
        self,
        connection: Connection,
        on_event: Callable[[ConditionEvent], None],
        on_refreshed: Callable[[tuple[ConditionEvent, ...]], None],
    ) -> None:
        self._connection = connection
        self._on_event = on_event
        self._on_refreshed = on_refreshed
        ours = _OURS if connection.namespaces.types is not None else ()
        self._fields = (*_STANDARD, *ours, _CONDITION_ID)
        self._refreshing: dict[str, ConditionEvent] | None = None
        self._in_bracket = False
        self._ended = asyncio.Event()
        self._wanted = asyncio.Event()

    async def run(self) -> None:
        """Subscribe to events, ask for the whole list, and again whenever the server wants us to."""
        feed = await self._connection.subscribe(EVENTS_INTERVAL_MS, EVENTS_KEEP_ALIVE, self._on_result)
        request = _event_item(self._fields, self._connection.namespaces)
        (result,) = await self._connection.monitor(feed, [request])
        if result.StatusCode.value & 0x80000000:
            self._on_refreshed(())  # a server without events has no alarms to show
            return
        while True:
            await self._refresh(feed)
            await self._wanted.wait()
            self._wanted.clear()

    async def _refresh(self, feed: Feed) -> None:
        self._refreshing, self._in_bracket = {}, False
        self._ended.clear()
        try:
            await self._connection.call(
                ua.NodeId(_ID.ConditionType),
                ua.NodeId(_ID.ConditionType_ConditionRefresh),
                ua.Variant(feed.subscription_id, ua.VariantType.UInt32),
            )
            async with asyncio.timeout(REFRESH_TIMEOUT_S):
                await self._ended.wait()
        except (TimeoutError, RefusedError):
            pass  # what has come is all there is; a foreign server may have no refresh at all
        finally:
            found, self._refreshing = self._refreshing or {}, None
        self._on_refreshed(tuple(event for event in found.values() if event.retain))

    def _on_result(self, result: ua.PublishResult) -> None:
        for notification in result.NotificationMessage.NotificationData or ():
            if isinstance(notification, ua.EventNotificationList):
                for entry in notification.Events:
                    fields = dict(zip(self._fields, (v.Value for v in entry.EventFields), strict=False))
                    self._take(fields)

    def _take(self, fields: dict[str, Any]) -> None:
        kind = fields.get("EventType")
        number = kind.Identifier if isinstance(kind, ua.NodeId) and kind.NamespaceIndex == 0 else 0
        if number == _ID.RefreshStartEventType:
            self._in_bracket = True
        elif number == _ID.RefreshEndEventType:
            self._in_bracket = False
            self._ended.set()
        elif number in (_ID.RefreshRequiredEventType, _ID.EventQueueOverflowEventType):
            self._wanted.set()
        elif isinstance(fields.get(_CONDITION_ID), ua.NodeId):
            event = condition_event(fields, self._connection.namespaces)
            if self._refreshing is not None:
                self._refreshing[event.condition_id] = event
            if not self._in_bracket:
                self._on_event(event)


def condition_event(fields: dict[str, Any], namespaces: Namespaces) -> ConditionEvent:
    """Return an alarm's state from the fields of its event; what a foreign server lacks stays empty."""
    severity = int(fields.get("Severity") or 1)
    time_ns = nanoseconds(fields.get("Time"))
    active = bool(fields.get("ActiveState/Id"))
    first = fields.get("FirstActiveTime") or fields.get("ActiveState/TransitionTime")
    respond_ms = fields.get("RespondWithin")
    source = text_of(fields.get("SourceName"))
    condition_id = namespaces.text(fields[_CONDITION_ID])
    return ConditionEvent(
        condition_id=condition_id,
        event_id=bytes(fields.get("EventId") or b""),
        device=text_of(fields.get("Device")),
        source=source,
        name=text_of(fields.get("ConditionName")),
        message=text_of(fields.get("Message")),
        severity=severity,
        priority=int(fields.get("Priority") or priority_of(severity)),
        predicted=bool(fields.get("Predicted")),
        active=active,
        acknowledged=bool(fields.get("AckedState/Id")),
        retain=bool(fields.get("Retain")),
        time_ns=time_ns,
        active_ns=nanoseconds(first) or (time_ns if active else 0),
        comment=text_of(fields.get("Comment")),
        user=text_of(fields.get("ClientUserId")),
        cause=text_of(fields.get("Cause")),
        consequence=text_of(fields.get("Consequence")),
        action=text_of(fields.get("OperatorAction")),
        respond_within_s=float("nan") if respond_ms is None else float(respond_ms) / 1000.0,
        evidence=text_of(fields.get("Evidence")),
    )


def priority_of(severity: int) -> int:
    """Return the priority, 1 (highest) to 4, of an alarm that carries only a severity."""
    return next(priority for bound, priority in _PRIORITY_FROM if severity >= bound)


async def acknowledge(connection: Connection, condition_id: str, event_id: bytes, comment: str) -> None:
    """Acknowledge an alarm: Part 9, 5.7.3, called on the ConditionId.

    Raises:
        LinkError: Refused, or no answer.
    """
    if not event_id:
        raise LinkError("The alarm has no event to acknowledge yet.")
    await connection.call(
        connection.namespaces.node_id(condition_id),
        ua.NodeId(_ID.AcknowledgeableConditionType_Acknowledge),
        ua.Variant(event_id, ua.VariantType.ByteString),
        ua.Variant(ua.LocalizedText(comment, "en"), ua.VariantType.LocalizedText),
    )


def _event_item(fields: tuple[str, ...], namespaces: Namespaces) -> ua.MonitoredItemCreateRequest:
    return ua.MonitoredItemCreateRequest(
        ItemToMonitor=ua.ReadValueId(NodeId=ua.NodeId(_ID.Server), AttributeId=ua.AttributeIds.EventNotifier),
        MonitoringMode=ua.MonitoringMode.Reporting,
        RequestedParameters=ua.MonitoringParameters(
            ClientHandle=1,
            SamplingInterval=0,
            QueueSize=EVENTS_QUEUE,
            DiscardOldest=True,
            Filter=ua.EventFilter(SelectClauses=[_clause(name, namespaces) for name in fields]),
        ),
    )


def _clause(name: str, namespaces: Namespaces) -> ua.SimpleAttributeOperand:
    if name == _CONDITION_ID:
        return ua.SimpleAttributeOperand(
            TypeDefinitionId=ua.NodeId(_ID.ConditionType), AttributeId=ua.AttributeIds.NodeId
        )
    index = (namespaces.types or 0) if name in _OURS else 0
    return ua.SimpleAttributeOperand(
        TypeDefinitionId=ua.NodeId(_STANDARD.get(name, _ID.BaseEventType)),
        BrowsePath=[ua.QualifiedName(part, index) for part in name.split("/")],
        AttributeId=ua.AttributeIds.Value,
    )
