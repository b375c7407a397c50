"""Cut a client's bytes into chunks, and refuse at the first eight what could never become one (OPC 10000-6, 7.1.2)."""

import struct

from asyncua import ua

from opcua_server.services.refusal import RefusalError

_HEADER = struct.Struct("<3scI")
_SMALLEST = {
    b"HEL": 32,
    b"OPN": 12,
    b"MSG": 24,
    b"CLO": 24,
    b"ERR": 16,
}  # bytes, header and all
_CHUNK_TYPES = {b"HEL": b"F", b"OPN": b"F", b"ERR": b"F", b"CLO": b"F", b"MSG": b"FCA"}
MAX_HELLO = 32 + 4096  # an endpoint's address has 4096 bytes at most
SHORT = 1024  # bytes of a chunk that need not be held


def end_of_request(data: bytes, start: int) -> int:
    """Return where a request that is one short, whole chunk ends; 0 where there is another thing or a part of one."""
    if len(data) < start + _HEADER.size:
        return 0
    kind, chunk_type, size = _HEADER.unpack_from(data, start)
    is_short = kind == b"MSG" and chunk_type == b"F" and _SMALLEST[b"MSG"] <= size <= SHORT
    return start + size if is_short and start + size <= len(data) else 0


class Framer:
    """Gathers bytes of one connection and gives out whole chunks; holds one chunk and what was read with it."""

    def __init__(self, max_chunk: int) -> None:
        self.max_chunk = max_chunk  # bytes; the hello may make it less
        self._received = bytearray()

    def add(self, data: bytes) -> None:
        """Take what came."""
        self._received += data

    @property
    def has_part(self) -> bool:
        """Whether a chunk has begun that is not whole."""
        return bool(self._received)

    def next(self) -> bytes | None:
        """Return the next whole chunk, None until there is one.

        Raises:
            RefusalError: These bytes are no chunk, or one that is too large.
        """
        if len(self._received) < _HEADER.size:
            return None
        kind, chunk_type, size = _HEADER.unpack_from(self._received)
        self._check(kind, chunk_type, size)
        if len(self._received) < size:
            return None
        found = bytes(self._received[:size])
        del self._received[:size]
        return found

    def _check(self, kind: bytes, chunk_type: bytes, size: int) -> None:
        smallest = _SMALLEST.get(kind)
        if smallest is None or chunk_type not in _CHUNK_TYPES[kind]:
            raise RefusalError(ua.StatusCodes.BadTcpMessageTypeInvalid, "There is no such message type.")
        most = min(MAX_HELLO, self.max_chunk) if kind == b"HEL" else self.max_chunk
        if size > most:
            raise RefusalError(ua.StatusCodes.BadTcpMessageTooLarge, f"A chunk may have {most} bytes.")
        if size < smallest:
            raise RefusalError(ua.StatusCodes.BadTcpMessageTypeInvalid, "The message is too short to be one.")
