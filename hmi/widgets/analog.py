"""Show a value as a pointer on a scale: normal band, limits and setpoint first, digits second."""

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from hmi.theme.badges import Badge, paint_badge
from hmi.theme.current import colour, palette
from hmi.theme.tokens import BODY, FIGURE, SMALL, TINY, TITLE
from hmi.widgets.painting import draw_fitted, draw_hatch, draw_text, is_finite, triangle, width_of

NAN: Final = float("nan")
_LABEL_STEP: Final = 12  # px between the words of two limits
_ROOM_FOR_TWO_LINES: Final = 126  # px; lower indicators keep one line below the unit
_ROOM_FOR_TITLE: Final = 50  # px; narrower indicators write all their figures one size smaller


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What does not change while values come: ends, normal band, limits."""

    low: float = NAN
    high: float = NAN
    low_text: str = ""
    high_text: str = ""
    normal_low: float = NAN
    normal_high: float = NAN
    limits: tuple[tuple[str, float], ...] = ()  # ("Hi 70", 70.0)

    @property
    def is_known(self) -> bool:
        """Whether there is a scale to point at."""
        return is_finite(self.low) and is_finite(self.high) and self.high > self.low

    def share(self, value: float) -> float:
        """Return where a value stands, 0..1, held at the ends."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One value as it is to be drawn."""

    value: float = NAN
    text: str = "–"
    setpoint: float = NAN
    fault: str = ""  # why the value is not to be trusted; hatches it
    badge: Badge | None = None
    note: str = ""  # below the unit


class AnalogIndicator(QWidget):
    """A vertical moving-pointer indicator, small for overviews or large for a device's page."""

    picked = Signal()

    def __init__(self, *, large: bool = False, note_lines: int = 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._note_lines = note_lines
        self._large = large
        self._title = ""
        self._short = ""
        self._unit = ""
        self._scale = Scale()
        self._shown = Shown()
        self._lit = True
        self._chosen = False
        policy = QSizePolicy.Policy.Expanding
        self.setSizePolicy(policy, policy)

    def sizeHint(self) -> QSize:
        return QSize(112, 150) if self._large else QSize(52, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(72, 132) if self._large else QSize(34, 106)

    def make_pickable(self) -> None:
        """Let mouse and keyboard choose this indicator."""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_face(self, title: str, unit: str, scale: Scale, short: str = "") -> None:
        """Set what does not change while values come; `short` stands where the title does not fit."""
        if (title, unit, repr(scale)) != (self._title, self._unit, repr(self._scale)):
            self._title, self._unit, self._scale, self._short = title, unit, scale, short
            self.setAccessibleName(f"{title}, {unit}" if unit else title)
            self.update()

    def show_value(self, shown: Shown) -> None:
        """Show a value; repaints only where something visible has changed."""
        if repr(shown) != repr(self._shown):
            self._shown = shown
            self.setAccessibleDescription(f"{shown.text} {self._unit} {shown.fault}".strip())
            self.setToolTip(shown.fault and f"{self._title}: {shown.fault}")
            self.update()

    def set_lit(self, lit: bool) -> None:
        """Take the phase of the flash."""
        if lit != self._lit:
            self._lit = lit
            if self._shown.badge is not None and self._shown.badge.flashes:
                self.update()

    def set_chosen(self, chosen: bool) -> None:
        """Mark this indicator as the one whose trend is shown."""
        if chosen != self._chosen:
            self._chosen = chosen
            self.update()

    @property
    def shown(self) -> Shown:
        """What is drawn now."""
        return self._shown

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.picked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.picked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_frame(painter)
        bar = self._draw_words(painter)
        self._draw_bar(painter, bar)
        if self._scale.is_known:
            self._draw_setpoint(painter, bar)
            self._draw_pointer(painter, bar)
        painter.end()

    def _draw_frame(self, painter: QPainter) -> None:
        p, box = palette(), QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self._shown.badge is not None:
            painter.setPen(QPen(colour(p.priority(self._shown.badge.priority)), 2))
            painter.setBrush(colour(p.unacked_row))
            painter.drawRoundedRect(box, 2, 2)
        elif self._chosen or self.hasFocus():
            painter.setPen(QPen(colour(p.live if self.hasFocus() else p.line_strong), 1))
            painter.setBrush(colour(p.field))
            painter.drawRoundedRect(box, 2, 2)

    def _draw_words(self, painter: QPainter) -> QRectF:
        """Draw title, figure, unit and note; returns the rectangle left for the bar."""
        w, h = self.width(), self.height()
        title_px = BODY if self._large else SMALL
        title = QRectF(2, 4, w - 4, 18)
        strong = self._shown.badge is not None or self._chosen
        fits = width_of(self._title, TINY, strong=strong) <= title.width()
        _centred(
            painter, title, self._title if fits or not self._short else self._short, title_px, strong=strong
        )
        note_h = 18 if self._large else (27 if h >= _ROOM_FOR_TWO_LINES and self._note_lines > 1 else 15)
        below = (28 if self._large else 22) + (0 if self._large else 14) + note_h
        figure = QRectF(1, h - below - 3, w - 2, 26 if self._large else 20)
        ink = palette().dim if self._shown.fault else palette().text
        if self._large:
            self._draw_large_figure(painter, figure, ink)
            note = QRectF(3, figure.bottom() + 1, w - 6, note_h)
        else:
            sizes = (TITLE, BODY, SMALL, TINY) if w >= _ROOM_FOR_TITLE else (BODY, SMALL, TINY)
            draw_fitted(painter, figure, self._shown.text, sizes, strong=True, ink=ink)
            unit = QRectF(1, figure.bottom() - 1, w - 2, 14)
            note = QRectF(1, unit.bottom(), w - 2, note_h)
            if note_h < 26 and width_of(self._shown.fault, TINY) > w - 2:
                note = unit.united(note)  # the reason needs the unit's line too
            else:
                _centred(painter, unit, self._unit, TINY, ink=palette().dim)
        self._draw_note(painter, note, strong=strong)
        top = title.bottom() + (8 if self._large else 6)
        return QRectF(0, top, w, max(figure.top() - (8 if self._large else 5) - top, 20))

    def _draw_note(self, painter: QPainter, rect: QRectF, *, strong: bool) -> None:
        """Draw why a value is bad, else the note; a device's tag breaks at its dash where it must."""
        said = self._shown.fault or self._shown.note
        ink = None if strong else palette().dim
        if self._large or width_of(said, TINY) <= rect.width() or rect.height() < 26:
            line = QRectF(rect.left(), rect.top(), rect.width(), min(rect.height(), 18))
            _centred(painter, line, said, SMALL if self._large else TINY, ink=ink)
            return
        head, dash, tail = said.partition("-") if "-" in said else said.partition(" ")
        for i, part in enumerate((head + dash.strip(), tail)):
            _centred(painter, QRectF(rect.left(), rect.top() + i * 12, rect.width(), 14), part, TINY, ink=ink)

    def _draw_large_figure(self, painter: QPainter, rect: QRectF, ink: str) -> None:
        text, unit = self._shown.text, self._unit
        gap = 5 if unit else 0
        unit_w = width_of(unit, SMALL)
        for size in (FIGURE, TITLE, BODY, SMALL):
            text_w = width_of(text, size, strong=True)
            if text_w + gap + unit_w <= rect.width() or size == SMALL:
                break
        if text_w + gap + unit_w > rect.width():
            draw_fitted(painter, rect, text, strong=True, ink=ink)
            return
        left = rect.center().x() - (text_w + gap + unit_w) / 2
        draw_text(
            painter,
            QRectF(left, rect.top(), text_w + 2, rect.height()),
            text,
            size=size,
            strong=True,
            ink=ink,
        )
        spot = QRectF(left + text_w + gap, rect.top() + 2, unit_w + 4, rect.height())
        draw_text(painter, spot, unit, size=SMALL, ink=palette().dim)

    def _bar_rect(self, area: QRectF) -> QRectF:
        wide = 14.0 if self._large else 11.0
        left = round(area.center().x() - wide / 2 + (6 if self._large else 0))
        return QRectF(left + 0.5, round(area.top()) + 0.5, wide, round(area.height()))

    def _y(self, bar: QRectF, value: float) -> float:
        return bar.bottom() - self._scale.share(value) * bar.height()

    def _draw_bar(self, painter: QPainter, area: QRectF) -> None:
        p, bar = palette(), self._bar_rect(area)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(p.track))
        painter.drawRect(bar)
        if self._scale.is_known:
            self._draw_band(painter, bar)
        if self._shown.fault:
            draw_hatch(painter, bar, strength=1.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(
            QPen(
                colour(p.line_strong),
                1,
                Qt.PenStyle.SolidLine if self._scale.is_known else Qt.PenStyle.DotLine,
            )
        )
        painter.drawRect(bar)
        if self._scale.is_known:
            self._draw_limits(painter, bar)

    def _draw_band(self, painter: QPainter, bar: QRectF) -> None:
        s = self._scale
        if not (math.isfinite(s.normal_low) or math.isfinite(s.normal_high)):
            return
        top = self._y(bar, s.normal_high if is_finite(s.normal_high) else s.high)
        bottom = self._y(bar, s.normal_low if is_finite(s.normal_low) else s.low)
        painter.setBrush(colour(palette().band))
        painter.drawRect(QRectF(bar.left(), top, bar.width(), bottom - top))

    def _draw_limits(self, painter: QPainter, bar: QRectF) -> None:
        p = palette()
        seen = [(t, v) for t, v in self._scale.limits if self._scale.low <= v <= self._scale.high]
        taken: list[float] = []
        for text, value in sorted(seen, key=lambda pair: pair[1]):
            y = round(self._y(bar, value)) + 0.5
            painter.setPen(QPen(colour(p.text), 2))
            painter.drawLine(QPointF(bar.left() - 2, y), QPointF(bar.right() + 2, y))
            if self._large:
                spot = min([y, *(t - _LABEL_STEP for t in taken)])
                taken.append(spot)
                self._draw_left(painter, bar, spot, text)
        if self._large:
            for text, y in ((self._scale.high_text, bar.top() + 4), (self._scale.low_text, bar.bottom() - 4)):
                if all(abs(y - t) > 11 for t in taken):
                    self._draw_left(painter, bar, y, text)

    def _draw_left(self, painter: QPainter, bar: QRectF, y: float, text: str) -> None:
        room = bar.left() - 8 - (9 if is_finite(self._shown.setpoint) else 0)
        rect = QRectF(2, y - 8, room, 16)
        if width_of(text, TINY) <= rect.width():
            draw_text(painter, rect, text, size=TINY, ink=palette().dim, align=Qt.AlignmentFlag.AlignRight)

    def _draw_setpoint(self, painter: QPainter, area: QRectF) -> None:
        if not is_finite(self._shown.setpoint):
            return
        bar = self._bar_rect(area)
        tip = QPointF(bar.left() - 1, self._y(bar, self._shown.setpoint))
        painter.setPen(QPen(colour(palette().setpoint), 1.4))
        painter.setBrush(colour(palette().panel))
        painter.drawPolygon(triangle(tip, 7.5, points_left=False))

    def _draw_pointer(self, painter: QPainter, area: QRectF) -> None:
        value, p, bar = self._shown.value, palette(), self._bar_rect(area)
        if math.isnan(value):
            return
        y = self._y(bar, value)
        outside = not self._scale.low <= value <= self._scale.high
        ink = p.dim if self._shown.fault else p.live
        painter.setPen(QPen(colour(ink), 1.4))
        hollow = bool(self._shown.fault) or outside
        painter.setBrush(colour(p.panel) if hollow else colour(ink))
        painter.drawLine(QPointF(bar.left() + 1, y), QPointF(bar.right(), y))
        painter.drawPolygon(triangle(QPointF(bar.right() + 1, y), 9.0, points_left=True))
        if outside:
            self._draw_chevron(painter, bar, up=value > self._scale.high)
        if self._shown.badge is not None:
            side = 20.0 if self._large else 16.0
            left = min(bar.right() + 12, self.width() - side - 2)
            top = min(max(y - side / 2, bar.top() - side / 2), bar.bottom() - side / 2)
            paint_badge(painter, QRectF(left, top, side, side), self._shown.badge, lit=self._lit)

    def _draw_chevron(self, painter: QPainter, bar: QRectF, *, up: bool) -> None:
        """Say that the value lies beyond the end of the scale."""
        y, step = (bar.top() - 2, -4) if up else (bar.bottom() + 2, 4)
        x = bar.center().x()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline([QPointF(x - 4, y), QPointF(x, y + step), QPointF(x + 4, y)])


def _centred(
    painter: QPainter, rect: QRectF, text: str, size: int, *, strong: bool = False, ink: str | None = None
) -> None:
    if width_of(text, size, strong=strong) > rect.width() and size > TINY:
        size = TINY
    draw_text(painter, rect, text, size=size, strong=strong, ink=ink, align=Qt.AlignmentFlag.AlignHCenter)
