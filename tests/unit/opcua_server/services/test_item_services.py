"""Thousands of items at once: nobody else waits for them, and their queues stay within their session's bound."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.server.address_space import AttributeValue, NodeData

from opcua_server.dataplane.address_space import ColumnAddressSpace
from opcua_server.services.caller import INTERNAL
from opcua_server.services.limits import LIMITS
from opcua_server.services.subscriptions.service import AndonSubscriptions

NODES = 100
ITEMS = LIMITS.max_monitored_items_per_call
LONGEST_S = 0.05  # of the processor's time, in one turn of the loop
LANE = type("Lane", (), {})  # a connection


class Session:
    """As much of a session as subscriptions look at."""

    caller = INTERNAL
    address = "127.0.0.1"
    is_closed = False
    session_id = ua.NodeId(1)


class Bench:
    """Subscriptions over some numbers in columns and as many texts."""

    def __init__(self, limits: Any = LIMITS) -> None:
        aspace = ColumnAddressSpace()
        self.numbers = [ua.NodeId(f"Number{index}", 2) for index in range(NODES)]
        texts = [ua.NodeId(f"Text{index}", 2) for index in range(NODES)]
        for node in (*self.numbers, *texts):
            data = NodeData(node)
            first = ua.Variant("x") if node in texts else ua.Variant(0.0, ua.VariantType.Double)
            data.attributes[ua.AttributeIds.Value] = AttributeValue(ua.DataValue(first))
            aspace[node] = data
        aspace.make_block(self.numbers, [ua.VariantType.Double] * NODES)
        self.nodes = [*self.numbers, *texts]
        self.served = AndonSubscriptions(aspace, limits)
        self.items = self.served.item_services
        self.session, self.lane = Session(), LANE()

    def subscribe(self) -> int:
        asked = ua.CreateSubscriptionParameters(RequestedPublishingInterval=3_600_000.0)
        return int(self.served.create(self.session, asked).SubscriptionId)

    async def create(self, subscription: int, nodes: list[ua.NodeId], queue: int = 1) -> list[Any]:
        wanted = [
            ua.MonitoredItemCreateRequest(
                ItemToMonitor=ua.ReadValueId(NodeId=node, AttributeId=ua.AttributeIds.Value),
                MonitoringMode=ua.MonitoringMode.Reporting,
                RequestedParameters=ua.MonitoringParameters(QueueSize=queue, Filter=None),
            )
            for node in nodes
        ]
        asked = ua.CreateMonitoredItemsParameters(
            SubscriptionId=subscription,
            TimestampsToReturn=ua.TimestampsToReturn.Both,
            ItemsToCreate=wanted,
        )
        await asyncio.sleep(0)
        return await self.items.create(self.session, asked, self.lane)

    async def modify(self, subscription: int, ids: list[int], queue: int = 2) -> list[Any]:
        wanted = [
            ua.MonitoredItemModifyRequest(
                MonitoredItemId=item,
                RequestedParameters=ua.MonitoringParameters(QueueSize=queue, Filter=None),
            )
            for item in ids
        ]
        asked = ua.ModifyMonitoredItemsParameters(
            SubscriptionId=subscription,
            TimestampsToReturn=ua.TimestampsToReturn.Both,
            ItemsToModify=wanted,
        )
        await asyncio.sleep(0)
        return await self.items.modify(self.session, asked, self.lane)

    async def set_mode(self, subscription: int, ids: list[int]) -> list[Any]:
        asked = ua.SetMonitoringModeParameters(subscription, ua.MonitoringMode.Disabled, ids)
        await asyncio.sleep(0)
        return await self.items.set_mode(self.session, asked, self.lane)

    async def delete(self, subscription: int, ids: list[int]) -> list[Any]:
        asked = ua.DeleteMonitoredItemsParameters(subscription, ids)
        await asyncio.sleep(0)
        return await self.items.delete(self.session, asked, self.lane)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    made.served.stop()


async def longest_turn(work: Awaitable[list[Any]]) -> tuple[float, list[Any]]:
    """Return the most processor time between two turns of the loop while work is done, and what came of it."""
    done = asyncio.ensure_future(work)
    await asyncio.sleep(0)  # in which the request is made
    gc.disable()  # the server's heap is frozen; this process's is not, and large
    try:
        longest, last = 0.0, time.thread_time()
        while not done.done():
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, last = max(longest, now - last), now
    finally:
        gc.enable()
    return longest, done.result()


@pytest.mark.slow
async def test_that_thousands_of_items_hold_nobody_up(bench: Bench) -> None:
    subscription = bench.subscribe()
    nodes = (bench.nodes * (ITEMS // len(bench.nodes) + 1))[:ITEMS]
    acts: list[Callable[[list[int]], Awaitable[list[Any]]]] = [
        lambda _: bench.create(subscription, nodes),
        lambda ids: bench.modify(subscription, ids),
        lambda ids: bench.set_mode(subscription, ids),
        lambda ids: bench.delete(subscription, ids),
    ]

    ids: list[int] = []
    longest = []
    for act in acts:
        took, results = await longest_turn(act(ids))
        codes = [each if isinstance(each, ua.StatusCode) else each.StatusCode for each in results]
        ids = ids or [each.MonitoredItemId for each in results]
        assert len(codes) == ITEMS
        assert all(code.is_good() for code in codes)
        longest.append(took)

    assert max(longest) < LONGEST_S
    assert bench.served.item_count == 0


@pytest.mark.slow
async def test_that_links_to_thousands_of_items_hold_nobody_up(bench: Bench) -> None:
    subscription = bench.subscribe()
    created = await bench.create(subscription, (bench.numbers * ITEMS)[:ITEMS])
    ids = [each.MonitoredItemId for each in created]
    began = time.thread_time()

    added, _ = bench.items.set_triggering(
        bench.session, ua.SetTriggeringParameters(subscription, ids[0], ids[1:], [])
    )

    assert time.thread_time() - began < LONGEST_S
    assert len(added) == ITEMS - 1


async def test_that_what_was_begun_ends_with_its_subscription(bench: Bench) -> None:
    subscription = bench.subscribe()
    ids = [each.MonitoredItemId for each in await bench.create(subscription, (bench.numbers * ITEMS)[:ITEMS])]
    changing = asyncio.ensure_future(bench.modify(subscription, ids))
    for _ in range(2):
        await asyncio.sleep(0)

    bench.served.delete(bench.session, [subscription])

    with pytest.raises(ServiceError) as refused:
        await changing
    assert refused.value.code == ua.StatusCodes.BadSubscriptionIdInvalid


async def test_that_the_queues_of_a_session_have_a_bound() -> None:
    bench = Bench(replace(LIMITS, max_queue_sizes=1_000, max_queue_sizes_per_session=1_500))
    one, other = bench.subscribe(), bench.subscribe()

    first = await bench.create(one, bench.numbers, queue=100)
    second = await bench.create(other, bench.numbers, queue=100)
    again = await bench.modify(one, [each.MonitoredItemId for each in first], queue=100)
    sizes = [sum(each.RevisedQueueSize for each in results) for results in (first, second, again)]

    assert sizes[0] == 1_000 - 9 * 100 + 9 * 100 + (
        NODES - 10
    )  # ten have what they want, the others the least
    assert sizes[1] <= 1_500 - 1_000 + NODES
    assert sizes[2] <= 1_000 + NODES
    bench.served.stop()
