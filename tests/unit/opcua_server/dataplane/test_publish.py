"""Frames become values: only what changed, with its status, in its type."""

from datetime import UTC, datetime

import numpy as np
import pytest
from asyncua import ua
from asyncua.server.address_space import AddressSpace, AttributeValue, NodeData

from opcua_server.dataplane.publish import Frame, Publisher

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BAD_NO_COMMUNICATION = 0x80310000
NODES = [ua.NodeId("A", 2), ua.NodeId("B", 2), ua.NodeId("C", 2)]
KINDS = [ua.VariantType.Double, ua.VariantType.Int32, ua.VariantType.Boolean]


@pytest.fixture
def aspace() -> AddressSpace:
    made = AddressSpace()
    for node in NODES:
        data = NodeData(node)
        data.attributes[ua.AttributeIds.Value] = AttributeValue(ua.DataValue(ua.Variant(None)))
        made[node] = data
    return made


def frame(*values: float, status: tuple[int, ...] = (0, 0, 0)) -> Frame:
    return Frame(values=np.array(values), status=np.array(status, dtype=np.uint32), source_time=NOW)


def read(aspace: AddressSpace, index: int) -> ua.DataValue:
    return aspace.read_attribute_value(NODES[index], ua.AttributeIds.Value)


async def test_that_every_value_arrives_in_its_own_type(aspace: AddressSpace) -> None:
    await Publisher(aspace, NODES, KINDS).publish(frame(1.5, 7.0, 1.0))

    assert [read(aspace, index).Value.Value for index in range(3)] == [1.5, 7, True]
    assert [read(aspace, index).Value.VariantType for index in range(3)] == KINDS
    assert read(aspace, 0).SourceTimestamp == NOW


async def test_that_only_what_changed_is_written(aspace: AddressSpace) -> None:
    publisher = Publisher(aspace, NODES, KINDS)
    await publisher.publish(frame(1.5, 7.0, 1.0))

    assert await publisher.publish(frame(1.5, 8.0, 1.0)) == 1
    assert await publisher.publish(frame(1.5, 8.0, 1.0)) == 0


async def test_that_nan_is_published_once_and_an_integer_nan_is_null(aspace: AddressSpace) -> None:
    publisher = Publisher(aspace, NODES, KINDS)
    await publisher.publish(frame(float("nan"), float("nan"), 0.0))

    assert np.isnan(read(aspace, 0).Value.Value)
    assert read(aspace, 1).Value.Value is None
    assert await publisher.publish(frame(float("nan"), float("nan"), 0.0)) == 0


async def test_that_a_bad_status_takes_the_value_away(aspace: AddressSpace) -> None:
    publisher = Publisher(aspace, NODES, KINDS)
    await publisher.publish(frame(1.5, 7.0, 1.0, status=(BAD_NO_COMMUNICATION, 0, 0)))

    assert read(aspace, 0).StatusCode.value == BAD_NO_COMMUNICATION
    assert read(aspace, 0).Value.Value is None


async def test_that_subscribers_hear_of_a_value(aspace: AddressSpace) -> None:
    heard: list[object] = []

    async def callback(_: int, value: ua.DataValue) -> None:
        heard.append(value.Value.Value)

    aspace.add_datachange_callback(NODES[0], ua.AttributeIds.Value, callback)
    publisher = Publisher(aspace, NODES, KINDS)
    for value in (1.0, 2.0, 2.0, 3.0):
        await publisher.publish(frame(value, 0.0, 0.0))

    assert heard == [1.0, 2.0, 3.0]
