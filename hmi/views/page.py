"""Say what every page can do."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from hmi.state.console import ConsoleState


class Page(QWidget):
    """A page reads the state and wires it to widgets; only the visible one is refreshed."""

    device_opened = Signal(str)
    device_selected = Signal(str)
    message_said = Signal(str)

    name = ""
    title = ""

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.state = state

    def rebuild(self) -> None:
        """Start afresh after another plant arrived."""

    def refresh(self) -> None:
        """Show the newest state."""

    def set_lit(self, lit: bool) -> None:
        """Take the phase of the flash."""

    def tags_wanted(self) -> tuple[int, ...]:
        """Return the tags to subscribe before the others."""
        return ()

    def place(self) -> str:
        """Return where in the plant this page is, for the header."""
        return self.state.catalogue.model.plant_name
