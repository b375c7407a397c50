"""Turn journal entries into database rows chained by their hashes, and back."""

import hashlib
import json
from typing import Final

from opcua_server.alarms.entries import (
    JournalEntry,
    JournalRow,
    canonical,
    clean,
    from_microseconds,
    microseconds,
)

COLUMNS: Final = (
    "seq", "time_us", "kind", "device", "source", "condition", "priority", "state", "message", "user", "comment",
    "evidence", "detail",
)  # fmt: skip
FIRST_HASH: Final = hashlib.sha256(b"Andon journal").digest()  # what stands before the first row

Cell = int | str | None
Row = tuple[Cell, ...]


def cells(entry: JournalEntry) -> Row:
    """Return an entry's columns, all but `seq`.

    Raises:
        ValueError: The time has no zone, or `detail` holds NaN.
        TypeError: `detail` holds something that JSON has no form for.
    """
    texts = (entry.kind.value, entry.device, entry.source, entry.condition)
    more = (
        entry.state,
        entry.message,
        entry.user,
        entry.comment,
        entry.evidence,
        canonical(dict(entry.detail)),
    )
    return (
        microseconds(entry.time),
        *(clean(text) for text in texts),
        entry.priority,
        *(clean(text) for text in more),
    )


def chained(previous: bytes, row: Row) -> bytes:
    """Return the hash of a row (`seq` first): SHA-256 of the hash before it and its canonical JSON."""
    return hashlib.sha256(previous + canonical(list(row)).encode("utf-8")).digest()


def read_row(row: Row) -> JournalRow:
    """Return a database row as a value."""
    found = dict(zip(COLUMNS, row, strict=True))
    priority = found["priority"]
    return JournalRow(
        seq=int(found["seq"] or 0),
        time=from_microseconds(int(found["time_us"] or 0)),
        kind=str(found["kind"]),
        device=str(found["device"]),
        source=str(found["source"]),
        condition=str(found["condition"]),
        priority=None if priority is None else int(priority),
        state=str(found["state"]),
        message=str(found["message"]),
        user=str(found["user"]),
        comment=str(found["comment"]),
        evidence=str(found["evidence"]),
        detail=json.loads(str(found["detail"])),
    )
