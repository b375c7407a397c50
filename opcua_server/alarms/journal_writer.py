"""Write the journal from one thread: all that is queued goes into one transaction."""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from opcua_server.alarms.anchor import Anchor
from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.journal_faults import explain, is_disk_trouble, is_full, needs_reopening, title
from opcua_server.alarms.journal_file import connect
from opcua_server.alarms.journal_write import ReadyEntry, write_batch
from opcua_server.alarms.reserve import Reserve

_LARGEST_BATCH: Final = (
    5_000  # works a transaction, so that a long queue is written in steps that can be seen
)
_LARGEST_BACKLOG: Final = 10_000  # entries kept for a disk that comes back; the oldest go first


class JournalReserveError(JournalError):
    """The disk is full; everything is still written, but on the reserve."""


@dataclass(slots=True)
class Work:
    """What one caller wants written, and where it hears of it."""

    entries: Sequence[ReadyEntry] = ()
    announced: Sequence[bytes] = ()
    future: Future[int] = field(default_factory=Future)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalState:
    """How the writer fares. `error` is empty while all is well."""

    queue_length: int
    last_commit_ms: float
    error: str
    on_reserve: bool
    backlog: int

    @property
    def text(self) -> str:
        """One sentence for the Diagnostics page."""
        return self.error or "The journal is written."


class JournalWriter:
    """The thread that owns the writing connection.

    A batch that fails rejects its futures at once. What has happened (alarms, latches, results) is kept and written as soon
    as it can be; an intent is not, for its command is refused. The callbacks run in this thread, once a trouble.
    """

    def __init__(
        self,
        path: Path,
        busy_timeout_ms: int,
        reserve: Reserve,
        retry_s: float,
        anchor: Anchor | None = None,
    ) -> None:
        self.on_error: Callable[[JournalError], None] | None = None
        self.on_recovered: Callable[[], None] | None = None
        self._path = path
        self._busy_timeout_ms = busy_timeout_ms
        self._reserve = reserve
        self._retry_s = retry_s
        self._anchor = anchor
        self._queue: deque[Work] = deque()
        self._backlog: deque[ReadyEntry] = deque(maxlen=_LARGEST_BACKLOG)
        self._announced_late: set[bytes] = set()
        self._wake = threading.Condition()
        self._closing = False
        self._connection: sqlite3.Connection | None = None
        self._trouble: JournalError | None = None
        self._on_reserve = False
        self._last_commit_ms = 0.0
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(self, work: Work) -> None:
        """Queue some work; its future is done when it has been committed or has failed."""
        with self._wake:
            if not self._closing:
                self._queue.append(work)
                self._wake.notify()
                return
        work.future.set_exception(JournalError(f"The {title(self._path)} is closed."))

    def close(self) -> None:
        """Write what is queued and end the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    @property
    def state(self) -> JournalState:
        """How it fares now."""
        trouble = self._trouble
        return JournalState(
            queue_length=len(self._queue),
            last_commit_ms=self._last_commit_ms,
            error=str(trouble) if trouble is not None else "",
            on_reserve=self._on_reserve,
            backlog=len(self._backlog),
        )

    # ---- In the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while (batch := self._take()) is not None:
                self._handle(batch)
        finally:
            self._disconnect()

    def _take(self) -> list[Work] | None:
        """Return what is queued, nothing when it is time to try again, None when all is done."""
        with self._wake:
            if not self._queue and not self._closing:
                self._wake.wait(self._retry_s if self._is_uneasy else None)
            if not self._queue and self._closing:
                return None
            return [self._queue.popleft() for _ in range(min(len(self._queue), _LARGEST_BATCH))]

    @property
    def _is_uneasy(self) -> bool:
        return self._trouble is not None or self._on_reserve

    def _handle(self, batch: list[Work]) -> None:
        running = [work for work in batch if work.future.set_running_or_notify_cancel()]
        # To cancel a future drops an intent, never what has happened.
        entries = [
            one for work in batch for one in work.entries if one.entry.keep or not work.future.cancelled()
        ]
        announced = [event_id for work in batch for event_id in work.announced]
        try:
            seq = self._commit([*self._backlog, *entries], [*self._announced_late, *announced])
        except Exception as problem:  # noqa: BLE001  # whatever happens, no caller may wait forever
            self._fail(problem, running, entries, announced)
        else:
            self._succeed(seq, running)

    def _commit(self, entries: list[ReadyEntry], announced: list[bytes]) -> int:
        began = time.perf_counter()
        try:
            seq = self._write(entries, announced)
        except sqlite3.Error as problem:
            if not (is_full(problem, self._path.parent) and self._reserve.release()):
                raise
            self._on_reserve = True
            seq = self._write(entries, announced)
        self._last_commit_ms = (time.perf_counter() - began) * 1000.0
        return seq

    def _write(self, entries: list[ReadyEntry], announced: list[bytes]) -> int:
        try:
            if self._connection is None:
                self._connection = connect(self._path, self._busy_timeout_ms)
            seq = write_batch(self._connection, entries, announced)
        except sqlite3.Error as problem:
            if needs_reopening(problem):
                self._disconnect()
            raise
        if self._anchor is not None:
            self._anchor.follow(self._connection)
        return seq

    def _fail(
        self, problem: Exception, running: list[Work], entries: list[ReadyEntry], announced: list[bytes]
    ) -> None:
        if is_disk_trouble(problem):
            self._backlog.extend(one for one in entries if one.entry.keep)
            self._announced_late.update(announced)
        trouble = explain(problem, self._path)
        is_new = self._trouble is None or isinstance(self._trouble, JournalReserveError)
        self._trouble = trouble
        for work in running:
            work.future.set_exception(trouble)
        if is_new and self.on_error is not None:
            self.on_error(trouble)

    def _succeed(self, seq: int, running: list[Work]) -> None:
        self._backlog.clear()
        self._announced_late.clear()
        for work in running:
            work.future.set_result(seq)
        before, self._trouble = self._trouble, self._reserve_trouble()
        if self._trouble is None and before is not None and self.on_recovered is not None:
            self.on_recovered()
        elif self._trouble is not None and before is None and self.on_error is not None:
            self.on_error(self._trouble)

    def _reserve_trouble(self) -> JournalReserveError | None:
        self._on_reserve = self._on_reserve and not self._reserve.ensure()
        if not self._on_reserve:
            return None
        return JournalReserveError(
            f"The disk that holds {self._path.parent} is full: the {title(self._path)} uses its reserve. Free some space on it."
        )

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
