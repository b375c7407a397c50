"""Draw what is predicted: both futures of a measurement, and what they differ in."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from hmi.theme.current import colour, palette
from hmi.theme.numbers import number
from hmi.theme.tokens import SMALL
from hmi.widgets.decimate import extent
from hmi.widgets.painting import draw_hatch, draw_text, width_of
from hmi.widgets.panel import Text

Floats = NDArray[np.float64]
_LEFT: Final = 56.0
_BOTTOM: Final = 20.0
_TOP: Final = 8.0
_RIGHT: Final = 12.0
_DASH: Final = [5.0, 3.0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForecastPlot:
    """One measurement ahead of now."""

    unit: str = ""
    precision: int = 1
    minutes: Floats = field(default_factory=lambda: np.empty(0))  # from now
    nothing: Floats = field(default_factory=lambda: np.empty(0))
    proposed: Floats = field(default_factory=lambda: np.empty(0))
    limits: tuple[tuple[str, float], ...] = ()  # ("Hi 78.0 °C", 78.0)


class ForecastChart(QWidget):
    """Two curves from now on: dashed if nothing is done, solid with the new value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plot = ForecastPlot()
        self._waiting = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(420, 170)

    def sizeHint(self) -> QSize:
        return QSize(560, 190)

    def show_plot(self, plot: ForecastPlot) -> None:
        """Draw a prediction."""
        self._plot, self._waiting = plot, ""
        self.setAccessibleName(f"Predicted course, {plot.unit}")
        self.update()

    def show_waiting(self, words: str) -> None:
        """Say why there is no prediction that can be trusted now; what was drawn is hatched."""
        if words != self._waiting:
            self._waiting = words
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        p, plot = palette(), self._plot
        area = QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        painter.fillRect(area, colour(p.field))
        if plot.minutes.size > 1:
            self._paint_curves(painter, area)
        painter.setPen(QPen(colour(p.line_strong), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.drawLine(area.topLeft(), area.bottomLeft())
        if self._waiting:
            draw_hatch(painter, area, strength=0.3)
            wide = width_of(self._waiting, SMALL, strong=True) + 16
            box = QRectF(0, 0, min(wide, area.width()), 22)
            box.moveCenter(area.center())
            painter.fillRect(box, colour(p.panel))
            draw_text(
                painter, box, self._waiting, size=SMALL, strong=True, align=Qt.AlignmentFlag.AlignHCenter
            )
        painter.end()

    def _paint_curves(self, painter: QPainter, area: QRectF) -> None:
        plot, p = self._plot, palette()
        low, high = self._bounds()
        end = float(plot.minutes[-1])
        self._paint_axes(painter, area, low, high, end)
        for words, value in plot.limits:
            if low <= value <= high:
                y = area.bottom() - (value - low) / (high - low) * area.height()
                pen = QPen(colour(p.text), 1)
                pen.setDashPattern([6.0, 3.0])
                painter.setPen(pen)
                painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
                above = y - 17 if y - 17 > area.top() else y + 2
                draw_text(painter, QRectF(area.left() + 6, above, 200, 16), words, size=SMALL, ink=p.text)
        for values, ink, dash in ((plot.nothing, p.dim, _DASH), (plot.proposed, p.live, None)):
            pen = QPen(colour(ink), 1.6)
            if dash:
                pen.setDashPattern(dash)
            painter.setPen(pen)
            known = np.isfinite(values)
            across = area.left() + plot.minutes[known] / max(end, 1e-9) * area.width()
            down = area.bottom() - (values[known] - low) / (high - low) * area.height()
            spots = zip(across.tolist(), down.tolist(), strict=True)
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in spots]))

    def _paint_axes(self, painter: QPainter, area: QRectF, low: float, high: float, end: float) -> None:
        p, plot = palette(), self._plot
        right = Qt.AlignmentFlag.AlignRight
        for value, y in ((high, area.top()), (low, area.bottom() - 14)):
            box = QRectF(0, y, _LEFT - 8, 16)
            draw_text(painter, box, number(value, plot.precision), size=SMALL, ink=p.dim, align=right)
        below = QRectF(area.left(), area.bottom() + 2, area.width(), 16)
        draw_text(painter, below, "now", size=SMALL, ink=p.dim)
        draw_text(painter, below, f"in {number(end, 0)} min", size=SMALL, ink=p.dim, align=right)

    def _bounds(self) -> tuple[float, float]:
        plot = self._plot
        found = [b for values in (plot.nothing, plot.proposed) for b in (extent(values) or ())]
        low, high = (min(found), max(found)) if found else (0.0, 1.0)
        span = max(high - low, 10.0**-plot.precision)
        near = [v for _, v in plot.limits if low - 0.6 * span <= v <= high + 0.6 * span]
        low, high = min([low, *near]), max([high, *near])
        margin = max(high - low, 10.0**-plot.precision) * 0.08
        return low - margin, high + margin


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """One line of the comparison."""

    label: str
    nothing: str
    proposed: str
    is_trouble: bool = False  # the new value brings something that was not there


class ForecastTable(QWidget):
    """What the two futures differ in, side by side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(4)
        for column, stretch in enumerate((5, 6, 6)):
            self._grid.setColumnStretch(column, stretch)
        for column, words in ((1, "Do nothing"), (2, "New value")):
            head = Text(words, size=SMALL, role="dim")
            head.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(head, 0, column)
        self._cells: list[tuple[Text, Text, Text]] = []

    def show_rows(self, rows: tuple[ForecastRow, ...]) -> None:
        """Show the comparison; the table keeps the height it once had."""
        while len(self._cells) < len(rows):
            self._add_row()
        for place, (label, nothing, proposed) in enumerate(self._cells):
            row = rows[place] if place < len(rows) else ForecastRow("", "", "")
            label.show_text(row.label)
            nothing.show_text(row.nothing)
            proposed.show_text(f"▲ {row.proposed}" if row.is_trouble else row.proposed)

    def texts(self) -> tuple[tuple[str, str, str], ...]:
        """Return what is shown."""
        return tuple((a.whole(), b.whole(), c.whole()) for a, b, c in self._cells)

    def _add_row(self) -> None:
        cells = (
            Text("", size=SMALL, elides=True),
            Text("", size=SMALL, strong=True, elides=True),
            Text("", size=SMALL, strong=True, elides=True),
        )
        row = len(self._cells) + 1
        for column, cell in enumerate(cells):
            if column:
                cell.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(cell, row, column)
        self._cells.append(cells)
