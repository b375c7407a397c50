"""Messages: no longer than their client takes, and kept no longer than there is room for them."""

import pytest
from asyncua import ua
from asyncua.server.address_space import AttributeValue, NodeData

from opcua_server.dataplane.address_space import ColumnAddressSpace
from opcua_server.dataplane.sampling import Sampler
from opcua_server.services.limits import LIMITS
from opcua_server.services.subscriptions.monitored import MonitoredItems
from opcua_server.services.subscriptions.subscription import Retransmission
from opcua_server.services.where import TypeTree

NUMBERS, TEXTS = 400, 40
ROOM = 4_000
STAMPS = 0xC0  # both


@pytest.fixture
def items() -> MonitoredItems:
    """Items on numbers in columns and on texts, each with its first value to be sent."""
    aspace = ColumnAddressSpace()
    numbers = [ua.NodeId(f"Number{index}", 2) for index in range(NUMBERS)]
    texts = [ua.NodeId(f"Text{index}", 2) for index in range(TEXTS)]
    for node in (*numbers, *texts):
        data = NodeData(node)
        first = ua.Variant("x" * 100) if node in texts else ua.Variant(0.0, ua.VariantType.Double)
        data.attributes[ua.AttributeIds.Value] = AttributeValue(ua.DataValue(first))
        aspace[node] = data
    aspace.make_block(numbers, [ua.VariantType.Double] * NUMBERS)
    sampler = Sampler(aspace.columns, lambda: 0.0, lambda _, __: None)
    made = MonitoredItems(aspace, TypeTree(aspace), sampler, lambda: 0.0, lambda _: None)
    requests = [
        ua.MonitoredItemCreateRequest(
            ItemToMonitor=ua.ReadValueId(NodeId=node, AttributeId=ua.AttributeIds.Value),
            MonitoringMode=ua.MonitoringMode.Reporting,
            RequestedParameters=ua.MonitoringParameters(ClientHandle=1, Filter=None),
        )
        for node in (*numbers, *texts)
    ]
    results = made.create(requests, STAMPS, 100.0, len(requests), lambda _, __: None)
    assert all(result.StatusCode.is_good() for result in results)
    return made


def test_that_no_message_is_longer_than_its_client_takes(items: MonitoredItems) -> None:
    sizes = []
    while items.has_waiting():
        sizes.append(sum(map(len, items.take(10_000, ROOM))))

    longest_record = 160  # the last one may reach past the room that is left
    assert max(sizes) <= ROOM + longest_record
    assert len(sizes) >= (NUMBERS * 34 + TEXTS * 120) // ROOM


def test_that_a_message_holds_no_more_than_its_limit(items: MonitoredItems) -> None:
    messages = 0
    while items.has_waiting():
        items.take(100, 1_000_000)
        messages += 1

    assert messages == 5


def test_that_all_queues_together_have_a_bound(items: MonitoredItems) -> None:
    most = LIMITS.max_queue_sizes
    ids = [item for item, _ in items.handles()]
    wanted = [
        ua.MonitoredItemModifyRequest(
            MonitoredItemId=item, RequestedParameters=ua.MonitoringParameters(QueueSize=10_000, Filter=None)
        )
        for item in ids
    ]

    for _ in range(2):  # what an item has is not counted against it
        sizes = [result.RevisedQueueSize for result in items.modify(wanted, STAMPS, 100.0)]

    assert max(sizes) == 10_000
    assert most - 10_000 <= sum(sizes) <= most + len(ids)
    items.delete(ids[:-1])
    assert items.modify(wanted[-1:], STAMPS, 100.0)[0].RevisedQueueSize == 10_000


def test_that_kept_messages_are_bounded_in_number_and_bytes() -> None:
    sent = Retransmission(max_messages=3, max_bytes=100)
    for sequence in range(1, 6):
        sent.keep(sequence, b"x" * 10)
    assert sent.available() == [3, 4, 5]

    sent.keep(6, b"x" * 95)

    assert sent.available() == [6]
    assert sent.acknowledge(6)
    assert not sent.acknowledge(6)
    assert sent.get(6) is None
