"""Who somebody is: a name and the roles that it carries. Imports nothing of ours, so that every room may use it."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol


class Role(StrEnum):
    """OPC UA's well-known roles (OPC 10000-3, 4.8.2). They add up: nobody has a right but through one of them."""

    ANONYMOUS = "Anonymous"
    AUTHENTICATED_USER = "AuthenticatedUser"
    TRUSTED_APPLICATION = "TrustedApplication"
    OBSERVER = "Observer"
    OPERATOR = "Operator"
    SUPERVISOR = "Supervisor"
    ENGINEER = "Engineer"
    CONFIGURE_ADMIN = "ConfigureAdmin"
    SECURITY_ADMIN = "SecurityAdmin"


# What a session without a name may do on this machine; on others it sees the Server object alone.
LOOPBACK_ROLES: Final = frozenset({Role.ANONYMOUS, Role.OBSERVER})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a session acts for."""

    name: str
    roles: frozenset[Role]
    is_anonymous: bool
    is_managed: bool = False  # kept in `users.db`: what it may do can change while it is logged in

    def plus(self, *roles: Role) -> "Identity":
        """Return the identity with further roles: TrustedApplication, where the channel's certificate is trusted."""
        return replace(self, roles=self.roles | frozenset(roles))


class LoginRefusedError(Exception):
    """A login that fails; `status` is what the client is told, one of `ua.StatusCodes`."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Authenticator(Protocol):
    """Whoever knows the users."""

    async def authenticate(self, name: str, password: bytes, address: str) -> Identity:
        """Return who logs in with `name` and `password` from `address` (the peer's, without port).

        Raises:
            LoginRefusedError: Unknown, wrong, disabled, too many failures, or too busy.
        """
        ...

    def anonymous(self, address: str, *, encrypted: bool) -> Identity:
        """Return what a session without a name may do."""
        ...
