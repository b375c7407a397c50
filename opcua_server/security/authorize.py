"""The one place that says who may do what."""

from enum import StrEnum

from opcua_server.services.caller import Caller


class Action(StrEnum):
    """Everything that a session may ask for, beyond reading."""

    COMMAND = "command"
    SETPOINT = "setpoint"
    LIMIT = "limit"
    STOP = "e-stop"
    RESET_STOP = "e-stop reset"
    ACKNOWLEDGE = "acknowledge"
    PREDICT = "predict"
    SIMULATE = "simulate"
    READ_JOURNAL = "read the journal"


class NotAuthorizedError(Exception):
    """The session may not do that."""


def authorize(caller: Caller, action: Action) -> None:
    """Let `caller` do `action`, or raise.

    Until users and roles exist, the server listens on loopback only and whoever reaches it may act, under its own name;
    what does not come from this machine may do nothing but stop.

    Raises:
        NotAuthorizedError: The caller may not do this.
    """
    if action is Action.STOP or caller.internal or _is_loopback(caller.address):
        return
    raise NotAuthorizedError(f"{caller.name} may not {action}: only clients on this machine may act")


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"
