"""Show one line of the plant: analog indicators above, its devices as squares below."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hmi.link.types import TagInfo
from hmi.state.alarms import badge
from hmi.state.catalogue import Metric
from hmi.state.console import ConsoleState
from hmi.state.device_columns import RUNNING_TEXT, Running
from hmi.state.families import family
from hmi.state.plant_summary import GENERATOR_TAGS, LineSummary, highest, metric_words, power_sum
from hmi.theme.numbers import number
from hmi.views.faces import alarm_on, scale_of, setpoint_for, shown_of, unit_of
from hmi.widgets.analog import AnalogIndicator, Scale, Shown
from hmi.widgets.panel import Panel, rule
from hmi.widgets.squares import DeviceSquares, Square, SquareRow

_METRICS: Final = (Metric.TEMPERATURE, Metric.VIBRATION, Metric.PRESSURE)


class LinePanel(Panel):
    """One line: the generator's own indicators, or the line's highest values and its power."""

    device_picked = Signal(str)
    device_opened = Signal(str)

    def __init__(self, state: ConsoleState, summary: LineSummary, parent: QWidget | None = None) -> None:
        generator = summary.generator
        title, remark = (
            (summary.area, summary.line) if generator is not None else (summary.line, summary.area)
        )
        super().__init__(title, remark, parent)
        self._state = state
        self._summary = summary
        self._fixed: dict[AnalogIndicator, TagInfo] = {}
        self._metrics: dict[Metric, AnalogIndicator] = {}
        self._shown_tags: dict[AnalogIndicator, str] = {}
        self.squares = DeviceSquares(self)
        self.squares.device_picked.connect(self.device_opened)
        self._lay_out()

    def _lay_out(self) -> None:
        self.layout().setContentsMargins(8, 8, 8, 6)  # type: ignore[union-attr]
        self.body.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(1)
        generator = self._summary.generator
        if generator is not None:
            for name, (title, short) in GENERATOR_TAGS.items():
                tag = self._state.catalogue.find(generator.tag, "Measurements", name)
                if tag is not None:
                    indicator = self._indicator(row)
                    indicator.set_face(title, unit_of(tag), scale_of(tag), short)
                    self._fixed[indicator] = tag
        else:
            for metric in (*_METRICS, Metric.POWER):
                if self._has(metric):
                    self._metrics[metric] = self._indicator(row)
        self.add(row, 1)
        self.add(rule())
        self.add(self.squares)

    def _has(self, metric: Metric) -> bool:
        ids = self._state.columns.metric_ids[metric]
        return any(ids[r] >= 0 for r in self._summary.rows)

    def _indicator(self, row: QHBoxLayout) -> AnalogIndicator:
        made = AnalogIndicator(parent=self)
        made.picked.connect(self._on_picked)
        row.addWidget(made, 1)
        return made

    @property
    def weight(self) -> int:
        """How wide the panel wants to be beside the others."""
        return max(len(self._fixed) + len(self._metrics), 3) * 4 + 1

    def _on_picked(self) -> None:
        sender = self.sender()
        if isinstance(sender, AnalogIndicator) and self._shown_tags.get(sender):
            self.device_opened.emit(self._shown_tags[sender])

    def set_lit(self, lit: bool) -> None:
        """Take the phase of the flash."""
        for indicator in (*self._fixed, *self._metrics.values()):
            indicator.set_lit(lit)
        self.squares.set_lit(lit)

    def refresh(self) -> None:
        """Show the newest values."""
        for indicator, tag in self._fixed.items():
            self._show_tag(indicator, tag)
        for metric, indicator in self._metrics.items():
            if metric is Metric.POWER:
                self._show_power(indicator)
            else:
                self._show_metric(indicator, metric)
        self._show_squares()

    def _show_tag(self, indicator: AnalogIndicator, tag: TagInfo) -> None:
        alarm = alarm_on(self._state, tag)
        self._shown_tags[indicator] = tag.device
        note = tag.device if alarm is not None else ""
        setpoint = setpoint_for(self._state.catalogue, tag)
        shown = shown_of(
            self._state, tag, badge=badge(alarm) if alarm else None, note=note or " ", setpoint=setpoint
        )
        indicator.show_value(shown)

    def _show_metric(self, indicator: AnalogIndicator, metric: Metric) -> None:
        tag = highest(self._state.columns, self._summary, metric)
        if tag is not None:
            title, short = metric_words(metric)
            indicator.set_face(title, unit_of(tag), scale_of(tag), short)
            self._show_tag(indicator, tag)

    def _show_power(self, indicator: AnalogIndicator) -> None:
        power = power_sum(self._state.columns, self._summary.rows)
        scale = Scale(low=0.0, high=power.high, normal_low=power.normal_low, normal_high=power.normal_high)
        indicator.set_face(metric_words(Metric.POWER)[0], "kW", scale)
        note = f"−{power.missing} dev." if power.missing else ""
        fault = self._state.session.stale_reason()
        indicator.show_value(Shown(value=power.total, text=number(power.total, 1), fault=fault, note=note))

    def _show_squares(self) -> None:
        columns = self._state.columns
        groups: dict[str, list[Square]] = {}
        running = 0
        for row, device in zip(self._summary.rows, self._summary.devices, strict=True):
            state = int(columns.running[row])
            running += state == Running.RUNNING
            tip = columns.worst_message[row] or RUNNING_TEXT[state]
            square = Square(device.tag, columns.lamp(row), columns.badges[row], tip)
            groups.setdefault(family(device.type_name).short, []).append(square)
        self.squares.show_rows(tuple(SquareRow(label, tuple(found)) for label, found in groups.items()))
        self.aside.show_text(f"{running} of {len(self._summary.rows)} run")


def panel_row(panels: list[LinePanel]) -> QHBoxLayout:
    """Return the panels side by side, each as wide as its indicators want."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for panel in panels:
        row.addWidget(panel, panel.weight)
    return row


def column_of(*parts: QWidget) -> QVBoxLayout:
    """Return widgets below each other."""
    made = QVBoxLayout()
    made.setSpacing(8)
    for part in parts:
        made.addWidget(part)
    return made
