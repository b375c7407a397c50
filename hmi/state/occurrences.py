"""Show the last alarms of one device as a table."""

from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from hmi.link.types import ConditionEvent
from hmi.state.alarms import AlarmBook, badge, first_seen_ns, state_text
from hmi.state.clock import ScreenClock
from hmi.theme.badges import Badge, BadgeState
from hmi.theme.roles import Role, Tone

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
HEADINGS: Final = ("", "Time", "Alarm", "State")


class OccurrenceModel(QAbstractTableModel):
    """A device's alarms since the console started, newest first."""

    def __init__(self, book: AlarmBook, clock: ScreenClock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._clock = clock
        self._device = ""
        self._rows: tuple[ConditionEvent, ...] = ()
        book.changed.connect(self.reload)

    def show_device(self, device: str) -> None:
        """Choose the device."""
        self._device = device
        self.reload()

    def reload(self) -> None:
        """Take the book's occurrences over."""
        rows = self._book.seen_of_device(self._device) if self._device else ()
        if rows != self._rows:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return HEADINGS[section]
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        event, column = self._rows[index.row()], index.column()
        if role == Role.BADGE and column == 0:
            return badge(event) if event.retain else Badge(event.priority, BadgeState.QUIET)
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            texts = ("", self._clock.short(first_seen_ns(event)), event.message, state_text(event))
            return texts[column]
        if role == Role.TONE:
            return Tone.STRONG if event.retain and not event.acknowledged and column >= 2 else Tone.NORMAL
        return event.device if role == Role.KEY else None
