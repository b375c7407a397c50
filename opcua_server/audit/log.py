"""The audit log's pen: what is about to be done is on the disk before it is done."""

import asyncio
import logging
import os
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from opcua_server.alarms.anchor import Anchor
from opcua_server.alarms.entries import CommandMark
from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.journal import Journal, JournalState
from opcua_server.alarms.journal_read import JournalReader
from opcua_server.audit.records import AuditRecord, Deed, Stage, entry_of
from opcua_server.audit.repeats import Repeats
from opcua_server.audit.segments import SEGMENT_BYTES, close_segment, segments

_log = logging.getLogger(__name__)

FILE_NAME: Final = "audit.db"
BUDGET_BYTES: Final = 1 << 30  # about three million deeds
WARN_AT: Final = 0.8
RESERVE_BYTES: Final = 4 << 20
TIMEOUT_S: Final = 1.5  # as the journal's: within the two seconds that a client waits


class AuditRefusedError(Exception):
    """The audit log cannot take what is about to be done, so it must not be done."""


class AuditLog:
    """The audit log of one state directory. A server keeps it open; a command line opens it for one deed."""

    def __init__(
        self,
        path: Path,
        *,
        budget_bytes: int = BUDGET_BYTES,
        segment_bytes: int = SEGMENT_BYTES,
        reserve_bytes: int = RESERVE_BYTES,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Open the log and start its writer.

        Raises:
            JournalError: The file was written by a later version.
        """
        self.path = path
        self._budget_bytes = budget_bytes
        self._segment_bytes = segment_bytes
        self._now = now
        anchor = Anchor(path).read()
        self._journal = Journal(path, reserve_bytes=reserve_bytes, now=now, anchored=True)
        with suppress(OSError):
            os.chmod(path, 0o600)  # noqa: PTH101
        self._repeats: Repeats[AuditRecord] = Repeats()
        self._missing = _missing_rows(path, anchor.seq if anchor is not None else 0)
        if self._missing:
            text = f"{self._missing} rows at the end of the log are missing"
            self.note(AuditRecord(deed=Deed.AUDIT, target="audit log", user="server", comment=text))

    @property
    def journal(self) -> Journal:
        """What writes it, for its troubles."""
        return self._journal

    @property
    def state(self) -> JournalState:
        """How the writer fares."""
        return self._journal.state

    @property
    def missing_rows(self) -> int:
        """How many rows had gone since the log was last written."""
        return self._missing

    def recover(self) -> int:
        """Tell of every deed that an earlier run began and did not end; returns how many.

        Raises:
            JournalError: The log cannot be read.
        """
        unfinished = JournalReader(self.path).restore().unfinished
        for command in unfinished:
            known = {key: str(command.intent.get(key, "")) for key in ("deed", "target", "user", "address")}
            record = AuditRecord(
                deed=Deed(known["deed"] or Deed.CALL),
                target=known["target"],
                user=known["user"],
                address=known["address"],
                comment="the server ended before the outcome was known",
                stage=Stage.UNKNOWN,
            )
            mark = CommandMark(id=command.id, result={"stage": Stage.UNKNOWN})
            self._journal.append([entry_of(record, self._now(), command=mark)])
        return len(unfinished)

    async def intend(self, record: AuditRecord) -> str:
        """Write that something is about to be done; returns the id to end it by.

        Raises:
            AuditRefusedError: It is not on the disk, so it must not be done.
        """
        number = str(uuid4())
        intent = {
            "deed": record.deed,
            "target": record.target,
            "user": record.user,
            "address": record.address,
        }
        row = entry_of(
            replace(record, stage=Stage.REQUESTED), self._now(), command=CommandMark(id=number, intent=intent)
        )
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await asyncio.wrap_future(self._journal.append([row]))
        except TimeoutError as late:
            # It may be too late to take it back: then this says that nothing was done.
            self.end(number, record.ended(Stage.REFUSED, "", "the audit log was too slow"))
            raise AuditRefusedError(
                f"The audit log did not take it within {TIMEOUT_S} s, so it was not done. E-stop still works."
            ) from late
        except JournalError as problem:
            raise AuditRefusedError(f"{problem} It was not done. E-stop still works.") from problem
        return number

    def end(self, number: str, record: AuditRecord) -> None:
        """Write what became of it, as soon as the disk lets it."""
        mark = CommandMark(id=number, result={"stage": record.stage})
        _forget(self._journal.append([entry_of(record, self._now(), command=mark)]))

    def note(self, record: AuditRecord) -> "Future[int]":
        """Write what has happened, as soon as the disk lets it; the future is done when it is there."""
        return _forget(self._journal.append([entry_of(record, self._now())]))

    async def settled(self, noted: "Future[int]") -> None:
        """Wait for what was noted before it is answered; a disk that fails or is slow does not undo it."""
        with suppress(TimeoutError, JournalError):
            async with asyncio.timeout(TIMEOUT_S):
                await asyncio.shield(asyncio.wrap_future(noted))

    def refused(self, record: AuditRecord, *, kind: Hashable = None) -> None:
        """Write what was refused; what repeats itself as a number."""
        self.repeated(replace(record, stage=Stage.REFUSED), kind=kind)

    def repeated(self, record: AuditRecord, *, kind: Hashable = None) -> "Future[int] | None":
        """Write what has happened; what repeats itself within ten seconds as a number, and then nothing is returned.

        Records of one `kind` count as the same; by default those that are.
        """
        kind = kind or (
            record.deed,
            record.target,
            record.user,
            record.address,
            record.session,
            record.result,
        )
        return self.note(record) if self._repeats.is_first(kind, record) else None

    def tell_repeats(self, *, everything: bool = False) -> None:
        """Write the numbers that are due."""
        for record, more in self._repeats.due(everything=everything):
            self.note(replace(record, detail={**record.detail, "repeated": more}))

    def fullness(self) -> float:
        """Return how much of its budget the log takes up, all its segments together: 0 to 1 and beyond.

        Past the budget nothing is deleted and nothing refused: who fills the log, by logins that fail for one, could stop the plant's
        operators or wipe out traces. Somebody must archive its older segments; until then an alarm says so, and the disk's end is the
        log's.
        """
        files = [self.path.with_name(self.path.name + ending) for ending in ("", "-wal")]
        taken = 0
        for file in [*files, *(segment.path for segment in segments(self.path.parent))]:
            with suppress(OSError):
                taken += file.stat().st_size
        return taken / self._budget_bytes

    async def rotate(self) -> None:
        """Close a segment when it is time for one, away from the loop; called now and then.

        Trouble with it is told and harms nobody: the log goes on in one file.
        """
        try:
            closed = await asyncio.to_thread(close_segment, self.path, segment_bytes=self._segment_bytes)
        except JournalError as problem:
            _log.warning("no segment of the audit log was closed: %s", problem)
            return
        if closed is not None:
            _log.info("rows %d to %d of the audit log are in %s", closed.first, closed.last, closed.path.name)

    def close(self) -> None:
        """Write what is queued and end the writer."""
        self.tell_repeats(everything=True)
        self._journal.close()


def _missing_rows(path: Path, noted_seq: int) -> int:
    if not noted_seq:
        return 0
    try:
        return max(0, noted_seq - JournalReader(path).head().seq)
    except JournalError:
        return 0  # told by the first write


def _forget(future: "Future[int]") -> "Future[int]":
    """Log a write that failed; the row is kept for later, and an alarm tells the operator."""

    def look(done: "Future[int]") -> None:
        if not done.cancelled() and done.exception() is not None:
            _log.info("an audit record is written later: %s", done.exception())

    future.add_done_callback(look)
    return future
