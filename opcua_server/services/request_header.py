"""Read what every request begins with, in one step where it looks as clients send it (OPC 10000-6, 5.2; OPC 10000-4, 7.33).

Of a request that publishes a hundred values the library's decoders spend more time on the header than everything else
takes together. What is not in the usual form goes their way.
"""

import struct
from typing import Any, Final

from asyncua import ua
from asyncua.common.utils import Buffer

# Request type (four-byte NodeId), authentication token (32 bytes as a ByteString NodeId), timestamp, handle, wanted
# diagnostics, length of the audit entry id.
_BEGINNING: Final = struct.Struct("<BBHBHi32sqIIi")
_REST: Final = struct.Struct("<I3s")  # time-out hint, additional header
_NO_AUDIT_ID: Final = {-1: None, 0: ""}
_FOUR_BYTES, _BYTE_STRING, _TOKEN_BYTES = 1, 5, 32
_NO_HEADER: Final = b"\0\0\0"
_SIZE: Final = _BEGINNING.size + _REST.size

_types: dict[int, ua.NodeId] = {}


def usual_header(body: Buffer) -> tuple[ua.NodeId, Any] | None:
    """Return the request's type and header, and move on behind them; None, and stay, where the form is another one."""
    if len(body) < _SIZE:
        return None
    data = body.copy().read(_SIZE)
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
    ) = _BEGINNING.unpack_from(data)
    hint, additional = _REST.unpack_from(data, _BEGINNING.size)
    is_usual = (
        (form, namespace) == (_FOUR_BYTES, 0)
        and (token_form, token_bytes) == (_BYTE_STRING, _TOKEN_BYTES)
        and audit in _NO_AUDIT_ID
        and additional == _NO_HEADER
    )
    if not is_usual:
        return None
    body.skip(_SIZE)
    header = ua.RequestHeader(
        AuthenticationToken=ua.NodeId(token, token_namespace, ua.NodeIdType.ByteString),
        Timestamp=ua.win_epoch_to_datetime(sent),
        RequestHandle=handle,
        ReturnDiagnostics=diagnostics,
        AuditEntryId=_NO_AUDIT_ID[audit],
        TimeoutHint=hint,
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
