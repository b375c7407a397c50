"""Plot tags over time: normal band, limits, the newest value at the right edge with its number."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from hmi.theme.badges import Badge, paint_badge
from hmi.theme.current import colour, palette
from hmi.theme.fonts import font
from hmi.theme.tokens import SMALL
from hmi.widgets.decimate import drawable, extent, to_pixels
from hmi.widgets.painting import draw_hatch, draw_text, width_of
from hmi.widgets.time_axis import TimeAxis, ValueAxis
from hmi.widgets.trend_expected import Expected
from hmi.widgets.trend_gutter import GutterMark, TrendGutter

Floats = NDArray[np.float64]
NAN: Final = float("nan")
MOST_PENS: Final = 8  # look.md: up to eight, told apart by muted hues and dashes
DASHES: Final[tuple[list[float], ...]] = (
    [], [8.0, 4.0], [2.0, 3.0], [10.0, 3.0, 2.0, 3.0], [5.0, 3.0], [12.0, 4.0], [3.0, 6.0], [8.0, 3.0, 2.0, 3.0, 2.0, 3.0],
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPen:
    """One curve's face."""

    key: int
    label: str
    unit: str = ""
    low: float = NAN  # the tag's scale, used where pens of several units share the plot
    high: float = NAN
    normal_low: float = NAN
    normal_high: float = NAN
    normal_text: str = ""
    limits: tuple[tuple[str, float], ...] = ()  # ("Hi 7.1 mm/s", 7.1)


@dataclass(slots=True)
class _Curve:
    pen: TrendPen
    items: tuple[Any, Any]  # drawn twice, one pixel apart: looks 2 px, costs far less
    times: Floats = field(default_factory=lambda: np.empty(0))
    values: Floats = field(default_factory=lambda: np.empty(0))
    text: str = "–"


class Trend(QWidget):
    """One to eight curves; follows the newest sample until the operator pans or zooms."""

    panned = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: dict[int, _Curve] = {}
        self._fixtures: list[Any] = []
        self._expected: Expected | None = None
        self.window_s = 600.0
        self.follows = True
        self._now_s = NAN
        self._axis = TimeAxis()
        self._plot = _Canvas(axisItems={"bottom": self._axis, "left": ValueAxis()})
        self._gutter = TrendGutter(self)
        self._moving = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 72)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._plot, 1)
        layout.addWidget(self._gutter)
        self._view = self._plot.getPlotItem().getViewBox()
        self._view.sigRangeChangedManually.connect(self._on_panned)
        self._view.sigRangeChanged.connect(self._on_range_changed)
        self._view.sigResized.connect(self._on_range_changed)

    def set_interactive(self, interactive: bool) -> None:
        """Let the mouse pan and zoom."""
        self._view.setMouseEnabled(x=interactive, y=interactive)

    def set_utc(self, utc: bool) -> None:
        """Choose the zone of the time axis."""
        if self._axis.utc != utc:
            self._axis.utc = utc
            self._axis.picture = None
            self._axis.update()

    def set_pens(self, pens: tuple[TrendPen, ...]) -> None:
        """Choose the curves; those that stay keep their data."""
        if repr(pens) == repr(tuple(c.pen for c in self._curves.values())):
            return
        kept = {k: (c.times, c.values, c.text) for k, c in self._curves.items()}
        for curve in self._curves.values():
            for item in curve.items:
                self._plot.removeItem(item)
        self._curves = {}
        for place, pen in enumerate(pens[:MOST_PENS]):
            curve = _Curve(pen, self._make_items(place, alone=len(pens) == 1))
            curve.times, curve.values, curve.text = kept.get(pen.key, (np.empty(0), np.empty(0), "–"))
            self._curves[pen.key] = curve
        self._place_fixtures()
        self._draw()

    def _make_items(self, place: int, *, alone: bool) -> tuple[Any, Any]:
        p = palette()
        ink = p.live if alone else p.pens[place % len(p.pens)]
        pen = QPen(colour(ink), 1)
        pen.setCosmetic(True)
        if DASHES[place % len(DASHES)]:
            pen.setDashPattern(DASHES[place % len(DASHES)])
        made = tuple(pg.PlotCurveItem(pen=pen, antialias=True, connect="finite") for _ in range(2))
        for item in made:
            item.setSegmentedLineMode("off")
            self._plot.addItem(item)
        return made[0], made[1]

    def is_percent(self) -> bool:
        """Whether pens of several units share the plot, each on its own scale."""
        return len({c.pen.unit for c in self._curves.values()}) > 1

    def set_data(self, key: int, times: Floats, values: Floats, text: str) -> None:
        """Give a curve its samples, and its newest value as text."""
        curve = self._curves.get(key)
        if curve is not None:
            curve.times, curve.values, curve.text = times, drawable(values), text

    def set_expected(self, times: Floats, values: Floats) -> None:
        """Show what the one curve should read: a dashed line, and the difference to it shaded; nothing for no samples."""
        if self._expected is None:
            if not times.size:
                return
            self._expected = Expected(self._plot)
        self._expected.times, self._expected.values = times, drawable(values)

    def set_now(self, now_s: float) -> None:
        """Set the right edge, s since 1970 UTC, and draw."""
        self._now_s = now_s
        self._draw()

    def set_marker(self, time_s: float, badge: Badge | None, text: str = "") -> None:
        """Mark when an alarm came; None removes the mark."""
        self._plot.mark = None if badge is None else (time_s, badge, text)
        self._plot.viewport().update()

    def set_lit(self, lit: bool) -> None:
        """Take the phase of the flash."""
        if self._plot.lit != lit and self._plot.mark is not None and self._plot.mark[1].flashes:
            self._plot.viewport().update()
        self._plot.lit = lit

    def set_fault(self, why: str) -> None:
        """Hatch the plot, or stop doing so ("")."""
        if why != self._plot.fault:
            self._plot.fault = why
            self._plot.viewport().update()
            self._draw_gutter()

    def set_follow(self, follow: bool) -> None:
        """Follow the newest sample, or hold still."""
        self.follows = follow
        if follow:
            self._draw()

    def set_window(self, seconds: float) -> None:
        """Choose how much time the plot spans, s."""
        self.window_s = seconds
        self.set_follow(follow=True)

    def _on_panned(self) -> None:
        self.follows = False
        self.panned.emit()

    def _draw(self) -> None:
        if self.follows and np.isfinite(self._now_s):
            self._view.setXRange(self._now_s - self.window_s, self._now_s, padding=0)
            self._fit_values()
        low, high = self._view.viewRange()[0]
        for curve in self._curves.values():
            inside = slice(*np.searchsorted(curve.times, (low - 1, high + 1)))
            inside = slice(max(inside.start - 1, 0), inside.stop + 1)
            values = self._scaled(curve.pen, curve.values[inside])
            times, thin = to_pixels(curve.times[inside], values, max(int(self._view.width()), 100))
            for item in curve.items:
                item.setData(times, thin)
        if self._expected is not None:
            alone = next(iter(self._curves.values())) if len(self._curves) == 1 else None
            drawn = alone.items[0].getData() if alone is not None else (None, None)
            self._expected.draw(*drawn)
        self._offset_shadows()
        self._draw_gutter()
        self._plot.empty = all(c.times.size == 0 for c in self._curves.values())

    def _scaled(self, pen: TrendPen, values: Floats) -> Floats:
        if not self.is_percent():
            return values
        span = pen.high - pen.low
        return (values - pen.low) / span * 100.0 if np.isfinite(span) and span > 0 else values

    def _fit_values(self) -> None:
        bounds: list[float] = [0.0, 100.0] if self.is_percent() else []
        for curve in self._curves.values():
            seen = curve.values[curve.times >= self._now_s - self.window_s]
            found = extent(self._scaled(curve.pen, seen))
            bounds += found or ()
        if len(self._curves) == 1:
            if self._expected is not None:
                bounds += (
                    extent(self._expected.values[self._expected.times >= self._now_s - self.window_s]) or ()
                )
            pen = next(iter(self._curves.values())).pen
            if not bounds:
                bounds += [v for v in (pen.low, pen.high) if np.isfinite(v)]
            bounds += [v for v in (pen.normal_low, pen.normal_high, *_near(pen, bounds)) if np.isfinite(v)]
        low, high = (min(bounds), max(bounds)) if bounds else (0.0, 1.0)
        margin = (high - low) * 0.08 or max(abs(high) * 0.05, 0.5)
        self._view.setYRange(low - margin, high + margin, padding=0)

    def _place_fixtures(self) -> None:
        for item in self._fixtures:
            self._plot.removeItem(item)
        self._fixtures = []
        self._plot.words = []
        if len(self._curves) == 1:
            self._add_fixtures(next(iter(self._curves.values())).pen)

    def _add_fixtures(self, pen: TrendPen) -> None:
        p = palette()
        if np.isfinite(pen.normal_low) or np.isfinite(pen.normal_high):
            low = pen.normal_low if np.isfinite(pen.normal_low) else -1e9
            high = pen.normal_high if np.isfinite(pen.normal_high) else 1e9
            band = pg.LinearRegionItem(
                (low, high), orientation="horizontal", movable=False, brush=colour(p.band), pen=pg.mkPen(None)
            )
            band.setZValue(-10)
            self._fixtures.append(band)
            if pen.normal_text:
                self._plot.words.append((min(high, 1e8), pen.normal_text, False))
        for text, value in pen.limits:
            ink = pg.mkPen(colour(p.text), width=1, dash=[6, 4])
            self._fixtures.append(pg.InfiniteLine(pos=value, angle=0, pen=ink, movable=False))
            self._plot.words.append((value, text, True))
        for item in self._fixtures:
            self._plot.addItem(item, ignoreBounds=True)

    def _offset_shadows(self) -> None:
        _, step = self._view.viewPixelSize() if self._view.height() > 0 else (0.0, 0.0)
        for curve in self._curves.values():
            curve.items[1].setPos(0.0, float(step))

    def _on_range_changed(self) -> None:
        self._offset_shadows()
        self._draw_gutter()

    def _draw_gutter(self) -> None:
        marks = []
        for place, curve in enumerate(self._curves.values()):
            last = _newest(self._scaled(curve.pen, curve.values))
            y = self._pixel_y(last) if np.isfinite(last) else NAN
            p = palette()
            ink = p.live if len(self._curves) == 1 else p.pens[place % len(p.pens)]
            marks.append(GutterMark(y, curve.text, curve.pen.unit, ink, faded=bool(self._plot.fault)))
        self._gutter.show_marks(tuple(marks))

    def _pixel_y(self, value: float) -> float:
        return float(self._view.mapViewToScene(QPointF(self._view.viewRange()[0][1], value)).y())


def _near(pen: TrendPen, bounds: list[float]) -> list[float]:
    """Return the limits worth seeing: those within one span of the data or the band."""
    known = [v for v in (pen.normal_low, pen.normal_high, *bounds) if np.isfinite(v)]
    if not known:
        return [v for _, v in pen.limits]
    span = max(max(known) - min(known), 1e-9)
    return [v for _, v in pen.limits if min(known) - span <= v <= max(known) + span]


def _newest(values: Floats) -> float:
    """Return the newest value, NaN where it cannot be drawn."""
    return float(values[-1]) if values.size else NAN


class _Canvas(pg.PlotWidget):  # type: ignore[misc]
    """The plot itself, with our words, the alarm mark and the hatching painted over it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(background=colour(palette().panel), **options)
        self.mark: tuple[float, Badge, str] | None = None
        self.words: list[tuple[float, str, bool]] = []
        self.fault = ""
        self.empty = True
        self.lit = True
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.showGrid(x=True, y=True, alpha=0.13)
        item.getViewBox().setBackgroundColor(colour(palette().field))
        item.getViewBox().setMouseEnabled(x=False, y=False)
        item.getViewBox().setDefaultPadding(0)
        item.disableAutoRange()
        item.setContentsMargins(0, 6, 0, 0)
        self.setFrameShape(self.Shape.NoFrame)
        self.setFont(font(SMALL))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def sizeHint(self) -> QSize:
        return QSize(200, 90)

    def _area(self) -> QRectF:
        view = self.getPlotItem().getViewBox()
        return QRectF(view.mapRectToScene(view.boundingRect()))

    def _spot(self, x: float, y: float) -> QPointF:
        return QPointF(self.getPlotItem().getViewBox().mapViewToScene(QPointF(x, y)))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area()
        painter.setClipRect(area.adjusted(0, -6, 1, 1))
        self._draw_words(painter, area)
        if self.mark is not None:
            self._draw_mark(painter, area, *self.mark)
        if self.fault:
            draw_hatch(painter, area, strength=0.35)
            self._draw_note(painter, area, self.fault)
        elif self.empty:
            self._draw_note(painter, area, "no samples yet")
        painter.end()

    def _draw_words(self, painter: QPainter, area: QRectF) -> None:
        for value, text, strong in self.words:
            y = self._spot(0, value).y() if abs(value) < 1e8 else area.top()
            if not (area.top() - 1 <= y <= area.bottom()) and strong:
                continue
            top = max(y, area.top()) + 2
            if top + 16 < area.bottom():
                rect = QRectF(area.left() + 8, top, area.width() - 16, 16)
                draw_text(
                    painter,
                    rect,
                    text,
                    size=SMALL,
                    strong=strong,
                    ink=palette().text if strong else palette().dim,
                )

    def _draw_mark(self, painter: QPainter, area: QRectF, time_s: float, badge: Badge, text: str) -> None:
        x = self._spot(time_s, 0).x()
        if not area.left() <= x <= area.right():
            return
        pen = QPen(colour(palette().text), 1, Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        left = min(max(x - 9, area.left()), area.right() - 20)
        paint_badge(painter, QRectF(left, area.top() + 3, 18, 18), badge, lit=self.lit)
        wide = width_of(text, SMALL) + 6
        start = left - wide if left - wide > area.left() else left + 24
        spot = QRectF(start - 3, area.top() + 3, wide + 3, 18)
        painter.fillRect(spot, colour(palette().field))
        draw_text(painter, spot.adjusted(3, 0, 0, 0), text, size=SMALL)

    def _draw_note(self, painter: QPainter, area: QRectF, text: str) -> None:
        wide = width_of(text, SMALL, strong=True) + 20
        box = QRectF(0, 0, wide, 24)
        box.moveCenter(area.center())
        painter.setPen(QPen(colour(palette().line_strong), 1))
        painter.setBrush(colour(palette().panel))
        painter.drawRoundedRect(box, 2, 2)
        draw_text(painter, box, text, size=SMALL, strong=True, align=Qt.AlignmentFlag.AlignHCenter)
