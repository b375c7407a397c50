"""Encode a response up to a size: asyncua builds it whole, however large, before anyone can look at it."""

import struct
import threading
from typing import Any

from asyncua.ua import ua_binary
from asyncua.ua.uaerrors import BadResponseTooLarge

_LENGTH = struct.Struct("<i")


class _State(threading.local):
    """How many bytes of strings and arrays the response at hand may still take; None outside a response."""

    left: int | None = None


_state = _State()


def encode_bounded(response: Any, limit: int) -> bytes:
    """Encode a response.

    Args:
        response: A structure of asyncua's.
        limit: Bytes; also that many bytes of strings and arrays are the most that is ever gathered.

    Raises:
        BadResponseTooLarge: It takes more.
    """
    _state.left = limit
    try:
        data = bytes(ua_binary.struct_to_binary(response))
    finally:
        _state.left = None
    if len(data) > limit:
        raise BadResponseTooLarge
    return data


def spend(data: bytes) -> bytes:
    """Take the bytes of a string or an array off what the response may take, and return them."""
    if _state.left is not None:
        _state.left -= len(data)
        if _state.left < 0:
            raise BadResponseTooLarge
    return data


def pack_bytes(data: bytes | None) -> bytes:
    """Encode a ByteString, or None as a null one."""
    if data is None:
        return b"\xff\xff\xff\xff"
    return _LENGTH.pack(len(data)) + spend(data)
