"""Say in plain English why the journal's file cannot be used."""

import os
import sqlite3
import sys
from pathlib import Path
from typing import Final

from opcua_server.alarms.errors import JournalError

_LITTLE_BYTES: Final = 1 << 20  # with less than this free, an error of the disk is taken for a full disk
_REOPEN: Final = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CORRUPT}
    | {sqlite3.SQLITE_NOTADB}
)
_WORDS: Final = {
    sqlite3.SQLITE_BUSY: "another program holds {file} locked",
    sqlite3.SQLITE_LOCKED: "another program holds {file} locked",
    sqlite3.SQLITE_READONLY: "{file} is read-only",
    sqlite3.SQLITE_CANTOPEN: "{file} cannot be opened",
    sqlite3.SQLITE_CORRUPT: "{file} is damaged",
    sqlite3.SQLITE_NOTADB: "{file} is no log of Andon's",
    sqlite3.SQLITE_IOERR: "the disk that holds {file} reports an error",
}


def primary_code(problem: BaseException) -> int:
    """Return SQLite's primary result code, 0 where the error has none (sqlite.org/rescode.html: the low 8 bits)."""
    return int(getattr(problem, "sqlite_errorcode", 0) or 0) & 0xFF


def is_full(problem: BaseException, folder: Path) -> bool:
    """Return whether the disk is full: SQLite says so, or the disk fails with next to nothing free.

    In WAL mode a full disk may show as an I/O error, when the shared-memory file cannot grow.
    """
    code = primary_code(problem)
    if code == sqlite3.SQLITE_FULL:
        return True
    return code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN} and free_bytes(folder) < _LITTLE_BYTES


def is_damaged(problem: BaseException) -> bool:
    """Return whether the file's content is broken."""
    return primary_code(problem) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_disk_trouble(problem: BaseException) -> bool:
    """Return whether the fault lies with disk or file, and may pass."""
    return primary_code(problem) in {sqlite3.SQLITE_FULL, *_WORDS} or isinstance(problem, OSError)


def needs_reopening(problem: BaseException) -> bool:
    """Return whether a connection that failed so is better closed."""
    return primary_code(problem) in _REOPEN


def explain(problem: BaseException, path: Path, deed: str = "written") -> JournalError:
    """Return the sentence for an operator."""
    if isinstance(problem, JournalError):
        return problem
    what = title(path)
    if is_full(problem, path.parent):
        return JournalError(
            f"The {what} cannot be {deed}: the disk that holds {path.parent} is full. Free some space on it."
        )
    words = _WORDS.get(primary_code(problem), "{file}: " + str(problem))
    return JournalError(f"The {what} cannot be {deed}: {words.format(file=path)}.")


def title(path: Path) -> str:
    """Return what the file is called: two logs are kept by the same means."""
    return "audit log" if path.stem == "audit" else "journal"


def free_bytes(folder: Path) -> int:
    """Return the bytes that are free for us on the disk of `folder`; no end of them where it cannot be asked."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return sys.maxsize
    return disk.f_bavail * disk.f_frsize
