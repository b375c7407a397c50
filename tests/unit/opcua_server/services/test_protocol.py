"""A client that stalls is let go, and one that is only slow, busy or between two logins is not."""

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from opcua_server.services.admission import Doorkeeper
from opcua_server.services.internal import make_server
from opcua_server.services.limits import LIMITS
from opcua_server.services.peer_log import PeerLog
from opcua_server.services.protocol import AndonProtocol
from tests.support import raw_ua


class Wire(asyncio.Transport):
    """A socket that keeps what it is given until the test takes it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("10.0.0.1", 50_000), "sockname": ("10.0.0.2", 4840)})
        self.sent = bytearray()
        self.untaken = 0
        self._ended = ""

    def how_it_ended(self) -> str:
        return self._ended

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def get_write_buffer_size(self) -> int:
        return self.untaken

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def is_closing(self) -> bool:
        return bool(self._ended)

    def close(self) -> None:
        self._ended = self._ended or "closed"

    def abort(self) -> None:
        self._ended = "aborted"

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


@pytest.fixture
async def line() -> AsyncIterator[tuple[AndonProtocol, Wire]]:
    server, inner = make_server()
    clients: list[Any] = []
    decoder = ThreadPoolExecutor(1, "asyncio_decoder")
    protocol = AndonProtocol(
        doorkeeper=Doorkeeper(clients), log=PeerLog(), decoder=decoder, iserver=inner, policies=[], clients=clients,
        closing_tasks=[], limits=server.limits,
    )  # fmt: skip
    wire = Wire()
    protocol.connection_made(wire)
    yield protocol, wire
    wire.abort()
    protocol.connection_lost(None)
    await asyncio.gather(*protocol.closing_tasks)
    decoder.shutdown()
    inner.methods.stop()


async def greeted(protocol: AndonProtocol, wire: Wire) -> None:
    protocol.data_received(raw_ua.hello())
    async with asyncio.timeout(5.0):
        while not wire.sent.startswith(b"ACKF"):  # noqa: ASYNC110  # until the protocol's own task has run
            await asyncio.sleep(0)


async def test_that_who_says_no_hello_is_let_go(line: tuple[AndonProtocol, Wire], caplog: Any) -> None:
    protocol, wire = line

    protocol.look(protocol.began_s + LIMITS.hello_s - 0.1)
    assert not wire.how_it_ended()
    protocol.look(protocol.began_s + LIMITS.hello_s + 0.1)

    assert wire.how_it_ended()
    assert wire.sent.startswith(b"ERRF")
    assert len(caplog.records) <= 1


async def test_that_who_never_logs_in_is_let_go(line: tuple[AndonProtocol, Wire]) -> None:
    protocol, wire = line
    await greeted(protocol, wire)

    protocol.look(protocol.began_s + LIMITS.login_s - 0.1)
    assert not wire.how_it_ended()
    protocol.look(protocol.began_s + LIMITS.login_s + 0.1)

    assert wire.how_it_ended()


async def test_that_a_dribble_is_let_go_and_a_busy_client_is_not(line: tuple[AndonProtocol, Wire]) -> None:
    protocol, wire = line
    await greeted(protocol, wire)
    half = raw_ua.open_channel()[:40]

    protocol.data_received(half)
    begun = time.monotonic()
    protocol.look(begun + LIMITS.chunk_s - 1.0)
    assert not wire.how_it_ended()
    protocol.data_received(half[:1])  # one byte more is no progress
    protocol.look(begun + LIMITS.chunk_s + 1.0)

    assert wire.how_it_ended()


async def test_that_a_slow_reader_stays_while_it_takes_anything(
    line: tuple[AndonProtocol, Wire], caplog: Any
) -> None:
    protocol, wire = line
    await greeted(protocol, wire)
    protocol._stranger_since = float("inf")  # as if somebody had logged in
    wire.untaken = 3_000_000
    protocol.pause_writing()
    now = time.monotonic()

    for step in range(10):
        wire.untaken -= 1000
        protocol.look(now + step * (LIMITS.reading_s - 1.0))
    assert not wire.how_it_ended()
    protocol.look(now + 9 * (LIMITS.reading_s - 1.0) + LIMITS.reading_s + 1.0)

    assert wire.how_it_ended() == "aborted"
    assert "does not take what it is sent" in caplog.text


async def test_that_the_first_bytes_decide(line: tuple[AndonProtocol, Wire], caplog: Any) -> None:
    protocol, wire = line

    protocol.data_received(b"HELF\xff\xff\xff\xff" + bytes(1000))

    assert wire.sent.startswith(b"ERRF")
    assert wire.how_it_ended()
    assert protocol not in protocol.clients
    protocol.data_received(bytes(1000))
    assert len(caplog.records) == 1
