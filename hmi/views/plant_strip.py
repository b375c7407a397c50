"""Sum the plant up in one line, and explain the signs."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from hmi.state.plant_summary import PlantCounts
from hmi.theme.current import colour, palette
from hmi.theme.roles import Lamp
from hmi.theme.tokens import SMALL, TITLE
from hmi.widgets.painting import draw_lamp, draw_text, triangle, width_of


class PlantStrip(QWidget):
    """How many devices do what, at the left; the legend of the indicators at the right."""

    def __init__(self, *, legend: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._has_legend = legend
        self._counts = PlantCounts(0, 0, 0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(800, 24)

    def show_counts(self, counts: PlantCounts) -> None:
        """Show how many devices do what."""
        if counts != self._counts:
            self._counts = counts
            self.setAccessibleName(
                f"{counts.total} devices, {counts.running} running, {counts.stopped} stopped, "
                f"{counts.offline} offline, {counts.in_alarm} in alarm"
            )
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c = self._counts
        x = self._word(painter, 2, "Plant", size=TITLE, strong=True) + 18
        x = self._word(painter, x, f"{c.total} devices", strong=True) + 18
        for lamp, text in (
            (Lamp.RUNNING, f"{c.running} running"),
            (Lamp.STOPPED, f"{c.stopped} stopped"),
            (Lamp.OFFLINE, f"{c.offline} offline"),
        ):
            draw_lamp(painter, QRectF(x + 0.5, 7.5, 9, 9), lamp)
            x = self._word(painter, x + 16, text) + 16
        x = self._word(painter, x, f"{c.in_alarm} in alarm", strong=c.in_alarm > 0) + 24
        if self._has_legend:
            self._draw_remarks(painter, x)
        painter.end()

    def _draw_remarks(self, painter: QPainter, x: float) -> None:
        legend = self._legend_start()
        said = "temperature, vibration, pressure: highest device of the line"
        if x + width_of(said, SMALL) + 20 < legend:
            self._word(painter, x, said, dim=True)
        self._draw_legend(painter, legend)

    def _word(
        self,
        painter: QPainter,
        x: float,
        text: str,
        *,
        size: int = SMALL,
        strong: bool = False,
        dim: bool = False,
    ) -> float:
        wide = width_of(text, size, strong=strong) + 2
        ink = palette().dim if dim else palette().text
        draw_text(painter, QRectF(x, 0, wide, self.height()), text, size=size, strong=strong, ink=ink)
        return x + wide

    def _legend_start(self) -> float:
        words = sum(width_of(t, SMALL) for t in ("normal", "value", "setpoint", "limit"))
        return self.width() - words - 4 * 36.0

    def _draw_legend(self, painter: QPainter, x: float) -> None:
        p = palette()
        painter.setPen(QPen(colour(p.line_strong), 1))
        painter.setBrush(colour(p.band))
        painter.drawRect(QRectF(x, 7.5, 13, 9))
        x = self._word(painter, x + 19, "normal") + 16
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(p.live))
        painter.drawPolygon(triangle(QPointF(x, 12), 9, points_left=True))
        x = self._word(painter, x + 14, "value") + 16
        painter.setPen(QPen(colour(p.setpoint), 1.4))
        painter.setBrush(colour(p.panel))
        painter.drawPolygon(triangle(QPointF(x + 8, 12), 8, points_left=False))
        x = self._word(painter, x + 14, "setpoint") + 16
        painter.setPen(QPen(colour(p.text), 2))
        painter.drawLine(QPointF(x, 12), QPointF(x + 13, 12))
        self._word(painter, x + 18, "limit")
