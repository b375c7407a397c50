"""Sessions without a name, and a server that knows no users."""

from ipaddress import ip_address

from asyncua import ua

from opcua_server.security.identity import LOOPBACK_ROLES, Identity, LoginRefusedError, Role

ANONYMOUS_NAME = "anonymous"


def is_loopback(address: str) -> bool:
    """Return whether a peer's address is this machine's own."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return found.is_loopback if mapped is None else mapped.is_loopback


class Guests:
    """An `Authenticator` without users: who is here is anonymous; from another machine it sees the Server object alone."""

    def __init__(self, loopback_roles: frozenset[Role] = LOOPBACK_ROLES) -> None:
        self._loopback_roles = loopback_roles | {Role.ANONYMOUS}

    async def authenticate(self, name: str, password: bytes, address: str) -> Identity:
        """Refuse: nobody is known.

        Raises:
            LoginRefusedError: Always.
        """
        del name, password, address
        raise LoginRefusedError(ua.StatusCodes.BadIdentityTokenRejected, "This server knows no users.")

    def anonymous(self, address: str, *, encrypted: bool) -> Identity:
        """Return what a session without a name may do."""
        del encrypted
        roles = self._loopback_roles if is_loopback(address) else frozenset({Role.ANONYMOUS})
        return Identity(ANONYMOUS_NAME, roles, is_anonymous=True)
