"""The account of this machine's user at the server of the same user: a random secret that nobody has to remember.

Console and server of one user find each other by one folder, the user's configuration directory: here lies the account, and
the console's certificate beside it. The server believes both only from this machine.
"""

import getpass
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

ENVIRONMENT: Final = "ANDON_CONFIG"
FILE_NAME: Final = "account.json"
SECRET_BYTES: Final = 32
_OTHERS: Final = 0o077


def default_config_dir() -> Path:
    """Return where the user's own settings lie: `ANDON_CONFIG`, else the user's configuration directory."""
    named = os.environ.get(ENVIRONMENT)
    return Path(named) if named else Path(platformdirs.user_config_dir("andon", appauthor=False))


@dataclass(frozen=True, slots=True)
class Account:
    """A name and its secret."""

    name: str
    secret: str


def load_account(folder: Path) -> Account | None:
    """Return the account that lies there; None where there is none, or one that others could have read."""
    path = folder / FILE_NAME
    try:
        if path.stat().st_mode & _OTHERS:
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        return Account(str(found["name"]), str(found["secret"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def make_account(folder: Path) -> Account:
    """Return the account that lies there, or make one.

    Raises:
        OSError: It cannot be kept.
    """
    found = load_account(folder)
    if found is not None:
        return found
    account = Account(_user(), secrets.token_urlsafe(SECRET_BYTES))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(
        folder / FILE_NAME, json.dumps({"name": account.name, "secret": account.secret}).encode("utf-8")
    )
    return account


def write_private(path: Path, content: bytes) -> None:
    """Let a file appear whole, readable by its owner alone.

    Raises:
        OSError: It cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    number = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"
