"""Sessions that know who they serve and which channel they live on, with tokens that nobody can guess."""

import asyncio
import secrets
from collections import deque
from typing import TYPE_CHECKING, Any, cast

from asyncua import ua
from asyncua.common.utils import ServiceError, create_nonce
from asyncua.server.internal_session import InternalSession, SessionState
from typing_extensions import override

from opcua_server.security.endpoints import NONE, NONE_URI
from opcua_server.security.identity import Identity
from opcua_server.services.caller import INTERNAL, Caller, set_caller
from opcua_server.services.client_told import ClientTold
from opcua_server.services.limits import LIMITS
from opcua_server.services.status import status
from opcua_server.services.tally import SessionTally
from opcua_server.services.wire import check_count

if TYPE_CHECKING:
    from opcua_server.services.connections import AndonProcessor

MAX_REQUEST_BYTES = 4 * 1024 * 1024
_MAX_USERS = 50  # of one session that are remembered


class AndonSession(InternalSession):
    """The library's session with an identity, a channel and a random token in place of a counter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.iserver.unregister_external_session(self)
        self.auth_token = ua.NodeId(
            cast("ua.ByteString", secrets.token_bytes(32)), cast("ua.Int16", 1), ua.NodeIdType.ByteString
        )
        if self.external:
            self.iserver.register_external_session(self)
        self.processor: AndonProcessor | None = None  # of the channel that it lives on
        self.security = (NONE_URI, NONE)
        self.client_certificate = b""
        self.client_name = ""  # SessionName, or the application's
        self.client = ClientTold()
        self.identity: Identity | None = None
        self.users: deque[str] = deque(maxlen=_MAX_USERS)  # who it has served, the present one last
        self.tally = SessionTally()
        self.caller = (
            INTERNAL if not self.external else Caller(name="", address=self.address, session=self._id_text())
        )

    @property
    def address(self) -> str:
        """The peer's address, without its port."""
        # The library names a session after its socket's peer: (address, port), or (address, port, flow, scope).
        peer: Any = self.name
        return str(peer[0]) if isinstance(peer, tuple) else ""

    @property
    def has_channel(self) -> bool:
        """Whether a connection is there that serves this session."""
        return self.processor is not None and not self.processor.is_gone

    @property
    def last_activity_s(self) -> float:
        """When it was asked for something last, by `time.monotonic()`."""
        return float(self._last_activity)

    @property
    def is_closed(self) -> bool:
        state: SessionState = self.state
        return state == SessionState.Closed

    def bind(self, processor: "AndonProcessor") -> None:
        """Live on a channel from now on; the one before serves the session no more."""
        before, self.processor = self.processor, processor
        if before is not None and before is not processor:
            before.session = None
        processor.session = self
        self.name = processor.name

    def activate(self, identity: Identity) -> ua.ActivateSessionResult:
        """Serve somebody from now on.

        Raises:
            ServiceError: The session has ended meanwhile, or there are too many.
        """
        if self.is_closed:
            raise ServiceError(ua.StatusCodes.BadSessionIdInvalid)
        if not self.is_activated():
            if InternalSession._current_connections >= InternalSession.max_connections:
                raise ServiceError(ua.StatusCodes.BadTooManySessions)
            InternalSession._current_connections += 1
            self.state = SessionState.Activated
        self.identity = identity
        name = f"{identity.name}@{self.address}" if identity.is_anonymous else identity.name
        if not self.users or self.users[-1] != identity.name:
            self.users.append(identity.name)
        self.caller = Caller(
            name=name,
            address=self.address,
            session=self._id_text(),
            roles=identity.roles,
            is_encrypted=self.security[1] == ua.MessageSecurityMode.SignAndEncrypt,
        )
        self.nonce = create_nonce(32)
        self.touch()
        self._start_timeout_watchdog()
        return ua.ActivateSessionResult(ServerNonce=self.nonce)

    @override
    async def create_session(
        self, params: ua.CreateSessionParameters, sockname: tuple[str, int] | None = None
    ) -> ua.CreateSessionResult:
        self.client = ClientTold.of(params)
        return await super().create_session(params, sockname=sockname)

    @override
    async def close_session(self, delete_subs: bool = True) -> None:
        # What times out leaves its subscriptions behind, to be transferred while they live (OPC 10000-4, 5.7.2).
        has_timed_out = self._timeout_task is not None and asyncio.current_task() is self._timeout_task
        await super().close_session(delete_subs and not has_timed_out)

    @override
    async def write(self, params: ua.WriteParameters) -> list[ua.StatusCode]:
        set_caller(self.caller)
        return await super().write(params)

    @override
    async def call(self, params: list[ua.CallMethodRequest]) -> list[ua.CallMethodResult]:
        set_caller(self.caller)
        return await super().call(params)

    @override
    async def history_read(self, params: ua.HistoryReadParameters) -> list[ua.HistoryReadResult]:
        """Answer that there is no history: the library calls that Good and empty, as if nothing had happened."""
        wanted = params.NodesToRead or ()
        check_count(len(wanted), LIMITS.max_nodes_per_history_read_data)
        return [self._no_history(each.NodeId) for each in wanted]

    def _no_history(self, node: ua.NodeId) -> ua.HistoryReadResult:
        guard = self.iserver.attributes.guard
        refusal = None if guard is None else guard.read(self.caller, node, ua.AttributeIds.Value)
        if refusal is not None and not refusal.StatusCode.is_good():
            return ua.HistoryReadResult(StatusCode=refusal.StatusCode)
        is_known = self.aspace.get(node) is not None
        code = ua.StatusCodes.BadHistoryOperationUnsupported if is_known else ua.StatusCodes.BadNodeIdUnknown
        return ua.HistoryReadResult(StatusCode=status(code))

    def _id_text(self) -> str:
        return str(self.session_id.to_string())
