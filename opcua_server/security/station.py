"""The console of the same user on the same machine: its account and its certificate lie in that user's configuration directory.

Whoever can read the account can read the server's state as well, so that it opens nothing that was shut. Its secret has 256
random bits: it needs no slow hash, and nobody guesses it. It counts from this machine alone, and no failure of others locks it.
"""

import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from opcua_server.security.guests import is_loopback
from opcua_server.security.identity import Identity, Role

ENVIRONMENT: Final = "ANDON_CONFIG"
ACCOUNT: Final = "account.json"
CERTIFICATE: Final = "console.der"
SHORTEST_SECRET: Final = 32  # characters
ROLES: Final = frozenset(
    {Role.AUTHENTICATED_USER, Role.OBSERVER, Role.OPERATOR, Role.SUPERVISOR, Role.ENGINEER}
)
_OTHERS: Final = 0o077


def default_config_dir() -> Path:
    """Return where the user's own settings lie: `ANDON_CONFIG`, else the user's configuration directory."""
    named = os.environ.get(ENVIRONMENT)
    return Path(named) if named else Path(platformdirs.user_config_dir("andon", appauthor=False))


@dataclass(frozen=True, slots=True)
class Station:
    """The folder that the console of this user keeps. It may appear while the server runs."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """Where the console's certificate lies, once it has one."""
        return self.folder / CERTIFICATE

    def identify(self, name: str, password: bytes, address: str) -> Identity | None:
        """Return who logs in with the account, None where it is not that one."""
        if not is_loopback(address):
            return None
        account = self._account()
        if account is None:
            return None
        known, secret = account
        is_right = hmac.compare_digest(secret, password)
        return Identity(known, ROLES, is_anonymous=False) if is_right and name == known else None

    def _account(self) -> tuple[str, bytes] | None:
        path = self.folder / ACCOUNT
        try:
            found = path.stat()
            if found.st_mode & _OTHERS or found.st_uid != os.getuid():
                return None  # others could have read it, or written it
            account = json.loads(path.read_text(encoding="utf-8"))
            name, secret = str(account["name"]), str(account["secret"]).encode("utf-8")
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return (name, secret) if name and len(secret) >= SHORTEST_SECRET else None
