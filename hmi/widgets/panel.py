"""Frame a part of a page with its title."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QSizePolicy, QVBoxLayout, QWidget

from hmi.theme.fonts import font
from hmi.theme.tokens import BODY, GRID, SMALL

_LEAST_ELIDED = 7  # characters; what says less is left to the tooltip


class Text(QLabel):
    """A label of the type scale; it elides in the middle rather than being cut, with the whole as tooltip."""

    def __init__(
        self,
        text: str = "",
        *,
        size: int = BODY,
        strong: bool = False,
        role: str = "",
        elides: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._whole = ""
        self._elides = elides
        self._is_fixed = False
        self.setFont(font(size, strong=strong))
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)
        if elides:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Show a text; nothing happens where it is the same."""
        if text != self._whole:
            self._whole = text
            self._fit()

    def wrap(self, lines: int) -> None:
        """Break the text over a fixed number of lines; the height no longer depends on the width."""
        self.setWordWrap(True)
        self.setFixedHeight(self.fontMetrics().lineSpacing() * lines + 2)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._is_fixed = True

    def hasHeightForWidth(self) -> bool:
        return not self._is_fixed and super().hasHeightForWidth()

    def whole(self) -> str:
        """Return the text without elision."""
        return self._whole

    def _fit(self) -> None:
        if not self._elides:
            self.setText(self._whole)
            return
        shown = self.fontMetrics().elidedText(
            self._whole, Qt.TextElideMode.ElideMiddle, max(self.width(), 10)
        )
        useless = shown != self._whole and len(shown) < _LEAST_ELIDED
        self.setText("" if useless else shown)
        self.setToolTip(self._whole if shown != self._whole else "")

    def resizeEvent(self, event: object) -> None:
        if self._elides:
            self._fit()


class Panel(QFrame):
    """A bordered part of a page: title left, a remark beside it, room for controls at the right."""

    def __init__(self, title: str = "", remark: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.title = Text(title, size=BODY, strong=True)
        self.remark = Text(remark, size=SMALL, role="dim", elides=True)
        self.aside = Text("", size=SMALL, role="dim")
        self.head = QHBoxLayout()
        self.head.setSpacing(GRID)
        self.head.addWidget(self.title)
        self.head.addWidget(self.remark, 1)
        self.head.addWidget(self.aside)
        self.body = QVBoxLayout()
        self.body.setSpacing(GRID)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 9, 12, 9)
        outer.setSpacing(6)
        outer.addLayout(self.head)
        outer.addLayout(self.body, 1)

    def add(self, item: QWidget | QLayout, stretch: int = 0) -> None:
        """Put a widget or a layout below what is there."""
        if isinstance(item, QWidget):
            self.body.addWidget(item, stretch)
        else:
            self.body.addLayout(item, stretch)


def rule(parent: QWidget | None = None) -> QFrame:
    """Return a thin horizontal line."""
    made = QFrame(parent)
    made.setProperty("role", "rule")
    made.setFixedHeight(1)
    return made
