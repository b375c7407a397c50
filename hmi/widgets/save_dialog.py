"""Ask where to write a file, without blocking the stop buttons."""

from PySide6.QtWidgets import QFileDialog, QWidget

from hmi.widgets.dialogs import ask_beside


def ask_path(parent: QWidget, title: str, suggested: str, suffix: str) -> str:
    """Return the path chosen, "" where the operator cancelled."""
    dialog = QFileDialog(parent, title, suggested, f"*.{suffix}")
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(suggested)
    chosen: list[str] = []
    dialog.fileSelected.connect(chosen.append)
    return chosen[0] if ask_beside(dialog) and chosen else ""
