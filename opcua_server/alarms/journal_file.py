"""Open the journal's database file, and set a damaged one aside."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.journal_faults import is_damaged

SCHEMA_VERSION: Final = 1
_ENDINGS: Final = ("", "-wal", "-shm")

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS journal (
    seq INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, kind TEXT NOT NULL, device TEXT NOT NULL, source TEXT NOT NULL,
    condition TEXT NOT NULL, priority INTEGER, state TEXT NOT NULL, message TEXT NOT NULL, user TEXT NOT NULL,
    comment TEXT NOT NULL, evidence TEXT NOT NULL, detail TEXT NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS alarm_state (
    key TEXT PRIMARY KEY, snapshot TEXT NOT NULL, event_id BLOB NOT NULL, announced INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS latch (device TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS at_rest (device TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS limit_override (
    key TEXT NOT NULL, name TEXT NOT NULL, old REAL NOT NULL, value REAL NOT NULL, PRIMARY KEY (key, name)) STRICT;
CREATE TABLE IF NOT EXISTS command (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, intent TEXT NOT NULL, result TEXT) STRICT;
PRAGMA user_version = 1;
"""


def connect(path: Path, busy_timeout_ms: int) -> sqlite3.Connection:
    """Return a connection that writes through to the disk before a commit returns.

    Raises:
        sqlite3.Error: The file cannot be opened.
        JournalError: It was written by a later version.
    """
    connection = sqlite3.connect(path, timeout=busy_timeout_ms / 1000.0, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise JournalError(
                f"The journal {path} was written by a later version of Andon: this one cannot use it."
            )
        if version < SCHEMA_VERSION:
            connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path, busy_timeout_ms: int) -> sqlite3.Connection:
    """Return a connection that changes nothing; on a read-only disk it reads what was last checkpointed.

    Raises:
        sqlite3.Error: The file cannot be read.
        JournalError: There is no file.
    """
    if not path.exists():
        raise JournalError(f"There is no journal at {path}.")
    address = f"file:{quote(str(path))}?mode=ro"
    connection = _open(address, busy_timeout_ms)
    try:
        connection.execute("SELECT 1 FROM journal LIMIT 1").fetchone()
    except sqlite3.OperationalError as problem:
        connection.close()
        if (problem.sqlite_errorcode & 0xFF) not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
            raise
        # A WAL database on a read-only disk cannot be read otherwise, for readers need to write the shared memory.
        return _open(f"{address}&immutable=1", busy_timeout_ms)
    return connection


def prepare(path: Path, was_used: bool, busy_timeout_ms: int, now: Callable[[], datetime]) -> Path | None:
    """Make sure that there is a sound file; return where a damaged one was put, None where nothing was wrong.

    Args:
        path: The file.
        was_used: Whether there must be something in it; an empty file is then a damaged one.
        busy_timeout_ms: How long to wait for another program's lock.
        now: UTC, for the name of the file that is set aside.

    Raises:
        sqlite3.Error: The file cannot be opened, for another reason than damage.
        JournalError: It was written by a later version.
    """
    if was_used and path.exists() and path.stat().st_size == 0:
        return _set_aside(path, busy_timeout_ms, now())
    try:
        with closing(connect(path, busy_timeout_ms)) as connection:
            is_sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
    except sqlite3.DatabaseError as problem:
        if not is_damaged(problem):
            raise
        is_sound = False
    return None if is_sound else _set_aside(path, busy_timeout_ms, now())


def _set_aside(path: Path, busy_timeout_ms: int, now: datetime) -> Path:
    aside = _free_name(path.with_name(f"{path.stem}.corrupt-{now:%Y%m%dT%H%M%SZ}{path.suffix}"))
    for ending in _ENDINGS:
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    connect(path, busy_timeout_ms).close()
    return aside


def _free_name(wanted: Path) -> Path:
    number, name = 1, wanted
    while name.exists():
        name = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
        number += 1
    return name


def _open(address: str, busy_timeout_ms: int) -> sqlite3.Connection:
    return sqlite3.connect(address, uri=True, timeout=busy_timeout_ms / 1000.0, isolation_level=None)
