"""Show one device: facts, measurements, trend, health, alarms, commands, limits.

objectNames: `device.previous`, `device.next`, `device.alarms`, and those of its panels (see their modules).
"""

import math
import time

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from hmi.link.types import DeviceInfo
from hmi.state.console import ConsoleState
from hmi.state.device_columns import HEALTH_HINT, HEALTH_TEXT, RUNNING_TEXT
from hmi.state.families import family
from hmi.state.occurrences import OccurrenceModel
from hmi.theme.badges import Badge, paint_badge
from hmi.theme.icons import icon
from hmi.theme.numbers import MISSING, duration
from hmi.theme.roles import Lamp
from hmi.theme.tokens import FIGURE, GRID, SMALL
from hmi.views.device_commands import CommandsPanel
from hmi.views.device_health import HealthPanel
from hmi.views.device_limits import LimitsPanel
from hmi.views.device_measurements import MeasurementsPanel
from hmi.views.page import Page
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.facts import Facts
from hmi.widgets.painting import draw_lamp
from hmi.widgets.panel import Panel, Text
from hmi.widgets.table import DataTable

_ROOM_FOR = {"Serial": 1290, "Starts": 1220, "Model": 1160}  # px of page; the first to go comes first
_LEAST_HEIGHT = 760  # px, what its panels need; below it the page scrolls
_FACTS = ("State", "Health", "Model", "Serial", "Since service", "Starts", "Data")


class DevicePage(Page):
    """Level 3: everything about one device."""

    name = "device"
    title = "Device"

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._device: DeviceInfo | None = None
        self.head = DeviceHead(self)
        self.measurements = MeasurementsPanel(state, self)
        self.health = HealthPanel(state, self)
        self.commands = CommandsPanel(state, self)
        self.limits = LimitsPanel(state, self)
        self.occurrences = OccurrenceModel(state.alarms, state.clock, self)
        self.alarms_panel = Panel("Last alarms", parent=self)
        self.alarms = DataTable(self.occurrences, "device.alarms")
        self.alarms.set_widths({0: 32, 1: 80, 3: 128}, 2)
        self.no_alarms = EmptyState(
            "No alarm since this console started", "Older ones are in the journal, on the Alarms page."
        )
        self.alarms_panel.add(self.alarms, 1)
        self.alarms_panel.add(self.no_alarms, 1)
        self._lay_out()
        self.head.previous.clicked.connect(self._on_previous)
        self.head.next.clicked.connect(self._on_next)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(GRID)
        grid.addWidget(self.measurements, 0, 0, 1, 4)
        grid.addWidget(self.health, 0, 4, 1, 2)
        grid.addWidget(self.alarms_panel, 1, 0, 1, 2)
        grid.addWidget(self.commands, 1, 2, 1, 2)
        grid.addWidget(self.limits, 1, 4, 1, 2)
        grid.setRowStretch(0, 22)
        grid.setRowStretch(1, 10)
        for column, stretch in enumerate((10, 10, 10, 10, 11, 11)):
            grid.setColumnStretch(column, stretch)
            grid.setColumnMinimumWidth(column, 100)
        inner = QWidget()
        inner.setObjectName("page")
        inner.setMinimumHeight(_LEAST_HEIGHT)
        stack = QVBoxLayout(inner)
        stack.setContentsMargins(GRID, GRID, GRID, GRID)
        stack.setSpacing(GRID)
        stack.addWidget(self.head)
        stack.addLayout(grid, 1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    def show_device(self, tag: str) -> bool:
        """Take a device; returns whether there is one of that tag."""
        found = self.state.catalogue.device(tag)
        if found is None:
            return False
        self._device = found
        self.setWindowTitle(tag)
        for panel in (self.measurements, self.health, self.commands, self.limits):
            panel.show_device(found)
        self.occurrences.show_device(tag)
        self.alarms_panel.title.show_text(f"Last alarms of {tag}")
        kind = f"{family(found.type_name).full} · {found.area} / {found.line}"
        self.head.show_device(tag, kind, self._neighbour(-1), self._neighbour(1))
        maker = " ".join(part for part in (found.manufacturer, found.model) if part)
        self.head.facts.show_fact("Model", found.model or maker)
        self.head.facts.show_fact("Serial", found.serial)
        self.head.setToolTip(maker)
        return True

    @property
    def device(self) -> str:
        """The tag of the device shown."""
        return self._device.tag if self._device else ""

    def rebuild(self) -> None:
        if self._device is not None and not self.show_device(self._device.tag):
            self._device = None

    def place(self) -> str:
        if self._device is None:
            return ""
        return f"{self.state.catalogue.model.plant_name} / {self._device.area} / {self._device.line}"

    def _neighbour(self, step: int) -> str:
        devices = self.state.catalogue.devices
        at = self.state.catalogue.index(self.device) + step
        return devices[at].tag if 0 <= at < len(devices) else ""

    def _on_previous(self) -> None:
        self.device_opened.emit(self._neighbour(-1))

    def _on_next(self) -> None:
        self.device_opened.emit(self._neighbour(1))

    def refresh(self) -> None:
        if self._device is None:
            return
        for panel in (self.measurements, self.health, self.commands, self.limits):
            panel.refresh()
        self._refresh_head(self._device)
        any_alarm = self.occurrences.rowCount() > 0
        self.alarms.setVisible(any_alarm)
        self.no_alarms.setVisible(not any_alarm)
        self.alarms_panel.aside.show_text(
            f"{self.occurrences.rowCount()} since the console started" if any_alarm else ""
        )

    def _refresh_head(self, device: DeviceInfo) -> None:
        columns, row = self.state.columns, self.state.catalogue.index(device.tag)
        facts = self.head.facts
        facts.show_fact("State", RUNNING_TEXT[int(columns.running[row])])
        health = int(columns.health[row])
        facts.show_fact("Health", HEALTH_TEXT[health], HEALTH_HINT.get(health, ""))
        facts.show_fact("Since service", self._counter("RunHours", " h"))
        facts.show_fact("Starts", self._counter("Starts", ""))
        facts.show_fact("Data", self._age(device))
        self.head.show_state(columns.lamp(row), columns.badges[row])

    def _counter(self, name: str, unit: str) -> str:
        tag = self.state.catalogue.find(self.device, "Counters", name)
        text = self.state.store.text(tag.tag_id) if tag else MISSING
        return text if text == MISSING else f"{text.split('.')[0]}{unit}"

    def _age(self, device: DeviceInfo) -> str:
        if not self.state.session.is_live:
            return self.state.session.stale_reason()
        newest = max((float(self.state.store.arrived_s[i]) for i in device.tags), default=-math.inf)
        if not math.isfinite(newest):
            return "none yet"
        age = time.monotonic() - newest
        return f"live, {duration(age)} old" if age < 10 else f"{duration(age)} old"

    def set_lit(self, lit: bool) -> None:
        self.measurements.set_lit(lit)
        self.alarms.set_lit(lit)
        self.head.set_lit(lit)

    def tags_wanted(self) -> tuple[int, ...]:
        return self._device.tags if self._device else ()


class DeviceHead(QFrame):
    """Badge, tag and facts; the neighbours at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setFixedHeight(50)
        self._badge: Badge | None = None
        self._lamp = Lamp.OFFLINE
        self._lit = True
        self.tag = Text("", size=FIGURE, strong=True)
        self.kind = Text("", size=SMALL, role="dim")
        self.facts = Facts(_FACTS)
        self.previous, self.next = QPushButton(), QPushButton()
        self.previous.setObjectName("device.previous")
        self.next.setObjectName("device.next")
        self.previous.setIcon(icon("previous", 16))
        self.next.setIcon(icon("next", 16))
        self.next.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(40, 0, 12, 0)
        self._layout.setSpacing(12)
        for part in (self.tag, self.kind):
            self._layout.addWidget(part)
        self._layout.addSpacing(20)
        self._layout.addWidget(self.facts)
        self._layout.addStretch(1)
        self._layout.addWidget(self.previous)
        self._layout.addWidget(self.next)

    def show_device(self, tag: str, kind: str, before: str, after: str) -> None:
        """Name the device and its neighbours."""
        self.tag.show_text(tag)
        self.kind.show_text(kind)
        for button, neighbour in ((self.previous, before), (self.next, after)):
            button.setText(neighbour or "–")
            button.setEnabled(bool(neighbour))
            button.setAccessibleName(f"Open {neighbour}" if neighbour else "No further device")

    def show_state(self, lamp: Lamp, badge: Badge | None) -> None:
        """Show the running state's lamp, or the badge of the worst alarm."""
        if (lamp, badge) != (self._lamp, self._badge):
            self._lamp, self._badge = lamp, badge
            self.update()

    def set_lit(self, lit: bool) -> None:
        """Take the phase of the flash."""
        if lit != self._lit:
            self._lit = lit
            if self._badge is not None and self._badge.flashes:
                self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for label, room in _ROOM_FOR.items():
            self.facts.show_label(label, visible=self.width() >= room)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        if self._badge is not None:
            paint_badge(painter, QRectF(11, 14, 22, 22), self._badge, lit=self._lit)
        else:
            draw_lamp(painter, QRectF(15.5, 18.5, 13, 13), self._lamp)
        painter.end()
