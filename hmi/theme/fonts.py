"""Choose the type: Inter with tabular figures and a slashed zero, else the system's sans."""

from PySide6.QtGui import QFont, QFontDatabase

from hmi.theme.tokens import BODY

FAMILY = "Inter"
_made: dict[tuple[int, bool], QFont] = {}


def font(size: int = BODY, *, strong: bool = False) -> QFont:
    """Return the shared font of a size on the scale, px; `strong` is one weight up."""
    key = (size, strong)
    if key not in _made:
        _made[key] = _make(size, strong=strong)
    return _made[key]


def _make(size: int, *, strong: bool) -> QFont:
    made = QFont(FAMILY) if FAMILY in QFontDatabase.families() else QFont()
    made.setStyleHint(QFont.StyleHint.SansSerif)
    made.setPixelSize(size)
    made.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    for feature in ("tnum", "zero"):
        made.setFeature(QFont.Tag(feature), 1)
    # Sub-pixel smoothing would put coloured fringes on a grey screen.
    made.setStyleStrategy(QFont.StyleStrategy.NoSubpixelAntialias)
    return made
