"""Show a page of the server's journal as a table."""

from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from hmi.link.types import JournalRow
from hmi.theme.roles import Role, Tone

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
HEADINGS: Final = ("Time (UTC)", "Kind", "P", "Device", "Source", "State", "Message", "By", "Comment")
_FIELDS: Final = ("time", "kind", "priority", "device", "source", "state", "message", "user", "comment")


class JournalTableModel(QAbstractTableModel):
    """Journal rows as the server gave them, newest last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[JournalRow, ...] = ()

    def show(self, rows: tuple[JournalRow, ...]) -> None:
        """Replace the page."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def extend(self, rows: tuple[JournalRow, ...]) -> None:
        """Add the next page below."""
        if rows:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(rows) - 1)
            self._rows += rows
            self.endInsertRows()

    def last_seq(self) -> int:
        """Return the sequence number after which the next page starts."""
        return self._rows[-1].seq if self._rows else 0

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
        name = _FIELDS[index.column()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            text = str(getattr(self._rows[index.row()], name))
            return (
                text[:19].replace("T", " ")
                if name == "time" and role == Qt.ItemDataRole.DisplayRole
                else text
            )
        if role == Role.TONE:
            return Tone.STRONG if name == "message" else Tone.NORMAL
        return None
