"""Monitored items: sampled, filtered and queued as asked for (OPC 10000-4, 5.13 and 7.22.2; OPC 10000-8, 6.2)."""

import time
from typing import Any

import pytest
import pytest_asyncio
from asyncua import ua

from tests.conformance.peer import Peer
from tests.conformance.subscriber import SETPOINT, SPAN, SWITCH, TEXT, Subscriber, Told

OVERFLOW = 0x480  # InfoType DataValue, Overflow
RESTING = 5000.0
NAMESPACES = "i=2255"
SAMPLING, REPORTING, DISABLED = (
    ua.MonitoringMode.Sampling,
    ua.MonitoringMode.Reporting,
    ua.MonitoringMode.Disabled,
)


def data_filter(
    deadband: float = 0.0,
    kind: int = ua.DeadbandType.None_,
    trigger: ua.DataChangeTrigger = ua.DataChangeTrigger.StatusValue,
) -> ua.DataChangeFilter:
    return ua.DataChangeFilter(Trigger=trigger, DeadbandType=int(kind), DeadbandValue=deadband)


@pytest_asyncio.fixture
async def subscriber(peer: Peer) -> Subscriber:
    """A subscription of 50 ms, the setpoint at rest."""
    made = await Subscriber(peer).open()
    await made.write(RESTING)
    return made


async def after(subscriber: Subscriber, *values: float) -> Told:
    """Write values one after another while nothing is published; returns what is told then."""
    await subscriber.settle()
    await subscriber.set_publishing(False)
    for value in values:
        await subscriber.write(value)
    await subscriber.set_publishing(True)
    return await subscriber.drain()


# ---- sampling --------------------------------------------------------------------------------------------------------


@pytest.mark.row(9)
async def test_that_an_item_is_not_sampled_more_often_than_asked_for(subscriber: Subscriber) -> None:
    (item,) = await subscriber.monitor(SETPOINT, SamplingInterval=5000.0, QueueSize=100)
    await subscriber.settle()
    began = time.monotonic()
    for step in range(1, 9):
        await subscriber.write(RESTING + step)
    told = await subscriber.drain()

    allowed = 2 + (time.monotonic() - began) / 5.0
    assert item.RevisedSamplingInterval == 5000.0
    assert len(told.numbers()) <= allowed


@pytest.mark.row(9)
async def test_that_the_last_value_is_sampled_when_its_interval_is_over(subscriber: Subscriber) -> None:
    await subscriber.monitor(SETPOINT, SamplingInterval=1000.0, QueueSize=100)
    await subscriber.settle()
    for step in range(1, 7):
        await subscriber.write(RESTING + step)

    told = Told()
    while RESTING + 6 not in told.numbers():
        await subscriber.drain(told)

    assert len(told.numbers()) < 6


@pytest.mark.row(9)
@pytest.mark.parametrize(("asked", "revised"), [(0.0, 0.0), (1.0, 100.0), (250.0, 250.0)])
async def test_that_sampling_intervals_are_revised_to_what_is_done(
    peer: Peer, asked: float, revised: float
) -> None:
    subscriber = await Subscriber(peer).open(500.0)

    (item,) = await subscriber.monitor(SETPOINT, SamplingInterval=asked)

    assert item.RevisedSamplingInterval == revised, "a value of the plant changes every 100 ms at most"


@pytest.mark.also_on_stock
async def test_that_the_publishing_interval_is_the_sampling_interval_of_who_asks_for_none(peer: Peer) -> None:
    subscriber = await Subscriber(peer).open(500.0)

    (item,) = await subscriber.monitor(SETPOINT, SamplingInterval=-1.0)

    assert item.RevisedSamplingInterval == 500.0


# ---- filters ---------------------------------------------------------------------------------------------------------


@pytest.mark.row(7)
async def test_that_a_slow_drift_is_told(subscriber: Subscriber) -> None:
    await subscriber.monitor(SETPOINT, QueueSize=100, Filter=data_filter(10.0, ua.DeadbandType.Absolute))

    told = await after(subscriber, *(RESTING + 4.0 * step for step in range(1, 9)))

    assert told.numbers() == [RESTING + 12.0, RESTING + 24.0]


@pytest.mark.row(8)
async def test_that_a_percent_deadband_is_of_the_range(subscriber: Subscriber) -> None:
    percent = 10.0
    step = SPAN * percent / 100.0
    await subscriber.monitor(SETPOINT, QueueSize=100, Filter=data_filter(percent, ua.DeadbandType.Percent))

    told = await after(subscriber, RESTING + step - 1.0, RESTING + step + 1.0, RESTING + step + 2.0)

    assert told.numbers() == [RESTING + step + 1.0]


@pytest.mark.row(8)
@pytest.mark.parametrize("percent", [-1.0, 100.5, float("nan")])
async def test_that_a_percentage_out_of_range_is_refused(subscriber: Subscriber, percent: float) -> None:
    status = await subscriber.status_of(SETPOINT, Filter=data_filter(percent, ua.DeadbandType.Percent))

    assert status == "BadDeadbandFilterInvalid"


@pytest.mark.row(8)
async def test_that_a_percentage_of_no_range_is_refused(subscriber: Subscriber) -> None:
    status = await subscriber.status_of(
        "CNC-001/State/Heartbeat", Filter=data_filter(1.0, ua.DeadbandType.Percent)
    )

    assert status == "BadDeadbandFilterInvalid"


@pytest.mark.row(8)
@pytest.mark.parametrize("path", [SWITCH, TEXT])
async def test_that_a_deadband_of_no_number_is_refused(subscriber: Subscriber, path: str) -> None:
    status = await subscriber.status_of(path, Filter=data_filter(1.0, ua.DeadbandType.Absolute))

    assert status == "BadFilterNotAllowed"


async def test_that_a_filter_of_an_attribute_other_than_the_value_is_refused(subscriber: Subscriber) -> None:
    status = await subscriber.status_of(SETPOINT, attribute=ua.AttributeIds.DisplayName, Filter=data_filter())

    assert status == "BadFilterNotAllowed"


async def test_that_a_filter_nobody_knows_is_refused(subscriber: Subscriber) -> None:
    aggregate = ua.AggregateFilter(
        AggregateType=ua.NodeId(ua.ObjectIds.AggregateFunction_Average), ProcessingInterval=1000.0
    )

    assert await subscriber.status_of(SETPOINT, Filter=aggregate) == "BadMonitoredItemFilterUnsupported"


@pytest.mark.also_on_stock
async def test_that_a_change_of_value_is_nothing_to_who_asks_for_statuses(subscriber: Subscriber) -> None:
    await subscriber.monitor(SETPOINT, Filter=data_filter(trigger=ua.DataChangeTrigger.Status))
    await subscriber.monitor(SETPOINT, first=2, Filter=data_filter())

    told = await after(subscriber, RESTING + 1.0)

    assert told.numbers(1) == []
    assert told.numbers(2) == [RESTING + 1.0]


# ---- queues ----------------------------------------------------------------------------------------------------------


@pytest.mark.row(10)
async def test_that_a_full_queue_drops_its_oldest_and_tells(subscriber: Subscriber) -> None:
    (item,) = await subscriber.monitor(SETPOINT, QueueSize=3)

    told = await after(subscriber, *(RESTING + step for step in range(1, 6)))

    assert item.RevisedQueueSize == 3
    assert told.numbers() == [RESTING + 3, RESTING + 4, RESTING + 5]
    assert told.statuses() == [OVERFLOW, 0, 0]


@pytest.mark.row(10)
async def test_that_a_full_queue_replaces_its_last_and_tells(subscriber: Subscriber) -> None:
    await subscriber.monitor(SETPOINT, QueueSize=3, DiscardOldest=False)

    told = await after(subscriber, *(RESTING + step for step in range(1, 6)))

    assert told.numbers() == [RESTING + 1, RESTING + 2, RESTING + 5]
    assert told.statuses() == [0, 0, OVERFLOW]


@pytest.mark.row(10)
async def test_that_a_queue_of_one_holds_the_last_and_never_tells(subscriber: Subscriber) -> None:
    (item,) = await subscriber.monitor(SETPOINT, QueueSize=0)

    told = await after(subscriber, RESTING + 1, RESTING + 2)

    assert item.RevisedQueueSize == 1
    assert (told.numbers(), told.statuses()) == ([RESTING + 2], [0])


@pytest.mark.also_on_stock
async def test_that_a_huge_queue_is_cut_to_size(subscriber: Subscriber) -> None:
    (item,) = await subscriber.monitor(SETPOINT, QueueSize=0xFFFFFFFF)

    assert item.RevisedQueueSize <= 10_000


@pytest.mark.row(10)
async def test_that_attributes_in_no_column_overflow_alike(subscriber: Subscriber) -> None:
    """The text of a machine's state changes by commands."""
    (item,) = await subscriber.monitor(TEXT, QueueSize=2)
    await subscriber.settle()

    result = await subscriber.modify(item.MonitoredItemId, QueueSize=7)

    assert (result.StatusCode.name, result.RevisedQueueSize) == ("Good", 7)
    assert item.RevisedQueueSize == 2
    assert (await subscriber.modify(item.MonitoredItemId, QueueSize=0)).RevisedQueueSize == 1


# ---- modes -----------------------------------------------------------------------------------------------------------


@pytest.mark.row(11)
async def test_that_an_item_that_only_samples_is_not_told(subscriber: Subscriber) -> None:
    (item,) = await subscriber.monitor(SETPOINT, QueueSize=10, mode=SAMPLING)

    told = await after(subscriber, RESTING + 1)
    await subscriber.set_mode(REPORTING, item.MonitoredItemId)
    reported = await subscriber.drain()

    assert told.numbers() == []
    assert reported.numbers() == [RESTING, RESTING + 1]


@pytest.mark.row(11)
async def test_that_a_disabled_item_loses_its_queue_and_begins_anew(subscriber: Subscriber) -> None:
    (item,) = await subscriber.monitor(SETPOINT, QueueSize=10, mode=SAMPLING)
    await subscriber.write(RESTING + 1)
    await subscriber.set_mode(DISABLED, item.MonitoredItemId)
    await subscriber.write(RESTING + 2)
    assert (await subscriber.drain()).numbers() == []

    await subscriber.set_mode(REPORTING, item.MonitoredItemId)

    assert (await subscriber.drain()).numbers() == [RESTING + 2]


@pytest.mark.row(11)
async def test_that_a_sample_sends_what_is_linked_to_it(subscriber: Subscriber) -> None:
    trigger = (await subscriber.monitor(SETPOINT, QueueSize=10, mode=SAMPLING))[0].MonitoredItemId
    (linked,) = await subscriber.monitor(TEXT, first=2, QueueSize=10, mode=SAMPLING)
    answer = await subscriber.link(trigger, [linked.MonitoredItemId, 9999])
    assert answer.ResponseHeader.ServiceResult.name == "Good"
    assert [code.name for code in answer.Parameters.AddResults] == ["Good", "BadMonitoredItemIdInvalid"]

    told = await after(subscriber, RESTING + 1)

    assert told.numbers(1) == [], "the triggering item only samples itself"
    assert len(told.numbers(2)) == 1


@pytest.mark.row(11)
async def test_that_what_is_unlinked_is_sent_no_more(subscriber: Subscriber) -> None:
    trigger = (await subscriber.monitor(SETPOINT, mode=SAMPLING))[0].MonitoredItemId
    linked = (await subscriber.monitor(TEXT, first=2, mode=SAMPLING))[0].MonitoredItemId
    await subscriber.link(trigger, [linked])
    answer = await subscriber.link(trigger, remove=[linked, linked + 1])
    assert answer.ResponseHeader.ServiceResult.name == "Good"
    assert [code.name for code in answer.Parameters.RemoveResults] == ["Good", "BadMonitoredItemIdInvalid"]

    assert (await after(subscriber, RESTING + 1)).values == {}
    assert (await subscriber.link(trigger)).ResponseHeader.ServiceResult.name == "BadNothingToDo"
    missing = await subscriber.link(9999, [linked])
    assert missing.ResponseHeader.ServiceResult.name == "BadMonitoredItemIdInvalid"


# ---- changing, and what comes with a value ---------------------------------------------------------------------------


@pytest.mark.row(14)
async def test_that_an_unknown_item_leaves_the_others_changed(subscriber: Subscriber) -> None:
    (item,) = await subscriber.monitor(SETPOINT, QueueSize=1)

    results = await subscriber.modify_all([9999, item.MonitoredItemId], QueueSize=5)

    assert [result.StatusCode.name for result in results] == ["BadMonitoredItemIdInvalid", "Good"]
    assert results[1].RevisedQueueSize == 5


@pytest.mark.row(14)
async def test_that_a_changed_item_does_as_it_was_changed(subscriber: Subscriber) -> None:
    (item,) = await subscriber.monitor(SETPOINT, QueueSize=1)
    await subscriber.modify(
        item.MonitoredItemId,
        ClientHandle=7,
        QueueSize=5,
        Filter=data_filter(10.0, ua.DeadbandType.Absolute),
    )

    told = await after(subscriber, RESTING + 5, RESTING + 11, RESTING + 15, RESTING + 30)

    assert told.numbers(7) == [RESTING + 11, RESTING + 30]


@pytest.mark.row(3)
@pytest.mark.parametrize(
    ("stamps", "has_source", "has_server"),
    [
        (ua.TimestampsToReturn.Source, True, False),
        (ua.TimestampsToReturn.Server, False, True),
        (ua.TimestampsToReturn.Neither, False, False),
    ],
)
@pytest.mark.parametrize("path", ["CNC-001/State/Heartbeat"])
async def test_that_only_the_timestamps_asked_for_are_sent(
    subscriber: Subscriber, path: str, stamps: Any, has_source: bool, has_server: bool
) -> None:
    await subscriber.monitor(path, stamps=stamps)

    value = (await subscriber.drain()).values[1][0]

    assert (value.SourceTimestamp is not None, value.ServerTimestamp is not None) == (has_source, has_server)


async def test_that_timestamps_nobody_knows_are_refused(subscriber: Subscriber) -> None:
    request = ua.CreateMonitoredItemsRequest(
        Parameters=ua.CreateMonitoredItemsParameters(
            SubscriptionId=subscriber.id,
            TimestampsToReturn=ua.TimestampsToReturn.Invalid,
            ItemsToCreate=[ua.MonitoredItemCreateRequest()],
        )
    )

    assert await subscriber.peer.outcome(request) == "BadTimestampsToReturnInvalid"


@pytest.mark.row(2)
async def test_that_a_part_of_an_array_can_be_monitored(subscriber: Subscriber) -> None:
    whole = await subscriber.peer.value(NAMESPACES)
    await subscriber.monitor(NAMESPACES, part="0:1")

    assert (await subscriber.drain()).numbers() == [whole[:2]]


@pytest.mark.row(2)
@pytest.mark.parametrize(
    ("path", "part", "status"),
    [(NAMESPACES, "2:1", "BadIndexRangeInvalid"), (SETPOINT, "0", "BadIndexRangeNoData")],
)
async def test_that_a_range_that_makes_no_sense_is_refused(
    subscriber: Subscriber, path: str, part: str, status: str
) -> None:
    assert await subscriber.status_of(path, part=part) == status


@pytest.mark.only_ours
async def test_that_a_text_comes_with_the_timestamps_asked_for(subscriber: Subscriber) -> None:
    await subscriber.monitor(TEXT, stamps=ua.TimestampsToReturn.Source)

    value = (await subscriber.drain()).values[1][0]

    assert (value.SourceTimestamp is not None, value.ServerTimestamp is not None) == (True, False)


@pytest.mark.also_on_stock
async def test_that_values_of_all_kinds_come_in_their_types(subscriber: Subscriber) -> None:
    paths = [SETPOINT, SWITCH, "CNC-001/State/Heartbeat", "CNC-001/State/RunningState", TEXT]
    await subscriber.monitor(*paths)
    told = Told()
    while len(told.values) < len(paths):
        await subscriber.drain(told)

    kinds = [told.values[handle][0].Value.VariantType.name for handle in range(1, 6)]
    assert kinds == ["Double", "Boolean", "Int32", "UInt32", "LocalizedText"]


@pytest.mark.also_on_stock
@pytest.mark.parametrize(
    ("path", "attribute", "status"),
    [
        ("CNC-001/Nowhere", ua.AttributeIds.Value, "BadNodeIdUnknown"),
        ("CNC-001", ua.AttributeIds.Value, "BadAttributeIdInvalid"),
        (SETPOINT, ua.AttributeIds.DisplayName, "Good"),
    ],
)
async def test_that_what_is_not_there_cannot_be_monitored(
    subscriber: Subscriber, path: str, attribute: int, status: str
) -> None:
    assert await subscriber.status_of(path, attribute=attribute) == status
