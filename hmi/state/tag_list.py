"""List the tags that can be plotted, filtered by words."""

from typing import Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from hmi.link.types import PlantModel, TagInfo
from hmi.state.alarm_table import words
from hmi.theme.roles import Role

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
PLOTTED_GROUPS: Final = ("Measurements", "Setpoints", "Health", "Counters")


class TagListModel(QAbstractListModel):
    """Numeric tags of the devices, each as "CNC-014  Vibration  mm/s"."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[tuple[str, TagInfo], ...] = ()
        self._shown: tuple[tuple[str, TagInfo], ...] = ()
        self._words: tuple[str, ...] = ()

    def show_model(self, model: PlantModel) -> None:
        """Take over a plant's tags."""
        fit = [
            t for t in model.tags if t.device and t.group in PLOTTED_GROUPS and not t.is_text and not t.states
        ]
        order = {group: i for i, group in enumerate(PLOTTED_GROUPS)}
        fit.sort(key=lambda t: (order[t.group] > 1, t.tag_id))
        self._all = tuple((_label(t), t) for t in fit)
        self._apply()

    def set_filter(self, text: str) -> None:
        """Show the tags whose label holds all the words."""
        self._words = tuple(text.casefold().split())
        self._apply()

    def _apply(self) -> None:
        self.beginResetModel()
        self._shown = tuple((s, t) for s, t in self._all if all(w in s.casefold() for w in self._words))
        self.endResetModel()

    def tag_at(self, row: int) -> TagInfo | None:
        """Return the tag of a row."""
        return self._shown[row][1] if 0 <= row < len(self._shown) else None

    def total(self) -> int:
        """Return how many tags there are without the filter."""
        return len(self._all)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        tag = self.tag_at(index.row()) if index.isValid() else None
        if tag is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._shown[index.row()][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tag.description or tag.node_id
        return tag.tag_id if role == Role.KEY else None


def _label(tag: TagInfo) -> str:
    name = words(tag.display_name or tag.name)
    group = " setpoint" if tag.group == "Setpoints" and not name.endswith("setpoint") else ""
    return f"{tag.device}   {name}{group}" + (f"   {tag.unit}" if tag.unit not in {"", "1"} else "")
