"""The one directory that holds all retained state, and the lock that keeps a second server off it."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import platformdirs

ENVIRONMENT = "ANDON_STATE"


class StateDirError(Exception):
    """The state directory cannot be used; the message is one sentence for a person."""


def default_state_dir() -> Path:
    """Return where state lies unless told otherwise: `ANDON_STATE`, else the user's data directory."""
    named = os.environ.get(ENVIRONMENT)
    return Path(named) if named else Path(platformdirs.user_data_dir("andon", appauthor=False))


class StateDir:
    """A locked state directory. Use as a context manager; the lock goes with the process, whatever ends it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as problem:
            raise StateDirError(
                f"The state directory {self.path} cannot be used: {problem.strerror}."
            ) from problem
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            holder = os.read(self._lock, 32).decode("ascii", "replace").strip()
            os.close(self._lock)
            self._lock = None
            raise StateDirError(
                f"Another Andon server (process {holder or 'unknown'}) uses the state directory {self.path}: "
                "stop it, or give this one its own with --state DIR."
            ) from problem
        os.truncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode("ascii"), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def journal(self) -> Path:
        """The journal's database file."""
        return self.path / "journal.db"

    @property
    def pki(self) -> Path:
        """The folder of the server's certificate and of those it trusts."""
        return self.path / "pki"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.path / "server.log"
