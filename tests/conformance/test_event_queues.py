"""Queues of events: bounded, and honest about what they have lost (OPC 10000-4, 7.22.3)."""

from collections.abc import Sequence
from typing import Any

import pytest
import pytest_asyncio
from asyncua import ua

from tests.conformance.peer import Peer
from tests.conformance.subscriber import Subscriber, Told
from tests.conformance.test_filtering_events import SOURCE, built, field, literal, raise_alarm

_ID = ua.ObjectIds
START, END = ua.NodeId(_ID.RefreshStartEventType), ua.NodeId(_ID.RefreshEndEventType)
OVERFLOW = ua.NodeId(_ID.EventQueueOverflowEventType)
EVENT_TYPE = field("EventType")


@pytest_asyncio.fixture
async def subscriber(peer: Peer) -> Subscriber:
    """A subscription of 50 ms, and at least one alarm to be repeated by a refresh."""
    if (await peer.read("CNC-001/Alarms/SpindleTemperature/HighLimit")).StatusCode.name == "Good":
        await raise_alarm(peer)
    return await Subscriber(peer).open()


async def listen(
    subscriber: Subscriber, queue: int, where: Sequence[ua.ContentFilterElement] = (), **parameters: Any
) -> ua.MonitoredItemCreateResult:
    filter_ = ua.EventFilter(
        SelectClauses=[EVENT_TYPE, SOURCE, field("EventId"), field("Severity")],
        WhereClause=ua.ContentFilter(Elements=list(where)),
    )
    (result,) = await subscriber.monitor(
        "i=2253",
        attribute=ua.AttributeIds.EventNotifier,
        QueueSize=queue,
        Filter=filter_,
        **parameters,
    )
    return result


async def refreshed(subscriber: Subscriber, times: int = 1) -> list[Any]:
    """Have conditions repeated while nothing is published; returns the types of the events that come then."""
    await subscriber.settle()
    await subscriber.set_publishing(False)
    number = ua.Variant(subscriber.id, ua.VariantType.UInt32)
    for _ in range(times):
        result = await subscriber.peer.call(
            f"i={_ID.ConditionType}", f"i={_ID.ConditionType_ConditionRefresh}", number
        )
        assert result.StatusCode.name == "Good"
    await subscriber.set_publishing(True)
    told = await subscriber.drain(Told())
    return [event[0].Value for event in told.events.get(1, [])]


@pytest.mark.row(21)
async def test_that_a_queue_that_drops_its_oldest_events_tells_first(subscriber: Subscriber) -> None:
    assert (await listen(subscriber, 2)).RevisedQueueSize == 2

    types = await refreshed(subscriber, times=3)

    assert types[0] == OVERFLOW
    assert types[-1] == END
    assert len(types) == 3, "two events, and beside them the one that tells"


@pytest.mark.row(21)
async def test_that_a_queue_that_drops_its_newest_events_tells_last(subscriber: Subscriber) -> None:
    await listen(subscriber, 2, DiscardOldest=False)

    types = await refreshed(subscriber, times=3)

    assert (types[0], types[-1], len(types)) == (START, OVERFLOW, 3)


@pytest.mark.row(21)
async def test_that_a_queue_tells_of_its_next_losses_too(subscriber: Subscriber) -> None:
    await listen(subscriber, 2)

    for _ in range(2):
        assert (await refreshed(subscriber)).count(OVERFLOW) == 1


@pytest.mark.row(21)
async def test_that_no_filter_holds_back_what_tells_of_losses(subscriber: Subscriber) -> None:
    alarms = built(ua.FilterOperator.OfType, literal(ua.NodeId(_ID.AlarmConditionType)))
    await listen(subscriber, 2, [alarms])

    types = await refreshed(subscriber, times=3)

    assert types[0] == OVERFLOW


@pytest.mark.row(21)
async def test_that_the_event_of_lost_events_has_the_fields_of_any(subscriber: Subscriber) -> None:
    await listen(subscriber, 2)
    await refreshed(subscriber)
    await subscriber.set_publishing(False)
    number = ua.Variant(subscriber.id, ua.VariantType.UInt32)
    await subscriber.peer.call(f"i={_ID.ConditionType}", f"i={_ID.ConditionType_ConditionRefresh}", number)
    await subscriber.set_publishing(True)

    told = await subscriber.drain()

    (_, source, event_id, severity) = told.events[1][0]
    assert source.Value
    assert len(event_id.Value) >= 8
    assert severity.VariantType == ua.VariantType.UInt16


@pytest.mark.row(21)
@pytest.mark.parametrize("asked", [0, 1])
async def test_that_who_names_no_size_gets_room_for_a_flood(subscriber: Subscriber, asked: int) -> None:
    result = await listen(subscriber, asked)

    types = await refreshed(subscriber, times=3)

    assert result.RevisedQueueSize >= 100
    assert (types.count(START), types.count(END), types.count(OVERFLOW)) == (3, 3, 0)


@pytest.mark.row(12)
async def test_that_messages_have_no_more_events_than_asked_for(peer: Peer) -> None:
    if (await peer.read("CNC-001/Alarms/SpindleTemperature/HighLimit")).StatusCode.name == "Good":
        await raise_alarm(peer)
    subscriber = await Subscriber(peer).open(most=2)
    await listen(subscriber, 0)
    await subscriber.settle()
    number = ua.Variant(subscriber.id, ua.VariantType.UInt32)
    result = await peer.call(f"i={_ID.ConditionType}", f"i={_ID.ConditionType_ConditionRefresh}", number)
    assert result.StatusCode.name == "Good"

    first = await subscriber.message()

    (events,) = first.NotificationMessage.NotificationData
    assert (len(events.Events), first.MoreNotifications) == (2, True)


@pytest.mark.row(11)
async def test_that_an_item_that_only_samples_keeps_its_events(subscriber: Subscriber) -> None:
    item = await listen(subscriber, 0, mode=ua.MonitoringMode.Sampling)
    assert await refreshed(subscriber) == []

    await subscriber.set_mode(ua.MonitoringMode.Reporting, item.MonitoredItemId)

    told = await subscriber.drain()
    types = [event[0].Value for event in told.events[1]]
    assert (types[0], types[-1]) == (START, END)
