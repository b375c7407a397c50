"""Subscriptions: their pace, their life, whose they are, and what is sent again (OPC 10000-4, 5.14)."""

import time
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio
from asyncua import Client, ua

from tests.conformance.peer import Peer, connected
from tests.conformance.subscriber import SETPOINT, TEXT, WAIT_S, Subscriber, Told, answered, publish, take

HEARTBEAT = "CNC-001/State/Heartbeat"
RESTING = 5000.0
SERVER, GET_ITEMS, RESEND = (
    "i=2253",
    f"i={ua.ObjectIds.Server_GetMonitoredItems}",
    f"i={ua.ObjectIds.Server_ResendData}",
)
TIMED_OUT = f"i={ua.ObjectIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_SessionTimeoutCount}"
NOBODYS = 0x7FFFFFFF
ITEMS = ["CNC-001/State/Heartbeat", "CNC-001/State/RunningState", SETPOINT, "CNC-002/State/Heartbeat", TEXT]


@pytest_asyncio.fixture
async def other(endpoint: str) -> AsyncIterator[Peer]:
    """A second client."""
    async with connected(endpoint) as found:
        yield found


def uint32(number: int) -> ua.Variant:
    return ua.Variant(number, ua.VariantType.UInt32)


def acknowledging(*pairs: tuple[int, int]) -> ua.PublishRequest:
    acks = [ua.SubscriptionAcknowledgement(SubscriptionId=one, SequenceNumber=two) for one, two in pairs]
    return ua.PublishRequest(Parameters=ua.PublishParameters(SubscriptionAcknowledgements=acks))


def republish(subscription: int, sequence: int) -> ua.RepublishRequest:
    return ua.RepublishRequest(
        Parameters=ua.RepublishParameters(SubscriptionId=subscription, RetransmitSequenceNumber=sequence)
    )


def transfer(*subscriptions: int, initial: bool = False) -> ua.TransferSubscriptionsRequest:
    return ua.TransferSubscriptionsRequest(
        Parameters=ua.TransferSubscriptionsParameters(
            SubscriptionIds=list(subscriptions), SendInitialValues=initial
        )
    )


async def pause_between(subscriber: Subscriber, messages: int) -> float:
    """Return the mean time between keep-alives."""
    await subscriber.message()
    began = time.monotonic()
    for _ in range(messages):
        await subscriber.message()
    return (time.monotonic() - began) / messages


# ---- pace ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [0.0, -1.0, 1.0, float("nan")])
async def test_that_nobody_gets_a_publishing_interval_below_20_ms(peer: Peer, asked: float) -> None:
    subscriber = await Subscriber(peer).open(asked)

    assert subscriber.granted.RevisedPublishingInterval >= 20.0


async def test_that_a_life_is_at_least_three_keep_alives_long(peer: Peer) -> None:
    granted = (await Subscriber(peer).open(lifetime=10, keep_alive=10)).granted

    assert granted.RevisedLifetimeCount >= 3 * granted.RevisedMaxKeepAliveCount


@pytest.mark.row(13)
async def test_that_a_modified_subscription_changes_its_pace(peer: Peer) -> None:
    subscriber = await Subscriber(peer).open(1000.0)

    answer = await peer.ask(
        ua.ModifySubscriptionRequest(
            Parameters=ua.ModifySubscriptionParameters(
                SubscriptionId=subscriber.id,
                RequestedPublishingInterval=100.0,
                RequestedLifetimeCount=900,
                RequestedMaxKeepAliveCount=2,
            )
        )
    )

    revised = answer.Parameters
    assert (revised.RevisedPublishingInterval, revised.RevisedMaxKeepAliveCount) == (100.0, 2)
    assert await pause_between(subscriber, 4) == pytest.approx(0.2, abs=0.15)


@pytest.mark.row(12)
async def test_that_messages_are_no_longer_than_asked_for(peer: Peer) -> None:
    subscriber = await Subscriber(peer).open(200.0, most=2)
    await subscriber.monitor(*ITEMS)

    results = [await subscriber.message() for _ in range(3)]

    counts = [
        sum(len(part.MonitoredItems) for part in each.NotificationMessage.NotificationData)
        for each in results
    ]
    assert (counts[:2], [each.MoreNotifications for each in results[:2]]) == ([2, 2], [True, True])
    assert counts[2] in (1, 2), "a heart may have beaten meanwhile"


async def test_that_what_is_queued_while_not_publishing_comes_later(peer: Peer) -> None:
    subscriber = await Subscriber(peer).open()
    await subscriber.write(RESTING)
    await subscriber.monitor(SETPOINT, QueueSize=0)
    await subscriber.settle()
    await subscriber.set_publishing(False)
    await subscriber.write(RESTING + 1)
    await subscriber.write(RESTING + 2)

    assert (await subscriber.drain()).values == {}, "keep-alives go on"
    await subscriber.set_publishing(True)

    assert (await subscriber.drain()).numbers() == [RESTING + 2]


@pytest.mark.also_on_stock
async def test_that_a_quiet_subscription_says_that_it_lives(peer: Peer) -> None:
    subscriber = await Subscriber(peer).open(50.0, keep_alive=4)

    assert await pause_between(subscriber, 3) == pytest.approx(0.2, abs=0.15)


@pytest.mark.only_ours
async def test_that_the_more_important_subscription_is_answered_first(peer: Peer) -> None:
    plain = await Subscriber(peer).open(priority=1)
    important = await Subscriber(peer).open(priority=200)
    for subscriber in (plain, important):
        await subscriber.monitor(SETPOINT)
    answers = [(await publish(peer)).SubscriptionId for _ in range(8)]

    assert (important.id, plain.id) in list(pairwise(answers))


# ---- the publish queue -----------------------------------------------------------------------------------------------


@pytest.mark.also_on_stock
async def test_that_who_has_no_subscription_cannot_publish(peer: Peer) -> None:
    assert await peer.outcome(ua.PublishRequest()) == "BadNoSubscription"


async def test_that_publish_requests_end_with_the_last_subscription(peer: Peer) -> None:
    subscriber = await Subscriber(peer).open(keep_alive=1000)
    await subscriber.message()
    waiting = peer.post(ua.PublishRequest(), 0)

    await peer.results(
        ua.DeleteSubscriptionsRequest(
            Parameters=ua.DeleteSubscriptionsParameters(SubscriptionIds=[subscriber.id])
        )
    )

    assert (await answered(waiting)).ResponseHeader.ServiceResult.name == "BadNoSubscription"


@pytest.mark.also_on_stock
async def test_that_one_publish_request_too_many_ends_the_oldest(peer: Peer) -> None:
    subscriber = await Subscriber(peer).open(keep_alive=1000)
    await subscriber.message()

    waiting = [peer.post(ua.PublishRequest(), 0) for _ in range(130)]

    assert (await answered(waiting[0])).ResponseHeader.ServiceResult.name == "BadTooManyPublishRequests"


async def test_that_a_request_is_given_up_when_its_client_does(peer: Peer) -> None:
    subscriber = await Subscriber(peer).open(keep_alive=1000)
    await subscriber.message()

    with pytest.raises(ua.UaStatusCodeError) as refusal:
        await publish(peer, seconds=3.0, hint_ms=200)

    assert refusal.value.code == ua.StatusCodes.BadTimeout


async def test_that_every_acknowledgement_has_its_result(peer: Peer) -> None:
    subscriber = await Subscriber(peer).open()
    await subscriber.monitor(SETPOINT)
    sequence = 0
    while not sequence:
        result = await publish(peer)
        if result.NotificationMessage.NotificationData:
            sequence = result.NotificationMessage.SequenceNumber
    wanted = acknowledging((subscriber.id, sequence), (subscriber.id, sequence), (NOBODYS, 1))

    answer = await peer.ask(wanted)

    assert [code.name for code in answer.Parameters.Results] == [
        "Good",
        "BadSequenceNumberUnknown",
        "BadSubscriptionIdInvalid",
    ]
    assert sequence not in answer.Parameters.AvailableSequenceNumbers


# ---- sent again ------------------------------------------------------------------------------------------------------


@pytest.mark.row(16)
async def test_that_a_message_that_is_not_there_is_not_available(peer: Peer) -> None:
    subscriber = await Subscriber(peer).open()

    assert await peer.outcome(republish(subscriber.id, 4711)) == "BadMessageNotAvailable"
    assert await peer.outcome(republish(NOBODYS, 1)) == "BadSubscriptionIdInvalid"


@pytest.mark.row(16)
async def test_that_a_message_can_be_had_until_it_is_acknowledged(peer: Peer) -> None:
    subscriber = await Subscriber(peer).open()
    await subscriber.monitor(SETPOINT)
    first = await publish(peer)
    sequence = first.NotificationMessage.SequenceNumber

    again = [(await peer.ask(republish(subscriber.id, sequence))).NotificationMessage for _ in range(2)]
    await peer.ask(acknowledging((subscriber.id, sequence)))

    assert again == [first.NotificationMessage] * 2
    assert await peer.outcome(republish(subscriber.id, sequence)) == "BadMessageNotAvailable"


# ---- life ------------------------------------------------------------------------------------------------------------


async def test_that_who_does_not_ask_loses_the_subscription_and_is_told(peer: Peer, other: Peer) -> None:
    subscriber = await Subscriber(peer).open(20.0, lifetime=10, keep_alive=3)
    asked = uint32(subscriber.id)
    deadline = time.monotonic() + WAIT_S
    # By another session: any call of its own would let the subscription live on.
    while (await other.call(SERVER, GET_ITEMS, asked)).StatusCode.name != "BadSubscriptionIdInvalid":
        assert time.monotonic() < deadline, "the subscription goes on and on"

    result = await publish(peer)

    told = Told()
    take(told, result)
    assert (result.SubscriptionId, told.changes) == (subscriber.id, ["BadTimeout"])
    assert await peer.outcome(ua.PublishRequest()) == "BadNoSubscription"


@pytest.mark.only_ours
async def test_that_a_subscription_outlives_its_connection(
    endpoint: str, other: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("ERROR")  # the library tells that its connection is gone

    async with connected(endpoint) as lost:
        subscriber = await Subscriber(lost).open()
        await subscriber.write(RESTING)
        await subscriber.monitor(SETPOINT, QueueSize=10)
        await subscriber.settle()
        protocol = lost.client.uaclient.protocol
        assert protocol is not None
        assert protocol.transport is not None
        protocol.transport.abort()

    await Subscriber(other).write(RESTING + 1)
    (result,) = await other.results(transfer(subscriber.id))
    assert result.StatusCode.name == "Good"
    subscriber.peer = other

    assert (await subscriber.drain()).numbers() == [RESTING + 1]


@pytest.mark.only_ours
async def test_that_a_subscription_outlives_its_session(
    endpoint: str, other: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("ERROR")  # the library tells that its connection is gone
    client = Client(endpoint, timeout=WAIT_S)
    client.session_timeout = 5000  # as short as it can be
    await client.connect()
    subscriber = await Subscriber(Peer(client, other.namespaces)).open()
    await subscriber.monitor(TEXT)
    before = await other.value(TIMED_OUT)
    client.disconnect_socket()

    deadline = time.monotonic() + 30.0
    while await other.value(TIMED_OUT) == before:
        assert time.monotonic() < deadline, "the session goes on and on"
    (result,) = await other.results(transfer(subscriber.id, initial=True))
    subscriber.peer = other

    assert result.StatusCode.name == "Good"
    assert len((await subscriber.drain()).numbers()) == 1


# ---- whose they are --------------------------------------------------------------------------------------------------


def intrusions(subscription: int, item: int) -> dict[str, Any]:
    parameters = ua.MonitoringParameters(ClientHandle=1, QueueSize=1)
    return {
        "modify": ua.ModifySubscriptionRequest(
            Parameters=ua.ModifySubscriptionParameters(SubscriptionId=subscription)
        ),
        "create items": ua.CreateMonitoredItemsRequest(
            Parameters=ua.CreateMonitoredItemsParameters(
                SubscriptionId=subscription, ItemsToCreate=[ua.MonitoredItemCreateRequest()]
            )
        ),
        "modify items": ua.ModifyMonitoredItemsRequest(
            Parameters=ua.ModifyMonitoredItemsParameters(
                SubscriptionId=subscription,
                ItemsToModify=[
                    ua.MonitoredItemModifyRequest(MonitoredItemId=item, RequestedParameters=parameters)
                ],
            )
        ),
        "delete items": ua.DeleteMonitoredItemsRequest(
            Parameters=ua.DeleteMonitoredItemsParameters(SubscriptionId=subscription, MonitoredItemIds=[item])
        ),
        "set mode": ua.SetMonitoringModeRequest(
            Parameters=ua.SetMonitoringModeParameters(
                SubscriptionId=subscription,
                MonitoringMode=ua.MonitoringMode.Disabled,
                MonitoredItemIds=[item],
            )
        ),
        "link": ua.SetTriggeringRequest(
            Parameters=ua.SetTriggeringParameters(
                SubscriptionId=subscription, TriggeringItemId=item, LinksToAdd=[item]
            )
        ),
        "republish": republish(subscription, 1),
    }


@pytest.mark.row(17)
@pytest.mark.parametrize("way", intrusions(0, 0))
async def test_that_another_session_cannot_touch_a_subscription(peer: Peer, other: Peer, way: str) -> None:
    mine = await Subscriber(peer).open()
    (item,) = await mine.monitor(SETPOINT)

    outcome = await other.outcome(intrusions(mine.id, item.MonitoredItemId)[way])

    assert outcome == "BadSubscriptionIdInvalid"


@pytest.mark.row(17)
@pytest.mark.parametrize("way", ["delete", "set publishing"])
async def test_that_another_session_cannot_end_a_subscription(peer: Peer, other: Peer, way: str) -> None:
    mine = await Subscriber(peer).open()
    requests = {
        "delete": ua.DeleteSubscriptionsRequest(
            Parameters=ua.DeleteSubscriptionsParameters(SubscriptionIds=[mine.id])
        ),
        "set publishing": ua.SetPublishingModeRequest(
            Parameters=ua.SetPublishingModeParameters(PublishingEnabled=False, SubscriptionIds=[mine.id])
        ),
    }

    (code,) = await other.results(requests[way])

    assert code.name == "BadSubscriptionIdInvalid"


@pytest.mark.row(17)
async def test_that_another_session_cannot_acknowledge(peer: Peer, other: Peer) -> None:
    mine = await Subscriber(peer).open()
    await mine.monitor(SETPOINT)
    sequence = (await publish(peer)).NotificationMessage.SequenceNumber
    await Subscriber(other).open()

    answer = await other.ask(acknowledging((mine.id, sequence)))

    assert [code.name for code in answer.Parameters.Results] == ["BadSubscriptionIdInvalid"]


# ---- transfer --------------------------------------------------------------------------------------------------------


@pytest.mark.row(15)
async def test_that_a_transferred_subscription_goes_on_delivering(peer: Peer, other: Peer) -> None:
    subscriber = await Subscriber(peer).open()
    await subscriber.write(RESTING)
    await subscriber.monitor(SETPOINT, QueueSize=10)
    await subscriber.settle()

    (result,) = await other.results(transfer(subscriber.id))
    assert result.StatusCode.name == "Good"
    subscriber.peer = other
    told = Told()
    for step in (1, 2, 3):
        await subscriber.write(RESTING + step)
        await subscriber.drain(told)

    assert told.numbers() == [RESTING + 1, RESTING + 2, RESTING + 3]


@pytest.mark.row(15)
async def test_that_the_old_session_is_told_of_a_transfer(peer: Peer, other: Peer) -> None:
    subscriber = await Subscriber(peer).open(keep_alive=1000)
    await subscriber.message()
    waiting = peer.post(ua.PublishRequest(), 0)

    await other.results(transfer(subscriber.id))

    answer = await answered(waiting)
    assert answer.ResponseHeader.ServiceResult.name == "Good"
    told = Told()
    take(told, answer.Parameters)
    assert told.changes == ["GoodSubscriptionTransferred"]


@pytest.mark.row(15)
async def test_that_a_transfer_sends_present_values_when_asked_for(peer: Peer, other: Peer) -> None:
    subscriber = await Subscriber(peer).open()
    await subscriber.write(RESTING)
    await subscriber.monitor(SETPOINT, TEXT)
    told = await subscriber.drain()

    await other.results(transfer(subscriber.id, initial=True))
    subscriber.peer = other
    again = await subscriber.drain()

    assert (again.numbers(1), again.numbers(2)) == (told.numbers(1), told.numbers(2))


@pytest.mark.only_ours
async def test_that_a_transfer_of_nothing_or_nobodys_is_refused(peer: Peer) -> None:
    (result,) = await peer.results(transfer(NOBODYS))

    assert result.StatusCode.name == "BadSubscriptionIdInvalid"
    assert await peer.outcome(transfer()) == "BadNothingToDo"


# ---- methods of the Server object ------------------------------------------------------------------------------------


async def test_that_the_server_tells_a_subscriptions_items(peer: Peer, other: Peer) -> None:
    subscriber = await Subscriber(peer).open()
    items = await subscriber.monitor(SETPOINT, TEXT, HEARTBEAT, first=40)

    result = await peer.call(SERVER, GET_ITEMS, uint32(subscriber.id))

    assert result.StatusCode.name == "Good"
    assert [argument.Value for argument in result.OutputArguments] == [
        [item.MonitoredItemId for item in items],
        [40, 41, 42],
    ]
    stranger = await other.call(SERVER, GET_ITEMS, uint32(subscriber.id))
    assert stranger.StatusCode.name == "BadUserAccessDenied"
    missing = await peer.call(SERVER, GET_ITEMS, uint32(NOBODYS))
    assert missing.StatusCode.name == "BadSubscriptionIdInvalid"


async def test_that_the_server_sends_present_values_again(peer: Peer) -> None:
    subscriber = await Subscriber(peer).open()
    await subscriber.write(RESTING)
    await subscriber.monitor(SETPOINT, TEXT)
    told = await subscriber.drain()

    result = await peer.call(SERVER, RESEND, uint32(subscriber.id))
    again = await subscriber.drain()

    assert result.StatusCode.name == "Good"
    assert (again.numbers(1), again.numbers(2)) == (told.numbers(1), told.numbers(2))
