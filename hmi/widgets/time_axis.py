"""Label a trend's time axis with the time of day."""

import math
from typing import Final

import pyqtgraph as pg

from hmi.theme.current import colour, palette
from hmi.theme.fonts import font
from hmi.theme.numbers import number
from hmi.theme.times import moment
from hmi.theme.tokens import SMALL

_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_LABEL_PX: Final = 90
_VALUE_PX: Final = 28


class TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """Ticks at round times, as wide apart as their labels need."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.utc = True
        dress_axis(self)

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:  # noqa: N803
        wanted = max(maxVal - minVal, 1e-3) * _LABEL_PX / max(size, 1.0)
        return [(float(next((s for s in _STEPS_S if s >= wanted), _STEPS_S[-1])), 0.0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        form = "%H:%M:%S" if spacing < 60 else ("%H:%M" if spacing < 86400 else "%d %b")
        return [moment(int(v * 1e9), utc=self.utc).strftime(form) if 0 < v < 4e9 else "" for v in values]


class ValueAxis(pg.AxisItem):  # type: ignore[misc]
    """Ticks of the value axis with grouped figures."""

    def __init__(self) -> None:
        super().__init__("left")
        dress_axis(self)
        self.setWidth(52)

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:  # noqa: N803
        wanted = max(maxVal - minVal, 1e-9) * _VALUE_PX / max(size, 1.0)
        decade = 10.0 ** math.floor(math.log10(wanted))
        return [(next(s * decade for s in (1, 2, 5, 10) if s * decade >= wanted * (1 - 1e-9)), 0.0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        precision = max(0, min(6, -int(f"{spacing:e}".rpartition("e")[2]))) if spacing > 0 else 1
        return [number(v, precision) for v in values]


def dress_axis(axis: pg.AxisItem) -> None:
    """Give an axis our type and greys."""
    p = palette()
    axis.setStyle(tickFont=font(SMALL), tickLength=-4, autoExpandTextSpace=False, tickTextOffset=6)
    axis.setPen(pg.mkPen(colour(p.line_strong), width=1))
    axis.setTextPen(pg.mkPen(colour(p.dim)))
    axis.enableAutoSIPrefix(enable=False)
