"""Choose one of a few filters, each with its count."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from hmi.theme.fonts import font
from hmi.theme.tokens import SMALL


class FilterChips(QWidget):
    """A row of buttons of which one is down."""

    chosen = Signal(str)

    def __init__(self, names: Sequence[str], prefix: str, parent: QWidget | None = None) -> None:
        """Take the names and the prefix of the buttons' objectNames: "<prefix>.<name>"."""
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for name in names:
            button = QPushButton(name)
            button.setProperty("role", "chip")
            button.setObjectName(f"{prefix}.{name}")
            button.setFont(font(SMALL))
            button.setCheckable(True)
            button.setAccessibleName(f"Show: {name}")
            self._group.addButton(button)
            self._buttons[name] = button
            layout.addWidget(button)
        self._buttons[names[0]].setChecked(True)
        self._group.buttonClicked.connect(self._on_clicked)

    def _on_clicked(self) -> None:
        self.chosen.emit(self.current())

    def current(self) -> str:
        """Return the filter that is down."""
        return next(n for n, b in self._buttons.items() if b.isChecked())

    def choose(self, name: str) -> None:
        """Press a filter from code."""
        self._buttons[name].setChecked(True)
        self.chosen.emit(name)

    def show_counts(self, counts: Mapping[str, int]) -> None:
        """Show how many each filter would leave."""
        for name, count in counts.items():
            text = f"{name} {count}"
            if self._buttons[name].text() != text:
                self._buttons[name].setText(text)
