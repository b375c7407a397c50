"""Knock at a server with any bytes for a certificate, and hear what it says before anything is verified."""

import hashlib
import os
import socket
import struct
import time
from typing import Final

from asyncua import ua

BASIC256SHA256: Final = "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256"
ANSWER_S: Final = 5.0


def _text(value: bytes) -> bytes:
    return struct.pack("<i", len(value)) + value


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + b"F" + struct.pack("<I", len(body) + 8) + body


def knock(
    host: str, port: int, sent: bytes, receiver: bytes, policy: str = BASIC256SHA256
) -> tuple[str, float]:
    """Ask for a channel; returns the name of the error and how long it took, s. "" where the connection was just closed.

    Args:
        host: The server's address.
        port: Its port.
        sent: What is sent as the client's certificate.
        receiver: The server's certificate.
        policy: URI of the security policy.
    """
    url = f"opc.tcp://{host}:{port}".encode()
    sizes = struct.pack("<5I", 0, 65535, 65535, 0, 0)
    digest = hashlib.sha1(receiver, usedforsecurity=False).digest()
    header = struct.pack("<I", 0) + _text(policy.encode()) + _text(sent) + _text(digest)
    with socket.create_connection((host, port), ANSWER_S) as connection:
        connection.sendall(_message(b"HEL", sizes + _text(url)))
        _receive(connection)
        began = time.monotonic()
        connection.sendall(_message(b"OPN", header + os.urandom(768)))
        kind, body = _receive(connection)
        took_s = time.monotonic() - began
    if kind != b"ERR":
        return kind.decode(), took_s
    return str(ua.StatusCode(struct.unpack_from("<I", body)[0]).name), took_s


def _receive(connection: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(connection, 8)
    if not head:
        return b"", b""
    return head[:3], _exactly(connection, struct.unpack_from("<I", head, 4)[0] - 8)


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = connection.recv(size - len(found))
        if not more:
            return b""
        found += more
    return found
