"""The one door to rights: whoever is about to act is asked here."""

from opcua_server.security.permissions import Action, granted, roles_with
from opcua_server.services.caller import Caller

__all__ = ["Action", "NotAuthorizedError", "authorize", "may"]


class NotAuthorizedError(Exception):
    """The session may not do that."""


def may(caller: Caller, action: Action) -> bool:
    """Return whether `caller` may do `action`; the server itself may do everything."""
    return caller.internal or action in granted(caller.roles)


def authorize(caller: Caller, action: Action) -> None:
    """Let `caller` do `action`, or raise.

    Raises:
        NotAuthorizedError: None of the caller's roles allows it.
    """
    if not may(caller, action):
        needed = next(iter(roles_with(action)))
        raise NotAuthorizedError(f"{caller.name} may not {action}: that takes the role {needed}.")
