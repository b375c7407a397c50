"""Sum the plant up in one line."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from hmi.state.plant_summary import PlantCounts
from hmi.theme.current import palette
from hmi.theme.roles import Lamp
from hmi.theme.tokens import SMALL, TITLE
from hmi.widgets.legend import Legend
from hmi.widgets.painting import draw_lamp, draw_text, width_of


class PlantStrip(QWidget):
    """How many devices do what, at the left; the legend of the indicators at the right."""

    def __init__(self, *, legend: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._has_legend = legend
        self._counts = PlantCounts(0, 0, 0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addStretch(1)
        self.legend = Legend(self)
        self.legend.setVisible(legend)
        layout.addWidget(self.legend)

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
        said = "temperature, vibration, pressure: highest device of the line"
        if self._has_legend and x + width_of(said, SMALL) + 20 < self.legend.x():
            self._word(painter, x, said, dim=True)
        painter.end()

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
