"""Write the newest values beside a trend, where their curves end."""

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from hmi.theme.current import colour, palette
from hmi.theme.tokens import BODY, FIGURE, SMALL, TITLE
from hmi.widgets.painting import draw_text, triangle, width_of

WIDTH: Final = 92
_STEP: Final = 20.0


@dataclass(frozen=True, slots=True)
class GutterMark:
    """One curve's end."""

    y: float  # px from the top, NaN where the curve has no end in sight
    text: str
    unit: str
    ink: str
    faded: bool = False


class TrendGutter(QWidget):
    """The strip at the right edge of a trend."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: tuple[GutterMark, ...] = ()
        self.setFixedWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Newest values")

    def show_marks(self, marks: tuple[GutterMark, ...]) -> None:
        """Show the curves' ends."""
        if repr(marks) != repr(self._marks):
            self._marks = marks
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        known = [m for m in self._marks if math.isfinite(m.y)]
        if len(self._marks) == 1:
            self._draw_one(painter, self._marks[0])
        else:
            self._draw_many(painter, sorted(known, key=lambda m: m.y))
        painter.end()

    def _draw_one(self, painter: QPainter, mark: GutterMark) -> None:
        p = palette()
        y = min(max(mark.y, 12.0), self.height() - 44.0) if math.isfinite(mark.y) else 20.0
        ink = p.dim if mark.faded else mark.ink
        painter.setPen(Qt.PenStyle.NoPen)
        if math.isfinite(mark.y):
            painter.setBrush(colour(ink))
            painter.drawPolygon(triangle(QPointF(1, y), 9, points_left=True))
        room = self.width() - 16
        size = next(
            (s for s in (FIGURE, TITLE, BODY, SMALL) if width_of(mark.text, s, strong=True) <= room), SMALL
        )
        figure = QRectF(14, y - 13, room, 26)
        draw_text(painter, figure, mark.text, size=size, strong=True, ink=p.dim if mark.faded else p.text)
        draw_text(painter, QRectF(14, y + 11, room, 16), mark.unit, size=SMALL, ink=p.dim)

    def _draw_many(self, painter: QPainter, marks: list[GutterMark]) -> None:
        floor = 0.0
        for mark in marks:
            y = min(max(mark.y, floor + _STEP / 2), self.height() - _STEP / 2)
            floor = y + _STEP / 2
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(mark.ink))
            painter.drawPolygon(triangle(QPointF(1, mark.y), 7, points_left=True))
            rect = QRectF(12, y - 9, self.width() - 14, 18)
            text = f"{mark.text} {mark.unit}".strip()
            draw_text(painter, rect, text, size=SMALL, strong=True, ink=mark.ink)
