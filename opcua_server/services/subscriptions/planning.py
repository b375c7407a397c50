"""What a request for one item comes to: checked, in bounds, and ready to be made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from asyncua import ua
from asyncua.server.address_space import NodeData

from opcua_server.dataplane.address_space import ColumnAddressSpace
from opcua_server.dataplane.items import ItemSettings
from opcua_server.services import index_range
from opcua_server.services.event_filter import CheckedFilter, EventFilterChecker
from opcua_server.services.index_range import IndexRangeError, Range
from opcua_server.services.limits import Limits
from opcua_server.services.subscriptions.revise import (
    Filter,
    RefusedError,
    check_filter,
    item_settings,
    revise_sampling_ms,
)
from opcua_server.services.where import TypeTree

_S = ua.StatusCodes
_VALUE: Final = ua.AttributeIds.Value
_EVENT_NOTIFIER: Final = ua.AttributeIds.EventNotifier
_SUBSCRIBE_TO_EVENTS: Final = 1
_CURRENT_READ: Final = 1
_ENCODINGS: Final = (None, "", "Default Binary")
MayRead = Callable[[NodeData, int], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An item that may be made."""

    node: ua.NodeId
    attribute: int
    settings: ItemSettings
    row: int | None = None  # of a column item
    ranges: Sequence[Range] = ()
    events: ua.EventFilter | None = None  # of an event item, with what was found in it
    checked: CheckedFilter | None = None


class Planner:
    """Checks what clients ask of items."""

    def __init__(self, aspace: ColumnAddressSpace, types: TypeTree, limits: Limits) -> None:
        self._aspace = aspace
        self._types = types
        self._limits = limits

    def plan(
        self, request: ua.MonitoredItemCreateRequest, stamps: int, publishing_ms: float, may_read: MayRead
    ) -> Plan:
        """Return what a request comes to.

        Raises:
            RefusedError: It cannot be had.
        """
        wanted, asked, mode = request.ItemToMonitor, request.RequestedParameters, int(request.MonitoringMode)
        if mode not in iter(ua.MonitoringMode):
            raise RefusedError(_S.BadMonitoringModeInvalid)
        node, attribute = self._found(wanted), wanted.AttributeId
        problem = may_read(node, int(attribute))
        if problem is not None:
            raise RefusedError(problem)
        if attribute == _EVENT_NOTIFIER:
            return self._plan_events(wanted.NodeId, node, asked, mode)
        if wanted.DataEncoding is not None and wanted.DataEncoding.Name not in _ENCODINGS:
            raise RefusedError(_S.BadDataEncodingUnsupported)
        if attribute == _VALUE and not _is_readable(node):
            raise RefusedError(_S.BadNotReadable)
        ranges = _parsed(wanted.IndexRange)
        row = self._aspace.row_of(wanted.NodeId) if attribute == _VALUE else None
        if row is not None and ranges:
            raise RefusedError(_S.BadIndexRangeNoData)  # of a number
        settings = self.data_settings(asked, node, int(attribute), row, mode, stamps, publishing_ms)
        return Plan(node=wanted.NodeId, attribute=attribute, settings=settings, row=row, ranges=ranges)

    def data_settings(
        self,
        asked: ua.MonitoringParameters,
        node: NodeData,
        attribute: int,
        row: int | None,
        mode: int,
        stamps: int,
        publishing_ms: float,
    ) -> ItemSettings:
        """Return the settings of a data item.

        Raises:
            RefusedError: Its filter is wrong.
        """
        filter_ = check_filter(asked.Filter, node, attribute, self._aspace, self._types)
        tick_s = 0.0 if row is None else float(self._aspace.columns.tick_s[row])
        sampling_ms = revise_sampling_ms(float(asked.SamplingInterval), publishing_ms, tick_s, self._limits)
        return item_settings(
            asked, mode=mode, stamps=stamps, sampling_ms=sampling_ms, filter_=filter_, limits=self._limits
        )

    def event_settings(self, asked: ua.MonitoringParameters, mode: int) -> ItemSettings:
        """Return the settings of an event item."""
        settings = item_settings(
            asked, mode=mode, stamps=0, sampling_ms=0.0, filter_=Filter(), limits=self._limits
        )
        if settings.queue_size <= 1:  # 0 and 1 ask for the server's own (OPC 10000-4, 7.21)
            settings = replace(settings, queue_size=self._limits.default_event_queue)
        return settings

    def checked(self, wanted: ua.EventFilter) -> CheckedFilter:
        """Return an event filter that can be used.

        Raises:
            RefusedError: It cannot.
        """
        checked = EventFilterChecker(self._types).check(wanted)
        if checked.problem is not None:
            raise RefusedError(checked.problem, checked.result)
        return checked

    def _found(self, wanted: ua.ReadValueId) -> NodeData:
        node = self._aspace.get(wanted.NodeId)
        if node is None:
            raise RefusedError(_S.BadNodeIdUnknown)
        if wanted.AttributeId not in node.attributes:
            raise RefusedError(_S.BadAttributeIdInvalid)
        return node

    def _plan_events(self, notifier: ua.NodeId, node: NodeData, asked: Any, mode: int) -> Plan:
        if not isinstance(asked.Filter, ua.EventFilter):
            raise RefusedError(_S.BadMonitoredItemFilterInvalid)
        if not _bits(node, _EVENT_NOTIFIER, 0) & _SUBSCRIBE_TO_EVENTS:
            raise RefusedError(_S.BadServiceUnsupported)
        return Plan(
            node=notifier,
            attribute=int(_EVENT_NOTIFIER),
            settings=self.event_settings(asked, mode),
            events=asked.Filter,
            checked=self.checked(asked.Filter),
        )


def _is_readable(node: NodeData) -> bool:
    return bool(_bits(node, ua.AttributeIds.AccessLevel, _CURRENT_READ) & _CURRENT_READ)


def _bits(node: NodeData, attribute: ua.AttributeIds, otherwise: int) -> int:
    """Return a mask that a node has as an attribute."""
    held = node.attributes.get(attribute)
    found = held.value if held is not None else None
    value = found.Value.Value if found is not None and found.Value is not None else None
    return int(value) if isinstance(value, int) else otherwise


def _parsed(text: str | None) -> Sequence[Range]:
    try:
        return index_range.parse(text) if text else ()
    except IndexRangeError as problem:
        raise RefusedError(problem.status) from problem
