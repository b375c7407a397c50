"""Write a batch of entries and the state they carry in one transaction."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from opcua_server.alarms.entries import (
    CommandMark,
    EntryKind,
    JournalEntry,
    StoredLatches,
    canonical,
    from_microseconds,
)
from opcua_server.alarms.journal_rows import COLUMNS, FIRST_HASH, Row, cells, chained

COMMANDS_KEPT: Final = 10_000
_BACKWARDS_US: Final = 1_000_000  # entries may come up to a second out of order before the clock is suspected
_INSERT: Final = (
    f"INSERT INTO journal ({', '.join(COLUMNS)}, hash) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"  # noqa: S608  # our own column names
)
_SAVE_ALARM: Final = (
    "INSERT INTO alarm_state (key, snapshot, event_id, announced) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE "
    "SET snapshot = excluded.snapshot, event_id = excluded.event_id, announced = excluded.announced"
)
_SAVE_LIMIT: Final = (
    "INSERT INTO limit_override (key, name, old, value) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (key, name) DO UPDATE SET value = excluded.value"
)
_SAVE_INTENT: Final = "INSERT INTO command (id, intent) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"
_SAVE_RESULT: Final = (
    "INSERT INTO command (id, intent, result) VALUES (?, '{}', ?) "
    "ON CONFLICT (id) DO UPDATE SET result = coalesce(result, excluded.result)"
)
_FORGET_COMMANDS: Final = (
    "DELETE FROM command WHERE number <= (SELECT max(number) FROM command) - ? AND result IS NOT NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyEntry:
    """An entry whose texts are already what will be stored, so that writing it can fail on the disk alone."""

    entry: JournalEntry
    cells: Row
    snapshot: str
    intent: str | None
    result: str | None


def ready(entry: JournalEntry) -> ReadyEntry:
    """Return an entry made ready for the writer.

    Raises:
        ValueError: Its time has no zone, or a number is NaN.
        TypeError: It holds something that JSON has no form for.
    """
    mark = entry.command or CommandMark(id="")
    return ReadyEntry(
        entry=entry,
        cells=cells(entry),
        snapshot=canonical(entry.alarm.to_dict()) if entry.alarm is not None else "",
        intent=None if mark.intent is None else canonical(dict(mark.intent)),
        result=None if mark.result is None else canonical(dict(mark.result)),
    )


def write_batch(
    connection: sqlite3.Connection, entries: Sequence[ReadyEntry], announced: Iterable[bytes]
) -> int:
    """Commit everything or nothing; return the last sequence number.

    Raises:
        sqlite3.Error: Nothing was written.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        seq = _write(connection, entries)
        connection.executemany(
            "UPDATE alarm_state SET announced = 1 WHERE event_id = ?", [(event_id,) for event_id in announced]
        )
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
            connection.execute("ROLLBACK")
        raise
    return seq


def _write(connection: sqlite3.Connection, entries: Sequence[ReadyEntry]) -> int:
    seq, digest, latest_us = _head(connection)
    for one in entries:
        time_us = one.cells[0]
        assert isinstance(time_us, int)
        rows = [one.cells]
        if latest_us is not None and time_us < latest_us - _BACKWARDS_US:
            rows.insert(0, _clock_row(latest_us, time_us))
        for row in rows:
            seq += 1
            digest = chained(digest, (seq, *row))
            connection.execute(_INSERT, (seq, *row, digest))
        latest_us = time_us
        _save_state(connection, one)
    connection.execute("INSERT OR REPLACE INTO head (id, seq, hash) VALUES (1, ?, ?)", (seq, digest))
    if any(one.entry.command is not None for one in entries):
        connection.execute(_FORGET_COMMANDS, (COMMANDS_KEPT,))
    return seq


def _head(connection: sqlite3.Connection) -> tuple[int, bytes, int | None]:
    """Return number and hash of the last row, as kept apart from it, and its time."""
    # A row that was taken away must leave a hole for `verify` to find, so the numbering does not start from the rows.
    head = connection.execute("SELECT seq, hash FROM head").fetchone()
    last = connection.execute("SELECT seq, hash, time_us FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    seq, digest = head or (last[:2] if last is not None else (0, FIRST_HASH))
    return seq, digest, last[2] if last is not None else None


def _clock_row(before_us: int, after_us: int) -> Row:
    before, after = from_microseconds(before_us), from_microseconds(after_us)
    message = f"The clock went back by {(before - after).total_seconds():.0f} s: the order of the rows counts, not their times"
    return cells(JournalEntry(time=after, kind=EntryKind.CLOCK, message=message))


def _save_state(connection: sqlite3.Connection, one: ReadyEntry) -> None:
    entry = one.entry
    if entry.alarm is not None:
        saved = (entry.alarm.key, one.snapshot, entry.alarm.event_id, int(entry.announced))
        connection.execute(_SAVE_ALARM, saved)
    if entry.latches is not None:
        _save_latches(connection, entry.latches)
    if entry.limit is not None:
        change = entry.limit
        connection.execute(_SAVE_LIMIT, (change.key, change.limit.value, change.old, change.new))
    if entry.command is not None and one.intent is not None:
        connection.execute(_SAVE_INTENT, (entry.command.id, one.intent))
    if entry.command is not None and one.result is not None:
        connection.execute(_SAVE_RESULT, (entry.command.id, one.result))


def _save_latches(connection: sqlite3.Connection, latches: StoredLatches) -> None:
    names = [
        *sorted(latches.devices),
        *([""] if latches.plant else []),
    ]  # the plant's own latch has no device
    connection.execute("DELETE FROM latch")
    connection.executemany("INSERT INTO latch (device) VALUES (?)", [(name,) for name in names])
    connection.execute("DELETE FROM at_rest")
    resting = [(name,) for name in sorted(latches.at_rest)]
    connection.executemany("INSERT INTO at_rest (device) VALUES (?)", resting)
