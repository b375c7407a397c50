"""Alarms as OPC UA conditions: a node each, an event a transition (OPC 10000-9)."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from asyncua import ua

from opcua_server.alarms.definitions import AlarmDefinition, AlarmKind, LimitName
from opcua_server.alarms.records import AlarmRecord
from opcua_server.alarms.thresholds import LimitChange
from opcua_server.dataplane.publish import Publisher
from opcua_server.model.bulk import (
    HAS_COMPONENT,
    HAS_CONDITION,
    HAS_EVENT_SOURCE,
    ORGANIZES,
    NodeFactory,
    Text,
)
from opcua_server.model.instances import PlantNodes
from opcua_server.model.namespaces import Namespaces
from opcua_server.model.types import TypeNumber
from opcua_server.services.events import EventRecord

_T = ua.VariantType
_ID = ua.ObjectIds
_SERVER = ua.NodeId(_ID.Server)
_TYPES = {
    AlarmKind.LIMIT: TypeNumber.LIMIT_ALARM,
    AlarmKind.RULE: TypeNumber.RULE_ALARM,
    AlarmKind.PREDICTION: TypeNumber.PREDICTION_ALARM,
    AlarmKind.NOVELTY: TypeNumber.PREDICTION_ALARM,
    AlarmKind.SYSTEM: TypeNumber.SYSTEM_ALARM,
    AlarmKind.ESTOP: TypeNumber.STOP_ALARM,
}
_LEVEL_STATES = {
    "HighHigh": _ID.ExclusiveLimitStateMachineType_HighHigh,
    "High": _ID.ExclusiveLimitStateMachineType_High,
    "Low": _ID.ExclusiveLimitStateMachineType_Low,
    "LowLow": _ID.ExclusiveLimitStateMachineType_LowLow,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitNode:
    """A limit that may be written: which alarm, which of its limits."""

    key: str
    limit: LimitName
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    """One alarm's place in the address space."""

    node: ua.NodeId
    event_type: ua.NodeId
    source: ua.NodeId
    source_name: str
    notifiers: frozenset[ua.NodeId]
    definition: AlarmDefinition


class Conditions:
    """The thin shell between the alarm engine and the wire."""

    def __init__(
        self,
        factory: NodeFactory,
        ns: Namespaces,
        nodes: PlantNodes,
        publisher: Publisher,
    ) -> None:
        self._factory = factory
        self._ns = ns
        self._nodes = nodes
        self._publisher = publisher
        self._conditions: dict[str, _Condition] = {}
        self._keys: dict[ua.NodeId, str] = {}
        self._limits: dict[tuple[str, LimitName], ua.NodeId] = {}
        self.limit_nodes: dict[ua.NodeId, LimitNode] = {}

    def build(self, definitions: Iterable[AlarmDefinition]) -> None:
        """Create a condition node for every alarm: a method call needs a node to stand on. Its fields are only promised."""
        for definition in definitions:
            self._build_one(definition)

    def key_of(self, node: ua.NodeId) -> str | None:
        """Return the alarm behind a ConditionId."""
        return self._keys.get(node)

    def node_of(self, key: str) -> ua.NodeId:
        """Return the ConditionId of an alarm."""
        return self._conditions[key].node

    def event(self, record: AlarmRecord) -> EventRecord:
        """Return the event that tells a record's state."""
        condition = self._conditions[record.key]
        return EventRecord(
            event_type=condition.event_type,
            fields=self._fields(record, condition),
            notifiers=condition.notifiers,
            condition=condition.node,
        )

    def bracket(self, event_type: int) -> EventRecord:
        """Return a RefreshStart or RefreshEnd event."""
        now = datetime.now(UTC)
        fields = {
            "EventId": ua.Variant(uuid.uuid4().bytes, _T.ByteString),
            "EventType": ua.Variant(ua.NodeId(event_type), _T.NodeId),
            "SourceNode": ua.Variant(_SERVER, _T.NodeId),
            "SourceName": ua.Variant("Server", _T.String),
            "Time": ua.Variant(now, _T.DateTime),
            "ReceiveTime": ua.Variant(now, _T.DateTime),
            "Message": ua.Variant(ua.LocalizedText("Condition refresh", "en"), _T.LocalizedText),
            "Severity": ua.Variant(1, _T.UInt16),
        }
        everyone = frozenset({_SERVER, *(node for path in self._nodes.notifiers.values() for node in path)})
        return EventRecord(
            event_type=ua.NodeId(event_type), fields=fields, notifiers=everyone, unfiltered=True
        )

    async def show(self, record: AlarmRecord) -> None:
        """Bring the condition's own nodes to the record's state."""
        condition = self._conditions[record.key]
        fields = self._fields(record, condition)
        for path in _SHOWN:
            variant = fields[path]
            node = self._child(condition.node, path)
            await self._publisher.put(node, variant.Value, variant.VariantType, at=record.time)

    async def show_limit(self, change: LimitChange) -> None:
        """Bring a limit's node to its new value."""
        await self._publisher.put(self._limits[change.key, change.limit], change.new, _T.Double)

    def _child(self, node: ua.NodeId, path: str) -> ua.NodeId:
        return ua.NodeId(f"{node.Identifier}/{path}", node.NamespaceIndex)

    def _build_one(self, definition: AlarmDefinition) -> None:
        device = definition.device
        notifiers = self._nodes.notifiers.get(device, (self._ns.node("Plant"), _SERVER))
        folder = self._nodes.alarm_folders.get(device, self._ns.node("Alarms"))
        tag = _source_tag(definition)
        source = self._nodes.tags.get((device, "Measurements", tag)) or notifiers[0]
        event_type = self._ns.type(_TYPES[definition.kind])
        node = self._factory.add_object(
            self._ns.node(definition.node_path),
            Text(
                name=self._ns.name(definition.browse_name),
                display=definition.name,
                description=definition.cause,
            ),
            parent=folder,
            reference=HAS_COMPONENT,
            type_definition=event_type,
            late=True,
        )
        if source != notifiers[0]:
            self._factory.refer(notifiers[0], HAS_EVENT_SOURCE, source)
        self._factory.refer(source, HAS_CONDITION, node)
        condition = _Condition(
            node=node,
            event_type=event_type,
            source=source,
            source_name=tag or device or "Plant",
            notifiers=frozenset((*notifiers, source)),
            definition=definition,
        )
        self._conditions[definition.key] = condition
        self._keys[node] = definition.key
        self._build_limits(condition)
        count = len(_SHOWN) + bool(definition.limits)
        self._factory.promise(node, count, lambda: self._build_children(condition))

    def _build_children(self, condition: _Condition) -> None:
        idle = AlarmRecord(key=condition.definition.key, definition=condition.definition)
        fields = self._fields(idle, condition)
        for path in _SHOWN:
            parent, _, name = path.rpartition("/")
            above = self._child(condition.node, parent) if parent else condition.node
            text = Text(name=ua.QualifiedName(name, self._ns.types if name in _OURS else 0))
            reference, kind = _shape(path)
            self._factory.variable(
                self._child(condition.node, path),
                text,
                fields[path],
                parent=above,
                reference=reference,
                type_definition=kind,
            )
        if condition.definition.limits:
            self._factory.property(
                self._child(condition.node, "InputNode"),
                "InputNode",
                ua.Variant(condition.source, _T.NodeId),
                parent=condition.node,
            )

    def _build_limits(self, condition: _Condition) -> None:
        definition = condition.definition
        for limit, value in definition.limits:
            node = self._factory.property(
                self._child(condition.node, f"{limit}Limit"),
                f"{limit}Limit",
                ua.Variant(float(value), _T.Double),
                parent=condition.node,
                writable=True,
            )
            self._limits[definition.key, limit] = node
            self.limit_nodes[node] = LimitNode(key=definition.key, limit=limit, device=definition.device)
            self._factory.refer(self._nodes.threshold_folders[definition.device], ORGANIZES, node)

    def _fields(self, record: AlarmRecord, condition: _Condition) -> Mapping[str, ua.Variant]:
        definition = condition.definition
        active = record.state.is_active
        acked = record.state.is_acknowledged
        words = definition.text_for(record.active_limit)
        text = _text
        now = datetime.now(UTC)
        fields: dict[str, ua.Variant] = {
            "EventId": ua.Variant(record.event_id, _T.ByteString),
            "EventType": ua.Variant(condition.event_type, _T.NodeId),
            "SourceNode": ua.Variant(condition.source, _T.NodeId),
            "SourceName": ua.Variant(condition.source_name, _T.String),
            "Time": ua.Variant(record.time, _T.DateTime),
            "ReceiveTime": ua.Variant(now, _T.DateTime),
            "Message": text(record.message),
            "Severity": ua.Variant(record.severity, _T.UInt16),
            "ConditionClassId": ua.Variant(self._class_of(definition), _T.NodeId),
            "ConditionClassName": text(_CLASS_NAMES.get(definition.kind, "ProcessConditionClassType")),
            "ConditionName": ua.Variant(definition.name, _T.String),
            "BranchId": ua.Variant(ua.NodeId(), _T.NodeId),
            "Retain": ua.Variant(record.retain, _T.Boolean),
            "EnabledState": text("Enabled"),
            "EnabledState/Id": ua.Variant(True, _T.Boolean),
            "Quality": ua.Variant(ua.StatusCode(), _T.StatusCode),
            "LastSeverity": ua.Variant(record.severity, _T.UInt16),
            "Comment": text(record.comment),
            "ClientUserId": ua.Variant(record.acknowledged_by, _T.String),
            "AckedState": text("Acknowledged" if acked else "Unacknowledged"),
            "AckedState/Id": ua.Variant(acked, _T.Boolean),
            "ActiveState": text("Active" if active else "Inactive"),
            "ActiveState/Id": ua.Variant(active, _T.Boolean),
            "ActiveState/TransitionTime": _moment(record.active_since if active else None),
            "InputNode": ua.Variant(condition.source, _T.NodeId),
            "SuppressedOrShelved": ua.Variant(False, _T.Boolean),
            "Priority": ua.Variant(int(record.priority), _T.Byte),
            "Predicted": ua.Variant(definition.predicted, _T.Boolean),
            "Device": ua.Variant(definition.device, _T.String),
            "Cause": ua.Variant(words.cause, _T.String),
            "Consequence": ua.Variant(words.consequence, _T.String),
            "OperatorAction": ua.Variant(words.action, _T.String),
            "RespondWithin": ua.Variant(float(words.respond_within_s) * 1000.0, _T.Double),
            "Evidence": ua.Variant("; ".join(record.evidence), _T.String),
            "FirstActiveTime": _moment(record.active_since),
        }
        if definition.kind is AlarmKind.LIMIT:
            state = _LEVEL_STATES.get(record.active_limit or "")
            fields["LimitState/CurrentState"] = text(record.active_limit or "")
            fields["LimitState/CurrentState/Id"] = ua.Variant(
                ua.NodeId(state) if state else ua.NodeId(), _T.NodeId
            )
        return fields

    def _class_of(self, definition: AlarmDefinition) -> ua.NodeId:
        if definition.predicted:
            return self._ns.type(TypeNumber.PREDICTIVE_CLASS)
        if definition.kind is AlarmKind.SYSTEM:
            return ua.NodeId(_ID.SystemConditionClassType)
        return ua.NodeId(_ID.ProcessConditionClassType)


def _source_tag(definition: AlarmDefinition) -> str:
    """Return the tag an alarm is about; a rule whose parts must all hold is about its last one."""
    if definition.rule is not None and definition.rule.needs_all:
        return definition.rule.comparisons[-1].tag.name
    return definition.source


def _text(text: str) -> ua.Variant:
    return ua.Variant(ua.LocalizedText(text, "en"), _T.LocalizedText)


def _shape(path: str) -> tuple[ua.NodeId, ua.NodeId]:
    """Return reference and variable type of a condition's child (OPC 10000-9, 5.5 to 5.8)."""
    has_property = (ua.NodeId(_ID.HasProperty), ua.NodeId(_ID.PropertyType))
    if path in ("EnabledState", "AckedState", "ActiveState"):
        return HAS_COMPONENT, ua.NodeId(_ID.TwoStateVariableType)
    if path in ("Quality", "LastSeverity", "Comment"):
        return HAS_COMPONENT, ua.NodeId(_ID.ConditionVariableType)
    return has_property


_CLASS_NAMES = {
    AlarmKind.PREDICTION: "PredictiveConditionClassType",
    AlarmKind.NOVELTY: "PredictiveConditionClassType",
    AlarmKind.SYSTEM: "SystemConditionClassType",
}
_OURS = frozenset(
    (
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
)
# What stands as nodes below each condition, parents before their children.
_SHOWN = (
    "EventId",
    "EventType",
    "SourceNode",
    "SourceName",
    "Time",
    "Message",
    "Severity",
    "ConditionClassId",
    "ConditionClassName",
    "ConditionName",
    "BranchId",
    "Retain",
    "EnabledState",
    "EnabledState/Id",
    "Quality",
    "LastSeverity",
    "Comment",
    "ClientUserId",
    "AckedState",
    "AckedState/Id",
    "ActiveState",
    "ActiveState/Id",
    "SuppressedOrShelved",
    "Priority",
    "OperatorAction",
    "Evidence",
)


def _moment(when: datetime | None) -> ua.Variant:
    """Return a time as a value; one that is not known is no value, since a DateTime cannot be null."""
    return ua.Variant() if when is None else ua.Variant(when, _T.DateTime)
