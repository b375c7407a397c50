"""One client's socket: bytes in, chunks to its processor, and an end to whoever stalls or breaks the rules."""

import asyncio
import logging
import time
from collections import deque
from concurrent.futures import Executor
from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.server.binary_server_asyncio import OPCUAProtocol
from asyncua.ua.ua_binary import header_from_binary
from typing_extensions import override

from opcua_server.services.admission import Doorkeeper
from opcua_server.services.framing import SHORT, Framer, end_of_request
from opcua_server.services.limits import LIMITS
from opcua_server.services.peer_log import PeerLog
from opcua_server.services.processor import AndonProcessor
from opcua_server.services.refusal import RefusalError, refusal_of

_LAST_WORD_S = 1.0  # for an error message to leave before the socket is cut
_WRITE_AHEAD = 1024 * 1024  # bytes that wait to be sent before the next request is served
_AT_ONCE = 4  # requests of one reading served before anybody else has a turn
_ANSWERED = (0, b"")


class AndonProtocol(OPCUAProtocol):
    """The library's protocol with our processor, bounded in bytes and in time."""

    processor: AndonProcessor | None

    def __init__(self, *, doorkeeper: Doorkeeper, log: PeerLog, decoder: Executor, **library: Any) -> None:
        super().__init__(**library)
        self._doorkeeper = doorkeeper
        self._log = log
        self._decoder = decoder
        self._framer = Framer(LIMITS.max_chunk)
        self._waiting: deque[bytes | tuple[int, bytes]] = deque()  # chunks, or requests that were in one
        self._waiting_bytes = 0
        self._came = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._is_read = True
        self._is_serving = False
        self.began_s = time.monotonic()
        self._stranger_since = self.began_s
        self._chunk_since: float | None = None  # a chunk has begun and is not whole
        self._message_since: float | None = None  # the same of a message
        self._unread_since: float | None = None  # more was sent than is taken
        self._unread = 0

    # ---- who it is -----------------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """Where the client is, without its port."""
        return str(self.peer_name[0]) if isinstance(self.peer_name, tuple) else ""

    @property
    def is_stranger(self) -> bool:
        """Whether nobody has logged in over this connection."""
        return self.processor is None or not self.processor.has_login

    # ---- the socket ----------------------------------------------------------------------------------------------

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.peer_name = transport.get_extra_info("peername")
        self.transport = transport
        refusal = self._doorkeeper.admit(self)
        self.iserver.asyncio_transports.append(transport)
        if refusal is not None:
            self.end(refusal)
            return
        transport.set_write_buffer_limits(high=_WRITE_AHEAD)
        processor = AndonProcessor(self.iserver, transport, self.limits, log=self._log, decoder=self._decoder)
        processor.set_policies(self.policies)
        self.processor = processor
        self.clients.append(self)
        self._task = asyncio.create_task(self._process_received_message_loop())

    @override
    def data_received(self, data: bytes) -> None:
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        start = self._serve_at_once(data) if self._is_at_rest() else 0
        if start < len(data) and not transport.is_closing():
            self._framer.add(data[start:])
            self._take_chunks()

    def _is_at_rest(self) -> bool:
        """Return whether what comes now is the next to be served."""
        return not (self._waiting or self._is_serving or self._framer.has_part) and self._may_write.is_set()

    def _serve_at_once(self, data: bytes) -> int:
        """Serve the first few requests if they need not wait; returns where what is left begins."""
        start = 0
        for _ in range(_AT_ONCE):
            end = end_of_request(data, start)
            if not end:
                break
            opened = self._opened_or_answered(data[start:end])
            if opened is not _ANSWERED:
                if opened is not None:
                    self._wait(opened)
                    start = end
                break
            start = end
            if start == len(data) or not self._is_at_rest():
                break
        return start

    def _opened_or_answered(self, chunk: bytes) -> tuple[int, bytes] | None:
        """Return a request that its chunk holds, or `_ANSWERED`; None, and nothing has happened, if it is unusual."""
        assert self.processor is not None
        try:
            opened = self.processor.take_single(chunk)
            if opened is not None and self.processor.answer_at_once(*opened):
                return _ANSWERED
        except Exception as problem:  # noqa: BLE001  # whatever these bytes did, it ends here
            self.end(refusal_of(problem))
            return _ANSWERED
        return opened

    def _wait(self, part: bytes | tuple[int, bytes]) -> None:
        self._waiting.append(part)
        self._waiting_bytes += _size(part)
        self._came.set()

    def _take_chunks(self) -> None:
        try:
            while not self._is_full() and (chunk := self._framer.next()) is not None:
                self._wait(chunk)
                self._chunk_since = None
        except RefusalError as refusal:
            self.end(refusal)
            return
        if self._is_full() or not self._framer.has_part:
            self._chunk_since = None
        elif self._chunk_since is None:
            self._chunk_since = time.monotonic()
        self._read_on(self._is_full())

    def _is_full(self) -> bool:
        return len(self._waiting) >= LIMITS.max_waiting_requests or self._waiting_bytes >= LIMITS.max_waiting

    def _read_on(self, is_full: bool) -> None:
        assert self.transport is not None
        if is_full is not self._is_read or self.transport.is_closing():
            return
        self._is_read = not is_full
        if is_full:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    @override
    def pause_writing(self) -> None:
        self._may_write.clear()
        self._unread_since = time.monotonic()

    @override
    def resume_writing(self) -> None:
        self._may_write.set()
        self._unread_since = None

    # ---- chunks --------------------------------------------------------------------------------------------------

    @override
    async def _process_received_message_loop(self) -> None:
        while True:
            await self._came.wait()
            await self._may_write.wait()
            if not self._waiting:  # thrown away meanwhile: the connection ends
                continue
            part = self._waiting.popleft()
            self._waiting_bytes -= _size(part)
            if not self._waiting:
                self._came.clear()
            self._is_serving = True
            if not await self._serve(part):
                return
            self._is_serving = False
            self._take_chunks()
            await asyncio.sleep(0)  # everybody else's turn: the library serves one client until it is quiet

    async def _serve(self, part: bytes | tuple[int, bytes]) -> bool:
        assert self.processor is not None
        assert self.transport is not None
        if isinstance(part, bytes) and len(part) <= SHORT:
            part = self._opened_or_answered(part) or part
            if part is _ANSWERED:
                return not self.transport.is_closing()
        try:
            if await self._process(part):
                self._framer.max_chunk = self.processor.max_chunk
                self._doorkeeper.holds(self, self.processor.part_bytes)
                return not self.transport.is_closing()
        except Exception as problem:  # noqa: BLE001  # whatever these bytes did, it ends here
            self.end(refusal_of(problem))
            return False
        self.transport.close()
        return False

    async def _process(self, part: bytes | tuple[int, bytes]) -> bool:
        assert self.processor is not None
        if isinstance(part, tuple):
            return await self.processor.process_opened(*part)
        data = Buffer(part)
        return await self.processor.process(header_from_binary(data), data)

    # ---- the end -------------------------------------------------------------------------------------------------

    @override
    def connection_lost(self, ex: BaseException | None) -> None:
        self._forget()
        super().connection_lost(ex)

    def _forget(self) -> None:
        self._doorkeeper.holds(self, 0)
        self._waiting.clear()
        self._came.clear()
        self._framer = Framer(LIMITS.max_chunk)
        if self.processor is not None:
            self.processor.forget_part()

    def end(self, refusal: RefusalError) -> None:
        """Tell the client why and close; what it does not take within a second is thrown away."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        if self in self.clients:
            self.clients.remove(self)  # at once: whoever comes in this moment is not turned away for its sake
        self._forget()
        level = logging.INFO if refusal.code == ua.StatusCodes.BadTimeout else logging.WARNING
        self._log.complain(self.address, f"connection ended: {refusal}", level)
        transport.write(refusal.message())
        transport.close()
        asyncio.get_running_loop().call_later(_LAST_WORD_S, transport.abort)

    def look(self, now: float) -> None:
        """End the connection if it has stalled; called once a second or so.

        Args:
            now: `time.monotonic()`.
        """
        if self.transport is None or self.transport.is_closing():
            return
        if self._takes_nothing(now):
            self._log.complain(self.address, "does not take what it is sent: cut off")
            self.transport.abort()
            return
        overdue = self._overdue(now)
        if overdue:
            self.end(RefusalError(ua.StatusCodes.BadTimeout, overdue))

    def _takes_nothing(self, now: float) -> bool:
        assert self.transport is not None
        before, self._unread = self._unread, self.transport.get_write_buffer_size()
        if self._unread_since is None or self._unread < before:
            self._unread_since = None if self._may_write.is_set() else now
            return False
        return now - self._unread_since > LIMITS.reading_s

    def _overdue(self, now: float) -> str:
        processor = self.processor
        if processor is None:
            return ""
        if not processor.has_part:
            self._message_since = None
        elif self._message_since is None:
            self._message_since = now
        if not self.is_stranger:
            self._stranger_since = now
        if not processor.is_greeted and now - self.began_s > LIMITS.hello_s:
            return "No hello came in time."
        if now - self._stranger_since > LIMITS.login_s:
            return "Nobody has logged in in time."
        allowed = LIMITS.chunk_s if self.is_stranger else LIMITS.message_s
        since = [begun for begun in (self._chunk_since, self._message_since) if begun is not None]
        if since and now - min(since) > allowed:
            return "The rest of a message did not come in time."
        return ""


def _size(part: bytes | tuple[int, bytes]) -> int:
    return len(part if isinstance(part, bytes) else part[1])
