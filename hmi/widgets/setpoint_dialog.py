"""Ask for a new value and confirm it: old, arrow, new."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from hmi.theme.numbers import MISSING, number, span
from hmi.theme.tokens import BODY, FIGURE, GRID, SMALL, TITLE
from hmi.widgets.dialogs import ask_beside
from hmi.widgets.panel import Text

_SIDE = 20  # px


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueQuestion:
    """What is to be changed."""

    device: str
    name: str
    unit: str
    old: float
    low: float
    high: float
    precision: int = 1


def parse_value(text: str, question: ValueQuestion) -> tuple[float, str]:
    """Return the number typed and "", or NaN and what is wrong with it."""
    plain = text.strip().replace(",", ".").replace("\u2009", "").replace(" ", "").replace("\u2212", "-")
    if not plain:
        return math.nan, ""
    try:
        value = float(plain)
    except ValueError:
        return math.nan, f"“{text.strip()[:20]}” is not a number"
    allowed = f"allowed: {span(question.low, question.high, question.precision, question.unit)}"
    if not math.isfinite(value):
        return math.nan, allowed
    if value < question.low or value > question.high:
        return math.nan, f"{number(value, question.precision)} is out of range; {allowed}"
    if value == question.old:
        return math.nan, "that is the value it has"
    return value, ""


class SetpointDialog(QDialog):
    """Enter, see old → new, confirm.

    objectNames: `setpoint.new`, `setpoint.write`, `setpoint.cancel`, `setpoint.hint`.
    """

    value_changed = Signal(float)  # NaN where what is typed cannot be written

    def __init__(self, question: ValueQuestion, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._question = question
        self.value = math.nan
        self._held_back = ""
        self.setWindowTitle(f"{question.device}: {question.name}")
        self.setObjectName("setpoint")
        self.setMinimumWidth(460)
        self.field = QLineEdit()
        self.field.setObjectName("setpoint.new")
        self.field.setAccessibleName(f"New value of {question.name}, {question.unit}")
        self.field.setMaxLength(24)
        self.field.textChanged.connect(self._on_typed)
        self.change = Text("", size=FIGURE, strong=True)
        self.hint = Text("", size=SMALL, role="dim")
        self.hint.setObjectName("setpoint.hint")
        self.write = QPushButton("Write")
        self.write.setObjectName("setpoint.write")
        self._lay_out()
        self._on_typed("")

    def _lay_out(self) -> None:
        q = self._question
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_SIDE, 18, _SIDE, 16)
        layout.setSpacing(GRID + 4)
        layout.addWidget(Text(f"{q.device} · {q.name}", size=TITLE, strong=True))
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.addWidget(Text("New value", size=BODY, role="dim"), 0, 0)
        grid.addWidget(self.field, 0, 1)
        grid.addWidget(Text(q.unit, size=BODY, role="dim"), 0, 2)
        layout.addLayout(grid)
        layout.addWidget(self.change)
        layout.addWidget(self.hint)
        self._preview = QVBoxLayout()
        layout.addLayout(self._preview, 1)
        cancel = QPushButton("Cancel")
        cancel.setObjectName("setpoint.cancel")
        cancel.clicked.connect(self.reject)
        self.write.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.write)
        layout.addLayout(row)

    def set_preview(self, preview: QWidget) -> None:
        """Put what shows the value's consequences between the question and the buttons."""
        self._preview.addWidget(preview)
        self.setMinimumWidth(preview.minimumWidth() + 2 * _SIDE)

    def hold_back(self, why: str) -> None:
        """Keep the value from being written as long as there is a reason not to ("" for none)."""
        self._held_back = why
        self._show_write()

    def _show_write(self) -> None:
        self.write.setEnabled(math.isfinite(self.value) and not self._held_back)
        self.write.setToolTip(self._held_back)

    def _on_typed(self, text: str) -> None:
        q = self._question
        before = self.value
        self.value, wrong = parse_value(text, q)
        old = number(q.old, q.precision) if math.isfinite(q.old) else MISSING
        good = math.isfinite(self.value)
        new = number(self.value, q.precision) if good else "…"
        self.change.show_text(f"{old} → {new} {q.unit}".rstrip())
        self.hint.show_text(wrong or f"allowed: {span(q.low, q.high, q.precision, q.unit)}")
        self.write.setText(f"Write {new} {q.unit}".rstrip() if good else "Write")
        self._show_write()
        if repr(before) != repr(self.value):
            self.value_changed.emit(self.value)

    @classmethod
    def ask(
        cls,
        parent: QWidget,
        question: ValueQuestion,
        attach: "Callable[[SetpointDialog], None]" = lambda _: None,
    ) -> float | None:
        """Return the confirmed new value, None where the operator cancelled; `attach` may add to the dialog."""
        dialog = cls(question, parent)
        attach(dialog)
        said: list[float] = []
        dialog.accepted.connect(lambda: said.append(dialog.value))
        return said[0] if ask_beside(dialog) and said else None
