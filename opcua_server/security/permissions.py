"""Who may do what: one table of roles and actions. Whatever else speaks of rights is made from it."""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Final

from opcua_server.security.identity import Role


class Action(StrEnum):
    """Everything that a session may ask for."""

    SEE_SERVER = "see the server object and the types"
    READ = "read"
    PREDICT = "predict"
    READ_JOURNAL = "read the journal"
    STOP = "e-stop"
    COMMAND = "command"
    SETPOINT = "setpoint"
    ACKNOWLEDGE = "acknowledge"
    SHELVE = "shelve"
    RESET_STOP = "e-stop reset"
    OUT_OF_SERVICE = "take alarms out of service"
    RESET_ALARM = "reset latched alarms"
    LIMIT = "limit"
    SIMULATE = "simulate"
    FORCE = "force"
    RETRAIN = "retrain"
    CONFIGURE_ALARMS = "configure alarms"
    CONFIGURE_PLANT = "configure the plant"
    CONFIGURE_HISTORY = "configure history"
    MANAGE_USERS = "manage users"
    MANAGE_TRUST = "manage trust"
    READ_AUDIT = "read the audit log"


_READING: Final = frozenset({Action.SEE_SERVER, Action.READ, Action.PREDICT, Action.READ_JOURNAL})
_OPERATING: Final = _READING | {
    Action.STOP, Action.COMMAND, Action.SETPOINT, Action.ACKNOWLEDGE, Action.SHELVE,
}  # fmt: skip
_SUPERVISING: Final = _OPERATING | {Action.RESET_STOP, Action.OUT_OF_SERVICE, Action.RESET_ALARM}
_ENGINEERING: Final = _SUPERVISING | {Action.LIMIT, Action.SIMULATE, Action.FORCE, Action.RETRAIN}
_CONFIGURING: Final = {Action.CONFIGURE_ALARMS, Action.CONFIGURE_PLANT, Action.CONFIGURE_HISTORY}
_SECURING: Final = {Action.MANAGE_USERS, Action.MANAGE_TRUST, Action.READ_AUDIT}

# The matrix. From Observer to Engineer each role has what the one before has; the two administrators stand apart, for who
# configures the plant or its users need not be able to move it. A session has what any of its roles has.
MATRIX: Final[dict[Role, frozenset[Action]]] = {
    Role.ANONYMOUS: frozenset({Action.SEE_SERVER}),
    Role.AUTHENTICATED_USER: frozenset({Action.SEE_SERVER, Action.STOP}),
    Role.TRUSTED_APPLICATION: frozenset({Action.SEE_SERVER, Action.STOP}),
    Role.OBSERVER: _READING,
    Role.OPERATOR: _OPERATING,
    Role.SUPERVISOR: _SUPERVISING,
    Role.ENGINEER: _ENGINEERING,
    Role.CONFIGURE_ADMIN: _READING | _CONFIGURING,
    Role.SECURITY_ADMIN: frozenset({Action.SEE_SERVER}) | _SECURING,
}


@lru_cache(maxsize=1024)
def granted(roles: frozenset[Role]) -> frozenset[Action]:
    """Return what a session with `roles` may do."""
    return frozenset().union(*(MATRIX[role] for role in roles))


def roles_with(action: Action) -> Iterable[Role]:
    """Return the roles that may do `action`, in the order of the table."""
    return (role for role, actions in MATRIX.items() if action in actions)
