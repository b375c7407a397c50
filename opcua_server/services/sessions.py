"""Sessions that know who they serve, with tokens that nobody can guess."""

import getpass
import re
import secrets
from typing import Any, cast

from asyncua import ua
from asyncua.server.internal_session import InternalSession
from typing_extensions import override

from opcua_server.services.caller import Caller, set_caller

_CONSOLE_NAME = re.compile(r"^Andon console\b")


class AndonSession(InternalSession):
    """The library's session with a caller, and a random token in place of a counter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.iserver.unregister_external_session(self)
        self.auth_token = ua.NodeId(
            cast("ua.ByteString", secrets.token_bytes(32)), cast("ua.Int16", 1), ua.NodeIdType.ByteString
        )
        if self.external:
            self.iserver.register_external_session(self)
        self.caller = self._make_caller("anonymous")

    def _make_caller(self, who: str) -> Caller:
        # The library names a session after its socket's peer: (address, port), or (address, port, flow, scope).
        peer: Any = self.name
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        name = f"{who}@{address}" if who == "anonymous" else who
        return Caller(
            name=name,
            address=address,
            session=str(self.session_id.to_string()),
            internal=not self.external,
            roles=self.iserver.authenticator.anonymous(address, encrypted=False).roles,
        )

    @override
    async def create_session(
        self, params: ua.CreateSessionParameters, sockname: tuple[str, int] | None = None
    ) -> ua.CreateSessionResult:
        if _CONSOLE_NAME.match(params.SessionName or ""):
            self.caller = self._make_caller(f"local:{_operating_system_user()}")
        return await super().create_session(params, sockname=sockname)

    @override
    async def write(self, params: ua.WriteParameters) -> list[ua.StatusCode]:
        set_caller(self.caller)
        return await super().write(params)

    @override
    async def call(self, params: list[ua.CallMethodRequest]) -> list[ua.CallMethodResult]:
        set_caller(self.caller)
        return await super().call(params)


def _operating_system_user() -> str:
    """Return the user who runs this server: on loopback, the console's user until logins exist."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"
