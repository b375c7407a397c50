"""The whole audit log, from its first row to its last, whatever files they lie in."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from opcua_server.alarms.anchor import Anchor, Head, origin_of
from opcua_server.alarms.entries import JournalRow
from opcua_server.alarms.journal_faults import explain
from opcua_server.alarms.journal_file import connect_to_read
from opcua_server.alarms.journal_read import BadRow, JournalReader, ends_too_soon, follow
from opcua_server.audit.records import Deed, Stage
from opcua_server.audit.segments import BUSY_TIMEOUT_MS, Segment, segments


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A log without a fault: its last row, and the last of those that are archived elsewhere and were not looked at."""

    head: Head
    archived: Head | None


class AuditChain:
    """An audit log for reading, also while a server writes it.

    Args:
        path: `audit.db`; its closed segments lie beside it.
        archives: Folders to which older segments were moved.
    """

    def __init__(self, path: Path, archives: Sequence[Path] = ()) -> None:
        self._path = path
        self._archives = archives

    def rows(self, begin: datetime, end: datetime) -> Iterator[JournalRow]:
        """Yield every row from `begin` to `end`, both included, in the order in which they were written.

        Raises:
            JournalError: A file cannot be read.
        """
        seen = 0
        for path in [*(segment.path for segment in self._segments()), self._path]:
            for row in JournalReader(path).rows(begin, end):
                if (
                    row.seq > seen
                ):  # else it is in two files: it had not left the one when the other was closed
                    seen = row.seq
                    yield row

    def verify(self, *heads: Head) -> Whole | BadRow:
        """Follow the chain through all files; return where it ends, or the first row that is not as it was written.

        Rows before the first file may be missing where a row tells that they were archived. `heads` are last rows of earlier days, as
        somebody noted them: the chain must still lead through them.

        Raises:
            JournalError: A file cannot be read.
        """
        noted = {each.seq: each.digest for each in (Anchor(self._path).read(), *heads) if each is not None}
        try:
            with ExitStack() as open_files:
                # What leaves the log is in a segment before: the log's state first, then which segments there are.
                log = open_files.enter_context(closing(connect_to_read(self._path, BUSY_TIMEOUT_MS)))
                log.execute("BEGIN")
                files = [
                    open_files.enter_context(closing(connect_to_read(segment.path, BUSY_TIMEOUT_MS)))
                    for segment in self._segments()
                ]
                return _verified([*files, log], noted)
        except sqlite3.Error as problem:
            raise explain(problem, self._path, "read") from problem

    def _segments(self) -> list[Segment]:
        found = {
            segment.first: segment
            for folder in (*self._archives, self._path.parent)
            for segment in segments(folder)
        }
        return [found[first] for first in sorted(found)]


def _verified(files: Sequence[sqlite3.Connection], noted: dict[int, bytes]) -> Whole | BadRow:
    first = end = origin_of(files[0])
    told = {head.seq: head.digest for file in files for head in _archived(file)}
    noted = {**told, **noted}
    for number, file in enumerate(files):
        gap = _gap(files[number - 1], file, end) if number else None
        if gap is not None:
            return gap
        found = follow(file, origin_of(file), noted)
        if isinstance(found, BadRow):
            return found
        end = found
    if first.seq > max(told, default=0) or told.get(first.seq, first.digest) != first.digest:
        return BadRow(
            seq=1, reason=f"rows 1 to {first.seq} are missing, and no row tells that they were archived"
        )
    return ends_too_soon(end, noted) or Whole(head=end, archived=first if first.seq else None)


def _gap(before: sqlite3.Connection, file: sqlite3.Connection, end: Head) -> BadRow | None:
    """Return what is wrong between the end of one file, which has been followed, and the beginning of the next."""
    origin = origin_of(file)
    if origin.seq > end.seq:
        return BadRow(seq=end.seq + 1, reason=f"the rows up to {origin.seq} are missing")
    if origin == end:
        return None
    # The same rows in both: a process ended before they had left the one.
    both = file.execute("SELECT hash FROM journal WHERE seq = ?", (end.seq,)).fetchone()
    link = before.execute("SELECT hash FROM journal WHERE seq = ?", (origin.seq,)).fetchone()
    known = origin_of(before) if link is None else Head(seq=origin.seq, digest=link[0])
    if known != origin or both is None or both[0] != end.digest:
        return BadRow(
            seq=origin.seq + 1, reason="the rows do not follow on those before: the log was begun anew"
        )
    return None


def _archived(file: sqlite3.Connection) -> Iterator[Head]:
    """Yield the last rows of what was archived, as a file's rows tell."""
    wanted = (Deed.AUDIT.value, Stage.DONE.value)
    for (detail,) in file.execute("SELECT detail FROM journal WHERE source = ? AND state = ?", wanted):
        head = Head.parse(str(json.loads(detail).get("archived")))
        if head is not None:
            yield head
