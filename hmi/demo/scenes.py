"""The steps of the demo, each by the means that an operator has."""

import time
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from hmi.demo.script import Step
from hmi.link.link import Link
from hmi.link.types import CommandStage, ConditionEvent, Reply
from hmi.state.device_columns import Running
from hmi.views.main_window import MainWindow

FAULTY, FAULT, ALARM = "GEN-001", "oil_leak", "GEN-001/Alarms/OilLeak"
COMMANDED, SETPOINT = "CNC-014", "SpindleSpeedSetpoint"
RIG, RIG_ALARM = "RIG-001", "RIG-001/Alarms/Novelty"
RIG_SPEED = 20.0
FAULT_AT_S = 5.0
HOLD_MS = 650  # the stop buttons want to be held for 500
LIFE_S = 20.0
_CONFIRMED = frozenset({CommandStage.READ_BACK, CommandStage.VERIFIED})


class Scenes:
    """What is done and looked at, on one window and its link."""

    def __init__(self, window: MainWindow, link: Link, export: Path) -> None:
        self._window = window
        self._link = link
        self._export = export
        self._replies: dict[int, Reply] = {}
        self._asked = -1
        self._wanted = float("nan")
        self._began = time.monotonic()
        self.values = 0
        self.raised: set[tuple[str, int]] = set()
        window.state.replied.connect(self._on_replied)
        link.samples_arrived.connect(self._on_samples_arrived)
        link.conditions_arrived.connect(self._on_conditions_arrived)

    def steps(self, *, with_recording: bool) -> list[Step]:
        """Return the script."""
        rig = [self._recording_plays()] if with_recording else []
        rig_fault = [self._recorded_fault()] if with_recording else []
        return [
            Step(name="console shows live values", act=_nothing, done=self._is_live, within_s=30.0),
            *rig,
            Step(name="fault injected", act=self._inject, done=self._has_reply, within_s=5.0),
            Step(name="alarm in the banner", act=_nothing, done=self._in_banner, within_s=40.0),
            Step(name="alarm acknowledged", act=self._acknowledge, done=self._is_acknowledged, within_s=5.0),
            Step(
                name="setpoint written and read back", act=self._write, done=self._is_read_back, within_s=5.0
            ),
            Step(name="e-stop", act=self._stop, done=self._is_stopped, within_s=3.0),
            Step(name="e-stop reset", act=self._reset, done=self._is_reset, within_s=3.0),
            *rig_fault,
            Step(name="log exported", act=self._save_log, done=self._log_tells_all, within_s=10.0),
        ]

    # ---- steps ---------------------------------------------------------------------------------------------------

    def _is_live(self) -> bool:
        tag = self._window.state.catalogue.find(FAULTY, "Measurements", "OilPressure")
        return tag is not None and self._window.state.store.reading(tag.tag_id).is_shown_as_good

    def _recording_plays(self) -> Step:
        def act() -> None:
            self._asked = self._link.playback(RIG, "speed", RIG_SPEED)

        return Step(name=f"recording plays at {RIG_SPEED:.0f}x", act=act, done=self._has_reply, within_s=5.0)

    def _recorded_fault(self) -> Step:
        def done() -> bool:
            return self._alarm(RIG_ALARM) is not None

        return Step(name="recorded fault found", act=_nothing, done=done, within_s=60.0)

    def _inject(self) -> None:
        _pause(max(0.0, FAULT_AT_S - (time.monotonic() - self._began)))
        self._asked = self._link.inject_fault(FAULTY, FAULT, severity=1.0, onset_s=0.0, life_s=LIFE_S)

    def _in_banner(self) -> bool:
        shown = self._window.state.alarms.process_banner()
        return any(_path(event) == ALARM for event in shown)

    def _acknowledge(self) -> None:
        for row in range(3):
            button = self._window.findChild(QAbstractButton, f"banner.ack.{row}")
            if button is not None and button.isVisible() and button.isEnabled():
                button.click()
                return

    def _is_acknowledged(self) -> bool:
        event = self._alarm(ALARM)
        return event is not None and event.acknowledged

    def _write(self) -> None:
        self._window.show_device(COMMANDED)
        state = self._window.state
        tag = state.catalogue.find(COMMANDED, "Setpoints", SETPOINT)
        assert tag is not None
        now = float(state.store.values[tag.tag_id])
        self._wanted = round(now * 0.9, -1)
        state.operator.write(tag, self._wanted)

    def _is_read_back(self) -> bool:
        life = self._window.state.commands.newest(COMMANDED)
        tag = self._window.state.catalogue.find(COMMANDED, "Setpoints", SETPOINT)
        if life is None or tag is None:
            return False
        confirmed = bool(_CONFIRMED & life.times_ns.keys())
        return confirmed and bool(self._window.state.store.values[tag.tag_id] == self._wanted)

    def _stop(self) -> None:
        """Hold the button as a person does."""
        button = self._window.findChild(QAbstractButton, "stop.device")
        assert button is not None
        centre = QPoint(button.width() // 2, button.height() // 2)
        QTest.mousePress(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, centre)
        _pause(HOLD_MS / 1000.0)
        QTest.mouseRelease(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, centre)

    def _is_stopped(self) -> bool:
        operator = self._window.state.operator
        return operator.is_latched(COMMANDED) and operator.running(COMMANDED) is Running.LATCHED

    def _reset(self) -> None:
        self._window.state.operator.reset_stop(COMMANDED)

    def _is_reset(self) -> bool:
        operator = self._window.state.operator
        return not operator.is_latched(COMMANDED) and operator.running(COMMANDED) is not Running.RUNNING

    def _save_log(self) -> None:
        self._export.unlink(missing_ok=True)
        self._asked = self._link.export_journal(
            "1970-01-01T00:00:00Z", "2999-12-31T00:00:00Z", "csv", str(self._export)
        )

    def _log_tells_all(self) -> bool:
        if not self._has_reply() or not self._export.exists():
            return False
        text = self._export.read_text(encoding="utf-8")
        return all(
            words in text
            for words in ("Critical oil leak", "Active, acknowledged", COMMANDED, "Emergency stop")
        )

    # ---- what is seen --------------------------------------------------------------------------------------------

    def _alarm(self, path: str) -> ConditionEvent | None:
        ranked = self._window.state.alarms.ranked()
        return next((event for event in ranked if _path(event) == path), None)

    def _has_reply(self) -> bool:
        reply = self._replies.get(self._asked)
        return reply is not None and reply.ok

    def failure(self) -> str:
        """Return what the server answered to the last question, where it refused."""
        reply = self._replies.get(self._asked)
        return reply.error if reply is not None and not reply.ok else ""

    def _on_replied(self, reply: Reply) -> None:
        self._replies[reply.request_id] = reply

    def _on_samples_arrived(self, batch: object) -> None:
        self.values += len(getattr(batch, "tag_ids", ()))

    def _on_conditions_arrived(self, events: tuple[ConditionEvent, ...]) -> None:
        self.raised.update((event.condition_id, event.active_ns) for event in events if event.active)

    @property
    def commands_ok(self) -> int:
        """How many commands ended as confirmed."""
        lives = self._window.state.commands.newest_first()
        return sum(bool(_CONFIRMED & life.times_ns.keys()) for life in lives)


def _path(event: ConditionEvent) -> str:
    return event.condition_id.partition(";s=")[2]


def _nothing() -> None:
    """Only look."""


def _pause(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()
