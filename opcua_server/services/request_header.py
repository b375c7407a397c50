"""Read what every request begins with, in one step where it looks as clients send it (OPC 10000-6, 5.2; OPC 10000-4, 7.33).

Of a request that publishes a hundred values the library's decoders spend more time on the header than everything else
takes together. What is not in the usual form goes their way.
"""

import struct
from typing import Any, Final

from asyncua import ua
from asyncua.common.utils import Buffer

# Request type (four-byte NodeId), authentication token (32 bytes as a ByteString NodeId), timestamp, handle, wanted
# diagnostics, length of the audit entry id (of which there is none),
# time-out hint, additional header.
_HEADER: Final = struct.Struct("<BBHBHi32sqIIiI3s")
_NO_AUDIT_ID: Final = {-1: None, 0: ""}
_FOUR_BYTES, _BYTE_STRING, _TOKEN_BYTES = 1, 5, 32
_NO_HEADER: Final = b"\0\0\0"
HEADER_BYTES: Final = _HEADER.size

_types: dict[int, ua.NodeId] = {}


# What is in a request's header, as numbers and bytes. A plain tuple: there are thousands a second.
# Kind of the request (the number of its binary encoding), namespace of the token, token, ticks, handle, diagnostics, length of
# AuditEntryId (0, or -1 for null), TimeoutHint.
UsualHeader = tuple[int, int, bytes, int, int, int, int, int]


def read_usual(body: bytes) -> UsualHeader | None:
    """Return the header that a request begins with; None where the form is another one."""
    if len(body) < HEADER_BYTES:
        return None
    (
        form,
        namespace,
        kind,
        token_form,
        token_namespace,
        token_bytes,
        token,
        sent,
        handle,
        diagnostics,
        audit,
        hint_ms,
        additional,
    ) = _HEADER.unpack_from(body)
    if (
        form != _FOUR_BYTES
        or namespace
        or token_form != _BYTE_STRING
        or token_bytes != _TOKEN_BYTES
        or audit not in _NO_AUDIT_ID
        or additional != _NO_HEADER
    ):
        return None
    return kind, token_namespace, token, sent, handle, diagnostics, audit, hint_ms


def usual_header(body: Buffer) -> tuple[ua.NodeId, Any] | None:
    """Return the request's type and header, and move on behind them; None, and stay, where the form is another one."""
    if len(body) < HEADER_BYTES:
        return None
    found = read_usual(body.copy().read(HEADER_BYTES))
    if found is None:
        return None
    body.skip(HEADER_BYTES)
    kind, namespace, token, sent, handle, diagnostics, audit, hint_ms = found
    header = ua.RequestHeader(
        AuthenticationToken=ua.NodeId(token, namespace, ua.NodeIdType.ByteString),
        Timestamp=ua.win_epoch_to_datetime(sent),
        RequestHandle=handle,
        ReturnDiagnostics=diagnostics,
        AuditEntryId=_NO_AUDIT_ID[audit],
        TimeoutHint=hint_ms,
    )
    return _type(kind), header


def _type(number: int) -> ua.NodeId:
    """Return a request's type, made once: there are 65,536 at most, and few that are known."""
    found = _types.get(number)
    if found is None:
        found = ua.NodeId(number)
        if number in ua.ObjectIdNames:
            _types[number] = found
    return found
