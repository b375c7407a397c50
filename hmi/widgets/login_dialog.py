"""Ask who is at the console."""

from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from hmi.theme.tokens import BODY, GRID, SMALL, TITLE
from hmi.widgets.dialogs import ask_beside
from hmi.widgets.panel import Text

LONGEST: int = 256


class LoginDialog(QDialog):
    """Name and password; without them one goes on as an observer.

    objectNames: `login.name`, `login.password`, `login.accept`, `login.observe`, `login.problem`.
    """

    def __init__(self, server: str, name: str = "", problem: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Log in")
        self.setObjectName("login")
        self.setMinimumWidth(460)
        self.name = QLineEdit(name)
        self.name.setObjectName("login.name")
        self.name.setAccessibleName("User name")
        self.name.setMaxLength(LONGEST)
        self.password = QLineEdit()
        self.password.setObjectName("login.password")
        self.password.setAccessibleName("Password")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setMaxLength(LONGEST)
        self.problem = Text(problem, size=SMALL, strong=True)
        self.problem.setObjectName("login.problem")
        self.problem.setWordWrap(True)
        self.problem.setVisible(bool(problem))
        self.accept_button = QPushButton("Log in")
        self.accept_button.setObjectName("login.accept")
        self._lay_out(server)
        for field in (self.name, self.password):
            field.textChanged.connect(self._on_typed)
        self._on_typed()
        (self.password if name else self.name).setFocus()

    def _lay_out(self, server: str) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(GRID + 4)
        layout.addWidget(Text("Log in", size=TITLE, strong=True))
        layout.addWidget(Text(server, size=SMALL, role="dim"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        for row, (label, field) in enumerate((("User name", self.name), ("Password", self.password))):
            grid.addWidget(Text(label, size=BODY, role="dim"), row, 0)
            grid.addWidget(field, row, 1)
        layout.addLayout(grid)
        layout.addWidget(self.problem)
        observe = QPushButton("Continue as observer")
        observe.setObjectName("login.observe")
        observe.setAutoDefault(False)
        observe.clicked.connect(self.reject)
        self.accept_button.setDefault(True)
        self.accept_button.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(observe)
        buttons.addWidget(self.accept_button)
        layout.addLayout(buttons)

    def _on_typed(self) -> None:
        self.accept_button.setEnabled(bool(self.name.text().strip() and self.password.text()))

    @classmethod
    def ask(cls, parent: QWidget, server: str, name: str = "", problem: str = "") -> tuple[str, str] | None:
        """Return name and password, None for whoever only wants to look."""
        dialog = cls(server, name, problem, parent)
        said: list[tuple[str, str]] = []
        dialog.accepted.connect(lambda: said.append((dialog.name.text().strip(), dialog.password.text())))
        return said[0] if ask_beside(dialog) and said else None
