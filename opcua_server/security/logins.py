"""Who logs in: names and passwords against the users, with every failure as slow and as silent as the next."""

import asyncio
import logging
import unicodedata
from collections.abc import Callable
from typing import Final

from asyncua import ua
from typing_extensions import override

from opcua_server.security.backoff import Backoff
from opcua_server.security.guests import Guests, is_loopback
from opcua_server.security.hash_queue import HashQueue, HashQueueFullError
from opcua_server.security.identity import LOOPBACK_ROLES, Identity, LoginRefusedError, Role
from opcua_server.security.passwords import PasswordHash, matches, unmatched
from opcua_server.security.users import User, UserError, UserStore

_log = logging.getLogger(__name__)

LONGEST_NAME: Final = 256  # as sent; a user's own is shorter
_WRONG: Final = "The user name or the password is wrong."


class Logins(Guests):
    """The `Authenticator` of a server that has users."""

    def __init__(
        self,
        users: UserStore,
        loopback_roles: frozenset[Role] = LOOPBACK_ROLES,
        *,
        backoff: Backoff | None = None,
        check: Callable[[bytes, PasswordHash], bool] = matches,
    ) -> None:
        super().__init__(loopback_roles)
        self.users = users
        self._backoff = backoff or Backoff()
        self._check = check
        self._queue = HashQueue()
        self._nobody = unmatched()

    @override
    async def authenticate(self, name: str, password: bytes, address: str) -> Identity:
        """Return who logs in.

        Raises:
            LoginRefusedError: BadUserAccessDenied for whatever is wrong with name, password or user; BadServerTooBusy
                after too many failures or while too many wait.
        """
        name = unicodedata.normalize("NFC", _checked_text(name))
        wait_s = self._backoff.admit(name, address)
        if wait_s:
            raise LoginRefusedError(
                ua.StatusCodes.BadServerTooBusy, f"Too many failed logins: try again in {wait_s:.0f} s."
            )
        try:
            user = await self._queue.run(lambda: self._find(name, password), is_local=is_loopback(address))
        except HashQueueFullError:
            self._backoff.excuse(address)
            raise LoginRefusedError(
                ua.StatusCodes.BadServerTooBusy, "Too many logins at once: try again."
            ) from None
        except UserError as problem:
            _log.error("nobody can log in: %s", problem)
            raise LoginRefusedError(ua.StatusCodes.BadResourceUnavailable, str(problem)) from problem
        if user is None:
            raise LoginRefusedError(ua.StatusCodes.BadUserAccessDenied, _WRONG)
        self._backoff.succeeded(name, address)
        return identity_of(user)

    async def current(self, name: str) -> Identity | None:
        """Return what a user who has logged in may do now, None where it may no longer.

        Raises:
            UserError: The users cannot be read.
        """
        user = await asyncio.to_thread(self.users.find, name)
        return identity_of(user) if user is not None and user.enabled else None

    def close(self) -> None:
        """End the threads that hash."""
        self._queue.close()

    def _find(self, name: str, password: bytes) -> User | None:
        """Return the user if all is right. One hash is computed in every case."""
        user = self.users.find(name)
        is_right = self._check(_normal(password), self._nobody if user is None else user.password)
        return user if is_right and user is not None and user.enabled else None


def identity_of(user: User) -> Identity:
    """Return a logged-in user's identity."""
    roles = user.roles | {Role.AUTHENTICATED_USER}
    return Identity(user.name, roles, is_anonymous=False, is_managed=True)


def _checked_text(name: str) -> str:
    """Return a name that can be stored and compared; no user has what stands for one that cannot."""
    if len(name) > LONGEST_NAME:
        return "\0"
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:  # the library lets bytes that are no UTF-8 through as lone surrogates
        return "\0"
    return name


def _normal(password: bytes) -> bytes:
    """Return a password in the form in which it was hashed; bytes that are no UTF-8 match none."""
    try:
        return unicodedata.normalize("NFC", password.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return b"\xff"
