"""The table of rights, cell by cell."""

import pytest

from opcua_server.security.authorize import NotAuthorizedError, authorize, may
from opcua_server.security.guests import Guests, is_loopback
from opcua_server.security.identity import LOOPBACK_ROLES, Role
from opcua_server.security.permissions import MATRIX, Action, granted
from opcua_server.services.caller import INTERNAL, Caller

# Columns: Anonymous, AuthenticatedUser, TrustedApplication, Observer, Operator, Supervisor, Engineer, ConfigureAdmin,
# SecurityAdmin; written by hand, so that a slip in the code's shorthand shows.
TABLE = """
SEE_SERVER         x x x x x x x x x
READ               . . . x x x x x .
PREDICT            . . . x x x x x .
READ_JOURNAL       . . . x x x x x .
STOP               . x x . x x x . .
COMMAND            . . . . x x x . .
SETPOINT           . . . . x x x . .
ACKNOWLEDGE        . . . . x x x . .
SHELVE             . . . . x x x . .
RESET_STOP         . . . . . x x . .
OUT_OF_SERVICE     . . . . . x x . .
RESET_ALARM        . . . . . x x . .
LIMIT              . . . . . . x . .
SIMULATE           . . . . . . x . .
FORCE              . . . . . . x . .
RETRAIN            . . . . . . x . .
CONFIGURE_ALARMS   . . . . . . . x .
CONFIGURE_PLANT    . . . . . . . x .
CONFIGURE_HISTORY  . . . . . . . x .
MANAGE_USERS       . . . . . . . . x
MANAGE_TRUST       . . . . . . . . x
READ_AUDIT         . . . . . . . . x
"""
CELLS = {
    (Action[line.split()[0]], role): mark == "x"
    for line in TABLE.strip().splitlines()
    for role, mark in zip(Role, line.split()[1:], strict=True)
}


def caller(*roles: Role) -> Caller:
    return Caller(name="maria", address="10.0.0.5", session="i=7", roles=frozenset(roles))


def test_that_the_table_has_every_cell() -> None:
    assert set(CELLS) == {(action, role) for action in Action for role in Role}
    assert list(MATRIX) == list(Role)


@pytest.mark.parametrize("role", Role)
def test_that_a_role_may_do_what_the_table_says(role: Role) -> None:
    allowed = {action for action in Action if may(caller(role), action)}

    assert allowed == {action for action in Action if CELLS[action, role]}


def test_that_roles_add_up() -> None:
    both = granted(frozenset({Role.OBSERVER, Role.SECURITY_ADMIN}))

    assert both == granted(frozenset({Role.OBSERVER})) | granted(frozenset({Role.SECURITY_ADMIN}))


def test_that_who_has_no_role_may_do_nothing() -> None:
    assert not any(may(caller(), action) for action in Action)


def test_that_the_server_itself_may_do_everything() -> None:
    assert all(may(INTERNAL, action) for action in Action)


def test_that_a_refusal_names_the_caller_the_deed_and_the_role_it_takes() -> None:
    with pytest.raises(
        NotAuthorizedError, match=r"maria may not e-stop reset: that takes the role Supervisor\."
    ):
        authorize(caller(Role.OPERATOR), Action.RESET_STOP)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "::1%lo"])
def test_that_this_machine_is_known(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address", ["", "10.0.0.1", "127.evil.example", "1270.0.0.1", "fe80::1", "::ffff:10.0.0.1"]
)
def test_that_other_machines_are_known(address: str) -> None:
    assert not is_loopback(address)


def test_that_a_stranger_from_elsewhere_sees_the_server_alone() -> None:
    guests = Guests()

    assert guests.anonymous("10.0.0.5", encrypted=True).roles == {Role.ANONYMOUS}
    assert guests.anonymous("127.0.0.1", encrypted=False).roles == LOOPBACK_ROLES
    assert guests.anonymous("127.0.0.1", encrypted=False).is_anonymous
