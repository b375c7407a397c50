"""Keep number and hash of a log's last row outside of its database.

A database that loses its tail, its write-ahead log for one, is whole in itself, only shorter: this file tells that there was
more. It follows each commit, so it is never ahead of what is on the disk. Who can write both files can still deceive;
against that somebody has to note a head elsewhere.
"""

import os
import re
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from opcua_server.alarms.journal_rows import FIRST_HASH

_TEXT: Final = re.compile(r"(\d{1,18}):([0-9a-f]{64})\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Number and hash of a log's last row."""

    seq: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest.hex()}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return what `str` gave, None for another text."""
        found = _TEXT.fullmatch(text)
        return cls(seq=int(found[1]), digest=bytes.fromhex(found[2])) if found else None


def origin_of(connection: sqlite3.Connection) -> Head:
    """Return the last row that has left a log for a segment of its own; a log that none has left begins at nothing."""
    table = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'origin'"
    ).fetchone()
    found = None if table is None else connection.execute("SELECT seq, hash FROM origin").fetchone()
    return Head(seq=0, digest=FIRST_HASH) if found is None else Head(seq=found[0], digest=found[1])


class Anchor:
    """The file `….head` beside a log."""

    def __init__(self, log: Path) -> None:
        self.path = log.with_suffix(".head")

    def follow(self, connection: sqlite3.Connection) -> None:
        """Note the head that has just been committed; a disk that refuses leaves the older one."""
        with suppress(OSError, sqlite3.Error):
            seq, digest = connection.execute("SELECT seq, hash FROM head").fetchone()
            draft = self.path.with_suffix(f".head-{os.getpid()}")
            draft.write_text(f"{Head(seq=seq, digest=digest)}\n", encoding="ascii")
            draft.replace(self.path)  # in one step, so that a kill leaves the one or the other

    def read(self) -> Head | None:
        """Return the head that was noted, None where there is none."""
        try:
            return Head.parse(self.path.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError):
            return None

    def drop(self) -> None:
        """Forget it: a new log begins."""
        with suppress(OSError):
            self.path.unlink()
