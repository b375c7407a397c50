"""Explain the signs of the analog indicators."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from hmi.theme.current import colour, palette
from hmi.theme.tokens import SMALL
from hmi.widgets.painting import draw_text, triangle, width_of

_WORDS: Final = ("normal", "value", "setpoint", "limit")
_SIGN: Final = 19.0
_GAP: Final = 16.0


class Legend(QWidget):
    """Normal band, value, setpoint, limit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend")

    def sizeHint(self) -> QSize:
        wide = sum(width_of(w, SMALL) + 2 + _SIGN + _GAP for w in _WORDS)
        return QSize(int(wide), 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        p, x, y = palette(), 0.0, self.height() / 2
        for word in _WORDS:
            if word == "normal":
                painter.setPen(QPen(colour(p.line_strong), 1))
                painter.setBrush(colour(p.band))
                painter.drawRect(QRectF(x + 0.5, round(y) - 4.5, 13, 9))
            elif word == "value":
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour(p.live))
                painter.drawPolygon(triangle(QPointF(x + 4, y), 9, points_left=True))
            elif word == "setpoint":
                painter.setPen(QPen(colour(p.setpoint), 1.4))
                painter.setBrush(colour(p.panel))
                painter.drawPolygon(triangle(QPointF(x + 13, y), 8, points_left=False))
            else:
                painter.setPen(QPen(colour(p.text), 2))
                painter.drawLine(QPointF(x, y), QPointF(x + 13, y))
            wide = width_of(word, SMALL) + 2
            draw_text(painter, QRectF(x + _SIGN, 0, wide, self.height()), word, size=SMALL)
            x += _SIGN + wide + _GAP
        painter.end()
