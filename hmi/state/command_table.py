"""Show the last commands of this console as a table."""

from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from hmi.link.types import CommandStage
from hmi.state.clock import ScreenClock
from hmi.state.commands import CommandBook, CommandLife
from hmi.theme.roles import Role, Tone

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
HEADINGS: Final = ("Sent", "Device", "Command", "Outcome", "Reason")


class CommandTableModel(QAbstractTableModel):
    """The commands of this session, newest first."""

    def __init__(self, book: CommandBook, clock: ScreenClock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._clock = clock
        self._rows: tuple[CommandLife, ...] = ()
        book.changed.connect(self.reload)
        self.reload()

    def reload(self) -> None:
        """Take the book's commands over."""
        rows = self._book.newest_first()
        if len(rows) == len(self._rows):
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(HEADINGS) - 1))
            return
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
        life = self._rows[index.row()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            sent = life.times_ns.get(CommandStage.SENT) or min(life.times_ns.values(), default=0)
            texts = (
                self._clock.of_day(sent),
                life.device or "plant",
                life.label,
                life.stage.value,
                life.reason,
            )
            return texts[index.column()]
        if role == Role.TONE:
            bad = life.stage in {CommandStage.REFUSED, CommandStage.UNKNOWN}
            return Tone.STRONG if bad and index.column() >= 3 else Tone.NORMAL
        return life.device if role == Role.KEY else None
