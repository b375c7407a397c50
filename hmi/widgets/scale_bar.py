"""Show a value on a short horizontal scale, or a share as a bar."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from hmi.theme.current import colour, palette
from hmi.theme.numbers import number
from hmi.theme.tokens import SMALL
from hmi.widgets.painting import draw_hatch, draw_text, is_finite, triangle

NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class BarState:
    """What the bar shows."""

    value: float = NAN
    low: float = 0.0
    high: float = 100.0
    normal_low: float = NAN
    normal_high: float = NAN
    limit: float = NAN
    limit_text: str = ""
    fault: str = ""


class ScaleBar(QWidget):
    """A moving pointer on a horizontal scale."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = BarState()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(160, 56)

    def minimumSizeHint(self) -> QSize:
        return QSize(90, 56)

    def show_state(self, state: BarState) -> None:
        """Show a value; repaints only where something has changed."""
        if repr(state) != repr(self._state):
            self._state = state
            self.setToolTip(state.fault)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        s, p = self._state, palette()
        bar = QRectF(5.5, 18.5, self.width() - 11, 11)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(p.track))
        painter.drawRect(bar)
        known = is_finite(s.low) and is_finite(s.high) and s.high > s.low
        if known and is_finite(s.normal_low) and is_finite(s.normal_high):
            left, right = self._x(bar, s.normal_low), self._x(bar, s.normal_high)
            painter.setBrush(colour(p.band))
            painter.drawRect(QRectF(left, bar.top(), right - left, bar.height()))
        if s.fault:
            draw_hatch(painter, bar, strength=1.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(p.line_strong), 1))
        painter.drawRect(bar)
        if known:
            self._draw_marks(painter, bar)
        painter.end()

    def _x(self, bar: QRectF, value: float) -> float:
        s = self._state
        share = min(max((value - s.low) / (s.high - s.low), 0.0), 1.0)
        return bar.left() + share * bar.width()

    def _draw_marks(self, painter: QPainter, bar: QRectF) -> None:
        s, p = self._state, palette()
        if is_finite(s.limit) and s.low <= s.limit <= s.high:
            x = self._x(bar, s.limit)
            painter.setPen(QPen(colour(p.text), 2))
            painter.drawLine(QPointF(x, bar.top() - 3), QPointF(x, bar.bottom() + 3))
            spot = QRectF(min(max(x - 50, 0), self.width() - 100), 0, 100, 15)
            draw_text(painter, spot, s.limit_text, size=SMALL, ink=p.dim, align=Qt.AlignmentFlag.AlignHCenter)
        if not math.isnan(s.value):
            ink = p.dim if s.fault else p.live
            x = self._x(bar, s.value)
            painter.setPen(QPen(colour(ink), 2))
            painter.drawLine(QPointF(x, bar.top() + 1), QPointF(x, bar.bottom() - 1))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(ink))
            pointer = triangle(QPointF(0, 0), 8, points_left=True)
            painter.translate(x, bar.bottom() + 1)
            painter.rotate(90)
            painter.drawPolygon(pointer)
            painter.resetTransform()
        ends = QRectF(bar.left(), bar.bottom() + 8, bar.width(), 15)
        draw_text(painter, ends, number(s.low, 0), size=SMALL, ink=p.dim)
        draw_text(painter, ends, number(s.high, 0), size=SMALL, ink=p.dim, align=Qt.AlignmentFlag.AlignRight)


class ContributionBars(QWidget):
    """Shares of a verdict, the largest first, as bars with their words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[str, float, str], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What speaks for it")

    def sizeHint(self) -> QSize:
        return QSize(260, max(len(self._rows), 1) * 22 + 2)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_rows(self, rows: tuple[tuple[str, float, str], ...]) -> None:
        """Show (name, share 0..1, words) per row."""
        if repr(rows) != repr(self._rows):
            self._rows = rows
            self.updateGeometry()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        p = palette()
        name_w, words_w = self.width() * 0.36, self.width() * 0.30
        for i, (name, share, words) in enumerate(self._rows):
            top = i * 22.0
            strong = i < 2 and share >= 0.2
            draw_text(painter, QRectF(0, top, name_w - 8, 22), name, size=SMALL, strong=strong)
            room = self.width() - name_w - words_w - 12
            track = QRectF(name_w, top + 5, room, 11)
            painter.fillRect(track, colour(p.track))
            if is_finite(share):
                wide = min(max(share, 0.0), 1.0) * room
                painter.fillRect(QRectF(name_w, top + 5, wide, 11), colour(p.live if strong else p.lamp_off))
            spot = QRectF(self.width() - words_w, top, words_w, 22)
            draw_text(painter, spot, words, size=SMALL, strong=strong, align=Qt.AlignmentFlag.AlignRight)
        painter.end()
