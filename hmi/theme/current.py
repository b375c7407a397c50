"""Apply one palette to the application; the painters ask here which one is in force."""

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from hmi.theme.fonts import font
from hmi.theme.qss import style_sheet
from hmi.theme.tokens import BODY, LIGHT, PALETTES, Palette, PaletteName

_in_force: list[Palette] = [LIGHT]
_colours: dict[str, QColor] = {}


def palette() -> Palette:
    """Return the palette in force."""
    return _in_force[-1]


def colour(value: str) -> QColor:
    """Return the shared colour object of a palette value."""
    found = _colours.get(value)
    if found is None:
        found = _colours[value] = QColor(value)
    return found


def apply_theme(app: QApplication, name: str = PaletteName.LIGHT) -> Palette:
    """Dress the application in Fusion, our palette, our type and our style sheet.

    Raises:
        ValueError: No palette of that name.
    """
    chosen = PALETTES[PaletteName(name)]
    _in_force[-1] = chosen
    app.setStyle(QStyleFactory.create("Fusion"))
    app.setFont(font(BODY))
    app.setPalette(_qt_palette(chosen))
    app.setStyleSheet(style_sheet(chosen))
    return chosen


def _qt_palette(p: Palette) -> QPalette:
    roles = {
        QPalette.ColorRole.Window: p.background,
        QPalette.ColorRole.WindowText: p.text,
        QPalette.ColorRole.Base: p.field,
        QPalette.ColorRole.AlternateBase: p.row_alt,
        QPalette.ColorRole.Text: p.text,
        QPalette.ColorRole.Button: p.raised,
        QPalette.ColorRole.ButtonText: p.text,
        QPalette.ColorRole.Highlight: p.selection,
        QPalette.ColorRole.HighlightedText: p.text,
        QPalette.ColorRole.PlaceholderText: p.dim,
        QPalette.ColorRole.ToolTipBase: p.field,
        QPalette.ColorRole.ToolTipText: p.text,
    }
    made = QPalette()
    for role, value in roles.items():
        made.setColor(role, QColor(value))
    return made
