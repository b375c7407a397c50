"""Say what would be here, and how to get it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from hmi.theme.current import palette
from hmi.theme.icons import pixmap
from hmi.theme.tokens import BODY, SMALL
from hmi.widgets.panel import Text

_ONE_LINE = 60  # characters that fit beside each other in every panel


class EmptyState(QWidget):
    """An icon, what would be here, how to get it."""

    def __init__(self, what: str, how: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setSpacing(4)
        picture = QLabel()
        picture.setPixmap(pixmap("empty", 32, palette().line_strong))
        self.what = Text(what, size=BODY, strong=True)
        self.how = Text(how, size=SMALL, role="dim")
        layout.addStretch(1)
        for part in (picture, self.what, self.how):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(part)
        self.how.wrap(1 if len(how) < _ONE_LINE else 2)
        self.how.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(1)

    def say(self, what: str, how: str = "") -> None:
        """Change the words."""
        self.what.show_text(what)
        self.how.show_text(how)
