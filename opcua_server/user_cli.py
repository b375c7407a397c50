"""`andon user …`: the people who may log in, with or without the server running."""

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from opcua_server.alarms.errors import JournalError
from opcua_server.audit.local import audited
from opcua_server.audit.records import Deed
from opcua_server.security.identity import Role
from opcua_server.security.users import (
    FILE_NAME,
    GIVEN_BY_THE_SERVER,
    UserError,
    UserStore,
    checked_name,
    checked_password,
    checked_roles,
)
from opcua_server.statedir import default_state_dir

_ROLES = {role.lower(): role for role in Role if role not in GIVEN_BY_THE_SERVER}


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    state: Path = options.state or default_state_dir()
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        store = UserStore(state / FILE_NAME)
        if options.command == "list":
            return _list(store)
        return _change(store, state, options)
    except (UserError, JournalError) as problem:
        return _complain(str(problem))
    except OSError as problem:
        return _complain(f"The state directory {state} cannot be used: {problem.strerror}.")
    except (KeyboardInterrupt, EOFError):
        return _complain("Nothing was changed.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="andon user",
        description="Say who may log in to the server of a state directory, and with which roles. A running server "
        "notices the change.",
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="state directory (default: the user's)")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    listing = ", ".join(_ROLES.values())
    add = commands.add_parser(
        "add", help="add a user; the password is asked for, or read from standard input"
    )
    add.add_argument(
        "--role", dest="roles", type=_role, action="append", required=True, metavar="ROLE", help=listing
    )
    role = commands.add_parser("role", help="give a user these roles and no others")
    passwd = commands.add_parser("passwd", help="give a user another password")
    disable = commands.add_parser("disable", help="keep a user out")
    enable = commands.add_parser("enable", help="let a user in again")
    for command in (add, role, passwd, disable, enable):
        command.add_argument("name", help="the user's name")
    role.add_argument("roles", type=_role, nargs="+", metavar="ROLE", help=listing)
    for command in (add, role, passwd, disable, enable, commands.add_parser("list", help="show the users")):
        command.add_argument("--state", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="the same")
    return parser


def _role(text: str) -> Role:
    found = _ROLES.get(text.lower())
    if found is None:
        raise argparse.ArgumentTypeError(
            f"there is no role {text!r}: choose from {', '.join(_ROLES.values())}"
        )
    return found


def _list(store: UserStore) -> int:
    for user in store.all():
        roles = " ".join(role for role in Role if role in user.roles)
        sys.stdout.write(f"{user.name}\t{'enabled' if user.enabled else 'disabled'}\t{roles}\n")
    return 0


def _change(store: UserStore, state: Path, options: argparse.Namespace) -> int:
    """Make a change, with a row in the audit log before it and one after."""
    deed = _deed(store, options)
    new = " ".join(sorted(options.roles)) if getattr(options, "roles", None) else None
    old = _roles_now(store, options.name) if options.command == "role" else None
    with audited(state, Deed.USER, options.name, options.command, old=old, new=new):
        deed()
    return 0


def _deed(store: UserStore, options: argparse.Namespace) -> Callable[[], object]:
    """Return what is to be done, after everything that can be wrong with the words has been looked at."""
    name: str = options.name
    if options.command == "add":
        roles = checked_roles(options.roles)
        if store.find(checked_name(name)) is not None:
            raise UserError(f"There is already a user {name}: change it with `andon user passwd` or `role`.")
        password = _ask(name)
        return lambda: store.add(name, password, roles)
    if store.find(name) is None:
        raise UserError(f"There is no user {name}: `andon user list` shows them.")
    if options.command == "passwd":
        password = _ask(name)
        return lambda: store.set_password(name, password)
    if options.command == "role":
        return lambda: store.set_roles(name, options.roles)
    return lambda: store.set_enabled(name, options.command == "enable")


def _roles_now(store: UserStore, name: str) -> str | None:
    user = store.find(name)
    return None if user is None else " ".join(sorted(user.roles))


def _ask(name: str) -> str:
    """Return a new password, asked for twice on a terminal, else the first line of standard input."""
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
        checked_password(password, name)
        return password
    password = getpass.getpass(f"New password for {name}: ")
    checked_password(password, name)
    if getpass.getpass("Once more: ") != password:
        raise UserError("The two passwords differ: nothing was changed.")
    return password


def _complain(sentence: str) -> int:
    sys.stderr.write(f"andon user: {sentence}\n")
    return 1
