"""Ask beside the screen, never over it: while a question is open, the stop buttons still work."""

from PySide6.QtCore import QEventLoop, QPoint, Qt
from PySide6.QtWidgets import QDialog, QWidget

_open: list[QDialog] = []


def ask_beside(dialog: QDialog) -> bool:
    """Show a dialog without blocking the window behind it; returns whether it was accepted.

    One question at a time: while one is open, another is refused and the open one is brought to front.
    """
    if _open:
        _open[-1].raise_()
        _open[-1].activateWindow()
        dialog.deleteLater()
        return False
    _open.append(dialog)
    loop = QEventLoop()
    dialog.setModal(False)
    dialog.setWindowFlag(Qt.WindowType.Dialog)
    dialog.finished.connect(loop.quit)
    dialog.destroyed.connect(loop.quit)
    try:
        dialog.adjustSize()
        _place(dialog)
        dialog.show()
        loop.exec()
        return dialog.result() == QDialog.DialogCode.Accepted
    finally:
        _open.remove(dialog)
        dialog.deleteLater()


def open_dialog() -> QDialog | None:
    """Return the question that is open, if any."""
    return _open[-1] if _open else None


def _place(dialog: QDialog) -> None:
    """Put a dialog in the middle of the page: the banner and the stop buttons stay in sight."""
    parent = dialog.parentWidget()
    if not isinstance(parent, QWidget):
        return
    window = parent.window()
    spot = window.mapToGlobal(QPoint(0, 0))
    room_left = (window.width() - dialog.width()) // 2
    dialog.move(spot.x() + max(room_left, 0), spot.y() + max((window.height() - dialog.height()) // 2, 180))
