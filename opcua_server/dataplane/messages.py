"""Publish and Republish responses as bytes, put together by hand (OPC 10000-4, 5.14.5 and 5.14.6; OPC 10000-6, 5.2)."""

import struct
from collections.abc import Iterable, Sequence
from typing import Final

from asyncua import ua

from opcua_server.dataplane.ticks import now_ticks

_NODE_ID: Final = struct.Struct("<BBH")  # four-byte form, namespace 0
_HEADER: Final = struct.Struct(
    "<qIIBi3s"
)  # timestamp, handle, result, diagnostics, strings, additional header
_NO_EXTENSION: Final = b"\0\0\0"
_EXTENSION: Final = struct.Struct("<BBHBi")
_MESSAGE: Final = struct.Struct("<Iqi")
_PUBLISH_HEAD: Final = struct.Struct("<BBHqIIBi3sI")  # the same, with the subscription
_COUNT: Final = struct.Struct("<i")
_TWO: Final = struct.Struct("<II")
_FEW: Final = tuple(struct.Struct(f"<i{count}I") for count in range(8))  # arrays of so many UInt32
_NO_DIAGNOSTICS: Final = b"\0\0\0\0"

DATA_CHANGE: Final = int(ua.ObjectIds.DataChangeNotification_Encoding_DefaultBinary)
EVENTS: Final = int(ua.ObjectIds.EventNotificationList_Encoding_DefaultBinary)
STATUS_CHANGE: Final = int(ua.ObjectIds.StatusChangeNotification_Encoding_DefaultBinary)
_PUBLISH: Final = int(ua.ObjectIds.PublishResponse_Encoding_DefaultBinary)
_REPUBLISH: Final = int(ua.ObjectIds.RepublishResponse_Encoding_DefaultBinary)


def notification(kind: int, body: bytes) -> bytes:
    """Return one entry of NotificationData; `kind` is DATA_CHANGE, EVENTS or STATUS_CHANGE."""
    return _EXTENSION.pack(1, 0, kind, 1, len(body)) + body


def status_change(status: int) -> bytes:
    """Return a StatusChangeNotification without diagnostics, as an entry of NotificationData."""
    return notification(STATUS_CHANGE, struct.pack("<IB", status, 0))


def notification_message(sequence: int, notifications: Sequence[bytes] = ()) -> bytes:
    """Return a NotificationMessage; without notifications it is a keep-alive."""
    return _MESSAGE.pack(sequence, now_ticks(), len(notifications)) + b"".join(notifications)


def publish_response(
    handle: int,
    subscription: int,
    available: Sequence[int],
    message: bytes,
    results: Sequence[int],
    *,
    more: bool,
) -> bytes:
    """Return a whole PublishResponse.

    Args:
        handle: RequestHandle of the request that it answers.
        subscription: SubscriptionId.
        available: Sequence numbers that can be asked for again.
        message: The NotificationMessage.
        results: What became of the request's acknowledgements, status codes in their order.
        more: More notifications wait.
    """
    return b"".join(
        (
            _PUBLISH_HEAD.pack(1, 0, _PUBLISH, now_ticks(), handle, 0, 0, 0, _NO_EXTENSION, subscription),
            _numbers(available),
            b"\1" if more else b"\0",
            message,
            _numbers(results),
            _NO_DIAGNOSTICS,
        )
    )


def republish_response(handle: int, message: bytes) -> bytes:
    """Return a whole RepublishResponse."""
    return _response(_REPUBLISH, handle) + message


def acknowledgements(body: bytes) -> list[tuple[int, int]]:
    """Return subscription and sequence number of every acknowledgement of a PublishRequest behind its header.

    Raises:
        struct.error: The bytes end too early.
    """
    (count,) = _COUNT.unpack_from(body)
    if count <= 0:
        return []
    if count == 1:
        return [_TWO.unpack_from(body, 4)]
    flat: Iterable[int] = struct.unpack_from(f"<{2 * count}I", body, 4)
    pairs = iter(flat)
    return list(zip(pairs, pairs, strict=True))


def _numbers(numbers: Sequence[int]) -> bytes:
    """Return an array of UInt32."""
    count = len(numbers)
    if count < len(_FEW):
        return _FEW[count].pack(count, *numbers)
    return struct.pack(f"<i{count}I", count, *numbers)


def _response(kind: int, handle: int) -> bytes:
    return _NODE_ID.pack(1, 0, kind) + _HEADER.pack(now_ticks(), handle, 0, 0, 0, _NO_EXTENSION)
