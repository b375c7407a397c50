"""Tell everything about one alarm: cause, consequence, what to do, evidence."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from hmi.link.types import ConditionEvent
from hmi.state.alarm_table import alarm_name
from hmi.state.alarms import first_seen_ns, state_text
from hmi.state.console import ConsoleState
from hmi.theme.numbers import duration
from hmi.theme.tokens import BODY, SMALL, TITLE
from hmi.widgets.panel import Panel, Text, rule

_PARTS: Final = ("What to do", "Likely cause", "If nothing is done", "Evidence", "Comment")
WIDTH: Final = 300


class AlarmDetail(Panel):
    """The selected alarm, or the one to look at first."""

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__("Details", parent=parent)
        self._state = state
        self._shown: tuple[ConditionEvent | None, bool] | None = None
        self.setFixedWidth(WIDTH)
        self._name = _words(BODY, strong=True)
        self._message = _words(TITLE, strong=True)
        self._facts = _words(SMALL, role="dim")
        self._parts: dict[str, tuple[Text, Text]] = {}
        for part in (self._name, self._message, self._facts, rule()):
            self.add(part)
        for label in _PARTS:
            pair = (Text(label, size=SMALL, role="dim"), _words(BODY))
            self._parts[label] = pair
            for text in pair:
                self.add(text)
        self.body.addStretch(1)

    def show_event(self, event: ConditionEvent | None) -> None:
        """Show an alarm, or what would be here."""
        key = (event, self._state.clock.utc)
        if key == self._shown:
            return
        self._shown = key
        if event is None:
            self._show_none()
            return
        self._name.show_text(f"{event.device} · {alarm_name(event)}")
        self._message.show_text(event.message)
        self._facts.show_text(self._facts_of(event))
        said = dict(
            zip(
                _PARTS,
                (event.action, event.cause, event.consequence, event.evidence, event.comment),
                strict=True,
            )
        )
        for label, (head, body) in self._parts.items():
            body.show_text(said[label])
            head.setVisible(bool(said[label]))
            body.setVisible(bool(said[label]))

    def _facts_of(self, event: ConditionEvent) -> str:
        lines = [f"Priority {event.priority}{', predicted' if event.predicted else ''} · {state_text(event)}"]
        lines.append(f"First seen {self._state.clock.full(first_seen_ns(event))}")
        if event.respond_within_s > 0:
            lines.append(f"Respond within {duration(event.respond_within_s)}")
        if event.acknowledged and event.user:
            lines.append(f"Acknowledged by {event.user}")
        return "\n".join(lines)

    def _show_none(self) -> None:
        self._name.show_text("")
        self._message.show_text("No alarm selected")
        self._facts.show_text("Select an alarm to see its cause, its consequence and what to do.")
        for head, body in self._parts.values():
            head.hide()
            body.hide()


def _words(size: int, *, strong: bool = False, role: str = "") -> Text:
    made = Text("", size=size, strong=strong, role=role)
    made.setWordWrap(True)
    made.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    return made
