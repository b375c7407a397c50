"""Show and change the alarm limits of a device."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QPushButton, QScrollArea, QWidget

from hmi.link.types import DeviceInfo
from hmi.state.catalogue import MEASUREMENTS
from hmi.state.console import ConsoleState
from hmi.theme.fonts import font
from hmi.theme.numbers import number
from hmi.theme.tokens import SMALL
from hmi.views import actions
from hmi.views.faces import LIMIT_WORDS, title_of, unit_of
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.panel import Panel, Text

_KEYS = ("LowLow", "Low", "High", "HighHigh")


class LimitsPanel(Panel):
    """A row a measurement, a button a limit: LoLo < Lo < Hi < HiHi.

    objectNames: `limit.<Name>.<LowLow|Low|High|HighHigh>`.
    """

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__("Alarm limits", parent=parent)
        self._state = state
        self._device: DeviceInfo | None = None
        self._buttons: list[QPushButton] = []
        self._area = QScrollArea()
        self._area.setObjectName("plain")
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.empty = EmptyState("No limit is set on this device", "Limits come from the plant's definition.")
        self.add(self._area, 1)
        self.add(self.empty, 1)

    def show_device(self, device: DeviceInfo) -> None:
        """Lay out the limits of a device."""
        self._device = device
        tags = [t for t in self._state.catalogue.tags_of(device.tag, MEASUREMENTS) if t.limits]
        self._buttons = []
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, 4, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(4)
        for column, key in enumerate(_KEYS, start=1):
            head = Text(LIMIT_WORDS[key], size=SMALL, role="dim")
            head.setAlignment(Qt.AlignmentFlag.AlignCenter)
            grid.setColumnMinimumWidth(column, 60)
            grid.addWidget(head, 0, column)
        for row, tag in enumerate(tags, start=1):
            grid.addWidget(Text(f"{title_of(tag)}", size=SMALL, elides=True), row, 0)
            for column, key in enumerate(_KEYS, start=1):
                if key in tag.limits:
                    grid.addWidget(self._button(tag.tag_id, key), row, column)
            grid.addWidget(Text(unit_of(tag), size=SMALL, role="dim"), row, len(_KEYS) + 1)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(len(tags) + 1, 1)
        self._area.setWidget(inner)
        self._area.setVisible(bool(tags))
        self.empty.setVisible(not tags)

    def _button(self, tag_id: int, key: str) -> QPushButton:
        tag = self._state.catalogue.tag(tag_id)
        made = QPushButton("–")
        made.setFont(font(SMALL))
        made.setFixedWidth(60)
        made.setStyleSheet("padding: 2px 0;")
        if tag is not None:
            made.setText(number(tag.limits[key], max(tag.precision, 1)))
            made.setObjectName(f"limit.{tag.name}.{key}")
            made.setAccessibleName(f"{title_of(tag)}, {LIMIT_WORDS[key]} limit, change")
            made.setProperty("tag", tag_id)
            made.setProperty("key", key)
        made.clicked.connect(self._on_clicked)
        self._buttons.append(made)
        return made

    def refresh(self) -> None:
        """Show whether limits may be changed now."""
        if self._device is None:
            return
        why = self._state.operator.why_not(self._device.tag, "Limit")
        for button in self._buttons:
            tag = self._state.catalogue.tag(int(button.property("tag")))
            fixed = tag is None or str(button.property("key")) not in tag.limit_nodes
            button.setEnabled(not why and not fixed)
            button.setToolTip(
                why or ("the server offers no way to change it" if fixed else "change this limit")
            )
        self.aside.show_text(why)

    def _on_clicked(self) -> None:
        sender = self.sender()
        tag = self._state.catalogue.tag(int(sender.property("tag"))) if sender is not None else None
        if sender is not None and tag is not None:
            key = str(sender.property("key"))
            actions.change_limit(self, self._state, tag, key, LIMIT_WORDS[key])
