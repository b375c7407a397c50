"""Paint the alarm badge: colour, shape and digit, the same everywhere."""

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF

from hmi.theme.current import colour, palette
from hmi.theme.fonts import font


class BadgeState(StrEnum):
    """What an alarm asks of the operator."""

    UNACKED = "unacked"
    ACKED = "acked"
    RETURNED = "returned"  # over, but never acknowledged
    QUIET = "quiet"  # a count of zero


@dataclass(frozen=True, slots=True)
class Badge:
    """One alarm's badge."""

    priority: int  # 1..4
    state: BadgeState = BadgeState.ACKED

    @property
    def flashes(self) -> bool:
        """Whether it draws the eye by flashing."""
        return self.state is BadgeState.UNACKED


def paint_badge(painter: QPainter, rect: QRectF, badge: Badge, *, lit: bool = True) -> None:
    """Paint a badge into a square; `lit` is the phase of the flash."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = min(rect.width(), rect.height()) - 1.5
    box = QRectF(0, 0, side, side)
    box.moveCenter(rect.center())
    fill, digit, pen = _dress(badge, lit=lit)
    painter.setPen(pen)
    painter.setBrush(fill)
    painter.drawPath(_shape(badge.priority, box))
    painter.setPen(QPen(digit))
    painter.setFont(_digit_font(side))
    low = side * (0.10 if badge.priority == 2 else 0.0)
    painter.drawText(box.translated(0, low), Qt.AlignmentFlag.AlignCenter, str(badge.priority))
    painter.restore()


def _dress(badge: Badge, *, lit: bool) -> tuple[QColor, QColor, QPen]:
    """Return fill, digit and outline of a badge in a state."""
    p = palette()
    outline = QPen(colour(p.outline), 1.2)
    if badge.state is BadgeState.QUIET:
        return colour(p.panel), colour(p.dim), QPen(colour(p.line_strong), 1.0)
    if badge.state is BadgeState.RETURNED:
        return colour(p.field), colour(p.text), QPen(colour(p.priority(badge.priority)), 2.0)
    if badge.flashes and not lit:
        faded = QColor(colour(p.priority(badge.priority)))
        faded.setAlphaF(0.30)
        return faded, colour(p.text), outline
    return colour(p.priority(badge.priority)), colour(p.digit(badge.priority)), outline


def _shape(priority: int, box: QRectF) -> QPainterPath:
    path = QPainterPath()
    if priority <= 1:
        path.addRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
    elif priority == 2:
        top = box.adjusted(-1, 0, 1, 0)
        path.addPolygon(
            QPolygonF([QPointF(top.center().x(), top.top()), top.bottomRight(), top.bottomLeft()])
        )
        path.closeSubpath()
    elif priority == 3:
        c, r = box.center(), box.width() / 2 + 1
        path.addPolygon(
            QPolygonF(
                [
                    QPointF(c.x(), c.y() - r),
                    QPointF(c.x() + r, c.y()),
                    QPointF(c.x(), c.y() + r),
                    QPointF(c.x() - r, c.y()),
                ]
            )
        )
        path.closeSubpath()
    else:
        path.addEllipse(box)
    return path


def _digit_font(side: float) -> QFont:
    made = QFont(font(strong=True))
    made.setPixelSize(max(round(side * 0.62), 7))
    return made
