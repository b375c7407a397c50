"""Set a table up as the console wants it: dense rows, our cells, one selected row."""

from collections.abc import Mapping

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from hmi.theme.fonts import font
from hmi.theme.roles import Role
from hmi.theme.tokens import ROW, SMALL
from hmi.widgets.cells import CellDelegate


class DataTable(QTableView):
    """A read-only table; `opened` carries the key of a row that was double-clicked or entered."""

    opened = Signal(str)
    current_changed = Signal(str)

    def __init__(
        self,
        model: QAbstractItemModel,
        name: str,
        *,
        note_column: int = -1,
        header_height: int = ROW,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(name.replace(".", " "))
        self.cells = CellDelegate(note_column, self)
        self.setItemDelegate(self.cells)
        self.setModel(model)
        self._dress(header_height)
        self.doubleClicked.connect(self._on_opened)
        self.selectionModel().currentRowChanged.connect(self._on_row_changed)

    def _dress(self, header_height: int) -> None:
        self.setFont(font(SMALL))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setMinimumSectionSize(ROW)
        rows.setDefaultSectionSize(ROW)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setFont(font(SMALL))
        head.setFixedHeight(header_height)
        head.setHighlightSections(False)
        head.setMinimumSectionSize(24)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def set_widths(self, widths: Mapping[int, int], stretch: int) -> None:
        """Set the columns' widths, px; one of them takes the rest."""
        head = self.horizontalHeader()
        for column, width in widths.items():
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(column, width)
        head.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)

    def set_lit(self, lit: bool) -> None:
        """Take the phase of the flash; only the badge column is painted again."""
        if lit != self.cells.lit:
            self.cells.lit = lit
            self.viewport().update(
                0, 0, self.columnViewportPosition(0) + self.columnWidth(0), self.viewport().height()
            )

    def set_fault(self, why: str) -> None:
        """Hatch the whole table, or stop doing so ("")."""
        if why != self.cells.fault:
            self.cells.fault = why
            self.viewport().update()

    def current_key(self) -> str:
        """Return the key of the selected row, "" where none is."""
        index = self.currentIndex()
        return str(index.data(Role.KEY) or "") if index.isValid() else ""

    def _on_opened(self, index: QModelIndex) -> None:
        key = index.data(Role.KEY)
        if key:
            self.opened.emit(str(key))

    def _on_row_changed(self, index: QModelIndex) -> None:
        key = index.data(Role.KEY) if index.isValid() else None
        if key:
            self.current_changed.emit(str(key))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.currentIndex().isValid():
            self._on_opened(self.currentIndex())
        else:
            super().keyPressEvent(event)
