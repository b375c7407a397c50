"""The server's door: the listener that gives each connection its protocol, and looks after all of them."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from asyncua import Server, ua
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol
from typing_extensions import override

from opcua_server.security.endpoints import describe, policies
from opcua_server.security.hardening import harden_server
from opcua_server.services.admission import Doorkeeper, Guest
from opcua_server.services.channel import AndonChannel
from opcua_server.services.discovery import Discovery
from opcua_server.services.limits import SERVER_DECODING
from opcua_server.services.peer_log import PeerLog
from opcua_server.services.processor import AndonProcessor
from opcua_server.services.protocol import AndonProtocol

__all__ = ["AndonProcessor", "AndonServer"]

LOOK_S = 0.5  # between two looks for connections that have stalled


class _Listener(BinaryServer):
    """The library's listener with our protocol."""

    def __init__(self, *library: Any) -> None:
        super().__init__(*library)
        self._doorkeeper = Doorkeeper(cast("Sequence[Guest]", self.clients))
        self._log = PeerLog()
        self._decoder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="asyncio_decoder")
        self._watch: asyncio.Task[None] | None = None

    @override
    def _make_protocol(self) -> OPCUAProtocol:
        return AndonProtocol(
            doorkeeper=self._doorkeeper,
            log=self._log,
            decoder=self._decoder,
            iserver=self.iserver,
            policies=self._policies,
            clients=self.clients,
            closing_tasks=self.closing_tasks,
            limits=self.limits,
        )

    @override
    async def start(self) -> None:
        await super().start()
        self._watch = asyncio.create_task(self._look_after())

    @override
    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await super().stop()
        self._decoder.shutdown(wait=False)

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            now = time.monotonic()
            for client in tuple(self.clients):
                cast("AndonProtocol", client).look(now)


class AndonServer(Server):
    """The library's server with our listener and our endpoints."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        harden_server(SERVER_DECODING, (AndonProcessor, AndonProtocol, AndonChannel, _Listener, AndonServer))
        super().__init__(*arguments, **named)
        Discovery(self.iserver).add_to(self.iserver.services)

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
