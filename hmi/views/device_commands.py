"""Command a device: methods, setpoints, outcome; or play its recording."""

from typing import Final

from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from hmi.link.types import DeviceInfo, Reply, TagInfo
from hmi.state.console import ConsoleState
from hmi.state.families import REPLAY
from hmi.theme.numbers import span
from hmi.theme.tokens import BODY, GRID, SMALL
from hmi.views import actions
from hmi.views.faces import strip_state, title_of, unit_of
from hmi.widgets.command_strip import CommandStrip
from hmi.widgets.facts import FactList
from hmi.widgets.panel import Panel, Text, rule

METHODS: Final = ("Start", "Shutdown", "Restart", "Maintain")
SPEEDS: Final = ("0.1", "0.5", "1", "2", "5", "10", "20", "50", "100")  # the server takes 0.1 to 100


class CommandsPanel(Panel):
    """Methods with confirmation, setpoints old → new, the outcome strip.

    objectNames: `device.Start|Shutdown|Restart|Maintain`, `device.setpoint.<Name>`, `device.strip`,
    `device.play`, `device.pause`, `device.speed`.
    """

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__("Commands", parent=parent)
        self._state = state
        self._device: DeviceInfo | None = None
        self._asked: dict[int, str] = {}
        self._setpoints: list[tuple[TagInfo, Text, QPushButton]] = []
        self.control = QWidget()
        self.playback = QWidget()
        self.methods = {name: self._method(name) for name in METHODS}
        self.why = Text("", size=SMALL, role="dim", elides=True)
        self.strip = CommandStrip()
        self.strip.setObjectName("device.strip")
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(12)
        self._rows.setVerticalSpacing(6)
        self._facts = FactList(("Recorded time", "Row", "Speed", "State"))
        self._said = Text("", size=SMALL, elides=True)
        self._lay_out_control()
        self._lay_out_playback()
        self.add(self.control)
        self.add(self.playback)
        self.body.addStretch(1)
        state.commands.changed.connect(self._on_command_changed)
        state.replied.connect(self._on_replied)

    def _method(self, name: str) -> QPushButton:
        made = QPushButton(f"{name}…")
        made.setObjectName(f"device.{name}")
        made.setProperty("method", name)
        made.clicked.connect(self._on_method)
        return made

    def _lay_out_control(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        for button in self.methods.values():
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self.control)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(buttons)
        column.addWidget(self.why)
        column.addWidget(rule())
        column.addLayout(self._rows)
        column.addWidget(rule())
        column.addWidget(self.strip)

    def _lay_out_playback(self) -> None:
        self.play, self.pause, self.speed = QPushButton("Play"), QPushButton("Pause"), QComboBox()
        self.speed.addItems([f"{s}×" for s in SPEEDS])
        self.speed.setCurrentIndex(SPEEDS.index("1"))
        for widget, name, words in (
            (self.play, "play", "Play the recording"),
            (self.pause, "pause", "Pause the recording"),
            (self.speed, "speed", "Speed of the recording"),
        ):
            widget.setObjectName(f"device.{name}")
            widget.setAccessibleName(words)
        self.play.clicked.connect(self._on_play)
        self.pause.clicked.connect(self._on_pause)
        self.speed.activated.connect(self._on_speed)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        for part in (self.play, self.pause, Text("Speed", role="dim"), self.speed):
            row.addWidget(part)
        row.addStretch(1)
        column = QVBoxLayout(self.playback)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(Text("Not controllable: this device plays a recording.", strong=True))
        column.addLayout(row)
        column.addWidget(rule())
        column.addWidget(self._facts)
        column.addWidget(self._said)

    def show_device(self, device: DeviceInfo) -> None:
        """Lay out the commands of a device."""
        self._device = device
        is_replay = device.type_name == REPLAY
        self.title.show_text("Playback" if is_replay else "Commands")
        self.control.setVisible(not is_replay)
        self.playback.setVisible(is_replay)
        self._said.show_text("")
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        tags = self._state.catalogue.tags_of(device.tag, "Setpoints")
        self._setpoints = [self._setpoint(row, tag) for row, tag in enumerate(tags)]
        self._show_strip()

    def _setpoint(self, row: int, tag: TagInfo) -> tuple[TagInfo, Text, QPushButton]:
        value = Text("–", size=BODY, strong=True)
        button = QPushButton("Change…")
        button.setObjectName(f"device.setpoint.{tag.name}")
        button.setAccessibleName(f"Change {title_of(tag)}")
        button.setProperty("tag", tag.tag_id)
        button.clicked.connect(self._on_setpoint)
        allowed = f"allowed {span(tag.low, tag.high, tag.precision, unit_of(tag))}"
        parts: tuple[QWidget, ...] = (
            Text(title_of(tag).removesuffix(" setpoint"), size=BODY), value, Text(unit_of(tag), size=SMALL, role="dim"), button,
            Text(allowed, size=SMALL, role="dim", elides=True),
        )  # fmt: skip
        for column, part in enumerate(parts):
            self._rows.addWidget(part, row, column)
        self._rows.setColumnStretch(len(parts) - 1, 1)
        return tag, value, button

    def refresh(self) -> None:
        """Show what is possible now, and why something is not."""
        device = self._device
        if device is None:
            return
        if device.type_name == REPLAY:
            self._refresh_playback(device)
            return
        reasons = {name: self._state.operator.why_not(device.tag, name) for name in METHODS}
        for name, button in self.methods.items():
            button.setEnabled(not reasons[name])
            button.setToolTip(reasons[name])
            button.setAccessibleName(f"{name} {device.tag}")
        self.control.setVisible(True)
        self.why.show_text(_why(reasons) or "every command asks for confirmation")
        barred = self._state.operator.why_not(device.tag, "Setpoint")
        for tag, value, button in self._setpoints:
            value.show_text(self._state.store.text(tag.tag_id))
            button.setEnabled(not barred)
            button.setToolTip(barred)
        self.aside.show_text("read-only" if self._state.operator.read_only else "")

    def _refresh_playback(self, device: DeviceInfo) -> None:
        for label, name in (
            ("Recorded time", "RecordedTime"),
            ("Row", "Position"),
            ("Speed", "Speed"),
            ("State", "Playing"),
        ):
            tag = self._state.catalogue.find(device.tag, "Playback", name)
            text = self._state.store.text(tag.tag_id) if tag else "–"
            if name == "Speed" and tag:
                text += "×"
            if name == "Playing":
                text = {"Yes": "playing", "No": "paused", "1.0": "playing", "0.0": "paused"}.get(text, text)
            self._facts.show_fact(label, text)
        able = self._state.session.is_live and not self._state.operator.read_only
        for widget in (self.play, self.pause, self.speed):
            widget.setEnabled(able)

    def _show_strip(self) -> None:
        life = self._state.commands.newest(self._device.tag) if self._device else None
        self.strip.show_state(strip_state(life, self._state.clock))

    def _on_command_changed(self, device: str) -> None:
        if self._device is not None and device == self._device.tag:
            self._show_strip()

    def _on_method(self) -> None:
        sender = self.sender()
        if self._device is not None and sender is not None:
            actions.call(self, self._state, self._device, str(sender.property("method")))

    def _on_setpoint(self) -> None:
        sender = self.sender()
        tag = self._state.catalogue.tag(int(sender.property("tag"))) if sender is not None else None
        if tag is not None:
            actions.change_setpoint(self, self._state, tag)

    def _on_play(self) -> None:
        self._playback("play", None, "Play")

    def _on_pause(self) -> None:
        self._playback("pause", None, "Pause")

    def _on_speed(self, index: int) -> None:
        self._playback("speed", float(SPEEDS[index]), f"Speed {SPEEDS[index]}×")

    def _playback(self, action: str, value: float | None, words: str) -> None:
        if self._device is not None:
            self._asked[self._state.link.playback(self._device.tag, action, value)] = words

    def _on_replied(self, reply: Reply) -> None:
        words = self._asked.pop(reply.request_id, "")
        if words:
            self._said.show_text(f"{words}: done" if reply.ok else f"{words}: refused, {reply.error}")


def _why(reasons: dict[str, str]) -> str:
    """Return the reasons in one line, each said once."""
    said: dict[str, list[str]] = {}
    for name, why in reasons.items():
        if why:
            said.setdefault(why, []).append(name)
    if len(said) == 1 and all(reasons.values()):
        return next(iter(said))
    return " · ".join(f"{', '.join(names)}: {why}" for why, names in said.items())
