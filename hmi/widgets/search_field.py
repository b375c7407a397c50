"""Find rows by words."""

from PySide6.QtWidgets import QLineEdit, QToolButton, QWidget

from hmi.theme.fonts import font
from hmi.theme.icons import icon
from hmi.theme.tokens import SMALL


class SearchField(QLineEdit):
    """A line to type in, with the lens before it."""

    def __init__(self, name: str, words: str, hint: str, parent: QWidget | None = None) -> None:
        """Take the objectName, the accessible name and what stands there while it is empty."""
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(words)
        self.setPlaceholderText(hint)
        self.setFont(font(SMALL))
        self.addAction(icon("search", 16), QLineEdit.ActionPosition.LeadingPosition)
        for lens in self.findChildren(QToolButton):
            lens.setAccessibleName(words)
