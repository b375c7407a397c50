"""Show the device columns as a table with its own sort and filter."""

from enum import IntEnum, StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from hmi.link.types import DeviceInfo
from hmi.state.catalogue import Metric
from hmi.state.clock import ScreenClock
from hmi.state.device_columns import HEALTH_HINT, HEALTH_TEXT, NO_BADGE, RUNNING_TEXT, DeviceColumns, Running
from hmi.state.families import family
from hmi.theme.numbers import MISSING, number
from hmi.theme.roles import Face, Role, Tone

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()


class DeviceColumn(IntEnum):
    """The columns, left to right."""

    BADGE = 0
    DEVICE = 1
    TYPE = 2
    LINE = 3
    STATE = 4
    HEALTH = 5
    TEMPERATURE = 6
    AVERAGE = 7
    VIBRATION = 8
    PRESSURE = 9
    POWER = 10
    RISK = 11
    RUL = 12
    LAST_ANOMALY = 13


HEADINGS: Final = (
    "", "Device", "Type", "Line", "State", "Health", "Temp.\nnow °C", "10-min\navg °C", "Vibration\nmm/s",
    "Pressure\nbar", "Power\nkW", "Risk\n%", "RUL\nh", "Last\nanomaly",
)  # fmt: skip
_METRICS: Final = {
    DeviceColumn.TEMPERATURE: Metric.TEMPERATURE,
    DeviceColumn.VIBRATION: Metric.VIBRATION,
    DeviceColumn.PRESSURE: Metric.PRESSURE,
    DeviceColumn.POWER: Metric.POWER,
}
_NUMERIC: Final = frozenset(
    {*_METRICS, DeviceColumn.AVERAGE, DeviceColumn.RISK, DeviceColumn.RUL, DeviceColumn.LAST_ANOMALY}
)
_COLUMN_UNIT: Final = {
    Metric.TEMPERATURE: "°C",
    Metric.VIBRATION: "mm/s",
    Metric.PRESSURE: "bar",
    Metric.POWER: "kW",
}
RUL_THRESHOLD_H: Final = 24.0  # below it the figure is red; look.md, the one exception to grey


class DeviceFilter(StrEnum):
    """What the filter chips offer."""

    ALL = "All"
    ALARM = "In alarm"
    STOPPED = "Stopped"
    OFFLINE = "Offline"


class DeviceTableModel(QAbstractTableModel):
    """An index array over the device columns; one `dataChanged` a tick."""

    def __init__(self, columns: DeviceColumns, clock: ScreenClock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = columns
        self._clock = clock
        self._text = ""
        self._filter = DeviceFilter.ALL
        self._sort: tuple[int, Qt.SortOrder] | None = None  # None is "trouble first, then by risk"
        self._order: NDArray[np.intp] = np.empty(0, np.intp)
        self.live = True

    def reset(self) -> None:
        """Start afresh after another plant arrived."""
        self.beginResetModel()
        self._order = self._wanted()
        self.endResetModel()

    def refresh(self) -> None:
        """Show the columns' newest values; rows move only where the order has changed."""
        order = self._wanted()
        if not np.array_equal(order, self._order):
            self._rearrange(order)
        if order.size:
            self.dataChanged.emit(self.index(0, 0), self.index(order.size - 1, len(HEADINGS) - 1))

    def set_filter(self, kind: DeviceFilter, text: str) -> None:
        """Show the devices of a kind whose tag, type, line or state holds `text`."""
        self._filter, self._text = kind, text.casefold().strip()
        self.refresh()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort = None if column <= DeviceColumn.BADGE else (column, order)
        self.refresh()

    def _rearrange(self, order: NDArray[np.intp]) -> None:
        self.layoutAboutToBeChanged.emit()
        place = {int(d): row for row, d in enumerate(order)}
        old = self.persistentIndexList()
        rows = [place.get(int(self._order[i.row()]), -1) if i.row() < self._order.size else -1 for i in old]
        columns = [i.column() for i in old]
        self._order = order
        new = [self.index(r, c) if r >= 0 else QModelIndex() for r, c in zip(rows, columns, strict=True)]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _wanted(self) -> NDArray[np.intp]:
        order = self.columns.attention_order() if self._sort is None else self._sorted(*self._sort)
        keep = self._mask()
        return order[keep[order]]

    def _sorted(self, column: int, direction: Qt.SortOrder) -> NDArray[np.intp]:
        down = direction is Qt.SortOrder.DescendingOrder
        numbers = self._numbers(DeviceColumn(column))
        if numbers is not None:
            # Unknown values stay at the end, whichever way the column is sorted.
            worth = np.where(np.isnan(numbers), np.inf, -numbers if down else numbers)
            return np.argsort(worth, kind="stable")
        texts = np.array([self._text_of(i, DeviceColumn(column)) for i in range(len(self.columns))])
        order = np.argsort(texts, kind="stable")
        return order[::-1] if down else order

    def _numbers(self, column: DeviceColumn) -> NDArray[np.float64] | None:
        c = self.columns
        if column in _METRICS:
            return c.metrics[_METRICS[column]]
        numeric = {
            DeviceColumn.AVERAGE: c.average,
            DeviceColumn.RISK: c.risk,
            DeviceColumn.RUL: c.rul,
            DeviceColumn.LAST_ANOMALY: np.where(c.last_anomaly_ns > 0, c.last_anomaly_ns / 1e9, np.nan),
        }
        return numeric.get(column)

    def _mask(self) -> NDArray[np.bool_]:
        masks = self.masks()
        keep = masks[self._filter].copy()
        if self._text:
            keep &= np.array([self._text in self._haystack(i) for i in range(len(self.columns))], bool)
        return keep

    def masks(self) -> dict[DeviceFilter, NDArray[np.bool_]]:
        """Return for each chip which devices it would show."""
        running = self.columns.running
        return {
            DeviceFilter.ALL: np.ones(len(self.columns), bool),
            DeviceFilter.ALARM: self.columns.priority < NO_BADGE,
            DeviceFilter.STOPPED: (running == Running.STOPPED) | (running == Running.LATCHED),
            DeviceFilter.OFFLINE: running == Running.OFFLINE,
        }

    def _haystack(self, row: int) -> str:
        texts = (self._text_of(row, c) for c in DeviceColumn if c not in _NUMERIC)
        return " ".join(texts).casefold()

    def device_at(self, row: int) -> DeviceInfo | None:
        """Return the device of a row as shown."""
        if not 0 <= row < self._order.size:
            return None
        return self.columns.catalogue.devices[int(self._order[row])]

    def row_of(self, device: str) -> int:
        """Return where a device is shown, -1 where it is filtered out."""
        found = np.flatnonzero(self._order == self.columns.catalogue.index(device))
        return int(found[0]) if found.size else -1

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else int(self._order.size)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= self._order.size:
            return None
        row, column = int(self._order[index.row()]), DeviceColumn(index.column())
        if role == Role.FACE:
            return self._face(row, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text_of(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Role.TONE:
            return self._tone(row, column)
        if role == Role.BADGE:
            return self.columns.badges[row] if column is DeviceColumn.BADGE else None
        if role == Role.LAMP:
            return self.columns.lamp(row) if column is DeviceColumn.STATE else None
        if role == Role.ROW_NOTE:
            return self._note(row)
        if role == Role.KEY:
            return self.columns.catalogue.devices[row].tag
        return self._tool_tip(row, column) if role == Qt.ItemDataRole.ToolTipRole else None

    def _face(self, row: int, column: DeviceColumn) -> Face:
        return Face(
            text=self._text_of(row, column),
            tone=self._tone(row, column),
            right=column in _NUMERIC,
            badge=self.columns.badges[row] if column is DeviceColumn.BADGE else None,
            lamp=self.columns.lamp(row) if column is DeviceColumn.STATE else None,
            note=self._note(row),
        )

    def _text_of(self, row: int, column: DeviceColumn) -> str:
        c, device = self.columns, self.columns.catalogue.devices[row]
        match column:
            case DeviceColumn.BADGE:
                return ""
            case DeviceColumn.DEVICE:
                return device.tag
            case DeviceColumn.TYPE:
                return family(device.type_name).short
            case DeviceColumn.LINE:
                return device.line
            case DeviceColumn.STATE:
                return RUNNING_TEXT[int(c.running[row])]
            case DeviceColumn.HEALTH:
                return HEALTH_TEXT[int(c.health[row])]
            case DeviceColumn.LAST_ANOMALY:
                return self._clock.short(int(c.last_anomaly_ns[row]))
            case _:
                return self._figure(row, column)

    def _figure(self, row: int, column: DeviceColumn) -> str:
        c = self.columns
        if column in _METRICS:
            return self._metric_text(row, _METRICS[column])
        value = {DeviceColumn.AVERAGE: c.average, DeviceColumn.RISK: c.risk, DeviceColumn.RUL: c.rul}[column][
            row
        ]
        if np.isnan(value):
            return MISSING
        return number(float(value), 1 if column is DeviceColumn.AVERAGE else 0)

    def _metric_text(self, row: int, metric: Metric) -> str:
        tag = self.columns.catalogue.tag(int(self.columns.metric_ids[metric][row]))
        value = float(self.columns.metrics[metric][row])
        if tag is None or (np.isnan(value) and not self.columns.trusted[metric][row]):
            return MISSING
        text = number(value, tag.precision)
        return text if tag.unit == _COLUMN_UNIT[metric] else f"{text} {tag.unit}"

    def _tone(self, row: int, column: DeviceColumn) -> Tone:
        c = self.columns
        if column is DeviceColumn.RUL and c.rul[row] < RUL_THRESHOLD_H:
            return Tone.RUL
        if column is DeviceColumn.STATE:
            return Tone.NORMAL if c.running[row] == Running.RUNNING else Tone.STRONG
        if column is DeviceColumn.HEALTH:
            return (Tone.DIM, Tone.STRONG, Tone.DIM, Tone.DIM)[int(c.health[row])]
        if c.badges[row] is not None and self._is_blamed(row, column):
            return Tone.STRONG
        metric = _METRICS.get(column)
        untrusted = metric is not None and not c.trusted[metric][row]
        quiet = column in {
            DeviceColumn.TYPE,
            DeviceColumn.LINE,
            DeviceColumn.AVERAGE,
            DeviceColumn.LAST_ANOMALY,
        }
        return Tone.DIM if untrusted or quiet else Tone.NORMAL

    def _is_blamed(self, row: int, column: DeviceColumn) -> bool:
        if column is DeviceColumn.DEVICE:
            return True
        metric = _METRICS.get(column)
        tag = self.columns.catalogue.tag(int(self.columns.metric_ids[metric][row])) if metric else None
        return tag is not None and tag.name == self.columns.worst_source[row]

    def _note(self, row: int) -> str:
        c = self.columns
        if c.running[row] != Running.OFFLINE:
            return ""
        since = int(c.offline_since_s[row] * 1e9)
        return f"no communication since {self._clock.short(since)}" if since > 0 else "no communication"

    def _tool_tip(self, row: int, column: DeviceColumn) -> str | None:
        message = self.columns.worst_message[row]
        if column in {DeviceColumn.BADGE, DeviceColumn.DEVICE}:
            return message or self.columns.catalogue.devices[row].display_name
        if column is DeviceColumn.HEALTH:
            return HEALTH_HINT.get(int(self.columns.health[row]))
        return None


def _alignment(column: int) -> int:
    right = DeviceColumn(column) in _NUMERIC
    flag = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return int(flag.value | Qt.AlignmentFlag.AlignVCenter.value)
