"""The least sizes that the claimed profiles ask for (OPC 10000-7, 6.6)."""

import pytest
from asyncua import ua

from tests.conformance.peer import Peer
from tests.conformance.subscriber import Subscriber, Told, answered, take
from tests.conformance.test_filtering_events import EVENT_S, Listener, provoke

HEARTBEAT = "CNC-001/State/Heartbeat"
ITEMS = 100
REQUESTS = 5


@pytest.mark.also_on_stock
async def test_that_two_subscriptions_of_many_items_are_served_by_many_requests(peer: Peer) -> None:
    subscribers = [await Subscriber(peer).open(keep_alive=1000) for _ in range(2)]
    for subscriber in subscribers:
        made = await subscriber.monitor(*[HEARTBEAT] * ITEMS)
        assert {item.StatusCode.name for item in made} == {"Good"}

    waiting = [peer.post(ua.PublishRequest(), 0) for _ in range(REQUESTS)]

    told = {subscriber.id: Told() for subscriber in subscribers}
    for each in waiting:
        answer = await answered(each)
        assert answer.ResponseHeader.ServiceResult.name == "Good"
        take(told[answer.Parameters.SubscriptionId], answer.Parameters)
    assert [len(each.values) for each in told.values()] == [ITEMS, ITEMS]


@pytest.mark.also_on_stock
async def test_that_ten_items_hear_the_events_of_one_notifier(peer: Peer) -> None:
    listener = Listener(peer)
    for _ in range(10):
        assert (await listener.listen("CNC-001")).StatusCode.is_good()

    await provoke(peer, listener.subscription)
    told = await listener.events(EVENT_S)

    assert len(told) >= 10
    assert len(told) % 10 == 0
