"""A link with scripted data, for unit tests of the screen."""

import functools
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QObject, Signal

from hmi.link.types import (
    CommandRequest,
    CommandStage,
    CommandUpdate,
    ConditionEvent,
    JournalRow,
    LinkState,
    LinkStatus,
    Reply,
    SampleBatch,
    TextSample,
)
from tests.fakes.plant_shape import PlantShape

GOOD: Final = 0
BAD_NO_COMMUNICATION: Final = 0x80310000
_DIAGNOSTICS: Final = {
    "Simulation/Speed": 1.0,
    "Diagnostics/Sessions": 1.0,
    "Diagnostics/PublishLag": 3.0,
    "Diagnostics/StepTime": 2.0,
    "Diagnostics/Nodes": 8464.0,
    "Diagnostics/MonitoredItems": 2901.0,
    "Energy/PowerDrawn": 640.0,
    "Energy/PowerIdle": 12.0,
    "Energy/PowerGenerated": 412.0,
    "Energy/Price": 0.25,
}
URL: Final = "opc.tcp://127.0.0.1:4840"


class FakeLink(QObject):
    """Satisfies `hmi.state.port.LinkPort`; remembers what was asked of it."""

    status_changed = Signal(object)
    model_arrived = Signal(object)
    samples_arrived = Signal(object)
    texts_arrived = Signal(object)
    conditions_arrived = Signal(object)
    conditions_refreshed = Signal(object)
    command_changed = Signal(object)
    replied = Signal(object)

    def __init__(
        self, *, replay: bool = False, now_s: float | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.shape = _shape(replay=replay)
        self.model = self.shape.model()
        self.values = np.array(self.shape.typical)
        self.status = np.zeros(self.values.size, np.uint32)
        self.now_s = now_s if now_s is not None else time.time()
        self.rng = np.random.default_rng(7)
        self.asked: list[tuple[Any, ...]] = []
        self._reply = 0
        self._is_number = np.array([not t.is_text for t in self.model.tags])
        self._noisy = np.array([t.group == "Measurements" for t in self.model.tags])
        self.reset()

    def reset(self) -> None:
        """Start over: typical values, nothing asked."""
        self.values[:] = self.shape.typical
        self.status[:] = GOOD
        self.asked.clear()
        self._reply = 0
        self._offset = np.where(self._noisy, self.rng.normal(0, 0.03, self.values.size), 0.0)
        for path, value in _DIAGNOSTICS.items():
            self.set_plant(path, value)

    # what a test scripts

    def connect_plant(self, seconds: int = 2) -> None:
        """Go live: the model, some seconds of values, no alarms."""
        self.go_live()
        self.model_arrived.emit(self.model)
        self.texts_arrived.emit(self._texts())
        for _ in range(seconds):
            self.tick()
        self.conditions_refreshed.emit(())

    def go_live(self, **changes: Any) -> None:
        """Report a live link."""
        live = LinkStatus(
            state=LinkState.LIVE, url=URL, latency_ms=12.0, silent_s=0.1, server_version="0.1.0",
            stop_ready=True, stop_latency_ms=3.0,
        )  # fmt: skip
        self.status_changed.emit(replace(live, **changes))

    def go_silent(self, silent_s: float = 1.2, state: LinkState = LinkState.STALE) -> None:
        """Report a link from which nothing comes."""
        self.status_changed.emit(
            LinkStatus(
                state=state, url=URL, reason="no data from the server", silent_s=silent_s, stop_ready=False
            )
        )

    def tick(self, dt_s: float = 1.0) -> None:
        """Send one frame of values."""
        self.now_s += dt_s
        noise = np.where(self._noisy, self._offset + self.rng.normal(0, 0.004, self.values.size), 0.0)
        ids = np.flatnonzero(self._is_number).astype(np.int32)
        self.send(ids, (self.values * (1 + noise))[ids], self.status[ids])

    def send(self, ids: Sequence[int] | np.ndarray[Any, Any], values: Any, status: Any = None) -> None:
        """Send values as they are."""
        tag_ids = np.asarray(ids, np.int32)
        n = tag_ids.size
        codes = np.zeros(n, np.uint32) if status is None else np.asarray(status, np.uint32)
        stamps = np.full(n, int(self.now_s * 1e9), np.int64)
        self.samples_arrived.emit(
            SampleBatch(
                tag_ids=tag_ids,
                values=np.asarray(values, np.float64),
                status=codes,
                source_ns=stamps,
                arrived_s=time.monotonic(),
            )
        )

    def tag(self, path: str) -> int:
        """Return a tag's id by its path."""
        return next(t.tag_id for t in self.model.tags if t.node_id.endswith(f"s={path}"))

    def set_plant(self, path: str, value: float, status: int = GOOD) -> None:
        """Script a tag's value for the ticks to come."""
        at = self.tag(path)
        self.values[at], self.status[at] = value, status
        self._offset[at] = 0.0

    def set_state(self, device: str, running: int) -> None:
        """Script a device's running state; 5 is offline."""
        self.set_plant(f"{device}/State/RunningState", float(running))
        if running == 5:
            for tag_id in next(d for d in self.model.devices if d.tag == device).tags:
                self.status[tag_id] = BAD_NO_COMMUNICATION

    def say(self, path: str, text: str) -> None:
        """Send the value of a text tag."""
        self.texts_arrived.emit(
            (TextSample(tag_id=self.tag(path), text=text, status=GOOD, source_ns=int(self.now_s * 1e9)),)
        )

    def alarm(self, path: str, message: str, priority: int, **changes: Any) -> ConditionEvent:
        """Make an alarm and send it."""
        device, _, name = path.partition("/")
        stamp = int(self.now_s * 1e9)
        given: dict[str, Any] = {
            "condition_id": f"nsu=urn:andon:factory;s={device}/Alarms/{name}", "event_id": path.encode(),
            "device": device, "source": name, "name": name, "message": message, "priority": priority,
            "severity": (900, 700, 500, 200)[priority - 1], "predicted": priority == 4, "active": True,
            "acknowledged": False, "retain": True, "time_ns": stamp, "active_ns": stamp,
        }  # fmt: skip
        event = ConditionEvent(**(given | changes))
        self.conditions_arrived.emit((event,))
        return event

    def _texts(self) -> tuple[TextSample, ...]:
        said = {
            "JournalState": "ok",
            "WorkerState": "running",
            "ServerVersion": "0.1.0",
            "PlantFile": "factory.toml",
        }
        stamp = int(self.now_s * 1e9)
        return tuple(
            TextSample(tag_id=t.tag_id, text=said.get(t.name, ""), status=GOOD, source_ns=stamp)
            for t in self.model.tags
            if t.is_text
        )

    # what the screen asks

    def execute(self, request: CommandRequest) -> None:
        self.asked.append(("execute", request))
        for stage in (
            CommandStage.SENT,
            CommandStage.ACCEPTED,
            CommandStage.READ_BACK,
            CommandStage.VERIFIED,
        ):
            self.advance(request, stage)

    def advance(self, request: CommandRequest, stage: CommandStage, reason: str = "") -> None:
        """Report one stage of a command."""
        self.command_changed.emit(
            CommandUpdate(
                command_id=request.command_id,
                device=request.device,
                label=request.label,
                stage=stage,
                reason=reason,
                time_ns=int(self.now_s * 1e9),
            )
        )

    def log_in(self, name: str, password: str) -> int:
        self.asked.append(("log_in", name, password))
        return self._next()

    def log_out(self) -> int:
        self.asked.append(("log_out",))
        return self._next()

    def accept_server(self, thumbprint: str) -> None:
        self.asked.append(("accept_server", thumbprint))

    def acknowledge(self, condition_id: str, event_id: bytes, comment: str) -> int:
        self.asked.append(("acknowledge", condition_id, event_id, comment))
        return self._next()

    def stop(self, device: str | None) -> None:
        self.asked.append(("stop", device))

    def reset_stop(self, device: str | None) -> None:
        self.asked.append(("reset_stop", device))

    def show_first(self, tag_ids: Sequence[int]) -> None:
        self.asked.append(("show_first", tuple(tag_ids)))

    def query_journal(self, from_iso: str, to_iso: str, after_seq: int, limit: int) -> int:
        self.asked.append(("query_journal", from_iso, to_iso, after_seq, limit))
        return self._next()

    def export_journal(self, from_iso: str, to_iso: str, fmt: str, path: str) -> int:
        self.asked.append(("export_journal", from_iso, to_iso, fmt, path))
        return self._next()

    def playback(self, device: str, action: str, value: float | None = None) -> int:
        self.asked.append(("playback", device, action, value))
        return self._next()

    def call_predict(
        self, temperature_c: float, humidity_pct: float, sound_db: float, vibration_mm_s: float
    ) -> int:
        self.asked.append(("call_predict", temperature_c, humidity_pct, sound_db, vibration_mm_s))
        return self._next()

    def simulate(self, method: str, *values: str | float | bool) -> int:
        self.asked.append(("simulate", method, *values))
        return self._next()

    def what_if(self, device: str, setpoint: str, value: float, minutes: float) -> int:
        self.asked.append(("what_if", device, setpoint, value, minutes))
        return self._next()

    def _next(self) -> int:
        self._reply += 1
        return self._reply

    def answer(self, request_id: int, payload: object = None, error: str = "") -> None:
        """Answer a question."""
        self.replied.emit(Reply(request_id=request_id, ok=not error, error=error, payload=payload))


@functools.cache
def _shape(*, replay: bool) -> PlantShape:
    return PlantShape(replay=replay)


def journal_row(seq: int, message: str = "High: 83.4 °C above 80.0 °C") -> JournalRow:
    """Return a journal row as the server would give it."""
    return JournalRow(
        seq=seq,
        time=f"2026-11-20T09:31:{seq % 60:02d}.000Z",
        kind="alarm",
        device="PRESS-007",
        source="OilTemperature",
        priority="3",
        state="ACTIVE_UNACKED",
        message=message,
        user="",
        comment="",
    )
