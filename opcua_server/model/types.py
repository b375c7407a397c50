"""Andon's own types: the machines, one type a family, and the alarms."""

from collections.abc import Iterable
from enum import IntEnum

from asyncua import ua

from opcua_server.model import companions
from opcua_server.model.bulk import HAS_COMPONENT, NodeFactory, Text
from opcua_server.model.namespaces import Namespaces
from opcua_server.model.tags import add_tag
from plant.definition import DeviceDefinition, Family


class TypeNumber(IntEnum):
    """Numeric ids in `urn:andon:types`. Published: never renumbered, never reused."""

    MACHINE = 1001
    CNC = 1002
    ROBOT_ARM = 1003
    PRESS = 1004
    DRILL = 1005
    CONVEYOR = 1006
    GENERATOR = 1007
    PUMP = 1008
    PROCESS_MACHINE = 1009
    COMPONENT_CELL = 1010
    EDGE_GATEWAY = 1011
    REPLAY_DEVICE = 1012
    ALARM = 1100
    RULE_ALARM = 1101
    PREDICTION_ALARM = 1102
    SYSTEM_ALARM = 1103
    STOP_ALARM = 1104
    LIMIT_ALARM = 1105
    PREDICTIVE_CLASS = 1110


FAMILY_TYPES: dict[Family, tuple[TypeNumber, str]] = {
    Family.CNC: (TypeNumber.CNC, "CncMachineType"),
    Family.ROBOT_ARM: (TypeNumber.ROBOT_ARM, "RobotArmType"),
    Family.PRESS: (TypeNumber.PRESS, "PressType"),
    Family.DRILL: (TypeNumber.DRILL, "DrillType"),
    Family.CONVEYOR: (TypeNumber.CONVEYOR, "ConveyorType"),
    Family.GENERATOR: (TypeNumber.GENERATOR, "GeneratorType"),
    Family.PUMP: (TypeNumber.PUMP, "PumpType"),
    Family.PROCESS_MACHINE: (TypeNumber.PROCESS_MACHINE, "ProcessMachineType"),
    Family.COMPONENT_CELL: (TypeNumber.COMPONENT_CELL, "ComponentCellType"),
    Family.EDGE_GATEWAY: (TypeNumber.EDGE_GATEWAY, "EdgeGatewayType"),
    Family.REPLAY: (TypeNumber.REPLAY_DEVICE, "ReplayDeviceType"),
}

ALARM_FIELDS: dict[str, ua.VariantType] = {
    "Priority": ua.VariantType.Byte,
    "Predicted": ua.VariantType.Boolean,
    "Device": ua.VariantType.String,
    "Cause": ua.VariantType.String,
    "Consequence": ua.VariantType.String,
    "OperatorAction": ua.VariantType.String,
    "RespondWithin": ua.VariantType.Double,
    "Evidence": ua.VariantType.String,
    "FirstActiveTime": ua.VariantType.DateTime,
}
_EMPTY: dict[ua.VariantType, object] = {
    ua.VariantType.Byte: 0,
    ua.VariantType.Boolean: False,
    ua.VariantType.String: "",
    ua.VariantType.Double: 0.0,
    ua.VariantType.DateTime: None,
}

COMMAND_METHODS = {
    "Start": "Start the machine; refused while an e-stop is latched",
    "Shutdown": "Stop the machine in its normal sequence",
    "Restart": "Stop the machine and start it again",
    "EmergencyStop": "Bring every actuator to its safe state at once and latch (software stop, not a safety function)",
    "ResetEmergencyStop": "Clear this device's latch; starts nothing",
    "Maintain": "Record maintenance: wear and run hours begin anew; only while stopped",
}


def build_types(factory: NodeFactory, ns: Namespaces, examples: Iterable[DeviceDefinition]) -> None:
    """Create the type tree; each family's members come from one of its devices in `examples`."""
    factory.object_type(
        ns.type(TypeNumber.MACHINE),
        Text(name=ns.type_name("AndonMachineType"), description="A machine of an Andon plant"),
        parent=companions.topology_element(ns),
        abstract=True,
    )
    by_family = {device.family: device for device in examples}
    for family, (number, name) in FAMILY_TYPES.items():
        node = factory.object_type(
            ns.type(number), Text(name=ns.type_name(name)), parent=ns.type(TypeNumber.MACHINE)
        )
        if family in by_family:
            _build_members(factory, ns, node, name, by_family[family])
    _build_alarm_types(factory, ns)


def _build_members(
    factory: NodeFactory, ns: Namespaces, node: ua.NodeId, name: str, example: DeviceDefinition
) -> None:
    groups: dict[str, ua.NodeId] = {}
    for tag in example.tags:
        if tag.group not in groups:
            groups[tag.group] = factory.add_object(
                ua.NodeId(f"{name}/{tag.group}", ns.types),
                Text(name=ns.type_name(tag.group)),
                parent=node,
                reference=HAS_COMPONENT,
                type_definition=companions.functional_group(ns),
            )
            factory.mandatory(groups[tag.group])
        member = ua.NodeId(f"{name}/{tag.group}/{tag.name}", ns.types)
        add_tag(factory, ns, member, tag, parent=groups[tag.group], name_ns=ns.types)
        factory.mandatory(member)
    if example.family is not Family.REPLAY:
        for method, description in COMMAND_METHODS.items():
            path = ua.NodeId(f"{name}/{method}", ns.types)
            factory.method(path, Text(name=ns.type_name(method), description=description), parent=node)
            factory.mandatory(path)


def _build_alarm_types(factory: NodeFactory, ns: Namespaces) -> None:
    base = ua.NodeId(ua.ObjectIds.AlarmConditionType)
    level = ua.NodeId(ua.ObjectIds.ExclusiveLevelAlarmType)
    kinds = [
        (TypeNumber.ALARM, "AndonAlarmType", base, "An alarm of an Andon plant", True),
        (
            TypeNumber.RULE_ALARM,
            "AndonRuleAlarmType",
            ns.type(1100),
            "Several tags together break a rule",
            False,
        ),
        (
            TypeNumber.PREDICTION_ALARM,
            "AndonPredictionAlarmType",
            ns.type(1100),
            "A model expects trouble",
            False,
        ),
        (TypeNumber.SYSTEM_ALARM, "AndonSystemAlarmType", ns.type(1100), "Andon itself is in trouble", False),
        (TypeNumber.STOP_ALARM, "AndonStopAlarmType", ns.type(1100), "An emergency stop is latched", False),
        (
            TypeNumber.LIMIT_ALARM,
            "AndonLimitAlarmType",
            level,
            "A measurement is past one of its limits",
            False,
        ),
    ]
    for number, name, parent, description, abstract in kinds:
        node = factory.object_type(
            ns.type(number),
            Text(name=ns.type_name(name), description=description),
            parent=parent,
            abstract=abstract,
        )
        if number in (TypeNumber.ALARM, TypeNumber.LIMIT_ALARM):
            for field, kind in ALARM_FIELDS.items():
                path = ua.NodeId(f"{name}/{field}", ns.types)
                factory.property(path, field, ua.Variant(_EMPTY[kind], kind), parent=node, ns=ns.types)
                factory.mandatory(path)
    factory.object_type(
        ns.type(TypeNumber.PREDICTIVE_CLASS),
        Text(
            name=ns.type_name("PredictiveConditionClassType"),
            description="Predictions, apart from process alarms",
        ),
        parent=ua.NodeId(ua.ObjectIds.BaseConditionClassType),
        abstract=True,
    )
