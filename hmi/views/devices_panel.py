"""Show the devices as a table with filter chips and a search field."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from hmi.state.console import ConsoleState
from hmi.state.device_table import DeviceColumn, DeviceFilter
from hmi.theme.roles import Role
from hmi.widgets.chips import FilterChips
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.panel import Panel
from hmi.widgets.search_field import SearchField
from hmi.widgets.table import DataTable

_HEADER_PX: Final = 40
_WIDTHS: Final = {
    DeviceColumn.BADGE: 34,
    DeviceColumn.DEVICE: 88,
    DeviceColumn.TYPE: 74,
    DeviceColumn.LINE: 66,
    DeviceColumn.STATE: 86,
    DeviceColumn.HEALTH: 74,
    DeviceColumn.TEMPERATURE: 66,
    DeviceColumn.AVERAGE: 68,
    DeviceColumn.VIBRATION: 72,
    DeviceColumn.PRESSURE: 68,
    DeviceColumn.POWER: 58,
    DeviceColumn.RISK: 46,
    DeviceColumn.RUL: 42,
    DeviceColumn.LAST_ANOMALY: 74,
}
# What a narrow table leaves out first.
_LESS_WANTED: Final = (
    DeviceColumn.LINE, DeviceColumn.AVERAGE, DeviceColumn.TYPE, DeviceColumn.PRESSURE, DeviceColumn.RUL,
    DeviceColumn.HEALTH,
)  # fmt: skip


class DevicesPanel(Panel):
    """The device table with its filters; columns that do not fit are left out whole.

    objectNames: `<prefix>.table`, `<prefix>.search`, `<prefix>.chip.<All|In alarm|Stopped|Offline>`.
    """

    device_picked = Signal(str)
    device_opened = Signal(str)

    def __init__(
        self, state: ConsoleState, prefix: str, *, compact: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__("Devices", parent=parent)
        self._state = state
        self._compact = compact
        self.table = DataTable(
            state.devices, f"{prefix}.table", note_column=int(DeviceColumn.HEALTH), header_height=_HEADER_PX
        )
        hint = "Find" if compact else "Device, type, line"
        self.search = SearchField(f"{prefix}.search", "Find a device", hint)
        self.search.setFixedWidth(116 if compact else 190)
        self.chips = FilterChips([str(f) for f in DeviceFilter], f"{prefix}.chip")
        self.empty = EmptyState("No device passes the filter", "Choose “All”, or clear the search field.")
        self.empty.hide()
        self.head.addWidget(self.search)
        self.head.addWidget(self.chips)
        self.add(self.table, 1)
        self.add(self.empty, 1)
        self.layout().setContentsMargins(8, 9, 8, 8)  # type: ignore[union-attr]
        self._connect()

    def _connect(self) -> None:
        head = self.table.horizontalHeader()
        head.setSectionsClickable(True)
        head.setSortIndicatorShown(False)
        head.sectionClicked.connect(self._on_header_clicked)
        self._sorted: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)
        self.search.textChanged.connect(self._on_filter_changed)
        self.chips.chosen.connect(self._on_filter_changed)
        self.table.opened.connect(self.device_opened)
        self.table.current_changed.connect(self.device_picked)

    def _on_header_clicked(self, column: int) -> None:
        first = (
            Qt.SortOrder.DescendingOrder
            if column >= DeviceColumn.TEMPERATURE
            else Qt.SortOrder.AscendingOrder
        )
        other = {Qt.SortOrder.AscendingOrder: Qt.SortOrder.DescendingOrder}.get(
            first, Qt.SortOrder.AscendingOrder
        )
        order = other if self._sorted == (column, first) else first
        self._sorted = (column, order)
        self._state.devices.sort(column, order)
        head = self.table.horizontalHeader()
        head.setSortIndicatorShown(column > DeviceColumn.BADGE)
        head.setSortIndicator(column, order)
        self.refresh()

    def _on_filter_changed(self, *_: object) -> None:
        self._state.devices.set_filter(DeviceFilter(self.chips.current()), self.search.text())
        self.refresh()

    def apply_filter(self) -> None:
        """Put this panel's filter in force (the table model is shared by two pages)."""
        self._on_filter_changed()

    def select(self, device: str) -> None:
        """Mark a device's row."""
        row = self._state.devices.row_of(device)
        if row >= 0 and self.table.current_key() != device:
            self.table.setCurrentIndex(self._state.devices.index(row, int(DeviceColumn.DEVICE)))

    def refresh(self) -> None:
        """Show counts and quality; the rows follow the model."""
        shown, total = self._state.devices.rowCount(), len(self._state.columns)
        sorted_by = "" if self._sorted[0] > 0 else ", trouble first"
        self.remark.show_text(f"{shown} of {total}{sorted_by}")
        masks = self._state.devices.masks()
        self.chips.show_counts({str(k): int(mask.sum()) for k, mask in masks.items()})
        self.table.set_fault(self._state.session.stale_reason())
        self.table.setVisible(shown > 0)
        self.empty.setVisible(shown == 0)
        if total == 0:
            self.empty.say(
                "The devices of the plant appear here", "They are read from the server once it is connected."
            )
        else:
            self.empty.say("No device passes the filter", "Choose “All”, or clear the search field.")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        room = self.width() - 28
        hidden: set[DeviceColumn] = {DeviceColumn.LINE} if self._compact else set()
        for column in _LESS_WANTED:
            if sum(w for c, w in _WIDTHS.items() if c not in hidden) <= room:
                break
            hidden.add(column)
        spare = room - sum(w for c, w in _WIDTHS.items() if c not in hidden)
        extra = max(spare, 0) // (len(_WIDTHS) - len(hidden) - 1)
        widths = {int(c): w + (extra if c is not DeviceColumn.BADGE else 0) for c, w in _WIDTHS.items()}
        self.table.set_widths(widths, int(DeviceColumn.LAST_ANOMALY))
        for column in DeviceColumn:
            self.table.setColumnHidden(int(column), column in hidden)

    def key_at(self, row: int) -> str:
        """Return the device of a row, for tests."""
        return str(self._state.devices.index(row, 0).data(Role.KEY) or "")
