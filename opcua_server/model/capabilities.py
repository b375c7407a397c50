"""What the server says about itself in the standard's own nodes (OPC 10000-5, 6.3): only what is so, and nothing null."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from asyncua import ua
from asyncua.server.address_space import AddressSpace

from opcua_server.model.profiles import PROFILES
from opcua_server.services.limits import Limits

_ID = ua.ObjectIds
_Type = ua.VariantType

# Parts of the standard's Server object that the library brings and nobody here fills: not served, not shown.
_NOT_SERVED = (
    _ID.PublishSubscribe,
    _ID.ServerConfiguration,
    _ID.ServerLog,
    _ID.Resources,
    _ID.Server_EstimatedReturnTime,
    _ID.Server_UrisVersion,
    _ID.Server_ServerCapabilities_ConformanceUnits,
    _ID.Server_ServerCapabilities_MaxLogObjectContinuationPoints,
    _ID.Server_ServerDiagnostics_SamplingIntervalDiagnosticsArray,
    _ID.Server_ServerRedundancy_CurrentServerId,
    _ID.Server_ServerRedundancy_RedundantServerArray,
    _ID.Server_ServerRedundancy_ServerUriArray,
    _ID.Server_ServerRedundancy_ServerNetworkGroups,
)


def build_capabilities(aspace: AddressSpace, limits: Limits) -> None:
    """Fill the server's description of itself, and drop what is not served."""
    for root in _NOT_SERVED:
        remove(aspace, ua.NodeId(root))
    _write(aspace, _capabilities(limits))
    _write(aspace, _operation_limits(limits))
    _write(aspace, _server())
    _write(aspace, _history())


def set_auditing(aspace: AddressSpace, *, on: bool) -> None:
    """Say whether audit events are sent."""
    _write(aspace, [(_ID.Server_Auditing, on, _Type.Boolean)])


_Entry = tuple[int, object, ua.VariantType]


def _capabilities(limits: Limits) -> Iterable[_Entry]:
    return (
        (_ID.Server_ServerCapabilities_ServerProfileArray, list(PROFILES), _Type.String),
        (_ID.Server_ServerCapabilities_LocaleIdArray, ["en"], _Type.String),
        (_ID.Server_ServerCapabilities_MinSupportedSampleRate, limits.min_sampling_ms, _Type.Double),
        (
            _ID.Server_ServerCapabilities_MaxBrowseContinuationPoints,
            limits.max_browse_continuation_points,
            _Type.UInt16,
        ),
        (
            _ID.Server_ServerCapabilities_MaxQueryContinuationPoints,
            limits.max_query_continuation_points,
            _Type.UInt16,
        ),
        (
            _ID.Server_ServerCapabilities_MaxHistoryContinuationPoints,
            limits.max_history_continuation_points,
            _Type.UInt16,
        ),
        (_ID.Server_ServerCapabilities_SoftwareCertificates, [], _Type.ExtensionObject),
        (_ID.Server_ServerCapabilities_MaxArrayLength, limits.max_array_length, _Type.UInt32),
        (_ID.Server_ServerCapabilities_MaxStringLength, limits.max_string_length, _Type.UInt32),
        (_ID.Server_ServerCapabilities_MaxByteStringLength, limits.max_byte_string_length, _Type.UInt32),
        (_ID.Server_ServerCapabilities_MaxSessions, limits.max_sessions, _Type.UInt32),
        (_ID.Server_ServerCapabilities_MaxSubscriptions, limits.max_subscriptions, _Type.UInt32),
        (_ID.Server_ServerCapabilities_MaxMonitoredItems, limits.max_monitored_items, _Type.UInt32),
        (
            _ID.Server_ServerCapabilities_MaxSubscriptionsPerSession,
            limits.max_subscriptions_per_session,
            _Type.UInt32,
        ),
        (
            _ID.Server_ServerCapabilities_MaxMonitoredItemsPerSubscription,
            limits.max_monitored_items_per_subscription,
            _Type.UInt32,
        ),
        (_ID.Server_ServerCapabilities_MaxMonitoredItemsQueueSize, limits.max_queue_size, _Type.UInt32),
        (_ID.Server_ServerCapabilities_MaxSelectClauseParameters, limits.max_select_clauses, _Type.UInt32),
        (_ID.Server_ServerCapabilities_MaxWhereClauseParameters, limits.max_where_elements, _Type.UInt32),
    )


def _operation_limits(limits: Limits) -> Iterable[_Entry]:
    of = "Server_ServerCapabilities_OperationLimits_"
    values = {
        "MaxNodesPerRead": limits.max_nodes_per_read,
        "MaxNodesPerWrite": limits.max_nodes_per_write,
        "MaxNodesPerMethodCall": limits.max_nodes_per_method_call,
        "MaxNodesPerBrowse": limits.max_nodes_per_browse,
        "MaxNodesPerRegisterNodes": limits.max_nodes_per_register_nodes,
        "MaxNodesPerTranslateBrowsePathsToNodeIds": limits.max_nodes_per_translate_browse_paths_to_node_ids,
        "MaxNodesPerNodeManagement": limits.max_nodes_per_node_management,
        "MaxMonitoredItemsPerCall": limits.max_monitored_items_per_call,
        "MaxNodesPerHistoryReadData": limits.max_nodes_per_history_read_data,
        "MaxNodesPerHistoryReadEvents": limits.max_nodes_per_history_read_events,
        "MaxNodesPerHistoryUpdateData": limits.max_nodes_per_history_update,
        "MaxNodesPerHistoryUpdateEvents": limits.max_nodes_per_history_update,
    }
    return ((getattr(_ID, of + name), value, _Type.UInt32) for name, value in values.items())


def _server() -> Iterable[_Entry]:
    now = datetime.now(UTC)
    offset = now.astimezone().utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds() // 60)
    zone = ua.TimeZoneDataType(Offset=minutes, DaylightSavingInOffset=True)
    return (
        (_ID.Server_ServiceLevel, 255, _Type.Byte),
        (_ID.Server_Auditing, False, _Type.Boolean),
        (_ID.Server_LocalTime, zone, _Type.ExtensionObject),
        (_ID.Server_ServerRedundancy_RedundancySupport, ua.RedundancySupport.None_, _Type.Int32),
        (_ID.Server_ServerStatus_SecondsTillShutdown, 0, _Type.UInt32),
        (_ID.Server_ServerStatus_ShutdownReason, ua.LocalizedText(""), _Type.LocalizedText),
    )


def _history() -> Iterable[_Entry]:
    """Say that there is no history yet: no value of a node can be read back."""
    of = "HistoryServerCapabilities_"
    flags = (
        "AccessHistoryDataCapability",
        "AccessHistoryEventsCapability",
        "InsertDataCapability",
        "ReplaceDataCapability",
        "UpdateDataCapability",
        "DeleteRawCapability",
        "DeleteAtTimeCapability",
        "InsertEventCapability",
        "ReplaceEventCapability",
        "UpdateEventCapability",
        "DeleteEventCapability",
        "InsertAnnotationCapability",
        "ServerTimestampSupported",
    )
    yield from ((getattr(_ID, of + name), False, _Type.Boolean) for name in flags)
    yield from (
        (getattr(_ID, of + name), 0, _Type.UInt32) for name in ("MaxReturnDataValues", "MaxReturnEventValues")
    )


def _write(aspace: AddressSpace, entries: Iterable[_Entry]) -> None:
    now = datetime.now(UTC)
    for number, value, kind in entries:
        variant = ua.Variant(value, kind, is_array=isinstance(value, list))
        attribute = aspace[ua.NodeId(number)].attributes[ua.AttributeIds.Value]
        attribute.value = ua.DataValue(variant, SourceTimestamp=now, ServerTimestamp=now)


def remove(aspace: AddressSpace, root: ua.NodeId) -> None:
    """Take a node and all it consists of out of the address space, and every reference to them."""
    gone = _tree(aspace, root)
    neighbours = {
        reference.NodeId
        for node in gone
        for reference in aspace[node].references
        if reference.NodeId not in gone
    }
    for node in gone:
        del aspace[node]
    for node in neighbours:
        data = aspace.get(node)
        if data is not None:
            data.references[:] = _without(data.references, gone)


_PARTS = (_ID.HasComponent, _ID.HasProperty, _ID.HasOrderedComponent)


def _tree(aspace: AddressSpace, root: ua.NodeId) -> set[ua.NodeId]:
    found: set[ua.NodeId] = set()
    waiting = [root] if root in aspace else []
    while waiting:
        node = waiting.pop()
        if node in found or node not in aspace:
            continue
        found.add(node)
        waiting.extend(
            reference.NodeId
            for reference in aspace[node].references
            if reference.IsForward and reference.ReferenceTypeId.Identifier in _PARTS
        )
    return found


def _without(
    references: Sequence[ua.ReferenceDescription], gone: set[ua.NodeId]
) -> list[ua.ReferenceDescription]:
    return [reference for reference in references if reference.NodeId not in gone]
