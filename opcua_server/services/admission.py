"""Who may come in: bounds on connections and sessions, in total and per address, and a free place for the operator."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from asyncua import ua

from opcua_server.security.guests import is_loopback
from opcua_server.services.limits import LIMITS, Limits
from opcua_server.services.refusal import RefusalError


class Guest(Protocol):
    """One connection."""

    began_s: float

    @property
    def address(self) -> str: ...

    @property
    def is_stranger(self) -> bool: ...

    def end(self, refusal: RefusalError) -> None: ...


class Doorkeeper:
    """Decides about each new connection, and asks the stranger who has waited longest to make room for it."""

    def __init__(self, guests: Sequence[Guest], limits: Limits = LIMITS) -> None:
        self._guests = guests
        self._limits = limits
        self._held: dict[Guest, int] = {}  # bytes of messages that are not whole

    def admit(self, newcomer: Guest) -> RefusalError | None:
        """Let a connection in, or return why not."""
        limits, local = self._limits, is_loopback(newcomer.address)
        places = limits.max_connections - (0 if local else limits.kept_for_local)
        same = sum(1 for guest in self._guests if guest.address == newcomer.address)
        if not local and same >= limits.max_connections_per_address:
            return _full("This address has too many connections.")
        strangers = [guest for guest in self._guests if guest.is_stranger]
        mine = [guest for guest in strangers if guest.address == newcomer.address]
        if len(mine) >= limits.max_strangers_per_address:
            _make_way(mine)
        elif len(strangers) >= limits.max_strangers or len(self._guests) >= places:
            crowd = strangers if local else [guest for guest in strangers if not is_loopback(guest.address)]
            if not crowd:
                return _full("The server has too many connections.")
            _make_way(_of_greediest(crowd))
        return None

    def holds(self, guest: Guest, size: int) -> None:
        """Note what is kept of a guest's unfinished message; when all together is too much, whoever has most goes."""
        if not size:
            self._held.pop(guest, None)
            return
        self._held[guest] = size
        if sum(self._held.values()) > self._limits.max_held:
            most = max(self._held, key=self._held.__getitem__)
            del self._held[most]
            most.end(_full("Too many messages are unfinished."))


def _of_greediest(strangers: Sequence[Guest]) -> list[Guest]:
    (address, _), *_ = Counter(guest.address for guest in strangers).most_common(1)
    return [guest for guest in strangers if guest.address == address]


def _make_way(strangers: Iterable[Guest]) -> None:
    min(strangers, key=lambda guest: guest.began_s).end(
        _full("Others wait for this place, and nobody has logged in.")
    )


def _full(reason: str) -> RefusalError:
    return RefusalError(ua.StatusCodes.BadTcpNotEnoughResources, reason)


class Lodger(Protocol):
    """One session."""

    @property
    def address(self) -> str: ...

    @property
    def has_channel(self) -> bool: ...

    @property
    def last_activity_s(self) -> float: ...

    def is_activated(self) -> bool: ...


L = TypeVar("L", bound=Lodger)


def may_open_session(address: str, sessions: Sequence[Lodger], limits: Limits = LIMITS) -> bool:
    """Tell whether an address may have one more session."""
    local = is_loopback(address)
    if len(sessions) >= limits.max_sessions - (0 if local else limits.kept_for_local):
        return False
    same = sum(1 for session in sessions if session.address == address)
    return local or same < limits.max_sessions_per_address


def next_to_go(address: str, sessions: Sequence[L], limits: Limits = LIMITS) -> L | None:
    """Return the session that makes room for one more of an address: first one without a channel, then one without a login.

    OPC 10000-4, 5.6.2: a server closes sessions that were not activated before it refuses another one. Of equals the one that
    has been silent longest goes; an address that has its own share full makes room for itself.
    """
    local = is_loopback(address)
    mine = [session for session in sessions if session.address == address]
    if not local and len(mine) >= limits.max_sessions_per_address:
        sessions = mine
    elif not local:
        sessions = [session for session in sessions if not is_loopback(session.address)]
    idle = [session for session in sessions if not session.has_channel or not session.is_activated()]
    return min(idle, key=lambda session: (session.has_channel, session.last_activity_s), default=None)
