"""List the pens of a trend: dash, name, value, a button to remove each."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QWidget

from hmi.theme.current import colour, palette
from hmi.theme.fonts import font
from hmi.theme.icons import icon
from hmi.theme.tokens import BODY, SMALL
from hmi.widgets.panel import Text
from hmi.widgets.trend import DASHES

_COLUMNS: Final = 2


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One pen."""

    key: int
    label: str
    value: str
    note: str = ""


class PenSample(QWidget):
    """A piece of a pen's line."""

    def __init__(self, place: int, *, alone: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place = place
        self._alone = alone
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(36, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        p = palette()
        pen = QPen(colour(p.live if self._alone else p.pens[self._place % len(p.pens)]), 1)
        if DASHES[self._place % len(DASHES)]:
            pen.setDashPattern(DASHES[self._place % len(DASHES)])
        painter.setPen(pen)
        for y in (7.5, 8.5):
            painter.drawLine(QPointF(0, y), QPointF(36, y))
        painter.end()


class PenLegend(QWidget):
    """Up to eight pens in two columns.

    objectNames of the buttons: `trends.remove.<tag id>`.
    """

    remove_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        self._keys: tuple[int, ...] = ()
        self._values: dict[int, tuple[Text, Text]] = {}

    def show_rows(self, rows: tuple[LegendRow, ...]) -> None:
        """Show the pens and their newest values."""
        keys = tuple(r.key for r in rows)
        if keys != self._keys:
            self._keys = keys
            self._rebuild(rows)
        for row in rows:
            value, note = self._values[row.key]
            value.show_text(row.value)
            note.show_text(row.note)

    def _rebuild(self, rows: tuple[LegendRow, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        self._values = {}
        for place, row in enumerate(rows):
            line, first = place // _COLUMNS, place % _COLUMNS * 5
            value, note = Text("", size=BODY, strong=True), Text("", size=SMALL, role="dim")
            self._values[row.key] = (value, note)
            parts: tuple[QWidget, ...] = (
                PenSample(place, alone=len(rows) == 1), Text(row.label, size=SMALL, elides=True), value, note,
                self._remove(row),
            )  # fmt: skip
            for column, part in enumerate(parts):
                self._grid.addWidget(part, line, first + column)
            self._grid.setColumnStretch(first + 1, 1)

    def _remove(self, row: LegendRow) -> QPushButton:
        made = QPushButton()
        made.setIcon(icon("cross", 12))
        made.setFont(font(SMALL))
        made.setFixedSize(26, 22)
        made.setStyleSheet("padding: 0;")
        made.setObjectName(f"trends.remove.{row.key}")
        made.setAccessibleName(f"Remove {row.label}")
        made.setProperty("key", row.key)
        made.clicked.connect(self._on_clicked)
        return made

    def _on_clicked(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.remove_wanted.emit(int(sender.property("key")))
