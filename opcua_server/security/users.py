"""The users of a server, in `users.db`: names, password hashes, roles. Safe to use while a server runs."""

import os
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from opcua_server.security.identity import Role
from opcua_server.security.passwords import LONGEST_BYTES, PasswordHash, hash_password

FILE_NAME: Final = "users.db"
SHORTEST_PASSWORD: Final = 8  # characters
GIVEN_BY_THE_SERVER: Final = frozenset({Role.ANONYMOUS, Role.AUTHENTICATED_USER, Role.TRUSTED_APPLICATION})
_BUSY_TIMEOUT_S: Final = 5.0
_NAME: Final = re.compile(r"\w[\w.@-]{0,63}")
_RESERVED: Final = frozenset({"anonymous", "server"})  # what the journal calls those who are no users
_SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS user (
    name TEXT PRIMARY KEY, roles TEXT NOT NULL, enabled INTEGER NOT NULL, salt BLOB NOT NULL, digest BLOB NOT NULL,
    n INTEGER NOT NULL, r INTEGER NOT NULL, p INTEGER NOT NULL) STRICT;
PRAGMA user_version = 1;
"""


class UserError(Exception):
    """Something about users that cannot be done; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One user as stored."""

    name: str
    roles: frozenset[Role]
    enabled: bool
    password: PasswordHash


class UserStore:
    """Opens the file for each deed, so that a command line and a server may both use it; every call may wait for the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, name: str, password: str, roles: Iterable[Role]) -> User:
        """Add a user.

        Raises:
            UserError: The name is taken or no name, the password is too short, a role cannot be given.
        """
        name = checked_name(name)
        user = User(
            name=name,
            roles=checked_roles(roles),
            enabled=True,
            password=hash_password(checked_password(password, name)),
        )
        with self._open() as connection:
            kept = user.password
            row = (name, _listed(user.roles), 1, kept.salt, kept.digest, kept.n, kept.r, kept.p)
            try:
                connection.execute("INSERT INTO user VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError:
                raise UserError(
                    f"There is already a user {name}: change it with `andon user passwd` or `role`."
                ) from None
        return user

    def set_password(self, name: str, password: str) -> None:
        """Give a user another password.

        Raises:
            UserError: No such user, or the password is too short.
        """
        kept = hash_password(checked_password(password, name))
        self._update(
            name,
            "salt = ?, digest = ?, n = ?, r = ?, p = ?",
            (kept.salt, kept.digest, kept.n, kept.r, kept.p),
        )

    def set_roles(self, name: str, roles: Iterable[Role]) -> None:
        """Give a user these roles and no others.

        Raises:
            UserError: No such user, or a role cannot be given.
        """
        self._update(name, "roles = ?", (_listed(checked_roles(roles)),))

    def set_enabled(self, name: str, enabled: bool) -> None:
        """Let a user in, or keep it out.

        Raises:
            UserError: No such user.
        """
        self._update(name, "enabled = ?", (int(enabled),))

    def find(self, name: str) -> User | None:
        """Return the user of that name, None where there is none.

        Raises:
            UserError: The file cannot be read.
        """
        if not self.path.exists():
            return None
        with self._open() as connection:
            row = connection.execute("SELECT * FROM user WHERE name = ?", (_normal(name),)).fetchone()
            return None if row is None else _user(row)

    def all(self) -> tuple[User, ...]:
        """Return every user, by name.

        Raises:
            UserError: The file cannot be read.
        """
        if not self.path.exists():
            return ()
        with self._open() as connection:
            return tuple(_user(row) for row in connection.execute("SELECT * FROM user ORDER BY name"))

    def _update(self, name: str, change: str, values: tuple[object, ...]) -> None:
        with self._open() as connection:
            found = connection.execute(
                f"UPDATE user SET {change} WHERE name = ?",  # noqa: S608  # `change` is one of ours, above
                (*values, _normal(name)),
            )
            if not found.rowcount:
                raise UserError(f"There is no user {name}: `andon user list` shows them.")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._connect()
        except (OSError, sqlite3.Error) as problem:
            raise self._trouble(problem) from problem
        try:
            yield connection
        except (sqlite3.Error, ValueError) as problem:
            raise self._trouble(problem) from problem
        finally:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        with suppress(FileExistsError):
            # SQLite gives its side files the mode of the file itself.
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > _SCHEMA_VERSION:
                raise UserError(
                    f"{self.path} was written by a later version of Andon: this one cannot use it."
                )
            connection.execute("PRAGMA synchronous = FULL")
            if version < _SCHEMA_VERSION:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(_SCHEMA)
        except BaseException:
            connection.close()
            raise
        return connection

    def _trouble(self, problem: Exception) -> UserError:
        return UserError(f"The users in {self.path} cannot be used: {problem}.")


def checked_name(name: str) -> str:
    """Return a name in its one form.

    Raises:
        UserError: It is none.
    """
    name = _normal(name)
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name!r} is no user name: 1 to 64 letters, digits and . @ _ - are, beginning with a letter or digit."
        )
    if name.casefold() in _RESERVED:
        raise UserError(f"The name {name} is taken by the server itself: choose another.")
    return name


def checked_password(password: str, name: str) -> bytes:
    """Return a new password as bytes.

    Raises:
        UserError: It is too short, too long, the user's name, or no text.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise UserError(f"The password is too short: it takes {SHORTEST_PASSWORD} characters or more.")
    if password.casefold() == name.casefold():
        raise UserError("The password must not be the user's name.")
    try:
        found = unicodedata.normalize("NFC", password).encode("utf-8")
    except UnicodeEncodeError:
        raise UserError("The password is not valid text (UTF-8).") from None
    if len(found) > LONGEST_BYTES:
        raise UserError(f"The password is too long: {LONGEST_BYTES} bytes are the most.")
    return found


def checked_roles(roles: Iterable[Role]) -> frozenset[Role]:
    """Return roles that a user may be given.

    Raises:
        UserError: There is none, or one that the server gives by itself.
    """
    found = frozenset(roles)
    if not found:
        raise UserError("A user needs at least one role.")
    if wrong := sorted(found & GIVEN_BY_THE_SERVER):
        raise UserError(f"The role {wrong[0]} is given by the server itself, not to users.")
    return found


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _listed(roles: Iterable[Role]) -> str:
    return " ".join(role for role in Role if role in roles)


def _user(row: tuple[str, str, int, bytes, bytes, int, int, int]) -> User:
    name, roles, enabled, salt, digest, n, r, p = row
    return User(
        name=name,
        roles=frozenset(Role(role) for role in roles.split()),
        enabled=bool(enabled),
        password=PasswordHash(salt=salt, digest=digest, n=n, r=r, p=p),
    )
