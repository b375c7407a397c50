"""Keep the selected device's commands and the stop buttons at the foot of the window.

objectNames: `commandBar.acknowledge`, `commandBar.setpoint`, `commandBar.start`, `commandBar.shutdown`,
`commandBar.restart`, `commandBar.reset`, `commandBar.message`, `stop.device`, `stop.plant`.
"""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from hmi.state.console import ConsoleState
from hmi.state.families import family
from hmi.theme.tokens import COMMAND_BAR, GRID, SMALL, TINY, TITLE
from hmi.views import actions
from hmi.widgets.hold_button import HoldButton
from hmi.widgets.panel import Text

CAPTION: Final = "software stop, not a safety function"
_METHODS: Final = ("Start", "Shutdown", "Restart")


class CommandBar(QFrame):
    """Selected device, its commands, what became of the last one; STOP apart from everything."""

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.device = ""
        self.setObjectName("commandBar")
        self.setFixedHeight(COMMAND_BAR)
        self._tag = Text("–", size=TITLE, strong=True)
        self._facts = Text("", size=TINY, role="dim")
        self.message = Text("", size=SMALL, elides=True)
        self.message.setObjectName("commandBar.message")
        self._buttons = {name: self._button(name, words) for name, words in (
            ("acknowledge", "Acknowledge"), ("setpoint", "Setpoint…"), ("start", "Start…"),
            ("shutdown", "Shutdown…"), ("restart", "Restart…"),
        )}  # fmt: skip
        self._buttons["acknowledge"].clicked.connect(self._on_acknowledge)
        self._buttons["setpoint"].clicked.connect(self._on_setpoint)
        for method in _METHODS:
            self._buttons[method.lower()].clicked.connect(self._on_method)
        self.reset = self._button("reset", "Reset stop…")
        self.reset.clicked.connect(self._on_reset)
        self._latched = Text("", size=SMALL, strong=True)
        self.stop_device = HoldButton("STOP", quiet=True, parent=self)
        self.stop_device.setObjectName("stop.device")
        self.stop_device.stop_requested.connect(self._on_stop_device)
        self.stop_plant = HoldButton("STOP PLANT", parent=self)
        self.stop_plant.setObjectName("stop.plant")
        self.stop_plant.stop_requested.connect(self._on_stop_plant)
        self._lay_out()
        self.refresh()

    def _button(self, name: str, words: str) -> QPushButton:
        made = QPushButton(words, self)
        made.setObjectName(f"commandBar.{name}")
        made.setProperty("command", name)
        return made

    def _lay_out(self) -> None:
        who = QVBoxLayout()
        who.setSpacing(0)
        who.addStretch(1)
        who.addWidget(self._facts)
        who.addWidget(self._tag)
        who.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(who)
        layout.addSpacing(2 * GRID)
        for button in self._buttons.values():
            layout.addWidget(button)
        layout.addSpacing(GRID)
        layout.addWidget(self.message, 1)
        layout.addWidget(self._latched)
        layout.addWidget(self.reset)
        layout.addSpacing(GRID)
        layout.addWidget(self._stop_area())

    def _stop_area(self) -> QFrame:
        area = QFrame(self)
        area.setObjectName("stopArea")
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * GRID)
        buttons.addWidget(self.stop_device)
        buttons.addWidget(self.stop_plant)
        column = QVBoxLayout(area)
        column.setContentsMargins(16, 5, 14, 3)
        column.setSpacing(1)
        column.addLayout(buttons)
        caption = Text(CAPTION, size=TINY, role="dim")
        caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(caption)
        return area

    def select(self, device: str) -> None:
        """Take a device as the one that the commands are for."""
        if device != self.device:
            self.device = device
            self.refresh()

    def say(self, sentence: str) -> None:
        """Show what became of the last command."""
        self.message.show_text(sentence)

    def refresh(self) -> None:
        """Show what is possible now, and why something is not."""
        found = self._state.catalogue.device(self.device)
        self._tag.show_text(self.device or "no device")
        words = (
            f"{family(found.type_name).full} · {found.area} / {found.line}"
            if found
            else "choose one in a table"
        )
        self._facts.show_text(words)
        self._refresh_commands()
        self._refresh_stops()

    def _refresh_commands(self) -> None:
        operator, read_only = self._state.operator, self._state.operator.read_only
        for name, button in self._buttons.items():
            button.setVisible(not read_only)
            if read_only:
                continue
            why = self._why_not(name)
            button.setEnabled(not why)
            button.setToolTip(why)
            button.setAccessibleName(f"{button.text().rstrip('…')} {self.device}".strip())
        self._latched.setVisible(self._latched_words() != "")
        self._latched.show_text(self._latched_words())
        self.reset.setVisible(self._latched_words() != "" and not read_only)
        self.reset.setAccessibleName(
            f"Reset the stop of {self.device if not operator.is_latched(None) else 'the plant'}"
        )
        self.reset.setEnabled(self._state.session.is_live)

    def _why_not(self, name: str) -> str:
        if not self.device:
            return "choose a device first"
        if name == "acknowledge" and not self._state.session.is_live:
            return "no connection to the server"
        if name == "acknowledge":
            waiting = [e for e in self._state.alarms.of_device(self.device) if not e.acknowledged]
            return "" if waiting else "it has no unacknowledged alarm"
        if name == "setpoint":
            if not self._state.catalogue.tags_of(self.device, "Setpoints"):
                return self._state.operator.why_not(self.device, "Setpoint") or "it has no setpoint"
            return self._state.operator.why_not(self.device, "Setpoint")
        return self._state.operator.why_not(self.device, name.capitalize())

    def _latched_words(self) -> str:
        if self._state.operator.is_latched(None):
            return "Plant stopped by e-stop"
        return f"{self.device} stopped by e-stop" if self._state.operator.is_latched(self.device) else ""

    def _refresh_stops(self) -> None:
        ready = self._state.session.stop_ready
        why = "" if ready else "The session for stopping is not live: use the stop devices at the machine."
        stoppable = bool(self.device) and self._state.operator.is_stoppable(self.device)
        self.stop_device.setVisible(stoppable)
        self.stop_device.set_label(f"STOP {self.device}")
        self.stop_device.set_available(ready, why)
        self.stop_plant.set_available(ready, why)

    def _on_acknowledge(self) -> None:
        self._state.operator.acknowledge(self._state.alarms.of_device(self.device))

    def _on_setpoint(self) -> None:
        tags = self._state.catalogue.tags_of(self.device, "Setpoints")
        if tags:
            actions.change_setpoint(self, self._state, tags[0])

    def _on_method(self) -> None:
        found, sender = self._state.catalogue.device(self.device), self.sender()
        if found is not None and sender is not None:
            actions.call(self, self._state, found, str(sender.property("command")).capitalize())

    def _on_reset(self) -> None:
        plant = self._state.operator.is_latched(None)
        actions.reset_stop(self, self._state, None if plant else self.device)

    def _on_stop_device(self) -> None:
        self.say(f"Stop of {self.device} sent")
        self._state.operator.stop(self.device)

    def _on_stop_plant(self) -> None:
        self.say("Stop of the plant sent")
        self._state.operator.stop(None)
