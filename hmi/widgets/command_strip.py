"""Show how far a command has come: Sent, Accepted, Read back, Effect verified, or what became of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from hmi.theme.current import colour, palette
from hmi.theme.icons import pixmap
from hmi.theme.tokens import SMALL, TINY
from hmi.widgets.painting import draw_text

STAGES: Final = ("Sent", "Accepted", "Read back", "Effect verified")
_DOT: Final = 16.0


class Verdict(StrEnum):
    """How a command ended, or that it has not."""

    PENDING = "pending"
    VERIFIED = "Effect verified"
    REFUSED = "Refused"
    UNKNOWN = "Outcome unknown"


@dataclass(frozen=True, slots=True)
class StripState:
    """One command's life so far."""

    label: str
    reached: int  # how many of the four stages
    times: tuple[str, ...]  # of the stages reached
    verdict: Verdict
    reason: str = ""

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        if self.verdict is Verdict.PENDING:
            return f"{self.label}: {STAGES[max(self.reached - 1, 0)].lower()} …"
        tail = f": {self.reason}" if self.reason else ""
        return f"{self.label}: {self.verdict.value.lower()}{tail}"


class CommandStrip(QWidget):
    """Four stages and the outcome; empty it says what would be here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: StripState | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("No command sent yet")

    def sizeHint(self) -> QSize:
        return QSize(320, 86)

    @property
    def state(self) -> StripState | None:
        """What is shown."""
        return self._state

    def show_state(self, state: StripState | None) -> None:
        """Show a command's life."""
        if state != self._state:
            self._state = state
            self.setAccessibleName(state.sentence if state else "No command sent yet")
            self.setToolTip(state.sentence if state else "")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        xs = [self.width() * (2 * i + 1) / 8 for i in range(4)]
        reached = self._state.reached if self._state else 0
        self._draw_line(painter, xs, reached)
        for i, x in enumerate(xs):
            self._draw_stage(painter, i, x, reached)
        self._draw_outcome(painter)
        painter.end()

    def _draw_line(self, painter: QPainter, xs: list[float], reached: int) -> None:
        p = palette()
        for i in range(3):
            painter.setPen(QPen(colour(p.header if i + 1 < reached else p.line), 2))
            painter.drawLine(QPointF(xs[i] + _DOT / 2, 11), QPointF(xs[i + 1] - _DOT / 2, 11))

    def _draw_stage(self, painter: QPainter, i: int, x: float, reached: int) -> None:
        p, state = palette(), self._state
        box = QRectF(x - _DOT / 2, 11 - _DOT / 2, _DOT, _DOT)
        failed = state is not None and i == reached and state.verdict in {Verdict.REFUSED, Verdict.UNKNOWN}
        done = i < reached
        painter.setPen(QPen(colour(p.header if done or failed else p.line_strong), 1.4))
        painter.setBrush(colour(p.header if done else p.field))
        painter.drawEllipse(box)
        name = "check" if done else ("cross" if state and state.verdict is Verdict.REFUSED else "unknown")
        if done or failed:
            ink = p.header_text if done else p.text
            painter.drawPixmap(box.adjusted(3, 3, -3, -3).toRect(), pixmap(name, 12, ink))
        quarter = self.width() / 4
        words = QRectF(x - quarter / 2, 22, quarter, 16)
        centre = Qt.AlignmentFlag.AlignHCenter
        draw_text(painter, words, STAGES[i], size=SMALL, ink=p.text if done else p.dim, align=centre)
        if state is not None and i < len(state.times):
            draw_text(painter, words.translated(0, 15), state.times[i], size=TINY, ink=p.dim, align=centre)

    def _draw_outcome(self, painter: QPainter) -> None:
        p, state = palette(), self._state
        box = QRectF(0.5, self.height() - 30.5, self.width() - 1, 29)
        over = state is not None and state.verdict is not Verdict.PENDING
        painter.setPen(QPen(colour(p.text if over else p.line), 1))
        painter.setBrush(colour(p.raised if over else p.panel))
        painter.drawRoundedRect(box, 2, 2)
        inner = box.adjusted(10, 0, -10, 0)
        if state is None:
            draw_text(painter, inner, "A command's outcome is shown here", size=SMALL, ink=p.dim)
        else:
            draw_text(painter, inner, state.sentence, size=SMALL, strong=over)
