"""Let a trainer break things: inject faults, run scenarios, set the speed of time, see the truth.

objectNames: `simulation.device`, `simulation.fault`, `simulation.tag`, `simulation.severity`, `simulation.onset`,
`simulation.life`, `simulation.inject`, `simulation.clear`, `simulation.clearAll`, `simulation.scenarios`,
`simulation.run`, `simulation.stop`, `simulation.speed`, `simulation.setSpeed`, `simulation.showTruth`, `simulation.truth`.
"""

import time
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hmi.state.console import ConsoleState
from hmi.state.families import REPLAY
from hmi.state.training import (
    SENSOR_PREFIX,
    UTILITIES,
    ScenarioRow,
    ScenarioTable,
    TrainingDesk,
    TruthRow,
    TruthTable,
    plain,
)
from hmi.theme.numbers import duration, number
from hmi.theme.tokens import GRID, SMALL
from hmi.views.faces import title_of
from hmi.views.page import Page
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.facts import FactList
from hmi.widgets.panel import Panel, Text, rule
from hmi.widgets.table import DataTable

SPEEDS: Final = ("0.1", "0.5", "1", "2", "5", "10", "20", "50", "100", "200", "500", "1000")
_LEFT: Final = 420  # px
_TRUTH_EVERY_S: Final = 2.0
_LONGEST_S: Final = 30 * 86400.0
_NEEDS: Final = (
    "Faults and scenarios are for engineers: change the user at the top, or ask whoever keeps the users."
)


class SimulationPage(Page):
    """The trainer's desk. What is done here happens to a simulated plant."""

    name = "simulation"
    title = "Simulation"

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.desk = TrainingDesk(state.link, state.replied, self)
        self._truth_asked_s = 0.0
        self.device = _choice("device", "Device")
        self.device.setEditable(True)
        self.device.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.fault = _choice("fault", "Fault")
        self.tag = _choice("tag", "Measurement that a sensor fault strikes")
        self.about = Text("", size=SMALL, role="dim")
        self.about.wrap(2)
        self.severity = _number("severity", "Severity", 1.0, 100.0, 100.0, " %")
        self.onset = _number("onset", "Begins in", 0.0, _LONGEST_S, 0.0, " s")
        self.life = _number("life", "From onset to failure", 0.0, _LONGEST_S, 600.0, " s")
        self.life.setSpecialValueText("the fault's own")
        self.inject = _button("inject", "Inject")
        self.clear = _button("clear", "Repair device")
        self.clear_all = _button("clearAll", "Repair all")
        self.speed = _choice("speed", "Speed of time")
        self.speed.addItems([f"{s}×" for s in SPEEDS])
        self.speed.setCurrentIndex(SPEEDS.index("1"))
        self.set_speed = _button("setSpeed", "Set speed")
        self.facts = FactList(("Plant time", "Speed", "Achieved"), figures=True)
        self.scenario_rows = ScenarioTable(self)
        self.scenarios = DataTable(self.scenario_rows, "simulation.scenarios")
        self.scenarios.set_widths({0: 190, 1: 150}, 2)
        self.run = _button("run", "Run")
        self.stop = _button("stop", "Stop")
        self.said = Text("", size=SMALL, strong=True, elides=True)
        self.no_scenarios = EmptyState("Scenarios appear here", _NEEDS)
        self.truth_rows = TruthTable(self)
        self.truth = DataTable(self.truth_rows, "simulation.truth")
        self.truth.set_widths({0: 110, 2: 150, 3: 90, 4: 90, 5: 100, 6: 100, 7: 100}, 1)
        self.show_truth = _button("showTruth", "Show the truth")
        self.show_truth.setCheckable(True)
        self.no_truth = EmptyState(
            "Hidden, so that nobody who is being trained sees it by chance", "Press “Show the truth”."
        )
        self._lay_out()
        self._connect()
        self._show_truth_rows(())

    # ---- layout --------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(GRID)
        left.addWidget(self._fault_panel())
        left.addWidget(self._time_panel())
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(GRID)
        right.addWidget(self._scenario_panel(), 1)
        right.addWidget(self._truth_panel(), 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(left)
        layout.addLayout(right, 1)

    def _fault_panel(self) -> Panel:
        panel = Panel("Break something", "in the simulated plant", parent=self)
        panel.setFixedWidth(_LEFT)
        grid = QGridLayout()
        grid.setHorizontalSpacing(GRID)
        grid.setVerticalSpacing(GRID)
        grid.setColumnStretch(1, 1)
        rows = (
            ("Device", self.device), ("Fault", self.fault), ("Measurement", self.tag),
            ("Severity", self.severity), ("Begins in", self.onset), ("Fails after", self.life),
        )  # fmt: skip
        for row, (words, field) in enumerate(rows):
            grid.addWidget(Text(words, size=SMALL, role="dim"), row, 0)
            grid.addWidget(field, row, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self.inject)
        buttons.addStretch(1)
        buttons.addWidget(self.clear)
        buttons.addWidget(self.clear_all)
        panel.add(grid)
        panel.add(self.about)
        panel.add(buttons)
        return panel

    def _time_panel(self) -> Panel:
        panel = Panel("Time", "at another speed than 1 a drill is on", parent=self)
        panel.setFixedWidth(_LEFT)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.speed)
        row.addWidget(self.set_speed)
        row.addStretch(1)
        panel.add(row)
        panel.add(rule())
        panel.add(self.facts)
        return panel

    def _scenario_panel(self) -> Panel:
        panel = Panel("Scenarios", parent=self)
        panel.head.addWidget(self.run)
        panel.head.addWidget(self.stop)
        panel.add(self.scenarios, 1)
        panel.add(self.no_scenarios, 1)
        panel.add(self.said)
        return panel

    def _truth_panel(self) -> Panel:
        panel = Panel("What is truly wrong", "the trainer's view: no detector reads it", parent=self)
        panel.head.addWidget(self.show_truth)
        panel.add(self.truth, 1)
        panel.add(self.no_truth, 1)
        return panel

    def _connect(self) -> None:
        self.device.currentTextChanged.connect(self._on_device)
        self.fault.currentIndexChanged.connect(self._on_fault)
        self.inject.clicked.connect(self._on_inject)
        self.clear.clicked.connect(self._on_clear)
        self.clear_all.clicked.connect(self._on_clear_all)
        self.set_speed.clicked.connect(self._on_set_speed)
        self.run.clicked.connect(self._on_run)
        self.stop.clicked.connect(self._on_stop)
        self.show_truth.toggled.connect(self._on_show_truth)
        self.scenarios.current_changed.connect(self._show_buttons)
        self.truth.opened.connect(self.device_opened)
        self.desk.scenarios_arrived.connect(self._on_scenarios)
        self.desk.faults_arrived.connect(self._on_faults)
        self.desk.truth_arrived.connect(self._show_truth_rows)
        self.desk.said.connect(self._on_said)

    # ---- what arrives --------------------------------------------------------------------------------------------

    def rebuild(self) -> None:
        tags = [d.tag for d in self.state.catalogue.devices if d.type_name != REPLAY]
        chosen = self.device.currentText()
        self.device.blockSignals(True)
        self.device.clear()
        self.device.addItems([*tags, UTILITIES])
        completer = QCompleter([*tags, UTILITIES], self.device)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.device.setCompleter(completer)
        self.device.setCurrentText(chosen if chosen in tags else (tags[0] if tags else UTILITIES))
        self.device.blockSignals(False)
        if self.isVisible():
            self._ask_anew()

    def showEvent(self, event: object) -> None:
        self._ask_anew()

    def refresh(self) -> None:
        fault = self.state.session.stale_reason()
        for table in (self.scenarios, self.truth):
            table.set_fault(fault)
        for label, path in (("Speed", "Simulation/Speed"), ("Achieved", "Simulation/AchievedSpeed")):
            tag = self.state.catalogue.find_path(path)
            known = tag is not None and self.state.store.reading(tag.tag_id).is_shown_as_good
            value = self.state.store.reading(tag.tag_id).value if tag is not None else 0.0
            self.facts.show_fact(label, f"{number(value, 1)}×" if known else "–")
        tag = self.state.catalogue.find_path("Simulation/PlantTime")
        if tag is not None:
            self.facts.show_fact("Plant time", duration(self.state.store.reading(tag.tag_id).value))
        if self.show_truth.isChecked() and time.monotonic() - self._truth_asked_s >= _TRUTH_EVERY_S:
            self._truth_asked_s = time.monotonic()
            self.desk.ask_truth()

    def _ask_anew(self) -> None:
        self.desk.ask_scenarios()
        self._on_device(self.device.currentText())

    def _on_scenarios(self, rows: tuple[ScenarioRow, ...]) -> None:
        self.scenario_rows.show(rows)
        self.scenarios.setVisible(bool(rows))
        self.no_scenarios.setVisible(not rows)
        if rows and not self.scenarios.currentIndex().isValid():
            self.scenarios.selectRow(0)
        self._show_buttons()

    def _on_faults(self, faults: tuple[tuple[str, str], ...]) -> None:
        chosen = self.fault.currentData()
        names = [name for name, _ in faults]
        self.fault.blockSignals(True)
        self.fault.clear()
        for name, about in faults:
            self.fault.addItem(plain(name), name)
            self.fault.setItemData(self.fault.count() - 1, about, Qt.ItemDataRole.ToolTipRole)
        if chosen in names:
            self.fault.setCurrentIndex(names.index(chosen))
        self.fault.blockSignals(False)
        self._on_fault()

    def _show_truth_rows(self, rows: tuple[TruthRow, ...]) -> None:
        shown = self.show_truth.isChecked()
        self.truth_rows.show(rows if shown else ())
        self.truth.setVisible(shown and bool(rows))
        self.no_truth.setVisible(not (shown and rows))
        if shown:
            self.no_truth.say("Nothing is wrong", "No fault has been injected, and none is on its way.")
        else:
            self.no_truth.say(
                "Hidden, so that nobody who is being trained sees it by chance", "Press “Show the truth”."
            )

    def _on_said(self, words: str, is_refusal: bool) -> None:
        self.said.show_text(f"Not done: {words}" if is_refusal else words)
        self.message_said.emit(self.said.whole())

    # ---- what is asked -------------------------------------------------------------------------------------------

    def _on_device(self, device: str) -> None:
        if device != UTILITIES and self.state.catalogue.device(device) is None:
            self.inject.setEnabled(False)
            return
        self.inject.setEnabled(True)
        self.tag.clear()
        for tag in self.state.catalogue.tags_of(device, "Measurements"):
            self.tag.addItem(title_of(tag), tag.name)
        self.desk.ask_faults(device)

    def _on_fault(self) -> None:
        name = str(self.fault.currentData() or "")
        self.about.show_text(str(self.fault.currentData(Qt.ItemDataRole.ToolTipRole) or ""))
        self.tag.setEnabled(name.startswith(SENSOR_PREFIX))

    def _on_inject(self) -> None:
        name = str(self.fault.currentData() or "")
        if not name:
            return
        if name.startswith(SENSOR_PREFIX) and self.tag.currentData():
            name = f"{name}/{self.tag.currentData()}"
        self.desk.inject(
            self.device.currentText(),
            name,
            self.severity.value() / 100.0,
            self.onset.value(),
            self.life.value(),
        )

    def _on_clear(self) -> None:
        self.desk.clear(self.device.currentText())

    def _on_clear_all(self) -> None:
        self.desk.clear("")

    def _on_set_speed(self) -> None:
        self.desk.set_speed(float(SPEEDS[self.speed.currentIndex()]))

    def _on_run(self) -> None:
        row = self._chosen()
        if row is not None:
            self.desk.run(row.name, row.title)

    def _on_stop(self) -> None:
        row = self._chosen()
        if row is not None:
            self.desk.stop(row.name, row.title)

    def _on_show_truth(self, shown: bool) -> None:
        self.show_truth.setText("Hide the truth" if shown else "Show the truth")
        self._truth_asked_s = 0.0
        self._show_truth_rows(())
        self.refresh()

    def _chosen(self) -> ScenarioRow | None:
        return self.scenario_rows.row(self.scenarios.currentIndex().row())

    def _show_buttons(self) -> None:
        row = self._chosen()
        self.run.setEnabled(row is not None and row.state != "running")
        self.stop.setEnabled(row is not None and row.state != "")


def _choice(name: str, words: str) -> QComboBox:
    made = QComboBox()
    made.setObjectName(f"simulation.{name}")
    made.setAccessibleName(words)
    return made


def _button(name: str, words: str) -> QPushButton:
    made = QPushButton(words)
    made.setObjectName(f"simulation.{name}")
    return made


def _number(name: str, words: str, low: float, high: float, value: float, unit: str) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setObjectName(f"simulation.{name}")
    made.setAccessibleName(words)
    made.setDecimals(0)
    made.setRange(low, high)
    made.setSuffix(unit)
    made.setValue(value)
    made.setGroupSeparatorShown(True)
    return made
