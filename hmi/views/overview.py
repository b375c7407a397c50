"""Show the whole plant on one page: what is wrong, where, since when.

objectNames: `overview.table`, `overview.search`, `overview.chip.<All|In alarm|Stopped|Offline>`,
`overview.trend`, `overview.worst`.
"""

import numpy as np
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from hmi.link.types import TagInfo
from hmi.state.alarm_table import alarm_name
from hmi.state.alarms import badge, first_seen_ns
from hmi.state.catalogue import Metric
from hmi.state.console import ConsoleState
from hmi.state.device_table import RUL_THRESHOLD_H
from hmi.state.plant_summary import counts, line_summaries
from hmi.theme.tokens import GRID
from hmi.views.devices_panel import DevicesPanel
from hmi.views.energy_panel import EnergyPanel
from hmi.views.faces import alarm_tag, pen_of, title_of, unit_of
from hmi.views.line_panel import LinePanel
from hmi.views.page import Page
from hmi.views.plant_strip import PlantStrip
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.panel import Panel
from hmi.widgets.risk_list import RiskList, RiskRow
from hmi.widgets.trend import Trend

_WORST = 5
_LOW = 680  # px of page; below it the energy panel leaves its scale out


class OverviewPage(Page):
    """Level 1: lines, the trend of the worst alarm, the worst devices, energy, all devices."""

    name = "overview"
    title = "Overview"

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._lines: list[LinePanel] = []
        self._trend_tag: TagInfo | None = None
        self._is_chosen = False  # whether an alarm or a risk chose the tag, rather than its place in the list
        self._trend_drawn_s = -1.0
        self.strip = PlantStrip(parent=self)
        self.trend = Trend(self)
        self.trend.setObjectName("overview.trend")
        self.trend_panel = Panel("No value to show", parent=self)
        self.trend_panel.add(self.trend, 1)
        self.worst = RiskList(self)
        self.worst.setObjectName("overview.worst")
        self.worst_panel = Panel("Worst devices", parent=self)
        self.worst_panel.aside.show_text("in alarm, then by risk")
        self.worst_panel.add(self.worst, 1)
        self.energy = EnergyPanel(state, self)
        self.devices = DevicesPanel(state, "overview", compact=True, parent=self)
        self.waiting = EmptyState(
            "The lines of the plant appear here", "They are read from the server once it is connected."
        )
        self._line_row = QHBoxLayout()
        self._line_row.setSpacing(GRID)
        self._line_row.addWidget(self.waiting)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        low = QHBoxLayout()
        low.setSpacing(GRID)
        low.addWidget(self.worst_panel, 7)
        low.addWidget(self.energy, 4)
        grid = QGridLayout()
        grid.setSpacing(GRID)
        grid.addWidget(self.trend_panel, 0, 0)
        grid.addLayout(low, 1, 0)
        grid.addWidget(self.devices, 0, 1, 2, 1)
        grid.setRowStretch(0, 5)
        grid.setRowStretch(1, 4)
        grid.setColumnStretch(0, 40)
        grid.setColumnStretch(1, 60)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, 4, GRID, GRID)
        layout.setSpacing(4)
        layout.addWidget(self.strip)
        layout.addLayout(self._line_row, 11)
        layout.addSpacing(4)
        layout.addLayout(grid, 18)

    def _connect(self) -> None:
        self.worst.device_opened.connect(self.device_opened)
        self.worst.device_picked.connect(self.device_selected)
        self.devices.device_opened.connect(self.device_opened)
        self.devices.device_picked.connect(self.device_selected)

    def rebuild(self) -> None:
        for panel in self._lines:
            self._line_row.removeWidget(panel)
            panel.setParent(None)
            panel.deleteLater()
        self._lines = []
        for summary in line_summaries(self.state.columns):
            panel = LinePanel(self.state, summary, self)
            panel.device_opened.connect(self.device_opened)
            self._line_row.addWidget(panel, panel.weight)
            self._lines.append(panel)
        self.waiting.setVisible(not self._lines)
        self._trend_tag, self._trend_drawn_s = None, -1.0

    def showEvent(self, event: object) -> None:
        self.devices.apply_filter()

    def resizeEvent(self, event: object) -> None:
        self.energy.set_compact(self.height() < _LOW)
        self._align_squares()

    def _align_squares(self) -> None:
        """Give all lines' squares the same height, so that their indicators stand on one line."""
        wanted = max((panel.squares.wanted_height() for panel in self._lines), default=0)
        for panel in self._lines:
            panel.squares.setFixedHeight(wanted)

    def refresh(self) -> None:
        self.strip.show_counts(counts(self.state.columns))
        for panel in self._lines:
            panel.refresh()
        self._align_squares()
        self._refresh_trend()
        self._refresh_worst()
        self.energy.refresh()
        self.devices.refresh()

    def set_lit(self, lit: bool) -> None:
        for panel in self._lines:
            panel.set_lit(lit)
        self.trend.set_lit(lit)
        self.worst.set_lit(lit)
        self.devices.table.set_lit(lit)

    def _subject(self) -> TagInfo | None:
        """Return the tag whose trend matters most: of the worst alarm, else of the device at risk."""
        worst = self.state.alarms.worst()
        if worst is not None:
            tag = alarm_tag(self.state.catalogue, worst)
            tag = tag or self.state.catalogue.metric(worst.device, Metric.VIBRATION)
            tag = tag or self.state.catalogue.metric(worst.device, Metric.TEMPERATURE)
            if tag is not None:
                self._is_chosen = True
                return tag
        risk = self.state.columns.risk
        if self._trend_tag is not None and self._is_chosen:
            return self._trend_tag
        if risk.size and np.isfinite(risk).any():
            self._is_chosen = True
            device = self.state.catalogue.devices[int(np.nanargmax(risk))].tag
            return self.state.catalogue.metric(device, Metric.VIBRATION) or self.state.catalogue.metric(
                device, Metric.TEMPERATURE
            )
        return next((t for t in self.state.catalogue.model.tags if t.group == "Measurements"), None)

    def _refresh_trend(self) -> None:
        tag = self._subject()
        if tag is None:
            return
        if self._trend_tag is None or tag.tag_id != self._trend_tag.tag_id:
            self._trend_tag, self._trend_drawn_s = tag, -1.0
            self.trend_panel.title.show_text(f"{tag.device} {title_of(tag)}")
            self.trend_panel.remark.show_text(unit_of(tag))
            self.trend_panel.aside.show_text("last 10 min")
            self.trend.set_pens((pen_of(tag),))
        self.trend.set_utc(self.state.clock.utc)
        self._mark_alarm(tag)
        self.trend.set_fault(self.state.session.stale_reason())
        if self.state.store.newest_s != self._trend_drawn_s:
            self._trend_drawn_s = self.state.store.newest_s
            times, values = self.state.store.history(tag.tag_id)
            self.trend.set_data(tag.tag_id, times, values, self.state.store.text(tag.tag_id))
            self.trend.set_now(self.state.store.newest_s)

    def _mark_alarm(self, tag: TagInfo) -> None:
        worst = self.state.alarms.worst()
        if worst is None or worst.device != tag.device:
            self.trend.set_marker(0.0, None)
        else:
            seen = first_seen_ns(worst)
            self.trend.set_marker(seen / 1e9, badge(worst), self.state.clock.of_day(seen))

    def _refresh_worst(self) -> None:
        columns = self.state.columns
        order = np.lexsort(
            (np.nan_to_num(columns.rul, nan=1e9), -np.nan_to_num(columns.risk, nan=-1.0), columns.priority)
        )
        known = [int(i) for i in order if np.isfinite(columns.risk[i]) or columns.badges[i]][:_WORST]
        rows = tuple(
            RiskRow(
                device=columns.catalogue.devices[i].tag,
                finding=self._finding(i),
                risk=float(columns.risk[i]),
                rul_h=float(columns.rul[i]),
                badge=columns.badges[i],
                rul_is_low=bool(columns.rul[i] < RUL_THRESHOLD_H),
            )
            for i in known
        )
        self.worst.show_rows(rows, self.state.session.stale_reason())

    def _finding(self, row: int) -> str:
        columns = self.state.columns
        device = columns.catalogue.devices[row].tag
        tag = columns.catalogue.find(device, "Health", "Recommendation")
        advice = self.state.store.texts.get(tag.tag_id, "") if tag is not None else ""
        alarms = self.state.alarms.of_device(device)
        return alarm_name(alarms[0]) if alarms else advice.partition(":")[0]

    def tags_wanted(self) -> tuple[int, ...]:
        columns = self.state.columns
        ids = {int(i) for column in columns.metric_ids.values() for i in column if i >= 0}
        for group, name in (
            ("State", "RunningState"),
            ("Health", "FailureProbability"),
            ("Health", "HealthGrade"),
        ):
            ids |= {int(i) for i in columns.catalogue.column(group, name) if i >= 0}
        return tuple(sorted(ids))
