"""Show one alarm in one line: badge, time, device, what is wrong, what to do, acknowledge."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from hmi.theme.badges import Badge, BadgeState, paint_badge
from hmi.theme.current import colour, palette
from hmi.theme.fonts import font
from hmi.theme.tokens import BANNER_ROW, BODY, SMALL, TITLE
from hmi.widgets.painting import draw_text, width_of

_ACK_WIDTH: Final = 58
_STATE_WIDTH: Final = 104
_CHIP: Final = "predicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class BannerLine:
    """One alarm as the banner tells it."""

    key: str  # the condition's id; "" for an alarm of the console itself
    badge: Badge
    time: str
    device: str
    source: str
    message: str
    action: str = ""
    predicted: bool = False
    respond: str = ""  # time left to respond
    state: str = ""
    can_acknowledge: bool = False


class BannerRow(QWidget):
    """One of the banner's three rows; empty it says what it is for."""

    acknowledge_wanted = Signal(str)
    opened = Signal(str)

    def __init__(self, index: int, when_empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line: BannerLine | None = None
        self._when_empty = when_empty
        self._lit = True
        self.ack = QPushButton("Ack", self)
        self.ack.setObjectName(f"banner.ack.{index}")
        self.ack.setFont(font(SMALL))
        self.ack.clicked.connect(self._on_ack_clicked)
        self.ack.hide()
        self.setObjectName(f"banner.row.{index}")
        self.setAccessibleName(when_empty)
        self.setFixedHeight(BANNER_ROW)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(800, BANNER_ROW)

    @property
    def line(self) -> BannerLine | None:
        """What the row shows."""
        return self._line

    def show_line(self, line: BannerLine | None) -> None:
        """Show an alarm, or that there is none."""
        if line == self._line:
            return
        self._line = line
        self.ack.setVisible(line is not None and line.can_acknowledge)
        if line is not None:
            whole = f"{line.device} {line.source}: {line.message}"
            self.ack.setAccessibleName(f"Acknowledge {line.device} {line.source}".strip())
            self.setAccessibleName(f"Priority {line.badge.priority} alarm, {whole}, {line.state}")
            self.setToolTip(f"{whole}\n{line.action}".strip())
        else:
            self.setAccessibleName(self._when_empty)
            self.setToolTip("")
        self.setCursor(Qt.CursorShape.PointingHandCursor if line and line.key else Qt.CursorShape.ArrowCursor)
        self.update()

    def set_lit(self, lit: bool) -> None:
        """Take the phase of the flash."""
        if lit != self._lit:
            self._lit = lit
            if self._line is not None and self._line.badge.flashes:
                self.update(0, 0, 44, self.height())

    def _on_ack_clicked(self) -> None:
        if self._line is not None:
            self.acknowledge_wanted.emit(self._line.key)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._line is not None and self._line.key and event.button() is Qt.MouseButton.LeftButton:
            self.opened.emit(self._line.key)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.ack.setGeometry(self.width() - _ACK_WIDTH - 10, 3, _ACK_WIDTH, self.height() - 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        p, line = palette(), self._line
        waits = line is not None and line.badge.state is not BadgeState.ACKED
        painter.fillRect(self.rect(), colour(p.unacked_row if waits else p.panel))
        painter.setPen(QPen(colour(p.line), 1))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        if line is None:
            rect = QRectF(44, 0, self.width() - 60, self.height())
            draw_text(painter, rect, self._when_empty, size=SMALL, ink=p.dim)
        else:
            self._draw_line(painter, line, waits=waits)
        painter.end()

    def _draw_line(self, painter: QPainter, line: BannerLine, *, waits: bool) -> None:
        p, h = palette(), self.height()
        if waits:
            painter.fillRect(QRectF(0, 0, 5, h - 1), colour(p.priority(line.badge.priority)))
        paint_badge(painter, QRectF(14, (h - 21) / 2, 21, 21), line.badge, lit=self._lit)
        draw_text(painter, QRectF(46, 0, 64, h), line.time, size=SMALL)
        left = self._draw_where(painter, line, strong=waits)
        right = self._draw_state(painter, line)
        self._draw_what(painter, line, QRectF(left, 0, max(right - left - 12, 40), h), strong=waits)

    def _draw_where(self, painter: QPainter, line: BannerLine, *, strong: bool) -> float:
        where = f"{line.device} {line.source}".strip()
        room = min(width_of(where, SMALL, strong=strong) + 2, 230)
        draw_text(painter, QRectF(114, 0, room, self.height()), where, size=SMALL, strong=strong)
        left = 114.0 + room + 10
        if line.predicted:
            wide = width_of(_CHIP, SMALL) + 14
            box = QRectF(left, (self.height() - 18) / 2, wide, 18)
            painter.setPen(QPen(colour(palette().line_strong), 1))
            painter.setBrush(colour(palette().field))
            painter.drawRoundedRect(box, 2, 2)
            draw_text(painter, box, _CHIP, size=SMALL, align=Qt.AlignmentFlag.AlignHCenter)
            left += wide + 10
        return max(left, 296.0)

    def _draw_state(self, painter: QPainter, line: BannerLine) -> float:
        h = self.height()
        edge = self.width() - _ACK_WIDTH - 20
        state = QRectF(edge - _STATE_WIDTH, 0, _STATE_WIDTH, h)
        acked = line.badge.state is BadgeState.ACKED
        draw_text(painter, state, line.state, size=SMALL, strong=not acked, align=Qt.AlignmentFlag.AlignRight)
        left = state.right() - width_of(line.state, SMALL, strong=True) - 16
        if line.respond:
            figure = width_of(line.respond, TITLE, strong=True) + 2
            spot = QRectF(left - figure, 0, figure, h)
            draw_text(painter, spot, line.respond, size=TITLE, strong=True)
            words = width_of("time to respond", SMALL) + 8
            draw_text(
                painter,
                QRectF(spot.left() - words, 0, words, h),
                "time to respond",
                size=SMALL,
                ink=palette().dim,
            )
            left = spot.left() - words - 8
        return left

    def _draw_what(self, painter: QPainter, line: BannerLine, rect: QRectF, *, strong: bool) -> None:
        size = TITLE if strong and line.badge.priority == 1 else BODY
        if width_of(line.message, size, strong=strong) > rect.width():
            size = SMALL
        wide = min(width_of(line.message, size, strong=strong) + 2, rect.width())
        message = QRectF(rect.left(), 0, wide, rect.height())
        draw_text(painter, message, line.message, size=size, strong=strong)
        rest = QRectF(message.right() + 6, 0, rect.right() - message.right() - 6, rect.height())
        if line.action and rest.width() > 80:
            sentence = Qt.TextElideMode.ElideRight
            draw_text(painter, rest, f"· do: {line.action}", size=SMALL, elide=sentence)
