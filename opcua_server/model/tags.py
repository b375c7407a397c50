"""One tag as a variable with its units, ranges and states."""

from asyncua import ua

from opcua_server.model.bulk import BASE_VARIABLE, NodeFactory, Text
from opcua_server.model.namespaces import Namespaces
from opcua_server.model.units import currency_unit, engineering_units, span, variant_type
from opcua_server.services.status import status
from plant.definition import Group, TagDefinition

ANALOG = ua.NodeId(ua.ObjectIds.AnalogUnitRangeType)
MULTI_STATE = ua.NodeId(ua.ObjectIds.MultiStateDiscreteType)
TWO_STATE = ua.NodeId(ua.ObjectIds.TwoStateDiscreteType)

RUNNING_STATES = ("Stopped", "Starting", "Running", "Stopping", "Stopped by e-stop", "Offline")
HEALTH_GRADES = ("Healthy", "Anomaly", "Unknown", "Learning")

_ZERO: dict[ua.VariantType, object] = {
    ua.VariantType.Double: 0.0,
    ua.VariantType.Int32: 0,
    ua.VariantType.UInt32: 0,
    ua.VariantType.Boolean: False,
    ua.VariantType.String: "",
    ua.VariantType.DateTime: None,
}


def waiting(kind: ua.VariantType) -> ua.DataValue:
    """Return what a tag reads before its first value."""
    return ua.DataValue(
        ua.Variant(_ZERO[kind], kind), StatusCode=status(ua.StatusCodes.BadWaitingForInitialData)
    )


def add_tag(
    factory: NodeFactory,
    ns: Namespaces,
    node: ua.NodeId,
    tag: TagDefinition,
    *,
    parent: ua.NodeId,
    name_ns: int,
) -> ua.NodeId:
    """Create the variable of a tag below its group; analog tags carry unit, ranges and precision."""
    text = Text(
        name=ua.QualifiedName(tag.name, name_ns), display=tag.display_name, description=tag.description
    )
    if tag.name == "RunningState":
        return add_multi_state(factory, node, text, RUNNING_STATES, parent=parent)
    kind = variant_type(tag)
    analog = kind is ua.VariantType.Double and tag.unit != ""
    factory.variable(
        node,
        text,
        waiting(kind),
        parent=parent,
        type_definition=ANALOG if analog else BASE_VARIABLE,
        writable=tag.writable,
    )
    if analog:
        _add_analog_properties(factory, node, tag.unit, (tag.low, tag.high), tag.precision)
        if tag.group is Group.MEASUREMENTS:
            _add_bands(factory, ns, node, tag)
    return node


def add_multi_state(
    factory: NodeFactory, node: ua.NodeId, text: Text, states: tuple[str, ...], *, parent: ua.NodeId
) -> ua.NodeId:
    """Create a MultiStateDiscreteType variable (UInt32) with its EnumStrings."""
    factory.variable(node, text, waiting(ua.VariantType.UInt32), parent=parent, type_definition=MULTI_STATE)
    texts = [ua.LocalizedText(state, "en") for state in states]
    factory.property(
        ua.NodeId(f"{node.Identifier}/EnumStrings", node.NamespaceIndex),
        "EnumStrings",
        ua.Variant(texts, ua.VariantType.LocalizedText),
        parent=node,
    )
    return node


def add_two_state(
    factory: NodeFactory, node: ua.NodeId, text: Text, *, true: str, false: str, parent: ua.NodeId
) -> ua.NodeId:
    """Create a TwoStateDiscreteType variable with the names of its states."""
    factory.variable(node, text, waiting(ua.VariantType.Boolean), parent=parent, type_definition=TWO_STATE)
    for name, value in (("TrueState", true), ("FalseState", false)):
        path = ua.NodeId(f"{node.Identifier}/{name}", node.NamespaceIndex)
        factory.property(
            path, name, ua.Variant(ua.LocalizedText(value, "en"), ua.VariantType.LocalizedText), parent=node
        )
    return node


def add_analog(
    factory: NodeFactory,
    node: ua.NodeId,
    text: Text,
    unit: str,
    high: float,
    precision: int,
    *,
    parent: ua.NodeId,
) -> ua.NodeId:
    """Create an analog variable from 0 to `high` that no plant file describes."""
    factory.variable(node, text, waiting(ua.VariantType.Double), parent=parent, type_definition=ANALOG)
    _add_analog_properties(factory, node, unit, (0.0, high), precision)
    return node


def _add_analog_properties(
    factory: NodeFactory, node: ua.NodeId, unit: str, scale: tuple[float, float], precision: int
) -> None:
    values = {
        "EURange": span(*scale),
        "EngineeringUnits": engineering_units(unit),
        "ValuePrecision": ua.Variant(float(precision), ua.VariantType.Double),
    }
    if unit == "EUR":
        values["CurrencyUnit"] = currency_unit()
    for name, value in values.items():
        path = ua.NodeId(f"{node.Identifier}/{name}", node.NamespaceIndex)
        factory.property(path, name, value, parent=node)


def _add_bands(factory: NodeFactory, ns: Namespaces, node: ua.NodeId, tag: TagDefinition) -> None:
    bands = {
        "InstrumentRange": (span(tag.low, tag.high), 0),
        "NormalRange": (span(tag.normal_low, tag.normal_high), ns.types),
    }
    for name, (value, name_ns) in bands.items():
        path = ua.NodeId(f"{node.Identifier}/{name}", node.NamespaceIndex)
        factory.property(path, name, value, parent=node, ns=name_ns)
