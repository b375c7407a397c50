"""Keep the journal: what happened, and the state that must outlive the server."""

import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from opcua_server.alarms.anchor import Anchor
from opcua_server.alarms.entries import CommandMark, EntryKind, JournalEntry
from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.journal_faults import is_full, title
from opcua_server.alarms.journal_file import prepare
from opcua_server.alarms.journal_read import BadRow, CommandRecord, JournalPage, JournalReader, Restored
from opcua_server.alarms.journal_write import ready
from opcua_server.alarms.journal_writer import JournalReserveError, JournalState, JournalWriter, Work
from opcua_server.alarms.reserve import Reserve

__all__ = ["BadRow", "Journal", "JournalPage", "JournalReserveError", "JournalState", "Restored"]

BUSY_TIMEOUT_MS: Final = 5000  # measured: two writers without it met 110,696 locks, with it none
RESERVE_BYTES: Final = 16 << 20
RETRY_S: Final = 1.0
UNKNOWN_OUTCOME: Final = "outcome unknown"


def utc_now() -> datetime:
    """Return the present time, UTC."""
    return datetime.now(UTC)


class Journal:
    """The journal of one server, in SQLite, with a thread of its own that writes.

    Nothing here blocks for the disk but the constructor, `restore`, the reading methods and `close`. A disk that fails
    makes futures raise `JournalError`; it raises from nothing else but the reading methods.
    """

    def __init__(
        self,
        path: Path,
        *,
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
        reserve_bytes: int = RESERVE_BYTES,
        retry_s: float = RETRY_S,
        now: Callable[[], datetime] = utc_now,
        anchored: bool = False,
    ) -> None:
        """Open the journal, set a damaged file aside, and start the writer.

        Args:
            path: The file `journal.db`; `journal.reserve` lies beside it.
            busy_timeout_ms: How long a write waits for another program's lock.
            reserve_bytes: Size of the reserve file.
            retry_s: How often a journal in trouble is tried again.
            now: UTC, for the rows that the journal writes about itself.
            anchored: Keep number and hash of the last row in a file beside it as well (see `Anchor`).

        Raises:
            JournalError: The file was written by a later version.
        """
        self._path = path
        self._now = now
        self._reserve = Reserve(path.with_suffix(".reserve"), reserve_bytes)
        self._busy_timeout_ms = busy_timeout_ms
        anchor = Anchor(path) if anchored else None
        self._set_aside = self._prepare()
        if self._set_aside is not None and anchor is not None:
            anchor.drop()
        self._reader = JournalReader(path, busy_timeout_ms=busy_timeout_ms)
        self._writer = JournalWriter(path, busy_timeout_ms, self._reserve, retry_s, anchor)
        self._writer.start()
        if self._set_aside is not None:
            self.append([self._damage_entry(self._set_aside)])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def on_error(self) -> Callable[[JournalError], None] | None:
        """Called in the writer's thread when writing begins to fail, or (JournalReserveError) to use the reserve."""
        return self._writer.on_error

    @on_error.setter
    def on_error(self, called: Callable[[JournalError], None] | None) -> None:
        self._writer.on_error = called

    @property
    def on_recovered(self) -> Callable[[], None] | None:
        """Called in the writer's thread when all is well again."""
        return self._writer.on_recovered

    @on_recovered.setter
    def on_recovered(self, called: Callable[[], None] | None) -> None:
        self._writer.on_recovered = called

    @property
    def state(self) -> JournalState:
        """How the writer fares, for Diagnostics."""
        return self._writer.state

    def append(self, entries: Iterable[JournalEntry]) -> Future[int]:
        """Queue entries for one transaction; the future gives the last sequence number once they are on the disk.

        It raises `JournalError` when they could not be written; those that tell what has happened are then written
        later. To cancel it before its turn drops intents only.

        Raises:
            ValueError: A time has no zone, or a number is NaN.
            TypeError: An entry holds something that JSON has no form for.
        """
        work = Work(entries=[ready(entry) for entry in entries])
        self._writer.submit(work)
        return work.future

    def mark_announced(self, event_ids: Iterable[bytes]) -> Future[int]:
        """Note that alarms have been sent to clients."""
        work = Work(announced=list(event_ids))
        self._writer.submit(work)
        return work.future

    def restore(self) -> Restored:
        """Return what was retained, and journal each command without a result as one of unknown outcome.

        Raises:
            JournalError: The journal cannot be read: latches are not known, so nothing may be started.
        """
        restored = self._reader.restore()
        if restored.unfinished:
            self.append([self._unknown_entry(command) for command in restored.unfinished])
        return replace(restored, set_aside=self._set_aside)

    def query(self, begin: datetime, end: datetime, after_seq: int = 0, limit: int = 0) -> JournalPage:
        """Return a page of the rows from `begin` to `end`, both included (see `JournalReader`)."""
        return self._reader.query(begin, end, after_seq, limit)

    def verify(self) -> BadRow | None:
        """Return the first row that is not as it was written (see `JournalReader`)."""
        return self._reader.verify()

    def close(self) -> None:
        """Write what is queued and end the writer; more entries are refused."""
        self._writer.close()

    def _prepare(self) -> Path | None:
        """Make the file ready; what stands in the way now is told by the first write."""
        was_used = self._reserve.path.exists()
        try:
            aside = prepare(self._path, was_used, self._busy_timeout_ms, self._now)
        except (sqlite3.Error, OSError) as problem:
            if not (is_full(problem, self._path.parent) and self._reserve.release()):
                return None
            aside = self._prepare()
        self._reserve.ensure()
        return aside

    def _damage_entry(self, aside: Path) -> JournalEntry:
        return JournalEntry(
            time=self._now(),
            kind=EntryKind.SYSTEM,
            state="set aside",
            message=f"The {title(self._path)} was damaged. It was set aside as {aside.name} and a new one was started.",
        )

    def _unknown_entry(self, command: CommandRecord) -> JournalEntry:
        described = {key: str(command.intent.get(key, "")) for key in ("message", "device", "user")}
        return JournalEntry(
            time=self._now(),
            kind=EntryKind.COMMAND,
            state=UNKNOWN_OUTCOME,
            message=f"{described['message'] or 'A command'}: the server ended before the outcome was known",
            device=described["device"],
            user=described["user"],
            command=CommandMark(id=command.id, result={"outcome": UNKNOWN_OUTCOME}),
        )
