"""Show what the detectors say of a device, in plain words."""

import json
import math
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hmi.link.types import DeviceInfo, TagInfo
from hmi.state.catalogue import MEASUREMENTS
from hmi.state.console import ConsoleState
from hmi.state.device_columns import HEALTH_HINT, HEALTH_LEARNING, HEALTH_TEXT, HEALTH_UNKNOWN
from hmi.theme.current import colour, palette
from hmi.theme.numbers import MISSING, number
from hmi.theme.tokens import BODY, FIGURE, SMALL
from hmi.views.faces import title_of, unit_of
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.painting import draw_text, width_of
from hmi.widgets.panel import Panel, Text, rule
from hmi.widgets.scale_bar import BarState, ContributionBars, ScaleBar
from hmi.widgets.trend import Trend, TrendPen

_ALARM_AT_PCT: Final = 90.0
_MOST_CONTRIBUTIONS: Final = 5


class GradeBoxes(QWidget):
    """The grades side by side, the one in force dark; "Learning" takes the place of "Unknown"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grade = HEALTH_UNKNOWN
        self._fault = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        widest = max((HEALTH_TEXT[HEALTH_UNKNOWN], HEALTH_TEXT[HEALTH_LEARNING]), key=len)
        shown = (*HEALTH_TEXT[:HEALTH_UNKNOWN], widest)
        return QSize(sum(width_of(text, SMALL, strong=True) + 20 for text in shown), 24)

    def show_grade(self, grade: int, fault: str = "") -> None:
        """Show the grade in force."""
        if (grade, fault) != (self._grade, self._fault):
            self._grade, self._fault = grade, fault
            self.setAccessibleName(f"Health: {HEALTH_TEXT[grade]}")
            self.setToolTip(HEALTH_HINT.get(grade, ""))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        p, x = palette(), 0.5
        last = HEALTH_LEARNING if self._grade == HEALTH_LEARNING else HEALTH_UNKNOWN
        for i in (*range(HEALTH_UNKNOWN), last):
            text = HEALTH_TEXT[i]
            wide = width_of(text, SMALL, strong=True) + 16
            box = QRectF(x, 0.5, wide, 22)
            chosen = i == self._grade
            painter.setPen(QPen(colour(p.line_strong), 1))
            painter.setBrush(colour(p.header if chosen and not self._fault else p.field))
            painter.drawRoundedRect(box, 2, 2)
            ink = p.header_text if chosen and not self._fault else p.dim
            draw_text(
                painter, box, text, size=SMALL, strong=chosen, ink=ink, align=Qt.AlignmentFlag.AlignHCenter
            )
            x += wide + 4
        painter.end()


class HealthPanel(Panel):
    """Grade, failure probability, anomaly score, recommendation, what speaks for it."""

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__("Health", parent=parent)
        self._state = state
        self._device: DeviceInfo | None = None
        self.grade = GradeBoxes()
        self.risk = Text(MISSING, size=FIGURE, strong=True)
        self.risk_bar = ScaleBar("Failure probability")
        self.score = Text(MISSING, size=FIGURE, strong=True)
        self.rul = Text(MISSING, size=FIGURE, strong=True)
        self.advice = Text("", size=BODY, strong=True)
        self.advice.wrap(2)
        self.idle = Text("", size=SMALL, role="dim")
        self.bars = ContributionBars()
        self.trend_title = Text("Failure probability, last 10 min, %", size=SMALL, role="dim")
        self.trend = Trend(self)
        self.trend.setMinimumHeight(64)
        self._drawn = -1.0
        self.quiet = EmptyState("Nothing stands out", "What speaks for an anomaly is listed here.")
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(24)
        top.addLayout(_labelled("Grade", self.grade))
        top.addLayout(_labelled("Anomaly score", self.score))
        top.addLayout(_labelled("RUL, h", self.rul))
        top.addStretch(1)
        chance = QHBoxLayout()
        chance.setSpacing(16)
        chance.addLayout(_labelled("Failure probability, %", self.risk))
        chance.addWidget(self.risk_bar, 1)
        self.body.setSpacing(5)
        self.add(top)
        self.add(rule())
        self.add(chance)
        self.add(rule())
        self.add(Text("Recommendation", size=SMALL, role="dim"))
        self.add(self.advice)
        self.add(self.idle)
        self.add(rule())
        self.add(Text("What speaks for it, by share", size=SMALL, role="dim"))
        self.add(self.bars)
        self.add(self.quiet, 1)
        self.add(self.trend_title)
        self.add(self.trend, 2)

    def show_device(self, device: DeviceInfo) -> None:
        """Choose the device."""
        self._device = device
        self._drawn = -1.0
        tag = self._tag("FailureProbability")
        self.trend.set_pens((_risk_pen(tag),) if tag is not None else ())

    def _tag(self, name: str) -> TagInfo | None:
        return self._state.catalogue.find(self._device.tag, "Health", name) if self._device else None

    def _value(self, name: str) -> float:
        tag = self._tag(name)
        return float(self._state.store.values[tag.tag_id]) if tag else math.nan

    def _text(self, name: str) -> str:
        tag = self._tag(name)
        return self._state.store.texts.get(tag.tag_id, "") if tag else ""

    def refresh(self) -> None:
        """Show the newest verdict."""
        if self._device is None:
            return
        row = self._state.columns.catalogue.index(self._device.tag)
        fault = self._state.session.stale_reason()
        self.grade.show_grade(int(self._state.columns.health[row]) if row >= 0 else HEALTH_UNKNOWN, fault)
        risk = self._value("FailureProbability")
        self.risk.show_text(_figure(risk, 0))
        self.risk_bar.show_state(
            BarState(value=risk, limit=_ALARM_AT_PCT, limit_text=f"alarm at {_ALARM_AT_PCT:.0f}", fault=fault)
        )
        self.score.show_text(_figure(self._value("AnomalyScore"), 2))
        self.rul.show_text(_figure(self._value("RemainingUsefulLife"), 0))
        self.advice.show_text(self._text("Recommendation") or "None now")
        self._show_idle()
        self._show_contributions()
        self.aside.show_text(fault)
        self._refresh_trend(fault)

    def _refresh_trend(self, fault: str) -> None:
        tag = self._tag("FailureProbability")
        self.trend.set_fault(fault)
        self.trend.set_utc(self._state.clock.utc)
        if tag is not None and self._drawn != self._state.store.newest_s:
            self._drawn = self._state.store.newest_s
            times, values = self._state.store.history(tag.tag_id)
            self.trend.set_data(tag.tag_id, times, values, self._state.store.text(tag.tag_id))
            self.trend.set_now(self._state.store.newest_s)

    def _show_idle(self) -> None:
        power, cost = self._value("IdlePower"), self._value("IdleCost")
        if power > 0.05 and math.isfinite(power):
            euros = f", {number(cost, 0)} € a day" if math.isfinite(cost) else ""
            self.idle.show_text(f"Idling at {number(power, 1)} kW{euros}")
        else:
            self.idle.show_text("")
        self.idle.setVisible(bool(self.idle.whole()))

    def _show_contributions(self) -> None:
        names, shares = _array(self._text("ContributionNames")), _array(self._text("Contributions"))
        rows = []
        for name, share in list(zip(names, shares, strict=False))[:_MOST_CONTRIBUTIONS]:
            rows.append(self._contribution(str(name), _as_float(share)))
        self.bars.show_rows(tuple(rows))
        self.bars.setVisible(bool(rows))
        self.quiet.setVisible(not rows)

    def _contribution(self, name: str, share: float) -> tuple[str, float, str]:
        tag = self._state.catalogue.find(self._device.tag if self._device else "", MEASUREMENTS, name)
        if tag is None:
            return name, share, ""
        value = float(self._state.store.values[tag.tag_id])
        side = ""
        if value > tag.normal_high:
            side = " over normal"
        elif value < tag.normal_low:
            side = " under normal"
        return title_of(tag), share, f"{number(value, tag.precision)} {unit_of(tag)}{side}".strip()


def _risk_pen(tag: TagInfo) -> TrendPen:
    limit = (f"alarm at {_ALARM_AT_PCT:.0f} %", _ALARM_AT_PCT)
    return TrendPen(
        key=tag.tag_id, label="Failure probability", unit="%", low=0.0, high=100.0, limits=(limit,)
    )


def _labelled(label: str, widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(3)
    column.addWidget(Text(label, size=SMALL, role="dim"))
    column.addWidget(widget)
    column.addStretch(1)
    return column


def _figure(value: float, precision: int) -> str:
    return MISSING if math.isnan(value) else number(value, precision)


def _array(text: str) -> list[object]:
    """Return an array tag's text as a list; the link gives it as JSON."""
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return [part.strip() for part in text.strip("[]").split(",") if part.strip()]
    return found if isinstance(found, list) else []


def _as_float(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return math.nan
