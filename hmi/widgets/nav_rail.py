"""Choose the page."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from hmi.theme.fonts import font
from hmi.theme.icons import icon
from hmi.theme.tokens import SMALL, TINY
from hmi.widgets.panel import Text

WIDTH = 88


class NavRail(QFrame):
    """The pages, one button each; Ctrl+1 … Ctrl+9 by keyboard."""

    page_chosen = Signal(str)

    def __init__(self, pages: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        """Take (name, title) of each page; the name is also the icon's."""
        super().__init__(parent)
        self.setObjectName("nav")
        self.setFixedWidth(WIDTH)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        self.note = Text("", size=TINY, role="dim")
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 8)
        layout.setSpacing(4)
        for number, (name, title) in enumerate(pages, start=1):
            layout.addWidget(self._button(name, title, number))
        layout.addStretch(1)
        layout.addWidget(self.note)

    def _button(self, name: str, title: str, number: int) -> QToolButton:
        button = QToolButton()
        button.setObjectName("navButton")
        button.setAccessibleName(title)
        button.setText(title)
        button.setFont(font(SMALL))
        button.setIcon(icon(name))
        button.setIconSize(QSize(24, 24))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setFixedHeight(64)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setShortcut(f"Ctrl+{number}")
        button.setToolTip(f"{title} (Ctrl+{number})")
        button.setProperty("page", name)
        button.clicked.connect(self._on_clicked)
        self._group.addButton(button)
        self._buttons[name] = button
        return button

    def _on_clicked(self) -> None:
        button = self._group.checkedButton()
        if button is not None:
            self.page_chosen.emit(str(button.property("page")))

    def mark(self, name: str) -> None:
        """Mark the page that is open."""
        if name in self._buttons:
            self._buttons[name].setChecked(True)

    def button(self, name: str) -> QToolButton:
        """Return a page's button."""
        return self._buttons[name]
