"""Sessions: what their clients cancel, and what becomes of those that fall silent (OPC 10000-4, 5.6)."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from asyncua import Client, ua

from tests.conformance.peer import Peer, connected
from tests.conformance.subscriber import TEXT, Subscriber, answered
from tests.conformance.test_subscribing import GET_ITEMS, SERVER, transfer, uint32

SILENT_MS = 5000  # as short as a session's time-out can be
ENDED_S = 30.0
TIMED_OUT = f"i={ua.ObjectIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_SessionTimeoutCount}"


@pytest_asyncio.fixture
async def other(endpoint: str) -> AsyncIterator[Peer]:
    """A second client."""
    async with connected(endpoint) as found:
        yield found


def cancel(handle: int) -> ua.CancelRequest:
    return ua.CancelRequest(Parameters=ua.CancelParameters(RequestHandle=handle))


async def waiting_publish(peer: Peer) -> tuple[int, "asyncio.Future[ua.PublishResponse]"]:
    """Send a publish request that nothing answers soon; returns its handle too."""
    request = ua.PublishRequest()
    answer = peer.post(request, 0)
    return request.RequestHeader.RequestHandle, answer


# ---- Cancel ----------------------------------------------------------------------------------------------------------


@pytest.mark.row(32)
async def test_that_a_cancelled_request_is_answered_and_counted(peer: Peer) -> None:
    await (await Subscriber(peer).open(keep_alive=1000)).message()
    _, kept = await waiting_publish(peer)
    handle, given_up = await waiting_publish(peer)

    answer = await peer.ask(cancel(handle))

    assert answer.ResponseHeader.ServiceResult.name == "Good"
    assert answer.Parameters.CancelCount == 1
    assert (await answered(given_up)).ResponseHeader.ServiceResult.name == "BadRequestCancelledByClient"
    assert not kept.done()


@pytest.mark.row(32)
async def test_that_nothing_is_cancelled_that_is_not_there_or_anothers(peer: Peer, other: Peer) -> None:
    await (await Subscriber(peer).open(keep_alive=1000)).message()
    handle, mine = await waiting_publish(peer)

    of_nobody = await other.ask(cancel(handle))
    of_mine = await peer.ask(cancel(handle + 1000))

    assert [each.ResponseHeader.ServiceResult.name for each in (of_nobody, of_mine)] == ["Good", "Good"]
    assert [each.Parameters.CancelCount for each in (of_nobody, of_mine)] == [0, 0]
    assert not mine.done()


# ---- silence ---------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def silent(endpoint: str, other: Peer) -> AsyncIterator[Peer]:
    """A session of five seconds, on a connection that stays open."""
    client = Client(endpoint, timeout=ENDED_S, watchdog_intervall=ENDED_S)
    client.session_timeout = SILENT_MS
    await client.connect()
    yield Peer(client, other.namespaces)
    client.disconnect_socket()


@pytest.mark.row(29)
async def test_that_a_silent_session_ends_and_its_subscriptions_live_on(
    silent: Peer, other: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("ERROR")  # the library tells that its session is gone
    before = await other.value(TIMED_OUT)
    assert before is not None
    lasting = await Subscriber(silent).open(lifetime=3000)
    await lasting.monitor(TEXT)
    short = await Subscriber(silent).open(1000.0, lifetime=9, keep_alive=3)
    began = time.monotonic()

    async with asyncio.timeout(ENDED_S):
        while await other.value(TIMED_OUT) == before:  # noqa: ASYNC110  # the server's clock is waited for
            await asyncio.sleep(0.1)
    lasted = time.monotonic() - began

    assert lasted >= SILENT_MS / 1000.0 - 0.1
    assert await silent.outcome(ua.ReadRequest()) == "BadSessionIdInvalid"
    assert await state_of(other, short) == "BadUserAccessDenied", "it is there, and another session's"
    (result,) = await other.results(transfer(lasting.id, initial=True))
    assert result.StatusCode.name == "Good"
    lasting.peer = other
    assert len((await lasting.drain()).numbers()) == 1
    async with asyncio.timeout(ENDED_S):
        while await state_of(other, short) != "BadSubscriptionIdInvalid":  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def state_of(peer: Peer, subscriber: Subscriber) -> str:
    return str((await peer.call(SERVER, GET_ITEMS, uint32(subscriber.id))).StatusCode.name)
