"""Put what happens into the journal: commands before and after they act, stops, limits, alarms."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime

from asyncua import ua

from opcua_server.alarms.entries import CommandMark, EntryKind, JournalEntry, StoredLatches, alarm_entry
from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.journal import Journal, Restored
from opcua_server.alarms.records import Transition
from opcua_server.alarms.thresholds import LimitChange
from opcua_server.services.caller import Caller

_log = logging.getLogger(__name__)

INTENT_TIMEOUT_S = (
    1.5  # a command that cannot be recorded is refused, within the two seconds that a client waits
)


class RecordRefusedError(Exception):
    """The journal cannot take the intent, so the command must not act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended: what the client is told, now and at every repetition."""

    code: int
    text: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandNote:
    """One command as the journal tells it."""

    id: str
    caller: Caller
    device: str
    label: str
    value: object = None

    @property
    def text(self) -> str:
        """The command in one line."""
        return self.label if self.value is None else f"{self.label} → {self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderState:
    """How the journal fares, for Diagnostics."""

    waiting: int
    text: str


class Recorder:
    """The server's pen. Only `intent` waits for the disk."""

    def __init__(self, journal: Journal, restored: Restored) -> None:
        self._journal = journal
        self.restored = restored

    # ---- commands ------------------------------------------------------------------------------------------------

    async def intent(self, note: CommandNote) -> None:
        """Record what is about to be done.

        Raises:
            RecordRefusedError: It is not on the disk, and will not be written later.
        """
        value = note.value if isinstance(note.value, int | float | str | None) else str(note.value)
        intent = {"message": note.text, "device": note.device, "user": note.caller.name, "value": value}
        stored = self._journal.append(
            [_entry(note, "requested", command=CommandMark(id=note.id, intent=intent))]
        )
        try:
            async with asyncio.timeout(INTENT_TIMEOUT_S):
                await asyncio.wrap_future(stored)
        except TimeoutError as late:
            # It may have been too late to take it back: then this result says that nothing was done.
            refused = Outcome(
                code=ua.StatusCodes.BadResourceUnavailable, text="the journal was too slow", sequence=0
            )
            self.result(note, "refused", refused)
            raise RecordRefusedError(
                f"The journal did not take the command within {INTENT_TIMEOUT_S} s, so it was not done. E-stop still works."
            ) from late
        except JournalError as problem:
            raise RecordRefusedError(f"{problem} The command was not done. E-stop still works.") from problem

    def explained(self, note: CommandNote, reason: str) -> None:
        """Record why a command is about to come."""
        self._write([_entry(note, "explained", command=CommandMark(id=note.id), comment=reason)])

    def result(
        self, note: CommandNote, state: str, outcome: Outcome, *, latches: StoredLatches | None = None
    ) -> None:
        """Record what became of a command, and the latches and machines at rest where it changed them."""
        mark = CommandMark(
            id=note.id, result={"code": outcome.code, "text": outcome.text, "sequence": outcome.sequence}
        )
        text = "" if outcome.code == ua.StatusCodes.Good else outcome.text
        self._write([_entry(note, state, command=mark, comment=text, latches=latches)])

    def stopped(self, note: CommandNote, stopped: Iterable[str], latches: StoredLatches) -> None:
        """Record a stop that has been done."""
        mark = CommandMark(id=note.id, result={"code": 0, "text": "Stopped and latched", "sequence": 0})
        evidence = ", ".join(stopped)
        self._write([_entry(note, "done", command=mark, evidence=evidence, latches=latches)])

    def outcomes(self) -> Mapping[str, Outcome]:
        """Return how the commands of earlier runs ended, by id."""
        return {
            number: Outcome(
                code=int(result["code"]), text=str(result["text"]), sequence=int(result["sequence"])
            )
            for number, result in self.restored.results.items()
            if "code" in result
        }

    # ---- alarms --------------------------------------------------------------------------------------------------

    def transitions(self, transitions: Iterable[Transition], *, announced: bool = False) -> Future[int]:
        """Store transitions; the future is done when they are on the disk."""
        return self._journal.append([alarm_entry(each, announced=announced) for each in transitions])

    def announced(self, event_ids: Iterable[bytes]) -> None:
        """Note that clients have been told."""
        self._forget(self._journal.mark_announced(event_ids))

    def limit(self, change: LimitChange, user: str) -> None:
        """Store a limit that has been moved."""
        text = f"{change.key} {change.limit.words} limit {change.old:g} → {change.new:g}"
        self._write(
            [
                JournalEntry(
                    time=datetime.now(UTC),
                    kind=EntryKind.LIMIT,
                    message=text,
                    device=change.key.partition("/")[0],
                    condition=change.key,
                    user=user,
                    limit=change,
                )
            ]
        )

    # ---- the journal itself --------------------------------------------------------------------------------------

    def state(self) -> RecorderState:
        """Return how many entries wait and whether the journal can be written."""
        state = self._journal.state
        text = state.error or f"Written, last commit {state.last_commit_ms:.1f} ms"
        return RecorderState(waiting=state.queue_length + state.backlog, text=text)

    def _write(self, entries: list[JournalEntry]) -> None:
        self._forget(self._journal.append(entries))

    @staticmethod
    def _forget(future: Future[int]) -> None:
        """Log a write that failed; the journal keeps it for later, and its own alarm tells the operator."""

        def look(done: Future[int]) -> None:
            if not done.cancelled() and done.exception() is not None:
                _log.info("an entry is written later: %s", done.exception())

        future.add_done_callback(look)


def _entry(
    note: CommandNote,
    state: str,
    *,
    command: CommandMark,
    comment: str = "",
    evidence: str = "",
    latches: StoredLatches | None = None,
) -> JournalEntry:
    return JournalEntry(
        time=datetime.now(UTC),
        kind=EntryKind.COMMAND,
        message=note.text,
        device=note.device,
        state=state,
        user=note.caller.name,
        comment=comment,
        evidence=evidence,
        detail={"address": note.caller.address, "session": note.caller.session},
        latches=latches,
        command=command,
    )
