"""List the devices most likely to fail, the worst first."""

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from hmi.theme.badges import Badge, paint_badge
from hmi.theme.current import colour, palette
from hmi.theme.numbers import MISSING, number
from hmi.theme.tokens import ROW, SMALL, TITLE
from hmi.widgets.painting import draw_hatch, draw_text, is_finite

_HEAD: Final = 22
_ROOM_FOR_ALL: Final = 310  # px; a narrower list leaves out the bar, and RUL where none is known


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRow:
    """One device."""

    device: str
    finding: str
    risk: float  # percent
    rul_h: float
    badge: Badge | None = None
    rul_is_low: bool = False


class RiskList(QWidget):
    """As many rows as fit; a click selects, a double click opens."""

    device_picked = Signal(str)
    device_opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[RiskRow, ...] = ()
        self._lit = True
        self.fault = ""
        self.setAccessibleName("Worst devices")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(340, _HEAD + 5 * ROW)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, _HEAD + 2 * ROW)

    def show_rows(self, rows: tuple[RiskRow, ...], fault: str = "") -> None:
        """Show the devices; repaints only where something has changed."""
        if (repr(rows), fault) != (repr(self._rows), self.fault):
            self._rows, self.fault = rows, fault
            self.update()

    def set_lit(self, lit: bool) -> None:
        """Take the phase of the flash."""
        if lit != self._lit:
            self._lit = lit
            if any(r.badge is not None and r.badge.flashes for r in self._rows):
                self.update()

    def _row_at(self, event: QMouseEvent) -> RiskRow | None:
        at = int((event.position().y() - _HEAD) // ROW)
        return self._rows[at] if 0 <= at < len(self._rows) else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event)
        if row is not None:
            self.device_picked.emit(row.device)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event)
        if row is not None:
            self.device_opened.emit(row.device)

    def _shows_rul(self) -> bool:
        return self.width() >= _ROOM_FOR_ALL or any(math.isfinite(r.rul_h) for r in self._rows)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        w, p = self.width(), palette()
        right = Qt.AlignmentFlag.AlignRight
        draw_text(painter, QRectF(30, 0, 90, _HEAD), "Device", size=SMALL, ink=p.dim)
        draw_text(painter, QRectF(108, 0, 120, _HEAD), "Finding", size=SMALL, ink=p.dim)
        edge = w - (50 if self._shows_rul() else 0)
        draw_text(painter, QRectF(edge - 80, 0, 76, _HEAD), "Risk %", size=SMALL, ink=p.dim, align=right)
        if self._shows_rul():
            draw_text(painter, QRectF(w - 50, 0, 46, _HEAD), "RUL h", size=SMALL, ink=p.dim, align=right)
        fit = (self.height() - _HEAD) // ROW
        for i, row in enumerate(self._rows[:fit]):
            self._draw_row(painter, row, QRectF(0, _HEAD + i * ROW, w, ROW), odd=bool(i % 2))
        if self.fault:
            draw_hatch(painter, QRectF(0, _HEAD, w, fit * ROW), strength=0.28)
        if not self._rows:
            draw_text(
                painter,
                QRectF(30, _HEAD, w - 34, ROW),
                "No device has been judged yet",
                size=SMALL,
                ink=p.dim,
            )
        painter.end()

    def _draw_row(self, painter: QPainter, row: RiskRow, box: QRectF, *, odd: bool) -> None:
        p, h = palette(), box.height()
        painter.fillRect(box, colour(p.row_alt if odd else p.panel))
        if row.badge is not None:
            paint_badge(painter, QRectF(4, box.top() + 4, 18, 18), row.badge, lit=self._lit)
        top, w = box.top(), box.width()
        ill = row.badge is not None
        draw_text(painter, QRectF(30, top, 76, h), row.device, size=SMALL, strong=ill)
        edge = w - (50 if self._shows_rul() else 0)
        right = Qt.AlignmentFlag.AlignRight
        risk = MISSING if math.isnan(row.risk) else number(row.risk, 0)
        draw_text(painter, QRectF(edge - 38, top, 34, h), risk, size=SMALL, strong=ill, align=right)
        end = edge - 38.0
        if w >= _ROOM_FOR_ALL:
            end -= 38
            self._draw_share(painter, QRectF(end, top + 10, 30, 6), row.risk)
        draw_text(painter, QRectF(108, top, max(end - 114, 20), h), row.finding, size=SMALL)
        if self._shows_rul():
            rul = MISSING if math.isnan(row.rul_h) else number(row.rul_h, 0)
            ink, size = (p.rul, TITLE) if row.rul_is_low else (p.text, SMALL)
            spot = QRectF(w - 50, top, 46, h)
            draw_text(painter, spot, rul, size=size, strong=row.rul_is_low, ink=ink, align=right)

    def _draw_share(self, painter: QPainter, track: QRectF, risk: float) -> None:
        painter.fillRect(track, colour(palette().track))
        if is_finite(risk):
            share = min(max(risk / 100, 0), 1)
            painter.fillRect(
                QRectF(track.left(), track.top(), track.width() * share, 6), colour(palette().text)
            )
