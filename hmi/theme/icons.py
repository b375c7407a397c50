"""Render the console's own line icons once per name, size and colour."""

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources
from hmi.theme.current import palette

_SCALE = 2  # drawn at twice the size: sharp on screens of up to 200 %
_made: dict[tuple[str, int, str], QPixmap] = {}
_icons: dict[tuple[str, int, str], QIcon] = {}


def pixmap(name: str, size: int = 24, tint: str | None = None) -> QPixmap:
    """Return an icon's picture in the text colour or a tint, `size` in px.

    Raises:
        FileNotFoundError: No icon of that name.
    """
    key = (name, size, tint or palette().text)
    if key not in _made:
        _made[key] = _render(*key)
    return _made[key]


def icon(name: str, size: int = 24, tint: str | None = None) -> QIcon:
    """Return the shared icon object; it keeps its colour when selected or disabled."""
    key = (name, size, tint or palette().text)
    if key not in _icons:
        made = QIcon()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Active):
            made.addPixmap(pixmap(*key), mode)
        _icons[key] = made
    return _icons[key]


def _render(name: str, size: int, tint: str) -> QPixmap:
    source = resources.path("icons", f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(source.replace("currentColor", tint).encode()))
    made = QPixmap(size * _SCALE, size * _SCALE)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    renderer.render(painter, QRectF(0, 0, size * _SCALE, size * _SCALE))
    painter.end()
    made.setDevicePixelRatio(_SCALE)
    return made
