"""Who is calling: the session behind the request that is being served."""

from contextvars import ContextVar
from dataclasses import dataclass

from opcua_server.security.identity import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The acting name and where it comes from."""

    name: str  # "local:maria" for the console, "anonymous@127.0.0.1" for others
    address: str
    session: str  # the session's node id, as text
    internal: bool = False
    roles: frozenset[Role] = frozenset()
    is_encrypted: bool = False  # SignAndEncrypt: what is secret may travel


INTERNAL = Caller(name="server", address="", session="internal", internal=True)
_current: ContextVar[Caller] = ContextVar("andon_caller", default=INTERNAL)


def current_caller() -> Caller:
    """Return who called the service that is being served now."""
    return _current.get()


def set_caller(caller: Caller) -> None:
    """Say who is being served; holds for the task that serves the connection."""
    _current.set(caller)
