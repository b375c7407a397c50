"""Draw beside a curve what it should read, and shade the difference."""

from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsPolygonItem

from hmi.theme.current import colour, palette

Floats = NDArray[np.float64]
_SHADE: Final = 70  # of 255
_DASH: Final = [5.0, 3.0]
_LEAST: Final = 2


class Expected:
    """The expected value as a dashed line; what lies between it and the measured one is shaded."""

    def __init__(self, plot: Any) -> None:
        self.times: Floats = np.empty(0)
        self.values: Floats = np.empty(0)
        p = palette()
        pen = QPen(colour(p.dim), 1)
        pen.setCosmetic(True)
        pen.setDashPattern(_DASH)
        self._line = pg.PlotCurveItem(pen=pen, antialias=True, connect="finite")
        self._line.setSegmentedLineMode("off")
        self._shade = QGraphicsPolygonItem()
        shade = QColor(p.live)
        shade.setAlpha(_SHADE)
        self._shade.setBrush(shade)
        self._shade.setPen(QPen(pg.QtCore.Qt.PenStyle.NoPen))
        self._shade.setZValue(-5)
        plot.addItem(self._line, ignoreBounds=True)
        plot.addItem(self._shade, ignoreBounds=True)

    def draw(self, times: Floats | None, measured: Floats | None) -> None:
        """Draw over the measured curve as it is drawn; without it, or without expected values, draw nothing."""
        if times is None or measured is None or len(times) < _LEAST or self.times.size < _LEAST:
            self._line.setData([], [])
            self._shade.setPolygon(QPolygonF())
            return
        known = np.isfinite(self.values)
        inside = (times >= self.times[0]) & (times <= self.times[-1]) & np.isfinite(measured)
        at, above = times[inside], measured[inside]
        expected = (
            np.interp(at, self.times[known], self.values[known]) if known.any() else np.full(at.size, np.nan)
        )
        self._line.setData(at, expected)
        spots = [QPointF(x, y) for x, y in zip(at.tolist(), above.tolist(), strict=True)]
        back = [QPointF(x, y) for x, y in zip(at[::-1].tolist(), expected[::-1].tolist(), strict=True)]
        self._shade.setPolygon(QPolygonF(spots + back if known.any() else []))
