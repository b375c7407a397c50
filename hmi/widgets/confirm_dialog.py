"""Ask for a confirmation, or for a comment."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from hmi.theme.tokens import BODY, GRID, TITLE
from hmi.widgets.dialogs import ask_beside
from hmi.widgets.panel import Text


class ConfirmDialog(QDialog):
    """A sentence and two buttons; `ask()` is what tests replace.

    objectNames: `confirm.yes`, `confirm.no`, `confirm.comment` (where a comment is asked for).
    """

    def __init__(
        self, title: str, sentence: str, yes: str, *, comment: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setObjectName("confirm")
        self.setMinimumWidth(420)
        self.comment = QLineEdit()
        self.comment.setObjectName("confirm.comment")
        self.comment.setAccessibleName("Comment")
        self.comment.setPlaceholderText("Comment (may stay empty)")
        self.comment.setMaxLength(200)
        self.comment.setVisible(comment)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(2 * GRID)
        layout.addWidget(Text(title, size=TITLE, strong=True))
        words = Text(sentence, size=BODY)
        words.setWordWrap(True)
        layout.addWidget(words)
        layout.addWidget(self.comment)
        layout.addLayout(self._buttons(yes))

    def _buttons(self, yes: str) -> QHBoxLayout:
        accept, reject = QPushButton(yes), QPushButton("Cancel")
        accept.setObjectName("confirm.yes")
        reject.setObjectName("confirm.no")
        accept.clicked.connect(self.accept)
        reject.clicked.connect(self.reject)
        reject.setDefault(True)  # Enter in passing does nothing
        accept.setAutoDefault(False)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(reject)
        row.addWidget(accept)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return row

    @classmethod
    def ask(cls, parent: QWidget, title: str, sentence: str, yes: str) -> bool:
        """Return whether the operator confirmed."""
        return ask_beside(cls(title, sentence, yes, parent=parent))

    @classmethod
    def ask_comment(cls, parent: QWidget, title: str, sentence: str, yes: str) -> str | None:
        """Return the operator's comment, None where they cancelled."""
        dialog = cls(title, sentence, yes, comment=True, parent=parent)
        said: list[str] = []
        dialog.accepted.connect(lambda: said.append(dialog.comment.text().strip()))
        return said[0] if ask_beside(dialog) and said else None
