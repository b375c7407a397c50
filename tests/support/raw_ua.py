"""Speak OPC UA by bytes alone: what a library would never send, and what it would not notice (Part 6, 5.2, 6.7, 7.1)."""

import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

NONE_POLICY: Final = b"http://opcfoundation.org/UA/SecurityPolicy#None"
ANSWER_S: Final = 10.0
GOOD: Final = 0

# The numbers of the binary encodings of requests and of a fault (Part 6, annex A).
FAULT: Final = 397
OPEN_CHANNEL: Final = 446
GET_ENDPOINTS: Final = 428
FIND_SERVERS: Final = 422
REGISTER_SERVER: Final = 437
CREATE_SESSION: Final = 461
ACTIVATE_SESSION: Final = 467
CLOSE_SESSION: Final = 473
DELETE_NODES: Final = 500
BROWSE: Final = 527
TRANSLATE: Final = 554
READ: Final = 631
HISTORY_READ: Final = 664
WRITE: Final = 673
CALL: Final = 712
CREATE_ITEMS: Final = 751
CREATE_SUBSCRIPTION: Final = 787
SET_PUBLISHING: Final = 799
PUBLISH: Final = 826
TRANSFER_SUBSCRIPTIONS: Final = 841
DELETE_SUBSCRIPTIONS: Final = 847


# ---- the built-in types ----------------------------------------------------------------------------------------------


def u32(number: int) -> bytes:
    return struct.pack("<I", number & 0xFFFFFFFF)


def i32(number: int) -> bytes:
    return struct.pack("<i", number)


def f64(number: float) -> bytes:
    return struct.pack("<d", number)


def text(value: str | bytes | None) -> bytes:
    """Encode a String or a ByteString."""
    if value is None:
        return i32(-1)
    raw = value.encode() if isinstance(value, str) else value
    return i32(len(raw)) + raw


def numeric(number: int, namespace: int = 0) -> bytes:
    """Encode a numeric NodeId."""
    return b"\x02" + struct.pack("<HI", namespace, number)


def named(name: str, namespace: int) -> bytes:
    """Encode a string NodeId."""
    return b"\x03" + struct.pack("<H", namespace) + text(name)


def qualified(name: str, namespace: int = 0) -> bytes:
    """Encode a QualifiedName."""
    return struct.pack("<H", namespace) + text(name)


def array(items: Sequence[bytes]) -> bytes:
    return i32(len(items)) + b"".join(items)


def wrapped(type_id: int, body: bytes) -> bytes:
    """Encode an ExtensionObject with a binary body."""
    return numeric(type_id) + b"\x01" + text(body)


def variant(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + body


NULL_OBJECT: Final = b"\x00\x00\x00"  # an ExtensionObject without type or body
NULL_NAME: Final = b"\x00\x00" + i32(-1)  # a QualifiedName


def header(token: bytes = b"\x00\x00", handle: int = 1, additional: bytes = NULL_OBJECT) -> bytes:
    """Encode a RequestHeader."""
    return token + struct.pack("<qIIiI", 0, handle, 0, -1, 0) + additional


def chunk(kind: bytes, channel: int, token: int, sequence: int, request: int, body: bytes) -> bytes:
    """Encode one chunk of a symmetric message without security."""
    return kind + struct.pack("<IIIII", 24 + len(body), channel, token, sequence, request) + body


def hello(
    url: str = "opc.tcp://localhost", *, buffer: int = 65535, message: int = 0, chunks: int = 0
) -> bytes:
    body = struct.pack("<IIIII", 0, buffer, buffer, message, chunks) + text(url)
    return b"HELF" + u32(8 + len(body)) + body


def open_channel(
    sequence: int = 1, request: int = 1, channel: int = 0, *, lifetime: int = 3_600_000
) -> bytes:
    body = numeric(OPEN_CHANNEL) + header() + struct.pack("<III", 0, 0, 1) + text(None) + u32(lifetime)
    secured = text(NONE_POLICY) + text(None) + text(None) + struct.pack("<II", sequence, request) + body
    return b"OPNF" + struct.pack("<II", 12 + len(secured), channel) + secured


# ---- a connection ----------------------------------------------------------------------------------------------------


class ClosedError(Exception):
    """The server has closed the connection; `code` is what its ERR message said, 0 where it said nothing."""

    def __init__(self, code: int = 0) -> None:
        super().__init__(f"closed with 0x{code:08X}")
        self.code = code


class FaultError(Exception):
    """The server answered with a ServiceFault."""

    def __init__(self, code: int) -> None:
        super().__init__(f"fault 0x{code:08X}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: its type, its service result and the bytes behind the response header."""

    request: int
    kind: int
    result: int
    body: bytes


class RawUa:
    """One TCP connection to a server; every step is a method of its own and may be left out."""

    def __init__(self, port: int, *, source: str = "127.0.0.1", timeout_s: float = ANSWER_S) -> None:
        self.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=timeout_s, source_address=(source, 0)
        )
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        self._parts: dict[int, list[bytes]] = {}
        self.channel = 0
        self.token = 0
        self.sequence = 0
        self.request = 0
        self.session_token = b"\x00\x00"

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- bytes ---------------------------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Send bytes as they are.

        Raises:
            ClosedError: The server is gone.
        """
        try:
            self.socket.sendall(data)
        except (ConnectionError, BrokenPipeError) as problem:
            raise ClosedError from problem

    def receive(self, timeout_s: float = ANSWER_S) -> tuple[bytes, bytes]:
        """Return the next chunk: its four letters and what follows its length.

        Raises:
            ClosedError: The connection has ended, by an ERR message or without.
            TimeoutError: Nothing came.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            if len(self._received) >= 8:
                size = int.from_bytes(self._received[4:8], "little")
                if len(self._received) >= size:
                    kind, body = bytes(self._received[:4]), bytes(self._received[8:size])
                    del self._received[:size]
                    if kind == b"ERRF":
                        raise ClosedError(int.from_bytes(body[:4], "little"))
                    return kind, body
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                more = self.socket.recv(1 << 18)
            except ConnectionError as problem:
                raise ClosedError from problem
            if not more:
                raise ClosedError
            self._received += more

    def is_closed(self, within_s: float) -> bool:
        """Tell whether the server ends the connection; answers on the way are passed over."""
        deadline = time.monotonic() + within_s
        try:
            while time.monotonic() < deadline:
                self.receive(max(0.001, deadline - time.monotonic()))
        except ClosedError:
            return True
        except TimeoutError:
            return False
        return False

    # ---- the channel ---------------------------------------------------------------------------------------------

    def hello(self, *, buffer: int = 65535, message: int = 0, chunks: int = 0) -> bytes:
        """Say hello; returns the body of the acknowledgement."""
        self.send(hello(buffer=buffer, message=message, chunks=chunks))
        kind, body = self.receive()
        assert kind == b"ACKF", kind
        return body

    def open(self) -> "RawUa":
        """Say hello and open a channel without security."""
        self.hello()
        return self.open_channel()

    def open_channel(self) -> "RawUa":
        """Open a channel without security."""
        self.sequence += 1
        self.request += 1
        self.send(open_channel(self.sequence, self.request))
        kind, body = self.receive()
        assert kind == b"OPNF", kind
        self.channel, self.token = struct.unpack_from("<II", body, len(body) - 24)
        return self

    def framed(self, body: bytes, kind: bytes = b"MSGF") -> bytes:
        """Return a request, framed, with the next sequence number and request id."""
        self.sequence += 1
        self.request += 1
        return chunk(kind, self.channel, self.token, self.sequence, self.request, body)

    def begin(self, service: int, body: bytes, *, additional: bytes = NULL_OBJECT) -> int:
        """Send a request and do not wait; returns its id."""
        message = numeric(service) + header(self.session_token, additional=additional) + body
        if len(message) <= 60_000:
            self.send(self.framed(message))
            return self.request
        self.request += 1
        for start in range(0, len(message), 60_000):
            self.sequence += 1
            kind = b"MSGF" if start + 60_000 >= len(message) else b"MSGC"
            self.send(
                chunk(
                    kind,
                    self.channel,
                    self.token,
                    self.sequence,
                    self.request,
                    message[start : start + 60_000],
                )
            )
        return self.request

    def answer(self, timeout_s: float = ANSWER_S) -> Answer:
        """Return the next whole response."""
        while True:
            kind, body = self.receive(timeout_s)
            _, _, _, request = struct.unpack_from("<IIII", body)
            parts = self._parts.setdefault(request, [])
            parts.append(body[16:])
            if kind[3:] == b"F":
                del self._parts[request]
                return parse(request, b"".join(parts))

    def ask(
        self, service: int, body: bytes, *, additional: bytes = NULL_OBJECT, timeout_s: float = ANSWER_S
    ) -> bytes:
        """Send a request and return the body of its response.

        Raises:
            FaultError: The server refuses.
        """
        request = self.begin(service, body, additional=additional)
        while (found := self.answer(timeout_s)).request != request:
            pass
        if found.result & 0x80000000 or found.kind == FAULT:
            raise FaultError(found.result)
        return found.body

    # ---- a session -----------------------------------------------------------------------------------------------

    def create_session(self, timeout_ms: float = 60_000.0) -> bytes:
        """Create a session and take its token; returns the response's body."""
        description = text("urn:raw") + text("urn:raw") + b"\x00" + u32(1) + text(None) * 2 + i32(-1)
        body = description + text(None) + text("opc.tcp://localhost") + text("raw") + text(b"n" * 32)
        answer = self.ask(CREATE_SESSION, body + text(None) + f64(timeout_ms) + u32(0))
        _, after = node_id_at(answer, 0)
        self.session_token, _ = node_id_at(answer, after)
        return answer

    def activate_session(self, token: bytes = wrapped(321, text("anonymous"))) -> bytes:
        """Activate the session, anonymously unless an identity token is given."""
        signature = text(None) * 2
        return self.ask(ACTIVATE_SESSION, signature + i32(-1) + i32(-1) + token + signature)

    def session(self) -> "RawUa":
        """Open everything up to an activated anonymous session."""
        self.open()
        self.create_session()
        self.activate_session()
        return self

    # ---- services ------------------------------------------------------------------------------------------------

    def read(self, node: bytes, attribute: int = 13) -> bytes:
        """Read one attribute; returns the DataValue's bytes."""
        return self.ask(READ, read_body([node], attribute))[4:]

    def subscribe(self, nodes: Sequence[bytes], interval_ms: float = 100.0) -> int:
        """Subscribe to values; returns the subscription's id."""
        body = f64(interval_ms) + struct.pack("<III?B", 6000, 1, 0, True, 0)
        (subscription,) = struct.unpack_from("<I", self.ask(CREATE_SUBSCRIPTION, body))
        if nodes:
            self.ask(CREATE_ITEMS, items_body(subscription, nodes, interval_ms))
        return int(subscription)

    def publish(self) -> int:
        """Send a publish request and do not wait."""
        return self.begin(PUBLISH, i32(-1))

    def call(self, owner: bytes, method: bytes, inputs: Sequence[bytes] = ()) -> int:
        """Call a method; returns its status."""
        answer = self.ask(CALL, array([owner + method + array(inputs)]))
        (code,) = struct.unpack_from("<I", answer, 4)
        return int(code)


def read_body(nodes: Sequence[bytes], attribute: int = 13) -> bytes:
    return f64(0.0) + u32(3) + array([node + u32(attribute) + text(None) + NULL_NAME for node in nodes])


def items_body(
    subscription: int, nodes: Sequence[bytes], interval_ms: float, queue: int = 1, flt: bytes = NULL_OBJECT
) -> bytes:
    made = [
        node
        + u32(13)
        + text(None)
        + NULL_NAME
        + u32(2)
        + u32(handle)
        + f64(interval_ms)
        + flt
        + u32(queue)
        + b"\x01"
        for handle, node in enumerate(nodes)
    ]
    return u32(subscription) + u32(3) + array(made)


def node_id_at(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the NodeId that begins at a place, and where it ends."""
    kind = data[at] & 0x3F
    if kind in (3, 5):
        (length,) = struct.unpack_from("<i", data, at + 3)
        end = at + 7 + max(length, 0)
    else:
        end = at + {0: 2, 1: 4, 2: 7, 4: 19}[kind]
    return data[at:end], end


def parse(request: int, message: bytes) -> Answer:
    """Return a response's parts."""
    type_id, at = node_id_at(message, 0)
    kind = int.from_bytes(type_id[2:], "little") if type_id[0] == 1 else int.from_bytes(type_id[3:], "little")
    _, _, result = struct.unpack_from("<qII", message, at)
    at += 16
    at = _skip_diagnostics(message, at)
    (strings,) = struct.unpack_from("<i", message, at)
    at += 4
    for _ in range(max(strings, 0)):
        (length,) = struct.unpack_from("<i", message, at)
        at += 4 + max(length, 0)
    _, at = node_id_at(message, at)
    at += 1
    return Answer(request=request, kind=kind, result=result, body=message[at:])


def _skip_diagnostics(message: bytes, at: int) -> int:
    mask = message[at]
    at += 1 + 4 * (mask & 0x0F).bit_count()
    if mask & 0x10:
        (length,) = struct.unpack_from("<i", message, at)
        at += 4 + max(length, 0)
    if mask & 0x20:
        at += 4
    return _skip_diagnostics(message, at) if mask & 0x40 else at
