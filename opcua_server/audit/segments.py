"""Closed segments of the audit log: its oldest rows in files of their own that nobody writes any more.

`audit.db` is where all programs write. When it has grown past a segment, its oldest rows are copied to a new file beside it,
`audit-FIRST-LAST.db`, which is read-only from then on, and only then leave `audit.db`; that keeps number and hash of the last row that
left (table `origin`), so the chain of hashes goes on from file to file. Whatever ends a process in between leaves rows in both
files, never in none: the next time goes on from there. No name that a program writes to ever changes hands, so a command line may write
at the same time.
"""

import os
import re
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from opcua_server.alarms.anchor import Head, origin_of
from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.journal_faults import explain, free_bytes
from opcua_server.alarms.journal_file import connect, connect_to_read
from opcua_server.alarms.journal_rows import COLUMNS

SEGMENT_BYTES: Final = 32 << 20  # of rows in `audit.db`: about a hundred thousand deeds
KEPT_ROWS: Final = 1_000  # the newest stay, so that what was just done is found where it was written
BUSY_TIMEOUT_MS: Final = 5_000
_ROWS_AT_ONCE: Final = (
    2_000  # that leave `audit.db` in one transaction: whoever writes waits some milliseconds for it
)
_NAME: Final = re.compile(r"audit-(\d{12})-(\d{12})\.db")
_ALL: Final = ", ".join((*COLUMNS, "hash"))
_ORIGIN: Final = (
    "CREATE TABLE IF NOT EXISTS {}origin (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL) "
    "STRICT"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A closed file and the numbers of its rows."""

    path: Path
    first: int
    last: int


def segments(folder: Path) -> list[Segment]:
    """Return the closed segments that lie in a folder, oldest first."""
    found = []
    with suppress(FileNotFoundError):
        for path in folder.iterdir():
            name = _NAME.fullmatch(path.name)
            if name is not None:
                found.append(Segment(path=path, first=int(name[1]), last=int(name[2])))
    return sorted(found, key=lambda segment: segment.first)


def close_segment(path: Path, *, segment_bytes: int = SEGMENT_BYTES, kept: int = KEPT_ROWS) -> Segment | None:
    """Move the oldest rows of a log to a segment of their own if there are enough of them; blocks for the disk.

    Args:
        path: `audit.db`.
        segment_bytes: How much its rows may take up before; nothing is moved where the disk has no room for as much twice.
        kept: How many rows stay.

    Raises:
        JournalError: The disk refuses; every row is where it was, or in both places.
    """
    try:
        with closing(connect(path, BUSY_TIMEOUT_MS)) as log:
            segment = _begun(path, origin_of(log)) or _due(log, path, segment_bytes, kept)
            if segment is None:
                return None
            if not segment.path.exists():
                _copy(log, origin_of(log), segment)
            _check(log, segment)
            _forget(log, segment.last)
    except (sqlite3.Error, OSError) as problem:
        raise explain(problem, path) from problem
    return segment


def _begun(path: Path, origin: Head) -> Segment | None:
    """Return the segment that an earlier process wrote and whose rows it did not take out of the log."""
    after = origin.seq + 1
    return next((each for each in segments(path.parent) if each.first <= after <= each.last), None)


def _due(log: sqlite3.Connection, path: Path, segment_bytes: int, kept: int) -> Segment | None:
    used = _used_bytes(log)
    if used < segment_bytes or free_bytes(path.parent) < 2 * used:
        return None
    head = log.execute("SELECT seq FROM head").fetchone()
    first, last = origin_of(log).seq + 1, (head[0] if head is not None else 0) - kept
    name = f"audit-{first:012d}-{last:012d}.db"
    return Segment(path=path.with_name(name), first=first, last=last) if last >= first else None


def _used_bytes(log: sqlite3.Connection) -> int:
    pages, free, size = (
        int(log.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _check(log: sqlite3.Connection, segment: Segment) -> None:
    """See the segment's rows on the disk before any of them leaves the log.

    Raises:
        JournalError: They are not these rows.
    """
    with closing(connect_to_read(segment.path, BUSY_TIMEOUT_MS)) as written:
        rows = written.execute("SELECT count(*), min(seq), max(seq) FROM journal").fetchone()
        digest = written.execute("SELECT hash FROM journal WHERE seq = ?", (segment.last,)).fetchone()
    mine = log.execute("SELECT hash FROM journal WHERE seq = ?", (segment.last,)).fetchone()
    if (
        rows != (segment.last - segment.first + 1, segment.first, segment.last)
        or mine is None
        or digest != mine
    ):
        raise JournalError(
            f"{segment.path.name} does not hold rows of this audit log: archive it, or put it elsewhere."
        )


def _copy(log: sqlite3.Connection, origin: Head, segment: Segment) -> None:
    """Write a segment whole under another name, and give it its own when it is on the disk."""
    draft = segment.path.with_suffix(f".draft-{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        connect(draft, BUSY_TIMEOUT_MS).close()
        log.execute("ATTACH ? AS segment", (str(draft),))
        try:
            log.execute("PRAGMA segment.journal_mode = DELETE")
            log.execute("BEGIN")
            log.execute(_ORIGIN.format("segment."))
            log.execute("INSERT INTO segment.origin VALUES (1, ?, ?)", (origin.seq, origin.digest))
            log.execute(
                f"INSERT INTO segment.journal ({_ALL}) SELECT {_ALL} FROM main.journal WHERE seq BETWEEN ? AND ? ORDER BY seq",  # noqa: S608  # our own names
                (segment.first, segment.last),
            )
            log.execute(
                "INSERT INTO segment.head (id, seq, hash) SELECT 1, seq, hash FROM segment.journal WHERE seq = ?",
                (segment.last,),
            )
            log.execute("COMMIT")
        finally:
            if log.in_transaction:
                log.execute("ROLLBACK")
            log.execute("DETACH segment")
        draft.chmod(0o400)
        sync(draft)
        draft.rename(segment.path)
        sync(segment.path.parent)
    finally:
        for left in segment.path.parent.glob(f"{draft.name}*"):
            left.unlink()


def _forget(log: sqlite3.Connection, last: int) -> None:
    """Let the rows that are in a segment leave, a few at a time."""
    log.execute(_ORIGIN.format(""))
    while True:
        log.execute("BEGIN IMMEDIATE")
        try:
            origin = origin_of(log)
            upto = min(origin.seq + _ROWS_AT_ONCE, last)
            found = log.execute("SELECT hash FROM journal WHERE seq = ?", (upto,)).fetchone()
            if upto > origin.seq and found is not None:
                log.execute("INSERT OR REPLACE INTO origin VALUES (1, ?, ?)", (upto, found[0]))
                log.execute("DELETE FROM journal WHERE seq <= ?", (upto,))
            log.execute("COMMIT")
        finally:
            if log.in_transaction:
                log.execute("ROLLBACK")
        if upto >= last or found is None:
            return


def sync(path: Path) -> None:
    """Have a file, or a folder's list of files, on the disk before this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
