"""The screen's end of the link: a QObject in the GUI thread, an asyncio loop in a thread of its own."""

import asyncio
import itertools
import logging
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from hmi.account import Account
from hmi.link.sink import Sink
from hmi.link.types import CommandRequest, Reply

if TYPE_CHECKING:
    from hmi.link.runtime import Runtime

CLOSE_TIMEOUT_S: Final = 3.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """Where the console's account and certificate lie, and those of servers it has met."""

    folder: Path
    own_server: Path | None = (
        None  # the certificate of the server of the same user, which alone is told the account
    )


class Link(QObject):
    """The plant over OPC UA, as the screen sees it.

    Create it in the GUI thread; `open()` begins, `close()` ends its thread. Nothing here ever waits for the network:
    commands come back as `command_changed`, questions as `replied` with the id that was returned.
    """

    status_changed = Signal(object)  # LinkStatus
    model_arrived = Signal(object)  # PlantModel
    samples_arrived = Signal(object)  # SampleBatch
    texts_arrived = Signal(object)  # tuple[TextSample, ...]
    conditions_arrived = Signal(object)  # tuple[ConditionEvent, ...]
    conditions_refreshed = Signal(object)  # tuple[ConditionEvent, ...], the whole list
    command_changed = Signal(object)  # CommandUpdate
    replied = Signal(object)  # Reply

    def __init__(self, url: str, parent: QObject | None = None, *, keys: KeyPlace | None = None) -> None:
        super().__init__(parent)
        self.url = url
        self._keys = keys
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._waiting: list[Callable[[Runtime], None]] = []  # asked for before the loop ran
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runtime: Runtime | None = None
        self._closing = False
        self._request_ids = itertools.count(1)

    # ---- life ----------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Begin to connect."""
        if self._thread is None:
            self._closing = False
            self._thread = threading.Thread(target=self._run, name="andon-link", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread; returns within 3 s."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._closing = True
        self._post(lambda runtime: runtime.stop())
        thread.join(CLOSE_TIMEOUT_S)
        if thread.is_alive():
            _log.error("the link's thread has not ended within %.0f s", CLOSE_TIMEOUT_S)

    # ---- commands ------------------------------------------------------------------------------------------------

    def execute(self, request: CommandRequest) -> None:
        """Send a command; its life comes back as `command_changed`."""
        self._spawn(lambda runtime: runtime.execute(request))

    def stop(self, device: str | None) -> None:
        """Stop a device, or the plant for None, at once on the stop session."""
        self._spawn(lambda runtime: runtime.stops.stop(device))

    def reset_stop(self, device: str | None) -> None:
        """Clear one latch; starts nothing."""
        self._spawn(lambda runtime: runtime.stops.reset(device))

    def show_first(self, tag_ids: Sequence[int]) -> None:
        """Subscribe the tags of the visible page before the others."""
        wanted = tuple(tag_ids)
        self._post(lambda runtime: runtime.session.show_first(wanted))

    def accept_server(self, thumbprint: str) -> None:
        """Believe a server that shows a new certificate."""
        self._spawn(lambda runtime: runtime.accept_server(thumbprint))

    # ---- questions -----------------------------------------------------------------------------------------------

    def log_in(self, name: str, password: str) -> int:
        """Act for a user from now on; a refusal is the reply's error, and nothing changes."""
        account = Account(name, password)
        return self._ask(lambda runtime, number: runtime.log_in(number, account))

    def log_out(self) -> int:
        """Act for nobody from now on."""
        return self._ask(lambda runtime, number: runtime.log_in(number, None))

    def acknowledge(self, condition_id: str, event_id: bytes, comment: str) -> int:
        """Acknowledge an alarm; returns the id of the reply."""
        return self._ask(lambda r, number: r.acknowledge(number, condition_id, event_id, comment))

    def query_journal(self, from_iso: str, to_iso: str, after_seq: int, limit: int) -> int:
        """Ask for a page of the journal: {"rows": tuple[JournalRow, ...], "last_seq": int, "more": bool}."""
        return self._ask(lambda r, number: r.query_journal(number, from_iso, to_iso, after_seq, limit))

    def export_journal(self, from_iso: str, to_iso: str, fmt: str, path: str) -> int:
        """Write the journal to a file ("csv" or "jsonl"): {"path": str, "bytes": int}."""
        return self._ask(lambda r, number: r.export_journal(number, from_iso, to_iso, fmt, path))

    def call_predict(
        self, temperature_c: float, humidity_pct: float, sound_db: float, vibration_mm_s: float
    ) -> int:
        """Judge one reading of a component: {"score": float, "is_anomaly": bool, "reason": str}."""
        readings = (temperature_c, humidity_pct, sound_db, vibration_mm_s)
        return self._ask(lambda r, number: r.predict(number, readings))

    def playback(self, device: str, action: str, value: float | None = None) -> int:
        """Play, pause or pace a recording: action "play", "pause" or "speed" with `value` times recorded speed."""
        return self._ask(lambda r, number: r.playback(number, device, action, value))

    def simulate(self, method: str, *values: str | float | bool) -> int:
        """Call one of the trainer's methods, "RunScenario"; the reply holds its outputs, a list a column."""
        return self._ask(lambda r, number: r.simulate(number, method, values))

    def what_if(self, device: str, setpoint: str, value: float, minutes: float) -> int:
        """Ask what would become of a device with another setpoint; the reply holds a `Forecast`."""
        return self._ask(lambda r, number: r.what_if(number, device, setpoint, value, minutes))

    def inject_fault(
        self, device: str, fault: str, severity: float = 1.0, onset_s: float = 0.0, life_s: float = 0.0
    ) -> int:
        """Make a device develop a fault; 0 s of life takes the fault's own."""
        return self._ask(lambda r, number: r.inject_fault(number, device, fault, severity, onset_s, life_s))

    def clear_faults(self, device: str = "") -> int:
        """Remove injected faults of a device, or all for ""."""
        return self._ask(lambda r, number: r.clear_faults(number, device))

    # ---- inside --------------------------------------------------------------------------------------------------

    def _ask(self, question: "Callable[[Runtime, int], Coroutine[Any, Any, None]]") -> int:
        number = next(self._request_ids)
        if self._thread is None:
            self.replied.emit(
                Reply(request_id=number, ok=False, error="There is no connection to the server.")
            )
        else:
            self._spawn(lambda runtime: question(runtime, number))
        return number

    def _spawn(self, work: "Callable[[Runtime], Coroutine[Any, Any, None]]") -> None:
        self._post(lambda runtime: runtime.spawn(work(runtime)))

    def _post(self, job: "Callable[[Runtime], None]") -> None:
        """Run a job in the link's loop, at once; one posted before the loop runs waits for it."""
        with self._lock:
            loop, runtime = self._loop, self._runtime
            if loop is None or runtime is None:
                self._waiting.append(job)
                return
            loop.call_soon_threadsafe(job, runtime)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception:  # noqa: BLE001  a thread that dies must say so
            _log.exception("the link's thread failed")

    async def _main(self) -> None:
        # Imported here: asyncua takes half a second, which the window need not wait for.
        from hmi.link.runtime import Runtime  # noqa: PLC0415
        from hmi.link.security import Keyring  # noqa: PLC0415

        keyring = Keyring(self._keys.folder, self._keys.own_server) if self._keys else None
        runtime = Runtime(self.url, self._sink(), keyring)
        with self._lock:
            self._loop, self._runtime = asyncio.get_running_loop(), runtime
            waiting, self._waiting = self._waiting, []
            for job in waiting:
                self._loop.call_soon(job, runtime)
        try:
            await runtime.run()
        finally:
            with self._lock:
                self._loop = self._runtime = None

    def _sink(self) -> Sink:
        return Sink(
            status=self.status_changed.emit,
            model=self.model_arrived.emit,
            samples=self.samples_arrived.emit,
            texts=self.texts_arrived.emit,
            conditions=self.conditions_arrived.emit,
            refreshed=self.conditions_refreshed.emit,
            command=self.command_changed.emit,
            reply=self.replied.emit,
        )
