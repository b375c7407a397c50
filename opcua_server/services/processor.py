"""Serve one connection: its greeting, its channel, its requests, and what it may not do."""

import asyncio
import logging
import struct
import time
import traceback
from concurrent.futures import Executor
from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer, NotEnoughData, ServiceError
from asyncua.crypto.security_policies import SecurityPolicyNone
from asyncua.server.uaprocessor import UaProcessor
from asyncua.ua import ua_binary
from asyncua.ua.ua_binary import nodeid_from_binary, uatcp_to_binary
from asyncua.ua.uaerrors import BadEncodingLimitsExceeded, BadResponseTooLarge, UaStatusCodeError
from typing_extensions import override

from opcua_server.security.channel import ChannelKeeper, ChannelRefusedError
from opcua_server.services.admission import may_open_session, next_to_go
from opcua_server.services.caller import set_caller
from opcua_server.services.channel import AndonChannel
from opcua_server.services.limits import LIMITS
from opcua_server.services.peer_log import PeerLog
from opcua_server.services.refusal import RefusalError, refusal_of
from opcua_server.services.request_header import HEADER_BYTES, read_usual, usual_header
from opcua_server.services.session_services import is_token, same_token
from opcua_server.services.status import status
from opcua_server.services.table import (
    LIBRARY_SERVICES,
    SESSIONLESS_SERVICES,
    QuickHandler,
    QuickRequest,
    Request,
)
from opcua_server.wire.decoding import DecodedBuffer, decode_within
from opcua_server.wire.encoding import encode_bounded

MAX_UNDER_WAY = 100  # requests of one connection; the next one waits, as all did in the library
_FEW_BYTES = 512  # of a request: whatever it says is decoded in no time
_MANY_BYTES = 4096  # past it a thread decodes: it may take many times the loop's patience
_LARGE_BYTES = 65_536  # past it one request of a connection at a time is held, whatever it asks for
_HEADER_OBJECTS = 20
_CREATE_SESSION = ua.NodeId(ua.ObjectIds.CreateSessionRequest_Encoding_DefaultBinary)
_log = logging.getLogger(__name__)
_ACTIONS = frozenset(
    ua.NodeId(number)
    for number in (
        ua.ObjectIds.CallRequest_Encoding_DefaultBinary,
        ua.ObjectIds.WriteRequest_Encoding_DefaultBinary,
    )
)


class AndonProcessor(UaProcessor):
    """Serves one connection; calls and writes, which may wait for disk or detectors, in tasks of their own.

    The library answers one request before it looks at the next. Part 4, 5.3 lets a server answer in any order. What was
    begun is also ended when its client has gone: a command that acts is told in the journal.
    """

    def __init__(self, *args: Any, log: PeerLog, decoder: Executor) -> None:
        super().__init__(*args)
        self._connection = AndonChannel(SecurityPolicyNone(), self._limits)
        self._log = log
        self._decoder = decoder
        self._at_once: dict[int, QuickHandler] = self.iserver.services.at_once
        self._under_way: set[asyncio.Task[Any]] = set()
        self._channel = ChannelKeeper(self.iserver.trust)
        self.is_gone = False
        self._response_bytes = LIMITS.max_response
        self._response_chunks = 0  # that the client takes; 0 is any number
        self.is_greeted = False

    # ---- what others ask -----------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """Where the client is, without its port."""
        return str(self.name[0]) if isinstance(self.name, tuple) else ""

    @property
    def security_policy(self) -> Any:
        """The policy that the channel was opened with."""
        return self._connection.security_policy

    @property
    def has_login(self) -> bool:
        """Whether a session is active on this connection."""
        return self.session is not None and self.session.is_activated()

    @property
    def has_part(self) -> bool:
        """Whether a message has begun whose last chunk is not there."""
        return bool(self._connection.has_part)

    @property
    def part_bytes(self) -> int:
        """How many bytes of a message are held whose last chunk is not there."""
        return int(self._connection.part_bytes)

    def forget_part(self) -> None:
        """Let go of such a message at once: a session may keep this object for a while after its connection."""
        self._connection.forget_part()

    @property
    def max_chunk(self) -> int:
        """How many bytes a chunk of the client's may have."""
        return int(self._limits.max_recv_buffer)

    @property
    def max_response(self) -> int:
        """How many bytes an answer may have, encoded: the client's bound, or ours."""
        return self._response_limit() if self._response_chunks else self._response_bytes

    @override
    async def close(self) -> None:
        self.is_gone = True
        await super().close()

    # ---- chunks --------------------------------------------------------------------------------------------------

    @override
    async def process(self, header: ua.Header, body: Buffer) -> bool:
        """Serve one chunk; False ends the connection.

        Raises:
            RefusalError: And so does that, with a word to the client.
        """
        self._connection.allow(
            LIMITS.max_message if self.has_login else LIMITS.max_message_before_login, LIMITS
        )
        kind = header.MessageType
        if (kind == ua.MessageType.Hello) is self.is_greeted:
            raise RefusalError(ua.StatusCodes.BadTcpMessageTypeInvalid, "A connection begins with one hello.")
        try:
            return await self._process(kind, header, body)
        except ChannelRefusedError as refusal:
            raise RefusalError(refusal.status, str(refusal)) from refusal

    async def _process(self, kind: bytes, header: ua.Header, body: Buffer) -> bool:
        if kind == ua.MessageType.SecureOpen:
            self._channel.open(self, header, body)
            return True
        if kind == ua.MessageType.SecureMessage:
            self._channel.check_open(self)
        message = self._connection.receive_from_header_and_body(header, body)
        if kind == ua.MessageType.Hello:
            self._greet(message)
        elif kind == ua.MessageType.SecureClose:
            self._connection.close()
            return False
        elif kind == ua.MessageType.Error:
            return False
        elif message is not None:
            return await self.process_message(message.SequenceHeader(), message.body())
        return True

    def _greet(self, hello: ua.Hello) -> None:
        acknowledge = self._connection.greet(hello, LIMITS)
        if hello.MaxMessageSize:
            self._response_bytes = min(self._response_bytes, int(hello.MaxMessageSize))
        self._response_chunks = int(hello.MaxChunkCount)
        self.is_greeted = True
        self._write(uatcp_to_binary(ua.MessageType.Acknowledge, acknowledge))

    # ---- requests that wait for nothing --------------------------------------------------------------------------

    def take_single(self, chunk: bytes) -> tuple[int, bytes] | None:
        """Take a message of one chunk and return request id and body; None, and nothing has happened, if `process` must."""
        if self._channel.has_ended:
            return None
        return self._connection.take_single(chunk)

    def answer_at_once(self, request_id: int, body: bytes) -> bool:
        """Serve a request whose service awaits nothing; False, and nothing has happened, if `process_message` must."""
        header = read_usual(body) if len(body) <= _FEW_BYTES else None
        session = self.session
        if header is None or session is None:
            return False
        kind, namespace, token, _, handle, _, _, hint_ms = header
        serve = self._at_once.get(kind)
        if serve is None or not session.is_activated() or not is_token(session.auth_token, namespace, token):
            return False
        session.touch()
        code = 0
        try:
            serve(QuickRequest(self, request_id, handle, hint_ms, body[HEADER_BYTES:]))
        except Exception as problem:  # noqa: BLE001  # one request must not end the others
            code = self._code_of(problem)
            self.refuse(handle, request_id, code)
        self.iserver.tally.note(session.tally, kind, code)
        return True

    async def process_opened(self, request_id: int, body: bytes) -> bool:
        """Serve a request that was taken by `take_single`."""
        return await self.process_message(ua.SequenceHeader(RequestId=ua.UInt32(request_id)), Buffer(body))

    # ---- requests ------------------------------------------------------------------------------------------------

    @override
    async def process_message(self, seqhdr: Any, body: Buffer) -> bool:
        try:
            request, header = usual_header(body) or (
                nodeid_from_binary(body),
                decode_within(ua.RequestHeader, body, _HEADER_OBJECTS),
            )
        except Exception as problem:  # noqa: BLE001
            # Without its header nobody knows what to answer by but the number of the chunk, and that is enough.
            self.refuse(0, seqhdr.RequestId, refusal_of(problem).code)
            return True
        is_large = len(body) > _LARGE_BYTES
        if is_large or len(self._under_way) >= MAX_UNDER_WAY or not self._may_be_overtaken(request):
            return await self._answer(request, header, seqhdr, body)
        task = asyncio.create_task(self._answer(request, header, seqhdr, body))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return True

    def _may_be_overtaken(self, request: ua.NodeId) -> bool:
        service = self.iserver.services.find(request)
        return request in _ACTIONS if service is None else service.in_own_task

    async def _answer(self, request: ua.NodeId, header: Any, seqhdr: Any, body: Buffer) -> bool:
        code, goes_on = 0, True
        try:
            prepared = await self._decoded(request, body)
            goes_on = await self._process_message(request, header, seqhdr, prepared) is not False
        except Exception as problem:  # noqa: BLE001  # one request must not end the others
            code = self._code_of(problem)
            self.refuse(header.RequestHandle, seqhdr.RequestId, code)
        session = self.session
        self.iserver.tally.note(None if session is None else session.tally, request.Identifier, code)
        return goes_on

    def _code_of(self, problem: Exception) -> int:
        """Return what the client is told of a problem with its request; what is ours to solve is logged."""
        if isinstance(problem, (ServiceError, UaStatusCodeError)):
            return int(problem.code)
        if _is_of_bytes(problem):
            return int(ua.StatusCodes.BadDecodingError)
        place = _where(problem)
        self._log.complain(self.address, f"a request could not be served: {place}", logging.ERROR)
        return int(ua.StatusCodes.BadInternalError)

    async def _decoded(self, request: ua.NodeId, body: Buffer) -> Buffer:
        """Return the request with its meaning beside it, read within bounds and, if it is long, away from the loop."""
        service = self.iserver.services.find(request)
        parameters = _parameters_of(request)
        if len(body) <= _FEW_BYTES or parameters is None or (service is not None and service.reads_in_pieces):
            return body
        if len(body) <= _MANY_BYTES or not self.has_login:
            try:
                return DecodedBuffer(body, decode_within(parameters, body.copy(), LIMITS.max_objects_at_once))
            except BadEncodingLimitsExceeded:
                if not self.has_login:
                    raise
        loop = asyncio.get_running_loop()
        value = await loop.run_in_executor(
            self._decoder, decode_within, parameters, body.copy(), LIMITS.max_objects
        )
        return DecodedBuffer(body, value)

    @override
    async def _process_message(self, typeid: ua.NodeId, requesthdr: Any, seqhdr: Any, body: Buffer) -> Any:
        service = self.iserver.services.find(typeid)
        if service is None:
            if typeid not in LIBRARY_SERVICES:
                raise ServiceError(ua.StatusCodes.BadServiceUnsupported)
            if typeid not in SESSIONLESS_SERVICES:
                self._check_session(requesthdr.AuthenticationToken)
            return await super()._process_message(typeid, requesthdr, seqhdr, body)
        self.session_last_activity = time.monotonic()
        if service.needs_session:
            self._check_session(requesthdr.AuthenticationToken)
        if typeid == _CREATE_SESSION:
            await self._make_room()
        request = Request(processor=self, header=requesthdr, sequence=seqhdr, body=body)
        response = await service.handler(request)
        if response is not None:
            self.send_response(requesthdr.RequestHandle, seqhdr, response)
        return True

    async def _make_room(self) -> None:
        sessions = list(self.iserver._external_sessions.values())
        if may_open_session(self.address, sessions):
            return
        goes = next_to_go(self.address, sessions)
        if goes is None:
            self._log.complain(self.address, "refused a session: there are too many")
            raise ServiceError(ua.StatusCodes.BadTooManySessions)
        self._log.complain(goes.address, "closed a session that nobody uses, to make room for another")
        await goes.close_session(True)

    def _check_session(self, token: ua.NodeId) -> None:
        """Take requests of the channel's own session alone, and serve them in the name of who is logged in."""
        session = self.session
        if session is None or session.is_closed or not same_token(session.auth_token, token):
            raise ServiceError(ua.StatusCodes.BadSessionIdInvalid)
        if not session.is_activated():
            raise ServiceError(ua.StatusCodes.BadSessionNotActivated)
        session.touch()
        set_caller(session.caller)

    # ---- answers -------------------------------------------------------------------------------------------------

    @override
    def send_response(
        self,
        requesthandle: int,
        seqhdr: Any,
        response: Any,
        msgtype: bytes = ua.MessageType.SecureMessage,
    ) -> None:
        response.ResponseHeader.RequestHandle = requesthandle
        try:
            data = encode_bounded(response, self._response_limit())
        except BadResponseTooLarge:
            self.refuse(requesthandle, seqhdr.RequestId, ua.StatusCodes.BadResponseTooLarge)
            return
        self._send(data, seqhdr.RequestId, msgtype)

    def send_encoded(self, request: Request, response: bytes) -> None:
        """Send a response that its handler has encoded itself."""
        self.send_bytes(request.header.RequestHandle, request.sequence.RequestId, response)

    def send_bytes(self, handle: int, request_id: int, response: bytes) -> None:
        """Send an encoded response to the request of that handle and id."""
        if len(response) > self.max_response:
            self.refuse(handle, request_id, ua.StatusCodes.BadResponseTooLarge)
            return
        self._send(response, request_id)

    def _response_limit(self) -> int:
        if not self._response_chunks:
            return self._response_bytes
        return min(self._response_bytes, self._response_chunks * self._connection.body_bytes_a_chunk())

    def refuse(self, handle: int, request_id: int, code: int) -> None:
        """Answer a request with a fault."""
        fault = ua.ServiceFault()
        fault.ResponseHeader.RequestHandle = handle
        fault.ResponseHeader.ServiceResult = status(code)
        self._send(encode_bounded(fault, LIMITS.min_chunk), request_id)

    def _send(self, message: bytes, request_id: int, msgtype: bytes = ua.MessageType.SecureMessage) -> None:
        if not self._transport.is_closing():
            self._write(self._connection.message_to_binary(message, msgtype, request_id))

    def _write(self, data: bytes) -> None:
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > LIMITS.max_write_buffer:
            self._log.complain(self.address, "does not take what it is sent: cut off")
            self._transport.abort()


def _parameters_of(request: ua.NodeId) -> type | None:
    """Return the structure that follows the header of a request of this type."""
    whole = ua.extension_objects_by_typeid.get(request)
    return None if whole is None else getattr(ua, whole.__name__.replace("Request", "Parameters"), None)


def _is_of_bytes(problem: Exception) -> bool:
    """Tell whether a problem arose where a handler read its request piece by piece, which no guard surrounds."""
    frames = (frame.f_code for frame, _ in traceback.walk_tb(problem.__traceback__))
    is_short = isinstance(problem, struct.error) and str(problem).startswith("unpack")
    return (
        is_short
        or isinstance(problem, NotEnoughData)
        or any(
            code.co_filename == ua_binary.__file__ and code.co_name.endswith(("from_binary", "unpack"))
            for code in frames
        )
    )


def _where(problem: Exception) -> str:
    """Return a problem's kind and the place it came from; not its words, which may be the stranger's."""
    frames = traceback.extract_tb(problem.__traceback__)[-2:]
    places = ", ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(problem).__name__} at {places}"
