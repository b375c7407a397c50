"""List all devices: state, health, key metrics, risk.

objectNames: `devices.table`, `devices.search`, `devices.chip.<All|In alarm|Stopped|Offline>`.
"""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hmi.state.console import ConsoleState
from hmi.state.plant_summary import counts
from hmi.theme.tokens import GRID
from hmi.views.devices_panel import DevicesPanel
from hmi.views.page import Page
from hmi.views.plant_strip import PlantStrip


class DevicesPage(Page):
    """Level 2: every device in one table; a double click opens it."""

    name = "devices"
    title = "Devices"

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.strip = PlantStrip(legend=False, parent=self)
        self.devices = DevicesPanel(state, "devices", compact=False, parent=self)
        self.devices.device_opened.connect(self.device_opened)
        self.devices.device_picked.connect(self.device_selected)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, 4, GRID, GRID)
        layout.setSpacing(4)
        layout.addWidget(self.strip)
        layout.addWidget(self.devices, 1)

    def showEvent(self, event: object) -> None:
        self.devices.apply_filter()

    def refresh(self) -> None:
        self.strip.show_counts(counts(self.state.columns))
        self.devices.refresh()

    def set_lit(self, lit: bool) -> None:
        self.devices.table.set_lit(lit)

    def tags_wanted(self) -> tuple[int, ...]:
        columns = self.state.columns
        return tuple(sorted({int(i) for ids in columns.metric_ids.values() for i in ids if i >= 0}))
