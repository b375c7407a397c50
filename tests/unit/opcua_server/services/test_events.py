"""Tests of events as records of fields."""

from datetime import UTC, datetime

import pytest
from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary

from opcua_server.services.events import NULL, EventRecord

T = ua.VariantType
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _record(**fields: ua.Variant) -> EventRecord:
    return EventRecord(event_type=ua.NodeId(2041), fields=fields, notifiers=frozenset())


@pytest.mark.parametrize("kind", [T.DateTime, T.String, T.ByteString])
def test_that_a_field_without_value_is_told_as_none_beside_the_others(kind: ua.VariantType) -> None:
    record = _record(Since=ua.Variant(None, kind), Time=ua.Variant(NOW, T.DateTime))
    clauses = [
        ua.SimpleAttributeOperand(
            BrowsePath=[ua.QualifiedName(name)],
            AttributeId=ua.AttributeIds.Value,
        )
        for name in ("Since", "Time")
    ]

    fields = record.select(clauses)

    assert fields == [NULL, ua.Variant(NOW, T.DateTime)]
    assert struct_to_binary(ua.EventFieldList(ClientHandle=1, EventFields=fields))
