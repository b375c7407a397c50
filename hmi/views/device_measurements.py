"""Show all measurements of a device as indicators, and the trend of the one that is picked."""

import math
from typing import Final

import numpy as np
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from hmi.link.types import DeviceInfo, TagInfo
from hmi.state.alarms import badge, first_seen_ns
from hmi.state.catalogue import EXPECTED, MEASUREMENTS
from hmi.state.console import ConsoleState
from hmi.theme.numbers import number
from hmi.theme.tokens import GRID
from hmi.views.faces import alarm_on, pen_of, scale_of, setpoint_for, shown_of, title_of, unit_of
from hmi.widgets.analog import AnalogIndicator
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.legend import Legend
from hmi.widgets.panel import Panel
from hmi.widgets.trend import Trend

_MOST_IN_ROW: Final = 8


class MeasurementsPanel(QWidget):
    """Indicators above, live trend below.

    objectNames: `device.indicator.<Name>`, `device.trend`.
    """

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._indicators: dict[str, tuple[AnalogIndicator, TagInfo, TagInfo | None]] = {}
        self._picked: TagInfo | None = None
        self._drawn = (-1.0, "")
        self.panel = Panel("Measurements", parent=self)
        self.panel.remark.show_text("pick one to see its trend")
        self.panel.head.addWidget(Legend(self))
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        self.panel.add(self._grid, 1)
        self.empty = EmptyState("This device has no measurements")
        self.panel.add(self.empty)
        self.trend_panel = Panel("Trend", parent=self)
        self.trend = Trend(self)
        self.trend.setObjectName("device.trend")
        self.trend_panel.aside.show_text("last 10 min")
        self.trend_panel.add(self.trend, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID)
        self._column.addWidget(self.panel, 6)
        self._column.addWidget(self.trend_panel, 6)

    def show_device(self, device: DeviceInfo) -> None:
        """Lay out the indicators of a device."""
        for indicator, _, _ in self._indicators.values():
            self._grid.removeWidget(indicator)
            indicator.setParent(None)
            indicator.deleteLater()
        self._indicators = {}
        tags = [t for t in self._state.catalogue.tags_of(device.tag, MEASUREMENTS) if not t.is_text]
        rows = -(-len(tags) // _MOST_IN_ROW) or 1
        in_row = -(-len(tags) // rows) or 1
        for place, tag in enumerate(tags):
            self._grid.addWidget(self._indicator(tag, large=rows == 1), place // in_row, place % in_row)
        self._column.setStretch(0, 6 if rows == 1 else 9)
        self.empty.setVisible(not tags)
        self._picked = None
        if tags:
            self._pick(self._first_wanted(tags))

    def _first_wanted(self, tags: list[TagInfo]) -> TagInfo:
        """Return the measurement in alarm, else the first."""
        return next((t for t in tags if alarm_on(self._state, t) is not None), tags[0])

    def _indicator(self, tag: TagInfo, *, large: bool) -> AnalogIndicator:
        made = AnalogIndicator(large=large, note_lines=1, parent=self)
        made.setObjectName(f"device.indicator.{tag.name}")
        made.make_pickable()
        made.set_face(title_of(tag), unit_of(tag), scale_of(tag))
        made.picked.connect(self._on_picked)
        self._indicators[tag.name] = (made, tag, setpoint_for(self._state.catalogue, tag))
        return made

    def _on_picked(self) -> None:
        sender = self.sender()
        found = next((t for i, t, _ in self._indicators.values() if i is sender), None)
        if found is not None:
            self._pick(found)
            self.refresh()

    def _pick(self, tag: TagInfo) -> None:
        self._picked = tag
        self._drawn = (-1.0, "")
        self.trend_panel.title.show_text(title_of(tag))
        self.trend_panel.remark.show_text(unit_of(tag))
        self.trend.set_pens((pen_of(tag),))
        for indicator, found, _ in self._indicators.values():
            indicator.set_chosen(found.tag_id == tag.tag_id)

    @property
    def picked(self) -> TagInfo | None:
        """The measurement whose trend is shown."""
        return self._picked

    def refresh(self) -> None:
        """Show the newest values."""
        for indicator, tag, setpoint in self._indicators.values():
            alarm = alarm_on(self._state, tag)
            indicator.show_value(
                shown_of(self._state, tag, badge=badge(alarm) if alarm else None, setpoint=setpoint)
            )
        if self._picked is not None:
            self._refresh_trend(self._picked)

    def _refresh_trend(self, tag: TagInfo) -> None:
        self.trend.set_utc(self._state.clock.utc)
        self.trend.set_fault(self._state.session.stale_reason())
        alarm = alarm_on(self._state, tag)
        if alarm is None:
            self.trend.set_marker(0.0, None)
        else:
            seen = first_seen_ns(alarm)
            self.trend.set_marker(seen / 1e9, badge(alarm), self._state.clock.of_day(seen))
        text = self._state.store.text(tag.tag_id)
        now = (self._state.store.newest_s, text)
        if now != self._drawn:
            self._drawn = now
            times, values = self._state.store.history(tag.tag_id)
            self.trend.set_data(tag.tag_id, times, values, text)
            self._refresh_expected(tag)
            self.trend.set_now(self._state.store.newest_s)

    def _refresh_expected(self, tag: TagInfo) -> None:
        """Show what the twin expects, where the server has one, and how far off the value is."""
        expected = self._state.catalogue.find(tag.device, EXPECTED, tag.name)
        if expected is None:
            self.trend.set_expected(np.empty(0), np.empty(0))
            return
        self.trend.set_expected(*self._state.store.history(expected.tag_id))
        wanted, is_value = (self._state.store.reading(each.tag_id) for each in (expected, tag))
        off = is_value.value - wanted.value
        words = unit_of(tag)
        if wanted.is_shown_as_good and math.isfinite(off):
            words += " · dashed: expected"
            side = "above" if off >= 0 else "below"
            words += f" {number(wanted.value, tag.precision)}, now {number(abs(off), tag.precision)} {side}"
        self.trend_panel.remark.show_text(words)

    def set_lit(self, lit: bool) -> None:
        """Take the phase of the flash."""
        for indicator, _, _ in self._indicators.values():
            indicator.set_lit(lit)
        self.trend.set_lit(lit)
