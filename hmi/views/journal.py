"""Look into the server's journal over a range of time, and export it.

objectNames: `journal.from`, `journal.to`, `journal.preset.<1 h|8 h|24 h|7 d>`, `journal.show`, `journal.more`,
`journal.format`, `journal.export`, `journal.table`, `journal.message`.
"""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QDateTime, QTimeZone
from PySide6.QtWidgets import QComboBox, QDateTimeEdit, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from hmi.link.types import JournalRow, Reply
from hmi.state.console import ConsoleState
from hmi.state.journal_table import JournalTableModel
from hmi.theme.fonts import font
from hmi.theme.tokens import GRID, SMALL
from hmi.views.settings import ViewSettings
from hmi.widgets.chips import FilterChips
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.panel import Panel, Text
from hmi.widgets.save_dialog import ask_path
from hmi.widgets.table import DataTable

PAGE_ROWS: Final = 500
_PRESETS_S: Final = {"1 h": 3600, "8 h": 28800, "24 h": 86400, "7 d": 604800}
_AHEAD_S: Final = 60  # the end lies a minute ahead, so that what happens now is in the range
_WIDTHS: Final = {0: 156, 1: 96, 2: 36, 3: 96, 4: 150, 5: 176, 7: 124, 8: 150}


class JournalTab(QWidget):
    """A range of time, its rows page by page, the export."""

    def __init__(self, state: ConsoleState, settings: ViewSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._folder = settings.state_dir
        self._query = self._more = self._export = -1
        self.model = JournalTableModel(self)
        self.table = DataTable(self.model, "journal.table")
        self.table.set_widths(_WIDTHS, 6)
        self.begin, self.end = self._edit("from", "From"), self._edit("to", "To")
        self.presets = FilterChips(list(_PRESETS_S), "journal.preset")
        self.show_button = self._button("show", "Show")
        self.more = self._button("more", "Next rows")
        self.format = QComboBox()
        self.format.addItems(["csv", "jsonl"])
        self.format.setObjectName("journal.format")
        self.format.setAccessibleName("Format of the export")
        self.export = self._button("export", "Export…")
        self.message = Text("", size=SMALL, elides=True)
        self.message.setObjectName("journal.message")
        self.empty = EmptyState("The journal's rows appear here", "Choose a range of time, then “Show”.")
        self._lay_out()
        self._connect()
        self._on_preset("1 h")
        self._show_rows()

    def _edit(self, name: str, words: str) -> QDateTimeEdit:
        made = QDateTimeEdit()
        made.setObjectName(f"journal.{name}")
        made.setAccessibleName(f"{words}, UTC")
        made.setTimeZone(QTimeZone(QTimeZone.Initialization.UTC))
        made.setDisplayFormat("yyyy-MM-dd HH:mm:ss")
        made.setFont(font(SMALL))
        made.setFixedWidth(168)
        return made

    def _button(self, name: str, words: str) -> QPushButton:
        made = QPushButton(words)
        made.setObjectName(f"journal.{name}")
        made.setFont(font(SMALL))
        return made

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GRID)
        for part in (
            Text("From", size=SMALL, role="dim"), self.begin, Text("to", size=SMALL, role="dim"), self.end,
            Text("UTC", size=SMALL, role="dim"), self.presets, self.show_button,
        ):  # fmt: skip
            row.addWidget(part)
        row.addStretch(1)
        for right in (Text("Format", size=SMALL, role="dim"), self.format, self.export):
            row.addWidget(right)
        foot = QHBoxLayout()
        foot.addWidget(self.message, 1)
        foot.addWidget(self.more)
        panel = Panel("Journal", "what the server has stored: alarms, commands, stops")
        panel.add(row)
        panel.add(self.table, 1)
        panel.add(self.empty, 1)
        panel.add(foot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.addWidget(panel)

    def _connect(self) -> None:
        self.presets.chosen.connect(self._on_preset)
        self.show_button.clicked.connect(self.ask)
        self.more.clicked.connect(self._on_more)
        self.export.clicked.connect(self._on_export)
        self._state.replied.connect(self._on_replied)

    def set_range(self, begin: QDateTime, end: QDateTime) -> None:
        """Choose the range of time."""
        self.begin.setDateTime(begin)
        self.end.setDateTime(end)

    def _on_preset(self, name: str) -> None:
        now = QDateTime.currentDateTimeUtc()
        self.set_range(now.addSecs(-_PRESETS_S[name]), now.addSecs(_AHEAD_S))

    def _range(self) -> tuple[str, str]:
        form = "yyyy-MM-ddTHH:mm:ss"
        return tuple(e.dateTime().toUTC().toString(form) + "Z" for e in (self.begin, self.end))  # type: ignore[return-value]

    def _range_is_wrong(self) -> bool:
        wrong = self.begin.dateTime() >= self.end.dateTime()
        if wrong:
            self.message.show_text("The range is empty: “from” must lie before “to”.")
        return wrong

    def ask(self) -> None:
        """Ask the server for the first page of the range."""
        if not self._range_is_wrong():
            self.message.show_text("Asking the server …")
            self._query = self._state.link.query_journal(*self._range(), 0, PAGE_ROWS)

    def _on_more(self) -> None:
        self._more = self._state.link.query_journal(*self._range(), self.model.last_seq(), PAGE_ROWS)

    def _on_export(self) -> None:
        if self._range_is_wrong():
            return
        form = self.format.currentText()
        stamp = self.begin.dateTime().toString("yyyyMMdd-HHmm")
        path = ask_path(
            self, "Export the journal", str(Path(self._folder) / f"andon-journal-{stamp}.{form}"), form
        )
        if path:
            self.message.show_text(f"Writing {path} …")
            self._export = self._state.link.export_journal(*self._range(), form, path)

    def _on_replied(self, reply: Reply) -> None:
        if reply.request_id not in {self._query, self._more, self._export}:
            return
        if not reply.ok:
            self.message.show_text(f"Not done: {reply.error}")
        elif reply.request_id == self._export:
            self.message.show_text(_written(reply.payload))
        else:
            self._take_rows(reply.payload, fresh=reply.request_id == self._query)

    def _take_rows(self, payload: object, *, fresh: bool) -> None:
        found = payload if isinstance(payload, dict) else {}
        rows: tuple[JournalRow, ...] = tuple(found.get("rows", ()))
        if fresh:
            self.model.show(rows)
        else:
            self.model.extend(rows)
        self._show_rows(more=bool(found.get("more", False)))

    def _show_rows(self, *, more: bool = False) -> None:
        count = self.model.rowCount()
        self.table.setVisible(count > 0)
        self.empty.setVisible(count == 0)
        self.more.setEnabled(more)
        if count:
            self.message.show_text(f"{count} rows{', more follow' if more else ''}")
        elif self._query >= 0:
            self.message.show_text("No rows in this range.")
            self.empty.say("Nothing was stored in this range", "Choose a longer one.")


def _written(payload: object) -> str:
    found = payload if isinstance(payload, dict) else {}
    size = found.get("bytes")
    return f"Written: {found.get('path', '')}" + (f", {size:,} bytes" if isinstance(size, int) else "")
