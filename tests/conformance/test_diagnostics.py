"""ServerDiagnostics (OPC 10000-5, 6.3.3), and the services with little to do."""

import asyncio
from typing import Any

import pytest
from asyncua import ua

from tests.conformance.peer import Peer, connected
from tests.conformance.subscriber import SETPOINT, Subscriber

_ID = ua.ObjectIds
_OF = "Server_ServerDiagnostics_"
UPDATE_S = 10.0  # once a second, on a busy machine


def node(name: str) -> str:
    return f"i={getattr(_ID, _OF + name)}"


async def becomes(peer: Peer, name: str, check: Any) -> None:
    """Read a diagnostic value until it is as it should be."""
    async with asyncio.timeout(UPDATE_S):
        while not check(await peer.value(node(name))):  # noqa: ASYNC110  # the server's second is waited for
            await asyncio.sleep(0.1)


async def subscribe(peer: Peer) -> int:
    request = ua.CreateSubscriptionRequest(
        Parameters=ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=500.0,
            RequestedLifetimeCount=100,
            RequestedMaxKeepAliveCount=10,
            PublishingEnabled=True,
        )
    )
    return int((await peer.ask(request)).Parameters.SubscriptionId)


@pytest.mark.row(29)
async def test_that_sessions_are_counted_as_they_come_and_go(peer: Peer, endpoint: str) -> None:
    before = await peer.value(node("ServerDiagnosticsSummary_CumulatedSessionCount"))
    assert before is not None

    async with connected(endpoint):
        await becomes(peer, "ServerDiagnosticsSummary_CurrentSessionCount", lambda count: count >= 2)
    await becomes(peer, "ServerDiagnosticsSummary_CurrentSessionCount", lambda count: count == 1)

    summary = await peer.value(node("ServerDiagnosticsSummary"))
    assert isinstance(summary, ua.ServerDiagnosticsSummaryDataType)
    assert summary.CumulatedSessionCount > before
    assert summary.CurrentSessionCount == 1


@pytest.mark.row(29)
async def test_that_a_subscription_is_described(peer: Peer) -> None:
    assert await peer.value(node("SubscriptionDiagnosticsArray")) is not None
    number = await subscribe(peer)

    await becomes(
        peer,
        "SubscriptionDiagnosticsArray",
        lambda found: number in [each.SubscriptionId for each in found],
    )

    found = {each.SubscriptionId: each for each in await peer.value(node("SubscriptionDiagnosticsArray"))}
    assert found[number].PublishingInterval == 500.0
    assert found[number].MaxKeepAliveCount == 10
    assert found[number].PublishingEnabled is True


@pytest.mark.row(29)
async def test_that_what_a_subscription_has_done_is_counted(peer: Peer, endpoint: str) -> None:
    array = "SubscriptionDiagnosticsArray"
    assert await peer.value(node(array)) is not None
    subscriber = await Subscriber(peer).open(lifetime=3000)
    await subscriber.monitor(SETPOINT)
    told = await subscriber.drain()
    await subscriber.set_publishing(False)
    await subscriber.set_publishing(True)
    missing = ua.RepublishParameters(SubscriptionId=subscriber.id, RetransmitSequenceNumber=900)
    assert await peer.outcome(ua.RepublishRequest(Parameters=missing)) == "BadMessageNotAvailable"
    request = ua.TransferSubscriptionsParameters(SubscriptionIds=[subscriber.id])
    async with connected(endpoint) as other:
        await other.results(ua.TransferSubscriptionsRequest(Parameters=request))

        def own(found: Any) -> list[ua.SubscriptionDiagnosticsDataType]:
            return [
                each
                for each in found
                if each.SubscriptionId == subscriber.id and each.TransferRequestCount == 1
            ]

        await becomes(other, array, own)
        (counted,) = own(await other.value(node(array)))

    assert counted.DataChangeNotificationsCount == counted.NotificationsCount == len(told.numbers())
    assert counted.PublishRequestCount >= 2, "the value, and the message that says that there is no more"
    assert (counted.EnableCount, counted.DisableCount, counted.ModifyCount) == (1, 1, 0)
    assert (counted.RepublishRequestCount, counted.RepublishMessageCount) == (1, 0)
    assert (counted.TransferredToSameClientCount, counted.TransferredToAltClientCount) == (1, 0)
    assert counted.NextSequenceNumber == 2
    assert counted.EventNotificationsCount == 0


@pytest.mark.row(29)
async def test_that_diagnostics_are_enabled(peer: Peer) -> None:
    assert await peer.value(node("EnabledFlag")) is True


@pytest.mark.row(29)
async def test_that_a_session_is_described_with_what_it_asked_for(peer: Peer, endpoint: str) -> None:
    await peer.outcome(ua.CallRequest())
    await peer.read("i=2258")

    async with asyncio.timeout(UPDATE_S):
        while (found := await session_of(peer)).CallCount.TotalCount == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    assert found.EndpointUrl == endpoint
    assert found.ClientDescription.ApplicationUri == peer.client.application_uri
    assert (found.CallCount.TotalCount, found.CallCount.ErrorCount) == (1, 1)
    assert found.ReadCount.TotalCount >= 1
    assert found.ReadCount.ErrorCount == 0
    assert found.TotalRequestCount.TotalCount > found.ReadCount.TotalCount
    assert found.TotalRequestCount.ErrorCount >= 1


async def session_of(peer: Peer) -> ua.SessionDiagnosticsDataType:
    """Return the description of the one session there is; waits until it is the only one."""
    name = "SessionsDiagnosticsSummary_SessionDiagnosticsArray"
    assert await peer.value(node(name)) is not None
    await becomes(peer, name, lambda found: len(found) == 1)
    return (await peer.value(node(name)))[0]


@pytest.mark.row(29)
@pytest.mark.parametrize(
    ("request_of", "counts"),
    [
        (ua.CallRequest, {"RejectedRequestsCount"}),
        (
            lambda: ua.ActivateSessionRequest(
                Parameters=ua.ActivateSessionParameters(
                    UserIdentityToken=ua.UserNameIdentityToken(PolicyId="none", UserName="eve")
                )
            ),
            {
                "RejectedRequestsCount",
                "SecurityRejectedRequestsCount",
                "RejectedSessionCount",
                "SecurityRejectedSessionCount",
            },
        ),
    ],
    ids=["a request", "a login"],
)
async def test_that_refusals_are_counted(peer: Peer, request_of: Any, counts: set[str]) -> None:
    before = await refusals(peer)
    assert None not in before.values()

    assert not (await peer.ask(request_of())).ResponseHeader.ServiceResult.is_good()

    async with asyncio.timeout(UPDATE_S):
        while (after := await refusals(peer)) == before:  # noqa: ASYNC110  # the server's second is waited for
            await asyncio.sleep(0.1)
    assert {name for name, count in after.items() if count == before[name] + 1} == counts


async def refusals(peer: Peer) -> dict[str, Any]:
    names = ("Requests", "Session")
    all_names = [f"{kind}Rejected{name}Count" for name in names for kind in ("", "Security")]
    return {name: await peer.value(node(f"ServerDiagnosticsSummary_{name}")) for name in all_names}


@pytest.mark.row(29)
async def test_that_diagnostics_are_turned_off_and_on(peer: Peer) -> None:
    flag, summary = node("EnabledFlag"), node("ServerDiagnosticsSummary")
    assert await peer.write(flag, ua.DataValue(ua.Variant(False, ua.VariantType.Boolean))) == "Good"

    async with asyncio.timeout(UPDATE_S):
        while (await peer.read(summary)).StatusCode.name != "BadNotReadable":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert await peer.value(flag) is False

    assert await peer.write(flag, ua.DataValue(ua.Variant(True, ua.VariantType.Boolean))) == "Good"
    async with asyncio.timeout(UPDATE_S):
        while not (await peer.read(summary)).StatusCode.is_good():  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert isinstance(await peer.value(summary), ua.ServerDiagnosticsSummaryDataType)
    assert await peer.value(flag) is True


@pytest.mark.row(32)
async def test_that_nothing_is_found_on_the_network(peer: Peer) -> None:
    answer = await peer.ask(ua.FindServersOnNetworkRequest())

    assert answer.ResponseHeader.ServiceResult.is_good()
    assert not answer.Parameters.Servers
