"""Plot up to eight tags of any device together.

objectNames: `trends.search`, `trends.tags`, `trends.add`, `trends.range.<2 min|10 min|30 min|1 h>`, `trends.follow`,
`trends.clear`, `trends.plot`, `trends.remove.<tag id>`.
"""

from typing import Final

import numpy as np
from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QHBoxLayout, QListView, QPushButton, QVBoxLayout, QWidget

from hmi.link.types import TagInfo
from hmi.state.catalogue import Metric
from hmi.state.console import ConsoleState
from hmi.state.tag_list import TagListModel
from hmi.theme.fonts import font
from hmi.theme.tokens import GRID, SMALL
from hmi.views.faces import alarm_tag, pen_of, unit_of
from hmi.views.page import Page
from hmi.widgets.chips import FilterChips
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.panel import Panel
from hmi.widgets.pen_legend import LegendRow, PenLegend
from hmi.widgets.search_field import SearchField
from hmi.widgets.trend import MOST_PENS, Trend

RANGES_S: Final = {"2 min": 120.0, "10 min": 600.0, "30 min": 1800.0, "1 h": 3600.0}
_PICKER: Final = 300


class TrendsPage(Page):
    """Pick tags at the left; pan by dragging, zoom by the wheel; pause and follow."""

    name = "trends"
    title = "Trends"

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._pens: list[TagInfo] = []
        self._touched = False
        self.tags = TagListModel(self)
        self.search = SearchField("trends.search", "Find a tag", "Find: cnc-014 vibration")
        self.list = QListView()
        self.list.setObjectName("trends.tags")
        self.list.setAccessibleName("Tags")
        self.list.setModel(self.tags)
        self.list.setUniformItemSizes(True)
        self.list.setFont(font(SMALL))
        self.add_button = self._button("add", "Add to the plot")
        self.follow = self._button("follow", "Pause")
        self.clear = self._button("clear", "Remove all")
        self.ranges = FilterChips(list(RANGES_S), "trends.range")
        self.ranges.choose("10 min")
        self.trend = Trend(self)
        self.trend.setObjectName("trends.plot")
        self.trend.set_interactive(interactive=True)
        self.legend = PenLegend(self)
        self.empty = EmptyState(
            "Up to eight tags are plotted here",
            "Find a tag at the left, then double-click it, or press Enter.",
        )
        self._lay_out()
        self._connect()

    def _button(self, name: str, words: str) -> QPushButton:
        made = QPushButton(words)
        made.setObjectName(f"trends.{name}")
        made.setFont(font(SMALL))
        return made

    def _lay_out(self) -> None:
        self.picker = Panel("Tags", parent=self)
        self.picker.setFixedWidth(_PICKER)
        for part, stretch in ((self.search, 0), (self.list, 1), (self.add_button, 0)):
            self.picker.add(part, stretch)
        self.panel = Panel("Trend", parent=self)
        for control in (self.ranges, self.follow, self.clear):
            self.panel.head.addWidget(control)
        self.panel.add(self.trend, 1)
        self.panel.add(self.empty, 1)
        self.panel.add(self.legend)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self.picker)
        column = QVBoxLayout()
        column.addWidget(self.panel)
        layout.addLayout(column, 1)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_search)
        self.list.activated.connect(self._on_activated)
        self.add_button.clicked.connect(self._on_add)
        self.ranges.chosen.connect(self._on_range)
        self.follow.clicked.connect(self._on_follow)
        self.clear.clicked.connect(self._on_clear)
        self.trend.panned.connect(self._show_follow)
        self.legend.remove_wanted.connect(self._on_remove)

    def rebuild(self) -> None:
        self.tags.show_model(self.state.catalogue.model)
        nodes = [t.node_id for t in self._pens]
        by_node = {t.node_id: t for t in self.state.catalogue.model.tags}
        self._pens = [by_node[n] for n in nodes if n in by_node]

    def pens(self) -> tuple[TagInfo, ...]:
        """Return the tags that are plotted."""
        return tuple(self._pens)

    def add_tag(self, tag: TagInfo) -> bool:
        """Plot a tag; returns whether there was room for it."""
        self._touched = True
        if any(t.tag_id == tag.tag_id for t in self._pens):
            return True
        if len(self._pens) >= MOST_PENS:
            self.message_said.emit(f"The plot holds {MOST_PENS} tags: remove one first")
            return False
        self._pens.append(tag)
        self.refresh()
        return True

    def _on_search(self, text: str) -> None:
        self.tags.set_filter(text)
        self._show_counts()

    def _on_activated(self, index: QModelIndex) -> None:
        tag = self.tags.tag_at(index.row())
        if tag is not None:
            self.add_tag(tag)

    def _on_add(self) -> None:
        index = self.list.currentIndex()
        self._on_activated(index if index.isValid() else self.tags.index(0, 0))

    def _on_remove(self, tag_id: int) -> None:
        self._touched = True
        self._pens = [t for t in self._pens if t.tag_id != tag_id]
        self.refresh()

    def _on_clear(self) -> None:
        self._touched = True
        self._pens = []
        self.refresh()

    def _on_range(self, name: str) -> None:
        self.trend.set_window(RANGES_S[name])
        self._show_follow()

    def _on_follow(self) -> None:
        self.trend.set_follow(not self.trend.follows)
        self._show_follow()
        self.refresh()

    def _show_follow(self) -> None:
        self.follow.setText("Pause" if self.trend.follows else "Follow")
        self.panel.aside.show_text("" if self.trend.follows else "held still")

    def _show_counts(self) -> None:
        self.picker.remark.show_text(f"{self.tags.rowCount()} of {self.tags.total()}")

    def refresh(self) -> None:
        if not self._touched and not self._pens:
            self._pens = self._suggested()
        self._show_counts()
        self.trend.set_utc(self.state.clock.utc)
        self.trend.set_pens(tuple(pen_of(t, with_device=True) for t in self._pens))
        for tag in self._pens:
            times, values = self.state.store.history(tag.tag_id)
            self.trend.set_data(tag.tag_id, times, values, self.state.store.text(tag.tag_id))
        self.trend.set_fault(self.state.session.stale_reason())
        self.trend.set_now(self.state.store.newest_s or float("nan"))
        self.legend.show_rows(tuple(self._legend_row(t) for t in self._pens))
        self.trend.setVisible(bool(self._pens))
        self.empty.setVisible(not self._pens)
        self.clear.setEnabled(bool(self._pens))
        scale = (
            "each pen on its own scale, %"
            if self.trend.is_percent()
            else unit_of(self._pens[0])
            if self._pens
            else ""
        )
        self.panel.remark.show_text(scale)

    def _legend_row(self, tag: TagInfo) -> LegendRow:
        reading = self.state.store.reading(tag.tag_id)
        return LegendRow(
            tag.tag_id,
            pen_of(tag, with_device=True).label,
            reading.text,
            f"{unit_of(tag)} {reading.reason}".strip(),
        )

    def _suggested(self) -> list[TagInfo]:
        """Return what to plot before the operator has chosen: the worst alarm, else the device at risk."""
        worst = self.state.alarms.worst()
        tag = alarm_tag(self.state.catalogue, worst) if worst is not None else None
        if tag is not None:
            return [tag]
        risk = self.state.columns.risk
        if not risk.size or not np.isfinite(risk).any():
            return []
        device = self.state.catalogue.devices[int(np.nanargmax(risk))].tag
        found = (
            self.state.catalogue.metric(device, m)
            for m in (Metric.TEMPERATURE, Metric.VIBRATION, Metric.POWER)
        )
        return [t for t in found if t is not None]

    def tags_wanted(self) -> tuple[int, ...]:
        return tuple(t.tag_id for t in self._pens)
