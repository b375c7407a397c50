"""The twin's nodes: what each measurement should read, how far off it is, within which bounds; and the utilities.

A measurement keeps the fixed `NormalRange` of the plant file, which clients read once and then rely on; the one that follows
the load is a property of `Expected`.
"""

from collections.abc import Mapping, Sequence

from asyncua import ua

from opcua_server.model.bulk import FOLDER, ORGANIZES, NodeFactory, Text
from opcua_server.model.namespaces import Namespaces
from opcua_server.model.tags import add_tag, waiting
from opcua_server.model.units import engineering_units, span
from plant.columns import TagColumn
from plant.entities import TagDefinition

ANALOG_UNIT = ua.NodeId(ua.ObjectIds.AnalogUnitType)  # units without a scale of its own, OPC 10000-8, 5.3.2.4
UTILITIES = "Utilities"
EXPECTED, RESIDUAL = "Expected", "Residual"
_TEXTS = {
    EXPECTED: "What the twin expects of {} from commands, load and surroundings",
    RESIDUAL: "Measured less expected {}",
}


def add_expectations(
    factory: NodeFactory,
    ns: Namespaces,
    tags: Mapping[tuple[str, str, str], ua.NodeId],
    twinned: Sequence[TagColumn],
) -> dict[str, list[ua.NodeId]]:
    """Add `Expected` and `Residual` below each measurement that has a twin; returns them in the order of `twinned`."""
    made: dict[str, list[ua.NodeId]] = {EXPECTED: [], RESIDUAL: []}
    for column in twinned:
        measurement, tag = tags[column.device, column.group, column.definition.name], column.definition
        for name, nodes in made.items():
            nodes.append(_add(factory, ns, measurement, tag, name))
        expected = made[EXPECTED][-1]
        band = span(tag.normal_low, tag.normal_high)
        factory.property(normal_range_of(expected), "NormalRange", band, parent=expected, ns=ns.types)
    return made


def add_utilities(factory: NodeFactory, ns: Namespaces, tags: Sequence[TagDefinition]) -> list[ua.NodeId]:
    """Add what the plant measures of its utilities as a folder of the plant; returns the variables in order."""
    folder = factory.add_object(
        ns.node(UTILITIES),
        # An area may be called Utilities too, and a browse path names one node.
        Text(
            name=ns.name("SharedUtilities"),
            display="Shared utilities",
            description="What all machines share, as measured",
        ),
        parent=ns.node("Plant"),
        reference=ORGANIZES,
        type_definition=FOLDER,
    )
    return [
        add_tag(factory, ns, ns.node(f"{UTILITIES}/{tag.name}"), tag, parent=folder, name_ns=ns.plant)
        for tag in tags
    ]


def normal_range_of(expected: ua.NodeId) -> ua.NodeId:
    """Return the property that says within which bounds a measurement is normal now."""
    return ua.NodeId(f"{expected.Identifier}/NormalRange", expected.NamespaceIndex)


def _add(
    factory: NodeFactory, ns: Namespaces, measurement: ua.NodeId, tag: TagDefinition, name: str
) -> ua.NodeId:
    node = ua.NodeId(f"{measurement.Identifier}/{name}", measurement.NamespaceIndex)
    described = _TEXTS[name].format(tag.display_name[:1].lower() + tag.display_name[1:])
    factory.variable(
        node,
        Text(name=ua.QualifiedName(name, ns.types), display=name, description=described),
        waiting(ua.VariantType.Double),
        parent=measurement,
        type_definition=ANALOG_UNIT,
    )
    units = ua.NodeId(f"{node.Identifier}/EngineeringUnits", node.NamespaceIndex)
    factory.property(units, "EngineeringUnits", engineering_units(tag.unit), parent=node)
    return node
