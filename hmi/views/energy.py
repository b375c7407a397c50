"""Show where the plant's energy goes, what it costs, and what would lower it.

objectNames: `energy.trend`, `energy.lines`, `energy.actions`.
"""

import math
from typing import Final

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from hmi.link.types import TagInfo
from hmi.state.console import ConsoleState
from hmi.state.energy import EnergyAction, EnergyNow, EnergyView
from hmi.state.energy_table import ActionTable, LineTable
from hmi.theme.numbers import MISSING, number
from hmi.theme.tokens import BODY, FIGURE, GRID, SMALL
from hmi.views.faces import pen_of
from hmi.views.page import Page
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.panel import Panel, Text
from hmi.widgets.pen_legend import PenSample
from hmi.widgets.table import DataTable
from hmi.widgets.trend import Trend

_SUMS_EVERY_S: Final = 1.0  # tables are made anew so often; the plant publishes at 1 Hz
_NO_ACTION: Final = (
    "Nothing to save now",
    "Machines that idle or draw more than they should are listed here, after some minutes of watching.",
)


class EnergyPage(Page):
    """What is drawn, wasted, generated; line by line; and the list of what to do."""

    name = "energy"
    title = "Energy"

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._view = EnergyView(state.columns, state.store)
        self._drawn_s = -math.inf
        self.drawn = _Figure("Drawn now", self)
        self.idle = _Figure("Of that, idle", self)
        self.generated = _Figure("Generated", self)
        self.savings = _Figure("Could be saved", self)
        self.trend = Trend(self)
        self.trend.setObjectName("energy.trend")
        self.trend_panel = Panel("Power", "kW", parent=self)
        self.no_trend = EmptyState(
            "This server does not sum its power up", "Each machine's own power is on its page."
        )
        self._samples = QHBoxLayout()
        self.line_rows = LineTable(self)
        self.lines = DataTable(self.line_rows, "energy.lines")
        self.lines.set_widths({1: 110, 2: 92, 3: 74, 4: 84, 5: 112}, 0)
        self.action_rows = ActionTable(self)
        self.advice = DataTable(self.action_rows, "energy.actions")
        self.advice.set_widths({0: 130, 1: 260, 3: 110, 4: 110}, 2)
        self.actions_panel = Panel(
            "What would lower consumption", "double-click opens the device", parent=self
        )
        self.no_actions = EmptyState(*_NO_ACTION)
        self._lay_out()
        self.advice.opened.connect(self.device_opened)
        self.advice.current_changed.connect(self.device_selected)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(GRID)
        for figure in (self.drawn, self.idle, self.generated, self.savings):
            top.addWidget(figure, 1)
        self._samples.setSpacing(GRID)
        self.trend_panel.head.addLayout(self._samples)
        self.trend_panel.add(self.trend, 1)
        self.trend_panel.add(self.no_trend, 1)
        lines_panel = Panel("Lines", "the one that draws most first", parent=self)
        lines_panel.add(self.lines, 1)
        self.actions_panel.add(self.advice, 1)
        self.actions_panel.add(self.no_actions, 1)
        grid = QGridLayout()
        grid.setSpacing(GRID)
        grid.addWidget(self.trend_panel, 0, 0)
        grid.addWidget(lines_panel, 0, 1)
        grid.addWidget(self.actions_panel, 1, 0, 1, 2)
        grid.setColumnStretch(0, 11)
        grid.setColumnStretch(1, 9)
        grid.setRowStretch(0, 10)
        grid.setRowStretch(1, 11)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(top)
        layout.addLayout(grid, 1)

    def rebuild(self) -> None:
        self._view = EnergyView(self.state.columns, self.state.store)
        self._drawn_s = -math.inf
        flows = self._view.flows()
        self.trend.set_pens(tuple(pen_of(tag) for tag in flows))
        self.trend.setVisible(bool(flows))
        self.no_trend.setVisible(not flows)
        self._show_samples(flows)

    def refresh(self) -> None:
        """Show the newest sums; once a second, since nothing here moves faster."""
        fault = self.state.session.stale_reason()
        self.trend.set_fault(fault)
        self.lines.set_fault(fault)
        self.advice.set_fault(fault)
        if fault:
            self._drawn_s = -math.inf
            for figure in (self.drawn, self.idle, self.generated, self.savings):
                figure.show_figure(math.nan, "", "no data from the server")
            return
        newest = self.state.store.newest_s
        if abs(newest - self._drawn_s) < _SUMS_EVERY_S:
            return
        self._drawn_s = newest
        actions = self._view.actions()
        self._show_figures(self._view.now(), actions)
        self.line_rows.show(self._view.lines())
        self.action_rows.show(actions)
        self.advice.setVisible(bool(actions))
        self.no_actions.setVisible(not actions)
        self.actions_panel.aside.show_text(f"{len(actions)} found" if actions else "")
        self._show_trend()

    def tags_wanted(self) -> tuple[int, ...]:
        return (*(tag.tag_id for tag in self._view.flows()), *self._view.expected_power())

    def _show_figures(self, now: EnergyNow, actions: tuple[EnergyAction, ...]) -> None:
        missing = f" · {now.missing} machines without a reading" if now.missing else ""
        self.drawn.show_figure(now.drawn_kw, "kW", _words("costs {} € an hour", now.cost_eur_h) + missing)
        self.idle.show_figure(now.idle_kw, "kW", _words("costs {} € a day", now.idle_eur_day))
        self.generated.show_figure(
            now.generated_kw, "kW", _words("earned {} € since the start", now.earned_eur)
        )
        saved = sum(action.saving_kw for action in actions)
        self.savings.show_figure(
            saved,
            "kW",
            _words("{} € a day, by the list below", _sum_eur(actions)) if actions else "nothing found yet",
        )

    def _show_trend(self) -> None:
        state = self.state
        for tag in self._view.flows():
            times, values = state.store.history(tag.tag_id)
            self.trend.set_data(tag.tag_id, times, values, state.store.text(tag.tag_id))
        self.trend.set_utc(state.clock.utc)
        self.trend.set_now(state.clock.now_ns() / 1e9)

    def _show_samples(self, flows: tuple[TagInfo, ...]) -> None:
        while (item := self._samples.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for place, tag in enumerate(flows):
            self._samples.addWidget(PenSample(place, alone=len(flows) == 1))
            self._samples.addWidget(Text(tag.display_name, size=SMALL, role="dim"))


class _Figure(Panel):
    """One large number with what it means below it."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent=parent)
        self._value = Text(MISSING, size=FIGURE, strong=True)
        self._unit = Text("", size=BODY, role="dim")
        self._note = Text("", size=SMALL, role="dim", elides=True)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._value)
        row.addWidget(self._unit)
        row.addStretch(1)
        self.body.setSpacing(2)
        self.add(row)
        self.add(self._note)

    def show_figure(self, value: float, unit: str, note: str) -> None:
        """Show a number; one that is not known is a dash."""
        known = math.isfinite(value)
        self._value.show_text(number(value, 1 if abs(value) < 100 else 0) if known else MISSING)
        self._unit.show_text(unit if known else "")
        self._note.show_text(note)

    def figure(self) -> str:
        """Return what is shown."""
        return f"{self._value.whole()} {self._unit.whole()}".strip()


def _words(text: str, value: float) -> str:
    return text.format(number(value, 2)) if math.isfinite(value) else ""


def _sum_eur(actions: tuple[EnergyAction, ...]) -> float:
    return sum(action.saving_eur_day for action in actions)
