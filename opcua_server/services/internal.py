"""The library's inner server with our services in it."""

import asyncio
from pathlib import Path
from typing import Any

from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.address_space import MethodService, NodeManagementService, ViewService
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession
from asyncua.server.user_managers import UserManager
from typing_extensions import override

from opcua_server.dataplane.address_space import ColumnAddressSpace
from opcua_server.model.standard import fill_standard
from opcua_server.security.certificates import OwnCertificate
from opcua_server.security.guests import Guests
from opcua_server.security.identity import Authenticator
from opcua_server.security.trust import TrustList
from opcua_server.services.attributes import CheckedAttributeService
from opcua_server.services.connections import AndonServer
from opcua_server.services.limits import LIMITS
from opcua_server.services.methods import CheckedMethodService
from opcua_server.services.read import ReadService
from opcua_server.services.session_services import SessionServices
from opcua_server.services.sessions import AndonSession
from opcua_server.services.small import add_small_services
from opcua_server.services.subscriptions import AndonSubscriptions
from opcua_server.services.subscriptions.handlers import add_handlers
from opcua_server.services.subscriptions.server_methods import bind_server_methods
from opcua_server.services.table import ServiceTable
from opcua_server.services.tally import ServerTally
from opcua_server.services.view import ViewRoom
from opcua_server.services.work import Workbench


class _EveryoneIsAUser(UserManager):  # type: ignore[misc, unused-ignore]
    """Give every session the library's plain user role: it may read, write and call, but not change the node tree."""

    def get_user(self, *_: Any, **__: Any) -> User:
        return User(role=UserRole.User)


class AndonInternalServer(InternalServer):
    """Puts our attribute, method and subscription services and our sessions in place of the library's."""

    def __init__(self) -> None:
        super().__init__(user_manager=_EveryoneIsAUser())
        self.aspace = ColumnAddressSpace()
        self.node_mgt_service = NodeManagementService(self.aspace)
        self.view_service = ViewService(self.aspace)
        self.services = ServiceTable()
        self.tally = ServerTally()
        self.authenticator: Authenticator = Guests()  # until the users are known
        self.application_uri = ""
        self.own_certificate: OwnCertificate | None = None  # without one there is no secure channel
        self.trust: TrustList | None = None
        self.sessions = SessionServices(self)
        self.sessions.add_to(self.services)
        self.attributes = CheckedAttributeService(self.aspace)
        self.methods = CheckedMethodService(self.aspace)
        self.subscriptions = AndonSubscriptions(self.aspace)
        add_handlers(self.services, self.subscriptions)
        bind_server_methods(self.methods, self.subscriptions)
        self.bench = Workbench()
        self.view = ViewRoom(self.aspace, LIMITS, self.bench)
        self.view.add_to(self.services)
        add_small_services(self.services)
        self.reading = ReadService(self.aspace, LIMITS, self.bench)
        self.services.add(
            ua.ObjectIds.ReadRequest_Encoding_DefaultBinary, self.reading.read, in_own_task=True
        )
        library_methods: MethodService = self.method_service  # type: ignore[has-type]
        library_methods.stop()
        self.attribute_service = self.attributes
        self.method_service = self.methods
        self.subscription_service = self.subscriptions
        self.isession = AndonSession(
            self, self.aspace, self.subscription_service, "Internal", user=User(role=UserRole.Admin)
        )
        self.current_time_node.session = self.isession
        self.server_status_node.session = self.isession

    @override
    async def load_standard_address_space(self, shelf_file: Path | None = None) -> None:
        fill_standard(self.aspace)

    @override
    def create_session(self, name: str, user: User | None = None, external: bool = False) -> InternalSession:
        role = user or User(role=UserRole.Anonymous)
        return AndonSession(self, self.aspace, self.subscription_service, name, user=role, external=external)

    @override
    async def stop(self) -> None:
        # The library's clock sleeps a second between beats and is awaited: cancelled, a stop need not wait for it.
        clock: asyncio.Task[None] | None = self.time_task  # type: ignore[has-type]
        if clock is not None:
            clock.cancel()
            self.time_task = None
        self.subscriptions.stop()
        await super().stop()


def make_server() -> tuple[Server, AndonInternalServer]:
    """Return a server with our services, not yet initialised."""
    inner = AndonInternalServer()
    return AndonServer(iserver=inner), inner
