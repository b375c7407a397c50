"""Show named facts, label above value."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from hmi.theme.tokens import BODY, SMALL
from hmi.widgets.panel import Text


class Facts(QWidget):
    """Facts side by side: a dim label, the value below it."""

    def __init__(self, labels: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: dict[str, Text] = {}
        self._heads: dict[str, Text] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(26)
        for label in labels:
            column = QVBoxLayout()
            column.setSpacing(1)
            value = Text("–", size=BODY, strong=True)
            head = Text(label, size=SMALL, role="dim")
            column.addWidget(head)
            column.addWidget(value)
            layout.addLayout(column)
            self._values[label] = value
            self._heads[label] = head

    def show_fact(self, label: str, value: str, hint: str | None = None) -> None:
        """Show one fact, and what it means as its tooltip."""
        shown = self._values[label]
        shown.show_text(value or "–")
        if hint is not None and shown.toolTip() != hint:
            shown.setToolTip(hint)

    def show_label(self, label: str, *, visible: bool) -> None:
        """Leave a fact out where there is no room for it."""
        self._values[label].setVisible(visible)
        self._heads[label].setVisible(visible)

    def fact(self, label: str) -> str:
        """Return what is shown."""
        return self._values[label].whole()


class FactList(QWidget):
    """Facts below each other: label left, value right."""

    def __init__(
        self, labels: tuple[str, ...], *, figures: bool = False, parent: QWidget | None = None
    ) -> None:
        """Take the labels; `figures` puts the values at the right edge."""
        super().__init__(parent)
        self._figures = figures
        self._values: dict[str, Text] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(1, 1)
        for label in labels:
            self._add(label)

    def _add(self, label: str) -> Text:
        row = len(self._values)
        value = Text("–", size=BODY, strong=True, elides=True)
        if self._figures:
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._grid.addWidget(Text(label, size=BODY, role="dim"), row, 0)
        self._grid.addWidget(value, row, 1)
        self._values[label] = value
        return value

    def show_fact(self, label: str, value: str) -> None:
        """Show one fact; a label not seen before gets a row."""
        found = self._values.get(label) or self._add(label)
        found.show_text(value or "–")

    def fact(self, label: str) -> str:
        """Return what is shown."""
        return self._values[label].whole()
