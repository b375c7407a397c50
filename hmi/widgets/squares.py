"""Show the devices of a line as squares, a row per family."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from hmi.theme.badges import Badge, paint_badge
from hmi.theme.current import palette
from hmi.theme.roles import Lamp
from hmi.theme.tokens import SMALL
from hmi.widgets.painting import draw_lamp, draw_text, width_of

_STEP: Final = 12
_BOX: Final = 9
_ROW: Final = 16


@dataclass(frozen=True, slots=True)
class Square:
    """One device."""

    device: str
    lamp: Lamp
    badge: Badge | None = None
    tip: str = ""


@dataclass(frozen=True, slots=True)
class SquareRow:
    """The devices of one family."""

    label: str
    squares: tuple[Square, ...]


class DeviceSquares(QWidget):
    """Rows of squares that wrap where the line is narrow; a click opens the device."""

    device_picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[SquareRow, ...] = ()
        self._spots: list[tuple[QRectF, Square]] = []
        self._lit = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setAccessibleName("Devices of the line")

    def sizeHint(self) -> QSize:
        return QSize(180, self._height_for(max(self.width(), 120)))

    def minimumSizeHint(self) -> QSize:
        return QSize(90, self.wanted_height())

    def wanted_height(self) -> int:
        """Return how high the squares are at the present width, px."""
        return self._height_for(max(self.width(), 100))

    def show_rows(self, rows: tuple[SquareRow, ...]) -> None:
        """Show the devices; repaints only where something has changed."""
        if rows != self._rows:
            self._rows = rows
            self._place()
            self.updateGeometry()
            self.update()

    def set_lit(self, lit: bool) -> None:
        """Take the phase of the flash."""
        if lit != self._lit:
            self._lit = lit
            if any(s.badge is not None and s.badge.flashes for _, s in self._spots):
                self.update()

    def _label_width(self) -> int:
        return max((width_of(r.label, SMALL) for r in self._rows), default=0) + 8

    def _per_row(self, width: int) -> int:
        return max((width - self._label_width() - 4) // _STEP, 1)

    def _height_for(self, width: int) -> int:
        fit = self._per_row(width)
        lines = sum(-(-len(r.squares) // fit) or 1 for r in self._rows)
        return max(lines, 1) * _ROW + 2

    def _place(self) -> None:
        fit, left, top = self._per_row(self.width()), self._label_width(), 0
        self._spots = []
        for row in self._rows:
            for i, square in enumerate(row.squares):
                x, y = left + i % fit * _STEP, top + i // fit * _ROW
                self._spots.append((QRectF(x + 0.5, y + (_ROW - _BOX) / 2, _BOX, _BOX), square))
            top += (-(-len(row.squares) // fit) or 1) * _ROW

    def resizeEvent(self, event: object) -> None:
        self._place()
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        top, fit = 0, self._per_row(self.width())
        for row in self._rows:
            draw_text(
                painter, QRectF(0, top, self._label_width(), _ROW), row.label, size=SMALL, ink=palette().dim
            )
            top += (-(-len(row.squares) // fit) or 1) * _ROW
        badged = [(box, s) for box, s in self._spots if s.badge is not None]
        for box, square in self._spots:
            draw_lamp(painter, box, square.lamp)
        for box, square in badged:
            if square.badge is not None:
                paint_badge(painter, box.adjusted(-4, -4, 4, 4), square.badge, lit=self._lit)
        painter.end()

    def _at(self, spot: QPointF) -> Square | None:
        return next((s for box, s in self._spots if box.adjusted(-2, -4, 2, 4).contains(spot)), None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if found is not None and event.button() is Qt.MouseButton.LeftButton:
            self.device_picked.emit(found.device)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            found = self._at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), f"{found.device}: {found.tip}" if found else "", self)
            return True
        return super().event(event)
