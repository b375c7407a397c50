"""A server that answers with bombs and noise costs the console nothing but its connection."""

import contextlib
import logging
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from pytestqt.qtbot import QtBot

from hmi.link.types import LinkState
from tests.support import raw_ua
from tests.system.link.conftest import Heard

GET_ENDPOINTS_RESPONSE = 431
LITERAL = 597
ACK = b"ACKF" + struct.pack("<IIIIII", 28, 0, 65535, 65535, 0, 0)
MAX_GROWTH_MB = 100.0
WATCHED_S = 2.0


def response(kind: int, handle: int, body: bytes, additional: bytes = raw_ua.NULL_OBJECT) -> bytes:
    head = struct.pack("<qII", 0, handle, 0) + b"\x00" + raw_ua.i32(0) + additional
    return raw_ua.numeric(kind) + head + body


def opened(request: bytes) -> bytes:
    """Answer an OpenSecureChannel request for a channel without security."""
    body = response(449, 1, raw_ua.u32(0) + struct.pack("<IIqI", 7, 9, 0, 3_600_000) + raw_ua.text(None))
    secured = raw_ua.text(raw_ua.NONE_POLICY) + raw_ua.text(None) * 2 + struct.pack("<II", 1, 1) + body
    assert request[:3] == b"OPN"
    return b"OPNF" + struct.pack("<II", 12 + len(secured), 7) + secured


def nested(levels: int) -> bytes:
    return raw_ua.wrapped(LITERAL, b"\x18" * levels + b"\x00")


BOMBS = {
    "noise at once": (b"\x00\xff" * 500, b"", b""),
    "4 GiB announced": (b"ACKF\xff\xff\xff\xff", b"", b""),
    "noise in the channel": (ACK, b"OPNF" + struct.pack("<I", 500) + bytes(492), b""),
    "nulls without number": (
        ACK, b"", response(GET_ENDPOINTS_RESPONSE, 1, b"", raw_ua.wrapped(LITERAL, b"\x80" + raw_ua.i32(2**31 - 1))),
    ),
    "endpoints without number": (ACK, b"", response(GET_ENDPOINTS_RESPONSE, 1, raw_ua.i32(2**31 - 1))),
    "nested past all measure": (ACK, b"", response(GET_ENDPOINTS_RESPONSE, 1, raw_ua.i32(0), nested(30_000))),
}  # fmt: skip


class Hostile(socketserver.ThreadingTCPServer):
    """Answers hello, channel and every request with the bytes it was given."""

    daemon_threads = True

    def __init__(self, script: tuple[bytes, bytes, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.met = 0


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, Hostile)
        server.met += 1
        hello, channel, answer = server.script
        sequence = 1
        with contextlib.suppress(OSError):
            while chunk := self.request.recv(65_536):
                if chunk[:3] == b"HEL":
                    self.request.sendall(hello)
                elif chunk[:3] == b"OPN":
                    self.request.sendall(channel or opened(chunk))
                else:
                    sequence += 1
                    (request,) = struct.unpack_from("<I", chunk, 20)
                    self.request.sendall(raw_ua.chunk(b"MSGF", 7, 9, sequence, request, answer))


@pytest.fixture(params=list(BOMBS.values()), ids=list(BOMBS))
def hostile(request: pytest.FixtureRequest) -> Iterator[Hostile]:
    with Hostile(request.param) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_that_a_hostile_server_costs_nothing_but_its_connection(
    hostile: Hostile, linked: Callable[..., Heard], qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    process = psutil.Process()
    before, cpu = process.memory_info().rss, sum(process.cpu_times()[:2])

    heard = linked(f"opc.tcp://127.0.0.1:{hostile.server_address[1]}", wait=False)
    qtbot.waitUntil(lambda: hostile.met >= 1, timeout=5000)
    deadline = time.monotonic() + WATCHED_S
    qtbot.waitUntil(lambda: time.monotonic() > deadline, timeout=5000)

    assert heard.state is not LinkState.LIVE
    assert sum(process.cpu_times()[:2]) - cpu < WATCHED_S
    assert (process.memory_info().rss - before) / 1e6 < MAX_GROWTH_MB
    assert not [record for record in caplog.records if record.exc_info]
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) <= 6
