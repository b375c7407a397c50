"""Stop by one deliberate gesture: held with the mouse for half a second, never by Enter or Space."""

from typing import Final

from PySide6.QtCore import QElapsedTimer, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from hmi.theme.current import colour, palette
from hmi.theme.tokens import BODY, STOP_HOLD_MS, TINY
from hmi.widgets.painting import draw_fitted, width_of

NOT_AVAILABLE: Final = "STOP NOT AVAILABLE"
HINT: Final = "hold for half a second"
_FRAME_MS: Final = 25
_HINT_MS: Final = 1500


class HoldButton(QAbstractButton):
    """A stop button. It asks by `stop_requested`; pressing it by keyboard or accessibility does nothing."""

    stop_requested = Signal()

    def __init__(self, label: str, *, quiet: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self._quiet = quiet
        self._available = False
        self._why = "no session for stopping"
        self._held = QElapsedTimer()
        self._fired = False
        self._tick = QTimer(self)
        self._tick.setInterval(_FRAME_MS)
        self._tick.timeout.connect(self._on_tick)
        self._hint = QTimer(self)
        self._hint.setSingleShot(True)
        self._hint.setInterval(_HINT_MS)
        self._hint.timeout.connect(self.update)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._describe()

    def sizeHint(self) -> QSize:
        widest = max(width_of(t, BODY, strong=True) for t in (self._label, NOT_AVAILABLE, HINT))
        return QSize(widest + 28, 30)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def set_label(self, label: str) -> None:
        """Name what it stops; a hold under way ends, as its scope has changed."""
        if label != self._label:
            self._label = label
            self._release()
            self._describe()
            self.updateGeometry()

    def set_available(self, available: bool, why: str = "") -> None:
        """Say whether a stop would reach the plant."""
        if (available, why) != (self._available, self._why):
            self._available, self._why = available, why
            if not available:
                self._release()
            self._describe()

    @property
    def label(self) -> str:
        """The text on the button."""
        return self._label if self._available else NOT_AVAILABLE

    @property
    def is_available(self) -> bool:
        """Whether holding it does anything."""
        return self._available

    def progress(self) -> float:
        """Return how far the hold has come, 0..1."""
        if not self._held.isValid():
            return 0.0
        return 1.0 if self._fired else min(self._held.elapsed() / STOP_HOLD_MS, 1.0)

    def _describe(self) -> None:
        self.setAccessibleName(self.label)
        self.setAccessibleDescription(
            "Hold the mouse button for half a second. Software stop, not a safety function."
            if self._available
            else self._why
        )
        self.setToolTip("" if self._available else self._why)
        self.update()

    def _on_tick(self) -> None:
        if self.progress() >= 1.0 and not self._fired:
            self._fired = True
            self._tick.stop()
            self.stop_requested.emit()
        self.update()

    def _release(self) -> None:
        if self._held.isValid() and not self._fired and self._available:
            self._hint.start()
        self._held.invalidate()
        self._tick.stop()
        self._fired = False
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._available:
            self._fired = False
            self._hint.stop()
            self._held.start()
            self._tick.start()
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.rect().contains(event.position().toPoint()):
            self._release()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._release()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # no key stops in passing

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def hideEvent(self, event: QHideEvent) -> None:
        self._release()
        super().hideEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self._available:
            self._draw_ready(painter, box)
        else:
            self._draw_crossed(painter, box)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour(palette().text), 1, Qt.PenStyle.DotLine))
            painter.drawRect(box.adjusted(3, 3, -3, -3))
        painter.end()

    def _draw_ready(self, painter: QPainter, box: QRectF) -> None:
        p = palette()
        ground, ink = (p.stop_quiet, p.stop_quiet_text) if self._quiet else (p.stop, p.stop_text)
        painter.setPen(QPen(colour(p.stop), 2))
        painter.setBrush(colour(ground))
        painter.drawRoundedRect(box, 2, 2)
        share = self.progress()
        if share > 0:
            fill = QRectF(box.left(), box.bottom() - 6, box.width() * share, 6)
            painter.fillRect(fill, colour(ink))
        text = HINT if self._hint.isActive() else self._label
        draw_fitted(painter, box, text, (BODY, TINY), strong=True, ink=ink)

    def _draw_crossed(self, painter: QPainter, box: QRectF) -> None:
        p = palette()
        painter.setPen(QPen(colour(p.line_strong), 1))
        painter.setBrush(colour(p.panel))
        painter.drawRoundedRect(box, 2, 2)
        painter.drawLine(QPointF(box.left(), box.bottom()), QPointF(box.right(), box.top()))
        draw_fitted(painter, box, NOT_AVAILABLE, (BODY, TINY), strong=True, ink=p.dim)
