"""Connections whose requests do not wait for each other: a stop overtakes a prediction or a write that takes its time."""

import asyncio
import time
from typing import Any

from asyncua import Server, ua
from asyncua.common.utils import Buffer, ServiceError
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol
from asyncua.server.uaprocessor import UaProcessor
from asyncua.ua.ua_binary import nodeid_from_binary
from typing_extensions import override

from opcua_server.security.channel import ChannelKeeper, ChannelRefusedError
from opcua_server.security.endpoints import describe, policies
from opcua_server.services.caller import set_caller
from opcua_server.services.session_services import same_token
from opcua_server.services.table import LIBRARY_SERVICES, SESSIONLESS_SERVICES, Request

MAX_UNDER_WAY = 100  # requests of one connection; the next one waits, as all did in the library
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

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._under_way: set[asyncio.Task[Any]] = set()
        self._channel = ChannelKeeper(self.iserver.trust)
        self.is_gone = False

    @property
    def security_policy(self) -> Any:
        """The policy that the channel was opened with."""
        return self._connection.security_policy

    @property
    def address(self) -> str:
        """The peer's address, without its port."""
        return str(self.name[0]) if isinstance(self.name, tuple) else ""

    @override
    async def process(self, header: Any, body: Buffer) -> Any:
        try:
            if header.MessageType == ua.MessageType.SecureOpen:
                self._channel.open(self, header, body)
                return True
            if header.MessageType == ua.MessageType.SecureMessage:
                self._channel.check_open(self)
        except ChannelRefusedError as refusal:
            self._transport.write(refusal.message())
            return False
        return await super().process(header, body)

    @override
    async def close(self) -> None:
        self.is_gone = True
        await super().close()

    @override
    async def process_message(self, seqhdr: Any, body: Buffer) -> Any:
        if len(self._under_way) >= MAX_UNDER_WAY or not self._may_be_overtaken(
            nodeid_from_binary(body.copy())
        ):
            return await super().process_message(seqhdr, body)
        task = asyncio.create_task(super().process_message(seqhdr, body))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return True

    def _may_be_overtaken(self, request: ua.NodeId) -> bool:
        service = self.iserver.services.find(request)
        return request in _ACTIONS if service is None else service.in_own_task

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
        request = Request(processor=self, header=requesthdr, sequence=seqhdr, body=body)
        response = await service.handler(request)
        if response is not None:
            self.send_response(requesthdr.RequestHandle, seqhdr, response)
        return True

    def _check_session(self, token: ua.NodeId) -> None:
        """Take requests of the channel's own session alone, and serve them in the name of who is logged in."""
        session = self.session
        if session is None or session.is_closed or not same_token(session.auth_token, token):
            raise ServiceError(ua.StatusCodes.BadSessionIdInvalid)
        if not session.is_activated():
            raise ServiceError(ua.StatusCodes.BadSessionNotActivated)
        session.touch()
        set_caller(session.caller)

    def send_encoded(self, request: Request, response: bytes) -> None:
        """Send a response that its handler has encoded itself."""
        if not self._transport.is_closing():
            data = self._connection.message_to_binary(
                response, message_type=ua.MessageType.SecureMessage, request_id=request.sequence.RequestId
            )
            self._transport.write(data)


class _Protocol(OPCUAProtocol):
    """The library's protocol with our processor."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.transport is None:
            return  # one connection too many, refused
        processor = AndonProcessor(self.iserver, self.transport, self.limits)
        processor.set_policies(self.policies)
        self.processor = processor


class _Listener(BinaryServer):
    """The library's listener with our protocol."""

    @override
    def _make_protocol(self) -> OPCUAProtocol:
        return _Protocol(
            iserver=self.iserver,
            policies=self._policies,
            clients=self.clients,
            closing_tasks=self.closing_tasks,
            limits=self.limits,
        )


class AndonServer(Server):
    """The library's server with our listener and our endpoints."""

    @override
    async def _setup_server_nodes(self) -> None:
        inner = self.iserver
        described = ua.ApplicationDescription(
            ApplicationUri=self._application_uri,
            ProductUri=self.product_uri,
            ApplicationName=ua.LocalizedText(self.name),
            ApplicationType=self.application_type,
            DiscoveryUrls=[self.endpoint.geturl()],
        )
        url, offer_none = self.endpoint.geturl(), inner.sessions.offer_none
        for endpoint in describe(described, url, inner.own_certificate, offer_none=offer_none):
            inner.add_endpoint(endpoint)
        self._policies = policies(inner.own_certificate)

    @override
    async def start(self) -> None:
        await self._setup_server_nodes()
        await self.iserver.start()
        self.bserver = _Listener(self.iserver, self.endpoint.hostname, self.endpoint.port, self.limits)
        self.bserver.set_policies(self._policies)
        await self.bserver.start()
