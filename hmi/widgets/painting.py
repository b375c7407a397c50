"""Share the small strokes of every painted widget: text that fits, hatching, lamps, pointers."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPen, QPixmap, QPolygonF

from hmi.theme.current import colour, palette
from hmi.theme.fonts import font
from hmi.theme.roles import Lamp
from hmi.theme.tokens import BODY, SMALL, TINY, TITLE

FIGURE_SIZES: Final = (TITLE, BODY, SMALL, TINY)
_HATCH_PX: Final = 6
_hatches: dict[str, QBrush] = {}
_metrics: dict[tuple[int, bool], QFontMetrics] = {}


def metrics(size: int, *, strong: bool = False) -> QFontMetrics:
    """Return the shared measures of a font on the scale."""
    key = (size, strong)
    if key not in _metrics:
        _metrics[key] = QFontMetrics(font(size, strong=strong))
    return _metrics[key]


def width_of(text: str, size: int, *, strong: bool = False) -> int:
    """Return how wide a text is, px."""
    return metrics(size, strong=strong).horizontalAdvance(text)


def draw_text(
    painter: QPainter,
    rect: QRectF,
    text: str,
    *,
    size: int = BODY,
    strong: bool = False,
    ink: str | None = None,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
) -> bool:
    """Draw one line, elided where it does not fit (names in the middle); returns whether it was elided."""
    shown = text
    if width_of(text, size, strong=strong) > rect.width():
        measure = metrics(size, strong=strong)
        shown = measure.elidedText(text, elide, int(rect.width()))
    painter.setFont(font(size, strong=strong))
    painter.setPen(colour(ink or palette().text))
    painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter, shown)
    return shown != text


def draw_fitted(
    painter: QPainter,
    rect: QRectF,
    text: str,
    sizes: Sequence[int] = FIGURE_SIZES,
    *,
    strong: bool = False,
    ink: str | None = None,
) -> None:
    """Draw a centred text in the largest size that fits, in two lines where none does."""
    painter.setPen(colour(ink or palette().text))
    for size in sizes:
        if width_of(text, size, strong=strong) <= rect.width():
            painter.setFont(font(size, strong=strong))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
            return
    painter.setFont(font(sizes[-1], strong=strong))
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(rect.adjusted(0, -8, 0, 8), flags, text)


def hatch() -> QBrush:
    """Return the shared brush of diagonal lines that says "not to be trusted"."""
    p = palette()
    if p.name not in _hatches:
        _hatches[p.name] = QBrush(_hatch_tile(colour(p.hatch)))
    return _hatches[p.name]


def _hatch_tile(ink: QColor) -> QPixmap:
    tile = QPixmap(_HATCH_PX, _HATCH_PX)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ink, 1))
    for shift in (-_HATCH_PX, 0, _HATCH_PX):
        painter.drawLine(QPointF(shift, _HATCH_PX), QPointF(shift + _HATCH_PX, 0))
    painter.end()
    return tile


def draw_hatch(painter: QPainter, rect: QRectF, *, strength: float = 0.6) -> None:
    """Hatch a rectangle over what is drawn there."""
    painter.save()
    painter.setOpacity(strength)
    painter.fillRect(rect, hatch())
    painter.restore()


def draw_lamp(painter: QPainter, box: QRectF, lamp: Lamp) -> None:
    """Draw the square of a running state: light is running, dark stopped, hatched offline."""
    p = palette()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setPen(QPen(colour(p.line_strong if lamp is not Lamp.STOPPED else p.lamp_off), 1))
    fill = {Lamp.RUNNING: p.lamp_on, Lamp.STOPPED: p.lamp_off, Lamp.LATCHED: p.lamp_off}.get(lamp, p.panel)
    painter.setBrush(colour(fill))
    painter.drawRect(box)
    inner = box.adjusted(1, 1, 0, 0)
    if lamp is Lamp.OFFLINE:
        draw_hatch(painter, inner, strength=1.0)
    elif lamp is Lamp.LATCHED:
        painter.setPen(QPen(colour(p.lamp_on), 1.4))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawLine(inner.topLeft() + QPointF(1, 1), inner.bottomRight() - QPointF(1, 1))
        painter.drawLine(inner.topRight() + QPointF(-1, 1), inner.bottomLeft() + QPointF(1, -1))
    elif lamp is Lamp.CHANGING:
        painter.fillRect(
            QRectF(inner.left(), inner.center().y(), inner.width(), inner.height() / 2), colour(p.lamp_off)
        )
    painter.restore()


def triangle(tip: QPointF, size: float, *, points_left: bool) -> QPolygonF:
    """Return a pointer whose tip touches a scale."""
    base = tip.x() + (size if points_left else -size)
    half = size * 0.55
    return QPolygonF([tip, QPointF(base, tip.y() - half), QPointF(base, tip.y() + half)])


def is_finite(value: float) -> bool:
    """Return whether a value can be drawn on a scale; 1e308 can only be written."""
    return abs(value) < 1e100
