"""Show the alarm book as a table, filtered by text and class."""

from enum import IntEnum, StrEnum
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from hmi.link.types import ConditionEvent
from hmi.state.alarms import AlarmBook, badge, first_seen_ns, state_text
from hmi.state.clock import ScreenClock
from hmi.theme.roles import Role, Tone

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()


class AlarmColumn(IntEnum):
    """The columns, left to right."""

    PRIORITY = 0
    FIRST_SEEN = 1
    DEVICE = 2
    ALARM = 3
    MESSAGE = 4
    STATE = 5
    ACKED_BY = 6
    COMMENT = 7
    EVIDENCE = 8


HEADINGS: Final = (
    "P", "First seen", "Device", "Alarm", "Message", "State", "Acked by", "Comment", "Evidence",
)  # fmt: skip


class AlarmClass(StrEnum):
    """What the filter chips offer."""

    ALL = "All"
    UNACKED = "Unacknowledged"
    PROCESS = "Process"
    PREDICTED = "Predicted"


class AlarmTableModel(QAbstractTableModel):
    """Rows of the book that pass the filter, in the order of attention."""

    def __init__(self, book: AlarmBook, clock: ScreenClock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._clock = clock
        self._text = ""
        self._class = AlarmClass.ALL
        self._rows: tuple[ConditionEvent, ...] = ()
        book.changed.connect(self.reload)
        clock.zone_changed.connect(self.reload)
        self.reload()

    def set_filter(self, text: str, kind: AlarmClass) -> None:
        """Show the alarms of a class whose texts hold `text`."""
        self._text, self._class = text.casefold().strip(), kind
        self.reload()

    def reload(self) -> None:
        """Take the book's alarms over; a list of the same alarms keeps its selection."""
        rows = tuple(e for e in self._book.ranked() if self._passes(e))
        if [e.condition_id for e in rows] == [e.condition_id for e in self._rows]:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(HEADINGS) - 1))
            return
        self._rearrange(rows)

    def _rearrange(self, rows: tuple[ConditionEvent, ...]) -> None:
        if {e.condition_id for e in rows} != {e.condition_id for e in self._rows}:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        self.layoutAboutToBeChanged.emit()
        place = {e.condition_id: i for i, e in enumerate(rows)}
        old = self.persistentIndexList()
        new = [self.index(place[self._rows[i.row()].condition_id], i.column()) for i in old]
        self._rows = rows
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _passes(self, event: ConditionEvent) -> bool:
        if self._class is AlarmClass.UNACKED and event.acknowledged:
            return False
        if self._class is AlarmClass.PROCESS and event.predicted:
            return False
        if self._class is AlarmClass.PREDICTED and not event.predicted:
            return False
        return self._text in f"{event.device} {event.source} {event.name} {event.message}".casefold()

    def event_at(self, row: int) -> ConditionEvent | None:
        """Return the alarm of a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def row_of(self, condition_id: str) -> int:
        """Return the row of an alarm, -1 where it is not shown."""
        return next((i for i, e in enumerate(self._rows) if e.condition_id == condition_id), -1)

    def events(self) -> tuple[ConditionEvent, ...]:
        """Return all alarms shown."""
        return self._rows

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return HEADINGS[section]
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        event = self.event_at(index.row()) if index.isValid() else None
        if event is None:
            return None
        column = AlarmColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text_of(event, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._text_of(event, column) or None
        if role == Role.BADGE:
            return badge(event) if column is AlarmColumn.PRIORITY else None
        if role == Role.TONE:
            return _tone(event, column)
        if role == Role.KEY:
            return event.condition_id
        return (not event.acknowledged) if role == Role.STRIPE else None

    def _text_of(self, event: ConditionEvent, column: AlarmColumn) -> str:
        texts = {
            AlarmColumn.PRIORITY: "",
            AlarmColumn.FIRST_SEEN: self._clock.short(first_seen_ns(event)),
            AlarmColumn.DEVICE: event.device,
            AlarmColumn.ALARM: alarm_name(event),
            AlarmColumn.MESSAGE: event.message,
            AlarmColumn.STATE: state_text(event),
            AlarmColumn.ACKED_BY: event.user if event.acknowledged else "",
            AlarmColumn.COMMENT: event.comment,
            AlarmColumn.EVIDENCE: event.evidence,
        }
        return texts[column]


def alarm_name(event: ConditionEvent) -> str:
    """Return an alarm's name in words: "OilLeak" is "Oil leak"."""
    name = event.name.rpartition("/")[2] or event.source
    return words(name)


def words(name: str) -> str:
    """Split a PascalCase name into words: "CoolantPressure" is "Coolant pressure"."""
    out = ""
    for i, char in enumerate(name):
        starts = char.isupper() and i > 0 and not (name[i - 1].isupper() or name[i - 1] in " -/")
        is_word = name[i + 1 : i + 2].islower()
        out += f" {char.lower() if is_word else char}" if starts else char
    return out


def _tone(event: ConditionEvent, column: AlarmColumn) -> Tone:
    strong = column in {AlarmColumn.DEVICE, AlarmColumn.MESSAGE, AlarmColumn.STATE}
    if strong and not event.acknowledged:
        return Tone.STRONG
    return Tone.DIM if event.acknowledged and not event.active else Tone.NORMAL
