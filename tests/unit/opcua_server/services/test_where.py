"""Where-clauses: which events a client's filter lets through."""

from collections.abc import Callable

import pytest
from asyncua import ua
from asyncua.server.address_space import AddressSpace, NodeData

from opcua_server.services.events import EventRecord
from opcua_server.services.where import TypeTree, WhereClause

ALARM, LIMIT, OTHER = ua.NodeId(2915), ua.NodeId(9482), ua.NodeId(2041)
Op = ua.FilterOperator


@pytest.fixture
def types() -> TypeTree:
    aspace = AddressSpace()
    for node, parent in ((LIMIT, ALARM), (ALARM, OTHER), (OTHER, None)):
        data = NodeData(node)
        if parent is not None:
            subtype = ua.NodeId(ua.ObjectIds.HasSubtype)
            data.references.append(
                ua.ReferenceDescription(ReferenceTypeId=subtype, IsForward=False, NodeId=parent)
            )
        aspace[node] = data
    return TypeTree(aspace)


@pytest.fixture
def event() -> EventRecord:
    fields = {
        "Severity": ua.Variant(700, ua.VariantType.UInt16),
        "SourceName": ua.Variant("GEN-001 [oil]", ua.VariantType.String),
        "Message": ua.Variant(ua.LocalizedText("Oil leak"), ua.VariantType.LocalizedText),
        "ActiveState/Id": ua.Variant(True, ua.VariantType.Boolean),
    }
    return EventRecord(event_type=LIMIT, fields=fields, notifiers=frozenset({ua.NodeId(2253)}))


def field(*path: str) -> ua.SimpleAttributeOperand:
    names = [ua.QualifiedName(name) for name in path]
    return ua.SimpleAttributeOperand(BrowsePath=names, AttributeId=ua.AttributeIds.Value)


def literal(value: object) -> ua.LiteralOperand:
    return ua.LiteralOperand(Value=ua.Variant(value))


def clause(*elements: tuple[ua.FilterOperator, list[object]]) -> ua.ContentFilter:
    made = [
        ua.ContentFilterElement(FilterOperator=operator, FilterOperands=operands)
        for operator, operands in elements
    ]
    return ua.ContentFilter(Elements=made)


Build = Callable[[], ua.ContentFilter]

CASES: dict[str, tuple[Build, bool]] = {
    "empty": (ua.ContentFilter, True),
    "of its type": (lambda: clause((Op.OfType, [literal(LIMIT)])), True),
    "of a supertype": (lambda: clause((Op.OfType, [literal(ALARM)])), True),
    "of another type": (lambda: clause((Op.OfType, [literal(ua.NodeId(2052))])), False),
    "severity at the bound": (
        lambda: clause((Op.GreaterThanOrEqual, [field("Severity"), literal(700)])),
        True,
    ),
    "severity above the bound": (lambda: clause((Op.GreaterThan, [field("Severity"), literal(700)])), False),
    "between": (lambda: clause((Op.Between, [field("Severity"), literal(600), literal(800)])), True),
    "outside": (lambda: clause((Op.Between, [field("Severity"), literal(100), literal(600)])), False),
    "in list": (lambda: clause((Op.InList, [field("Severity"), literal(1), literal(700)])), True),
    "like prefix": (lambda: clause((Op.Like, [field("SourceName"), literal("GEN-%")])), True),
    "like one character": (lambda: clause((Op.Like, [field("SourceName"), literal("GEN-00_ %")])), True),
    "like an escaped bracket": (lambda: clause((Op.Like, [field("SourceName"), literal("%\\[oil]")])), True),
    "like a set": (lambda: clause((Op.Like, [field("SourceName"), literal("[A-G]%")])), True),
    "like not in set": (lambda: clause((Op.Like, [field("SourceName"), literal("[^A-G]%")])), False),
    "text of a localized text": (lambda: clause((Op.Equals, [field("Message"), literal("Oil leak")])), True),
    "nested path": (lambda: clause((Op.Equals, [field("ActiveState", "Id"), literal(True)])), True),
    "field it lacks": (lambda: clause((Op.Equals, [field("Colour"), literal("red")])), False),
    "field it lacks is null": (lambda: clause((Op.IsNull, [field("Colour")])), True),
    "not of a null is null": (lambda: clause((Op.Not, [field("Colour")])), False),
    "types that do not compare": (lambda: clause((Op.GreaterThan, [field("SourceName"), literal(3)])), False),
    "and": (
        lambda: clause(
            (Op.And, [ua.ElementOperand(Index=1), ua.ElementOperand(Index=2)]),
            (Op.OfType, [literal(ALARM)]),
            (Op.LessThan, [field("Severity"), literal(701)]),
        ),
        True,
    ),
    "an element that points at itself": (lambda: clause((Op.Not, [ua.ElementOperand(Index=0)])), False),
    "an element that is not there": (lambda: clause((Op.Not, [ua.ElementOperand(Index=9)])), False),
}


@pytest.mark.parametrize("name", CASES)
def test_that_a_where_clause_passes_what_part_4_says(name: str, types: TypeTree, event: EventRecord) -> None:
    build, passes = CASES[name]

    assert WhereClause(build(), types).passes(event) is passes


def test_that_the_condition_id_is_the_node_id_attribute_of_the_condition(event: EventRecord) -> None:
    condition = ua.NodeId("GEN-001/Alarms/OilLeak", 5)
    asked = ua.SimpleAttributeOperand(TypeDefinitionId=ua.NodeId(2782), AttributeId=ua.AttributeIds.NodeId)
    told = EventRecord(event_type=LIMIT, fields=event.fields, notifiers=event.notifiers, condition=condition)

    assert told.select([asked])[0].Value == condition
    assert event.select([asked])[0].Value is None
