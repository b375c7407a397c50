"""What a client asks for, checked and brought into bounds: subscriptions, items, filters."""

import math
from dataclasses import dataclass
from typing import Any, Final

from asyncua import ua
from asyncua.server.address_space import AddressSpace, NodeData
from asyncua.ua import uaprotocol_auto

from opcua_server.dataplane.encode import STAMPS
from opcua_server.dataplane.items import ItemSettings
from opcua_server.dataplane.sampling import STATUS_VALUE
from opcua_server.services.limits import LIMITS, Limits
from opcua_server.services.subscriptions.wheel import GRID_S
from opcua_server.services.where import TypeTree

_S = ua.StatusCodes
_NUMBER: Final = ua.NodeId(ua.ObjectIds.Number)
_KEEP_ALIVES_IN_LIFE: Final = 3  # OPC 10000-4, 5.14.2.2


class RefusedError(Exception):
    """An item that cannot be had; `status` says why, and of a filter its result what is wrong in it."""

    def __init__(self, status: int, filter_result: ua.EventFilterResult | None = None) -> None:
        super().__init__(hex(status))
        self.status = status
        self.filter_result = filter_result


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a subscription publishes, and how long it lives without being heard of."""

    interval_ms: float
    lifetime_count: int
    keep_alive_count: int
    max_notifications: int  # of one message
    priority: int


def revise_pace(asked: Any, limits: Limits = LIMITS) -> Pace:
    """Return what a Create- or ModifySubscription request gets."""
    wanted_ms = asked.RequestedPublishingInterval
    if not wanted_ms > 0.0:  # NaN neither
        wanted_ms = 0.0
    grid_ms = GRID_S * 1000.0
    steps = math.ceil(
        min(max(wanted_ms, limits.min_publishing_ms), limits.max_publishing_ms) / grid_ms - 1e-9
    )
    interval_ms = steps * grid_ms
    longest = max(int(limits.max_subscription_life_s * 1000.0 / interval_ms), _KEEP_ALIVES_IN_LIFE)
    keep_alive = min(max(int(asked.RequestedMaxKeepAliveCount), 1), longest // _KEEP_ALIVES_IN_LIFE)
    lifetime = min(max(int(asked.RequestedLifetimeCount), _KEEP_ALIVES_IN_LIFE * keep_alive), longest)
    return Pace(
        interval_ms=interval_ms,
        lifetime_count=lifetime,
        keep_alive_count=keep_alive,
        max_notifications=min(
            int(asked.MaxNotificationsPerPublish) or limits.max_notifications, limits.max_notifications
        ),
        priority=int(asked.Priority),
    )


def revise_sampling_ms(
    asked_ms: float, publishing_ms: float, tick_s: float, limits: Limits = LIMITS
) -> float:
    """Return the sampling interval an item gets: 0 is every change, -1 the publishing interval."""
    if not asked_ms >= 0.0:
        asked_ms = publishing_ms
    if asked_ms == 0.0:
        return 0.0
    return float(min(max(asked_ms, tick_s * 1000.0, GRID_S * 1000.0), limits.max_publishing_ms))


def stamps_of(wanted: ua.TimestampsToReturn) -> int:
    """Return which timestamps to send.

    Raises:
        RefusedError: None of those that there are.
    """
    if wanted not in STAMPS:
        raise RefusedError(_S.BadTimestampsToReturnInvalid)
    return STAMPS[wanted]


def item_settings(
    asked: ua.MonitoringParameters,
    *,
    mode: int,
    stamps: int,
    sampling_ms: float,
    filter_: "Filter",
    limits: Limits = LIMITS,
) -> ItemSettings:
    """Return an item's settings with its queue size in bounds."""
    return ItemSettings(
        handle=int(asked.ClientHandle),
        mode=mode,
        stamps=stamps,
        trigger=filter_.trigger,
        deadband=filter_.deadband,
        has_deadband=filter_.has_deadband,
        interval_s=sampling_ms / 1000.0,
        queue_size=min(max(int(asked.QueueSize), 1), limits.max_queue_size),
        discard_oldest=bool(asked.DiscardOldest),
    )


# ---- filters -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """When a new value is worth telling; `deadband` in the tag's unit."""

    trigger: int = STATUS_VALUE
    deadband: float = 0.0
    has_deadband: bool = False


_PLAIN: Final = Filter()


def check_filter(asked: Any, node: NodeData, attribute: int, aspace: AddressSpace, types: TypeTree) -> Filter:
    """Return a data item's filter (OPC 10000-4, 7.22.2; OPC 10000-8, 6.2).

    Raises:
        RefusedError: It is unknown, fits no such node, or has a senseless deadband.
    """
    if asked is None or asked == ua.ExtensionObject():
        return _PLAIN
    # The decoder makes the library's generated class; `ua.DataChangeFilter` is a subclass of it.
    if not isinstance(asked, uaprotocol_auto.DataChangeFilter):
        raise RefusedError(_S.BadMonitoredItemFilterUnsupported)
    if attribute != ua.AttributeIds.Value:
        raise RefusedError(_S.BadFilterNotAllowed)
    try:
        trigger = int(ua.DataChangeTrigger(asked.Trigger))
        deadband_type = ua.DeadbandType(asked.DeadbandType)
    except ValueError:
        raise RefusedError(_S.BadMonitoredItemFilterInvalid) from None
    if deadband_type == ua.DeadbandType.None_:
        return Filter(trigger=trigger)
    if not _is_number(node, types):
        raise RefusedError(_S.BadFilterNotAllowed)
    deadband = float(asked.DeadbandValue)
    if not 0.0 <= deadband < math.inf:
        raise RefusedError(_S.BadDeadbandFilterInvalid)
    if deadband_type == ua.DeadbandType.Percent:
        span = _range_of(node, aspace)
        if span is None or deadband > 100.0:
            raise RefusedError(_S.BadDeadbandFilterInvalid)
        deadband *= span / 100.0
    return Filter(trigger=trigger, deadband=deadband, has_deadband=True)


def _is_number(node: NodeData, types: TypeTree) -> bool:
    attribute = node.attributes.get(ua.AttributeIds.DataType)
    found = attribute.value if attribute is not None else None
    if found is None or found.Value is None or not isinstance(found.Value.Value, ua.NodeId):
        return False
    return types.is_a(found.Value.Value, _NUMBER)


def _range_of(node: NodeData, aspace: AddressSpace) -> float | None:
    """Return how far the node's EURange reaches; None where there is none, or no way to reach."""
    for reference in node.references:
        if not reference.IsForward or reference.ReferenceTypeId.Identifier != ua.ObjectIds.HasProperty:
            continue
        if reference.BrowseName.Name == "EURange":
            found = aspace.read_attribute_value(reference.NodeId, ua.AttributeIds.Value).Value
            span = found.Value if found is not None else None
            if isinstance(span, ua.Range) and math.isfinite(span.High - span.Low) and span.High > span.Low:
                return float(span.High - span.Low)
    return None
