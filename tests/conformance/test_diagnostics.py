"""ServerDiagnostics (OPC 10000-5, 6.3.3), and the services with little to do."""

import asyncio
from typing import Any

import pytest
from asyncua import ua

from tests.conformance.peer import Peer, connected

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
async def test_that_diagnostics_are_enabled(peer: Peer) -> None:
    assert await peer.value(node("EnabledFlag")) is True


@pytest.mark.row(32)
async def test_that_a_cancel_is_answered_with_a_count(peer: Peer) -> None:
    answer = await peer.ask(ua.CancelRequest(Parameters=ua.CancelParameters(RequestHandle=1)))

    assert answer.ResponseHeader.ServiceResult.is_good()
    assert answer.Parameters.CancelCount == 0


@pytest.mark.row(32)
async def test_that_nothing_is_found_on_the_network(peer: Peer) -> None:
    answer = await peer.ask(ua.FindServersOnNetworkRequest())

    assert answer.ResponseHeader.ServiceResult.is_good()
    assert not answer.Parameters.Servers
