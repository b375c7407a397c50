"""Read the journal: pages, everything in a range, the state it keeps, and whether it is whole."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from opcua_server.alarms.anchor import Anchor, Head, origin_of
from opcua_server.alarms.definitions import LimitName
from opcua_server.alarms.entries import JournalRow, StoredLatches, microseconds
from opcua_server.alarms.journal_faults import explain
from opcua_server.alarms.journal_file import connect_to_read
from opcua_server.alarms.journal_rows import COLUMNS, FIRST_HASH, chained, read_row
from opcua_server.alarms.records import AlarmSnapshot
from opcua_server.alarms.thresholds import LimitChange

DEFAULT_PAGE: Final = 1000
LARGEST_PAGE: Final = 5000
_NAMES: Final = ", ".join(COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPage:
    """Rows in the order in which they were written; give `last_seq` as `after_seq` for the next page."""

    rows: tuple[JournalRow, ...]
    last_seq: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """The first row that is not as it was written."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRecord:
    """A command as it is stored; `result` is None where its outcome is not known."""

    id: str
    intent: Mapping[str, Any]
    result: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What the server takes up again after a restart.

    `unannounced` holds the event ids of alarms that were stored and not yet sent to clients. `limits` belong
    to `AlarmEngine.restore_limits`. `results` maps the ids of the latest commands to their results, for repeated answers. `set_aside`
    is where a damaged journal was put.
    """

    alarms: tuple[AlarmSnapshot, ...] = ()
    unannounced: frozenset[bytes] = frozenset()
    limits: tuple[LimitChange, ...] = ()
    latches: StoredLatches = field(default_factory=StoredLatches)
    unfinished: tuple[CommandRecord, ...] = ()
    results: Mapping[str, Mapping[str, Any]]
    set_aside: Path | None = None


class JournalReader:
    """The journal for reading, also while a server writes it; every call opens the file anew."""

    def __init__(self, path: Path, *, busy_timeout_ms: int = 5000) -> None:
        self.path = path
        self._busy_timeout_ms = busy_timeout_ms

    def query(self, begin: datetime, end: datetime, after_seq: int = 0, limit: int = 0) -> JournalPage:
        """Return a page of the rows from `begin` to `end`, both included; `limit` 0 means 1000, at most 5000.

        Raises:
            JournalError: The journal cannot be read.
        """
        size = min(limit, LARGEST_PAGE) if limit > 0 else DEFAULT_PAGE
        # Ordered by seq, not by time: the clock may have been set back.
        wanted = (
            f"SELECT {_NAMES} FROM journal WHERE seq > ? AND time_us BETWEEN ? AND ? ORDER BY seq LIMIT ?"  # noqa: S608  # our own names
        )
        bounds = (after_seq, microseconds(begin), microseconds(end), size + 1)
        try:
            with closing(connect_to_read(self.path, self._busy_timeout_ms)) as connection:
                found = connection.execute(wanted, bounds).fetchall()
        except sqlite3.Error as problem:
            raise explain(problem, self.path, "read") from problem
        rows = tuple(read_row(row) for row in found[:size])
        return JournalPage(rows=rows, last_seq=rows[-1].seq if rows else after_seq, more=len(found) > size)

    def rows(self, begin: datetime, end: datetime) -> Iterator[JournalRow]:
        """Yield every row from `begin` to `end`, both included, a page at a time.

        Raises:
            JournalError: The journal cannot be read.
        """
        after_seq, more = 0, True
        while more:
            page = self.query(begin, end, after_seq, LARGEST_PAGE)
            yield from page.rows
            after_seq, more = page.last_seq, page.more

    def head(self) -> Head:
        """Return number and hash of the last row.

        Raises:
            JournalError: The journal cannot be read.
        """
        try:
            with closing(connect_to_read(self.path, self._busy_timeout_ms)) as connection:
                seq, digest = connection.execute("SELECT seq, hash FROM head").fetchone() or (0, FIRST_HASH)
        except sqlite3.Error as problem:
            raise explain(problem, self.path, "read") from problem
        return Head(seq=seq, digest=digest)

    def verify(self, *heads: Head) -> BadRow | None:
        """Return the first row that was changed, removed or put in, None where the chain is whole.

        `heads` are last rows of earlier days, as somebody noted them: the chain must still lead through them.

        Raises:
            JournalError: The journal cannot be read.
        """
        try:
            with closing(connect_to_read(self.path, self._busy_timeout_ms)) as connection:
                # Read first: what is written meanwhile lies behind it.
                noted = [each for each in (Anchor(self.path).read(), *heads) if each is not None]
                connection.execute("BEGIN")
                return _first_bad(connection, noted)
        except sqlite3.Error as problem:
            raise explain(problem, self.path, "read") from problem

    def restore(self) -> Restored:
        """Return the retained state.

        Raises:
            JournalError: The journal cannot be read.
        """
        try:
            with closing(connect_to_read(self.path, self._busy_timeout_ms)) as connection:
                connection.execute("BEGIN")
                return _restored(connection)
        except (sqlite3.Error, ValueError, KeyError) as problem:
            raise explain(problem, self.path, "read") from problem


def follow(connection: sqlite3.Connection, start: Head, noted: Mapping[int, bytes]) -> Head | BadRow:
    """Return the last row of a file whose rows follow on `start`, or the first that is not as it was written.

    Args:
        connection: The file, for reading.
        start: The row before its first.
        noted: Hashes of rows, as somebody noted them, by their numbers.

    Raises:
        sqlite3.Error: The file cannot be read.
    """
    seq, digest = start.seq, start.digest
    for *row, stored in connection.execute(f"SELECT {_NAMES}, hash FROM journal ORDER BY seq"):  # noqa: S608  # our own names
        if row[0] != seq + 1:
            return BadRow(seq=seq + 1, reason="the row is missing")
        seq, digest = row[0], chained(digest, tuple(row))
        if digest != stored:
            return BadRow(seq=seq, reason="the row was changed after it was written")
        if noted.get(seq, digest) != digest:
            return BadRow(
                seq=seq, reason="the row is not the one that was noted: the rows up to it were made anew"
            )
    head = connection.execute("SELECT seq, hash FROM head").fetchone()
    if (head or (start.seq, start.digest)) != (seq, digest):
        return BadRow(seq=seq + 1, reason="rows are missing at the end")
    return Head(seq=seq, digest=digest)


def ends_too_soon(end: Head, noted: Mapping[int, bytes]) -> BadRow | None:
    """Return the row that is missing behind the last one, where a later one was noted."""
    most = max(noted, default=0)
    if most <= end.seq:
        return None
    return BadRow(seq=end.seq + 1, reason=f"rows are missing at the end: there were {most}")


def _first_bad(connection: sqlite3.Connection, noted: Sequence[Head]) -> BadRow | None:
    wanted = {each.seq: each.digest for each in noted}
    end = follow(connection, origin_of(connection), wanted)
    return end if isinstance(end, BadRow) else ends_too_soon(end, wanted)


def _restored(connection: sqlite3.Connection) -> Restored:
    alarms = connection.execute(
        "SELECT snapshot, event_id, announced FROM alarm_state ORDER BY key"
    ).fetchall()
    latches = {name for (name,) in connection.execute("SELECT device FROM latch")}
    at_rest = frozenset(name for (name,) in connection.execute("SELECT device FROM at_rest"))
    limits = connection.execute("SELECT key, name, old, value FROM limit_override ORDER BY rowid").fetchall()
    commands = connection.execute("SELECT id, intent, result FROM command ORDER BY number").fetchall()
    return Restored(
        alarms=tuple(AlarmSnapshot.from_dict(json.loads(snapshot)) for snapshot, _, _ in alarms),
        unannounced=frozenset(event_id for _, event_id, announced in alarms if not announced),
        limits=tuple(
            LimitChange(key=key, limit=LimitName(name), old=old, new=value)
            for key, name, old, value in limits
        ),
        latches=StoredLatches(plant="" in latches, devices=frozenset(latches - {""}), at_rest=at_rest),
        unfinished=tuple(
            CommandRecord(id=id_, intent=json.loads(intent), result=None)
            for id_, intent, result in commands
            if result is None
        ),
        results={id_: json.loads(result) for id_, _, result in commands if result is not None},
    )
