"""Column tags read and written as nodes."""

from datetime import UTC, datetime

import numpy as np
import pytest
from asyncua import ua
from asyncua.server.address_space import AttributeValue, NodeData

from opcua_server.dataplane.address_space import ColumnAddressSpace, ColumnValue
from opcua_server.dataplane.publish import Frame, Publisher

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_V = ua.VariantType
KINDS = [_V.Double, _V.Float, _V.Int32, _V.UInt32, _V.Boolean, _V.Int16, _V.Byte, _V.Int64, _V.DateTime]
NODES = [ua.NodeId(kind.name, 2) for kind in KINDS]
VALUES = [1.5, 0.1, -7.0, 7.0, 1.0, -3.0, 200.0, 12.0, NOW.timestamp()]
BAD_NO_COMMUNICATION = 0x80310000
UNCERTAIN = 0x40000000


@pytest.fixture
def aspace() -> ColumnAddressSpace:
    made = ColumnAddressSpace()
    for node in NODES:
        data = NodeData(node)
        data.attributes[ua.AttributeIds.Value] = AttributeValue(ua.DataValue(ua.Variant(None)))
        made[node] = data
    return made


def frame(status: int = 0) -> Frame:
    return Frame(values=np.array(VALUES), status=np.full(len(VALUES), status, np.uint32), source_time=NOW)


def read(aspace: ColumnAddressSpace, kind: ua.VariantType) -> ua.DataValue:
    return aspace.read_attribute_value(NODES[KINDS.index(kind)], ua.AttributeIds.Value)


async def test_that_every_kind_is_read_in_its_own_type(aspace: ColumnAddressSpace) -> None:
    await Publisher(aspace, NODES, KINDS).publish(frame())

    found = [read(aspace, kind) for kind in KINDS]
    plain = [1.5, float(np.float32(0.1)), -7, 7, True, -3, 200, 12, NOW]
    assert [each.Value.Value for each in found] == plain
    assert [type(each.Value.Value) for each in found] == [type(value) for value in plain]
    assert [each.Value.VariantType for each in found] == KINDS
    assert {each.SourceTimestamp for each in found} == {NOW}


async def test_that_what_no_double_holds_goes_the_ordinary_path(aspace: ColumnAddressSpace) -> None:
    Publisher(aspace, NODES, KINDS)

    ordinary = [
        kind
        for kind, node in zip(KINDS, NODES, strict=True)
        if not isinstance(aspace[node].attributes[ua.AttributeIds.Value], ColumnValue)
    ]
    assert ordinary == [_V.Int64, _V.DateTime]


@pytest.mark.parametrize(("status", "has_value"), [(BAD_NO_COMMUNICATION, False), (UNCERTAIN, True)])
async def test_that_a_bad_status_takes_the_value_away(
    aspace: ColumnAddressSpace, status: int, has_value: bool
) -> None:
    await Publisher(aspace, NODES, KINDS).publish(frame(status))

    for kind in KINDS:
        found = read(aspace, kind)
        assert found.StatusCode.value == status
        assert (found.Value.Value is not None) is has_value


async def test_that_an_integer_that_is_no_number_is_null(aspace: ColumnAddressSpace) -> None:
    publisher = Publisher(aspace, NODES, KINDS)
    nothing = Frame(
        values=np.full(len(VALUES), np.nan), status=np.zeros(len(VALUES), np.uint32), source_time=NOW
    )
    await publisher.publish(nothing)

    assert np.isnan(read(aspace, _V.Double).Value.Value)
    assert read(aspace, _V.Int32).Value.Value is None


async def test_that_a_write_by_the_ordinary_path_goes_into_the_column(aspace: ColumnAddressSpace) -> None:
    await Publisher(aspace, NODES, KINDS).publish(frame())
    node, value = NODES[0], ua.AttributeIds.Value

    code = await aspace.write_attribute_value(
        node, value, ua.DataValue(ua.Variant(2.5, _V.Double), SourceTimestamp=NOW)
    )

    assert code.is_good()
    assert aspace.columns.values[0] == 2.5
    assert aspace.read_attribute_value(node, value).Value.Value == 2.5


def test_that_a_value_from_before_is_kept(aspace: ColumnAddressSpace) -> None:
    aspace[NODES[0]].attributes[ua.AttributeIds.Value].value = ua.DataValue(ua.Variant(4.0, _V.Double))

    Publisher(aspace, NODES, KINDS)

    assert read(aspace, _V.Double).Value.Value == 4.0
