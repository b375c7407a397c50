"""Show how server, link and console themselves are doing.

objectNames: `diagnostics.server`, `diagnostics.timing`, `diagnostics.journal`, `diagnostics.link`,
`diagnostics.console`, `diagnostics.commands`.
"""

import math
import platform
from typing import Final

from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QGridLayout, QWidget

from hmi.link.types import LinkState
from hmi.state.alarm_table import words
from hmi.state.command_table import CommandTableModel
from hmi.state.console import ConsoleState
from hmi.state.frame_clock import FrameClock, memory_mb
from hmi.theme.numbers import MISSING, duration, number
from hmi.theme.tokens import GRID
from hmi.views.faces import unit_of
from hmi.views.page import Page
from hmi.views.settings import ViewSettings
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.facts import FactList
from hmi.widgets.panel import Panel
from hmi.widgets.table import DataTable

_SERVER: Final = ("ServerVersion", "PlantFile", "Sessions", "Nodes", "MonitoredItems")
_TIMING: Final = ("PublishLag", "StepTime", "TickOverruns")
_JOURNAL: Final = ("JournalState", "JournalQueue", "WorkerState")
_LINK: Final = (
    "State", "Server", "Encryption", "Reason", "Round trip", "Silent for", "Freshness bound", "Reconnects", "Stop session",
)  # fmt: skip
_CONSOLE: Final = (
    "Version",
    "Frame late, p99",
    "Frame late, max",
    "Memory",
    "Tags",
    "Devices",
    "Qt",
    "Python",
)
_TITLES: Final = {
    "ServerVersion": "Version", "PlantFile": "Plant file", "MonitoredItems": "Monitored items", "PublishLag": "Publish lag",
    "StepTime": "Plant step", "TickOverruns": "Tick overruns", "JournalState": "Journal", "JournalQueue": "Waiting to be stored",
    "WorkerState": "Scoring worker",
}  # fmt: skip

_UNITS: Final = {
    "PublishLag": "ms",
    "StepTime": "ms",
    "PlantTime": "s",
    "Speed": "×",
}  # where the server names none


class DiagnosticsPage(Page):
    """Level 4: for whoever looks after Andon itself."""

    name = "diagnostics"
    title = "Diagnostics"

    def __init__(
        self,
        state: ConsoleState,
        settings: ViewSettings,
        frames: FrameClock,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(state, parent)
        self._settings = settings
        self.frames = frames
        self._lists: dict[str, FactList] = {}
        self.commands = CommandTableModel(state.commands, state.clock, self)
        self.command_panel = Panel("Commands of this console", parent=self)
        self.table = DataTable(self.commands, "diagnostics.commands")
        self.table.set_widths({0: 90, 1: 100, 2: 260, 3: 130}, 4)
        self.no_commands = EmptyState(
            "No command has been sent yet", "Each command and its outcome is listed here."
        )
        self.command_panel.add(self.table, 1)
        self.command_panel.add(self.no_commands, 1)
        self._lay_out()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(GRID, GRID, GRID, GRID)
        grid.setSpacing(GRID)
        server = (*(_title(n) for n in _SERVER),)
        timing = (*(_title(n) for n in _TIMING), "Plant time", "Plant speed")
        grid.addWidget(self._panel("link", "Link", _LINK), 0, 0, 2, 1)
        grid.addWidget(self._panel("server", "Server", server), 0, 1)
        grid.addWidget(self._panel("timing", "Timing of the server", timing), 0, 2)
        grid.addWidget(
            self._panel("journal", "Journal and detectors", tuple(_title(n) for n in _JOURNAL)), 1, 1
        )
        grid.addWidget(self._panel("console", "This console", _CONSOLE), 1, 2)
        grid.addWidget(self.command_panel, 2, 0, 1, 3)
        grid.setRowStretch(2, 1)
        for column in range(3):
            grid.setColumnStretch(column, 1)

    def _panel(self, name: str, title: str, labels: tuple[str, ...]) -> Panel:
        panel = Panel(title, parent=self)
        panel.setMinimumWidth(260)
        facts = FactList(labels)
        facts.setObjectName(f"diagnostics.{name}")
        self._lists[name] = facts
        panel.add(facts)
        panel.body.addStretch(1)
        return panel

    def facts(self, name: str) -> FactList:
        """Return one list of facts."""
        return self._lists[name]

    def refresh(self) -> None:
        for panel, names in (("server", _SERVER), ("timing", _TIMING), ("journal", _JOURNAL)):
            for name in names:
                self._lists[panel].show_fact(_title(name), self._plant(f"Diagnostics/{name}"))
        self._lists["timing"].show_fact("Plant time", self._plant("Simulation/PlantTime"))
        self._lists["timing"].show_fact("Plant speed", self._plant("Simulation/Speed"))
        self._refresh_link()
        self._refresh_console()
        sent = self.commands.rowCount() > 0
        self.table.setVisible(sent)
        self.no_commands.setVisible(not sent)

    def _plant(self, path: str) -> str:
        tag = self.state.catalogue.find_path(path)
        if tag is None:
            return MISSING
        reading = self.state.store.reading(tag.tag_id)
        text = (
            number(reading.value, 0) if float(reading.value).is_integer() and not tag.states else reading.text
        )
        unit = unit_of(tag) or _UNITS.get(tag.name, "")
        return f"{text} {unit}".strip() if text else MISSING

    def _refresh_link(self) -> None:
        status, facts = self.state.session.status, self._lists["link"]
        silent = status.silent_s if self.state.session.is_live else self.state.session.silent_s()
        facts.show_fact("State", status.state.value)
        facts.show_fact("Server", status.url)
        linked = status.state in {LinkState.LIVE, LinkState.STALE}
        encryption = status.encryption.replace("_", " ") or "Not encrypted"
        facts.show_fact("Encryption", encryption if linked else "")
        facts.show_fact("Reason", status.reason)
        facts.show_fact("Round trip", _ms(status.latency_ms))
        facts.show_fact("Silent for", MISSING if silent is None else duration(silent))
        facts.show_fact("Freshness bound", f"{number(status.stale_after_s, 1)} s")
        facts.show_fact("Reconnects", str(status.reconnects))
        stop = f"ready, {_ms(status.stop_latency_ms)}" if status.stop_ready else "not available"
        facts.show_fact("Stop session", stop)

    def _refresh_console(self) -> None:
        late, worst = self.frames.lateness_ms()
        memory, facts = memory_mb(), self._lists["console"]
        facts.show_fact("Version", self._settings.console_version)
        facts.show_fact("Frame late, p99", _ms(late))
        facts.show_fact("Frame late, max", _ms(worst))
        facts.show_fact("Memory", MISSING if math.isnan(memory) else f"{number(memory, 0)} MB")
        facts.show_fact("Tags", str(len(self.state.store.tags)))
        facts.show_fact("Devices", str(len(self.state.catalogue.devices)))
        facts.show_fact("Qt", qVersion())
        facts.show_fact("Python", platform.python_version())


def _title(name: str) -> str:
    return _TITLES.get(name, words(name))


def _ms(value: float | None) -> str:
    return MISSING if value is None or math.isnan(value) else f"{number(value, 1)} ms"
