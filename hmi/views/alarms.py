"""List the alarms, acknowledge them, look into the journal.

objectNames: `alarms.tabs`, `alarms.table`, `alarms.search`, `alarms.chip.<All|Unacknowledged|Process|Predicted>`,
`alarms.ackSelected`, `alarms.ackAll`, and those of the journal (see its module).
"""

from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from hmi.link.types import ConditionEvent, Reply
from hmi.state.alarm_table import AlarmClass, AlarmColumn, AlarmTableModel
from hmi.state.console import ConsoleState
from hmi.theme.fonts import font
from hmi.theme.tokens import GRID, SMALL
from hmi.views.alarm_detail import AlarmDetail
from hmi.views.journal import JournalTab
from hmi.views.page import Page
from hmi.views.settings import ViewSettings
from hmi.widgets.chips import FilterChips
from hmi.widgets.confirm_dialog import ConfirmDialog
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.panel import Panel
from hmi.widgets.search_field import SearchField
from hmi.widgets.table import DataTable

_ROOM_FOR_EVIDENCE = 1800  # px of page; what is left out stands in the details
_ROOM_FOR_COMMENT = 1300


class AlarmsPage(Page):
    """The alarm list with its details, and the journal."""

    name = "alarms"
    title = "Alarms"

    def __init__(self, state: ConsoleState, settings: ViewSettings, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.model = AlarmTableModel(state.alarms, state.clock, self)
        self._asked: dict[int, str] = {}
        self._kept: list[str] = []
        self.table = DataTable(self.model, "alarms.table")
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._widths()
        self.search = SearchField("alarms.search", "Find an alarm", "Device or words")
        self.search.setFixedWidth(140)
        self.chips = FilterChips([str(c) for c in AlarmClass], "alarms.chip")
        self.ack_selected = self._button("ackSelected", "Ack selected…")
        self.ack_all = self._button("ackAll", "Ack all shown…")
        self.empty = EmptyState(
            "No alarm", "Alarms appear here when a limit is passed or a detector finds something."
        )
        self.detail = AlarmDetail(state, self)
        self.journal = JournalTab(state, settings, self)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("alarms.tabs")
        self._lay_out()
        self._connect()

    def _button(self, name: str, words: str) -> QPushButton:
        made = QPushButton(words)
        made.setObjectName(f"alarms.{name}")
        made.setFont(font(SMALL))
        return made

    def _widths(self) -> None:
        widths = {
            AlarmColumn.PRIORITY: 36, AlarmColumn.FIRST_SEEN: 96, AlarmColumn.DEVICE: 100, AlarmColumn.ALARM: 124,
            AlarmColumn.STATE: 132, AlarmColumn.ACKED_BY: 116, AlarmColumn.COMMENT: 96, AlarmColumn.EVIDENCE: 220,
        }  # fmt: skip
        self.table.set_widths({int(c): w for c, w in widths.items()}, int(AlarmColumn.MESSAGE))

    def _lay_out(self) -> None:
        panel = Panel("Alarms")
        self.panel = panel
        for part in (self.search, self.chips, self.ack_selected, self.ack_all):
            panel.head.addWidget(part)
        panel.add(self.table, 1)
        panel.add(self.empty, 1)
        lists = QWidget()
        row = QHBoxLayout(lists)
        row.setContentsMargins(GRID, GRID, GRID, GRID)
        row.setSpacing(GRID)
        row.addWidget(panel, 1)
        row.addWidget(self.detail)
        self.tabs.addTab(lists, "Alarm list")
        self.tabs.addTab(self.journal, "Journal")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.addWidget(self.tabs)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_filter_changed)
        self.chips.chosen.connect(self._on_filter_changed)
        self.ack_selected.clicked.connect(self._on_ack_selected)
        self.ack_all.clicked.connect(self._on_ack_all)
        self.table.opened.connect(self._on_opened)
        self.table.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.model.modelAboutToBeReset.connect(self._on_about_to_be_reset)
        self.model.modelReset.connect(self._on_reset)
        self.state.replied.connect(self._on_replied)

    def resizeEvent(self, event: object) -> None:
        room = self.width()
        self.table.setColumnHidden(int(AlarmColumn.EVIDENCE), room < _ROOM_FOR_EVIDENCE)
        self.table.setColumnHidden(int(AlarmColumn.COMMENT), room < _ROOM_FOR_COMMENT)

    def selected(self) -> tuple[ConditionEvent, ...]:
        """Return the alarms that are selected."""
        rows = sorted({i.row() for i in self.table.selectionModel().selectedRows()})
        return tuple(e for r in rows if (e := self.model.event_at(r)) is not None)

    def _on_about_to_be_reset(self) -> None:
        self._kept = [e.condition_id for e in self.selected()]

    def _on_reset(self) -> None:
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for condition_id in self._kept:
            row = self.model.row_of(condition_id)
            if row >= 0:
                self.table.selectionModel().select(self.model.index(row, 0), flags)
        self.refresh()

    def _on_filter_changed(self, *_: object) -> None:
        self.model.set_filter(self.search.text(), AlarmClass(self.chips.current()))
        self.refresh()

    def _on_selection_changed(self) -> None:
        chosen = self.selected()
        if chosen and self.state.catalogue.device(chosen[0].device) is not None:
            self.device_selected.emit(chosen[0].device)
        self.refresh()

    def _on_opened(self, condition_id: str) -> None:
        event = self.state.alarms.get(condition_id)
        if event is not None:
            self.device_opened.emit(event.device)

    def _on_ack_selected(self) -> None:
        self._acknowledge(self.selected())

    def _on_ack_all(self) -> None:
        self._acknowledge(self.model.events())

    def _acknowledge(self, events: tuple[ConditionEvent, ...]) -> None:
        waiting = tuple(e for e in events if not e.acknowledged)
        what = f"{waiting[0].device}: {waiting[0].message}" if len(waiting) == 1 else f"{len(waiting)} alarms"
        comment = ConfirmDialog.ask_comment(self, "Acknowledge", what, "Acknowledge") if waiting else None
        if comment is not None:
            for request in self.state.operator.acknowledge(waiting, comment):
                self._asked[request] = what

    def _on_replied(self, reply: Reply) -> None:
        what = self._asked.pop(reply.request_id, None)
        if what is not None:
            self.message_said.emit(
                f"{what}: acknowledged" if reply.ok else f"{what}: not acknowledged, {reply.error}"
            )

    def refresh(self) -> None:
        ranked = self.state.alarms.ranked()
        self.chips.show_counts(
            {
                AlarmClass.ALL: len(ranked),
                AlarmClass.UNACKED: sum(not e.acknowledged for e in ranked),
                AlarmClass.PROCESS: sum(not e.predicted for e in ranked),
                AlarmClass.PREDICTED: sum(e.predicted for e in ranked),
            }
        )
        shown = self.model.rowCount()
        self.table.setVisible(shown > 0)
        self.empty.setVisible(shown == 0)
        if ranked and not shown:
            self.empty.say("No alarm passes the filter", "Choose “All”, or clear the search field.")
        else:
            self.empty.say(
                "No alarm", "Alarms appear here when a limit is passed or a detector finds something."
            )
        self.panel.remark.show_text(f"{shown} of {len(ranked)}")
        self.table.set_fault(self.state.session.stale_reason())
        self._refresh_buttons()
        chosen = self.selected()
        self.detail.show_event(chosen[0] if chosen else self.model.event_at(0))

    def _refresh_buttons(self) -> None:
        able = self.state.session.is_live and not self.state.operator.read_only
        self.ack_selected.setEnabled(able and any(not e.acknowledged for e in self.selected()))
        self.ack_all.setEnabled(able and any(not e.acknowledged for e in self.model.events()))
        for button in (self.ack_selected, self.ack_all):
            button.setVisible(not self.state.operator.read_only)

    def set_lit(self, lit: bool) -> None:
        self.table.set_lit(lit)
