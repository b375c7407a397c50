"""Name the item roles by which a model tells a delegate how a cell looks."""

from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import Qt

_FIRST = int(Qt.ItemDataRole.UserRole)


class Role(IntEnum):
    """Extra data of a cell or a row."""

    KEY = _FIRST + 1  # what the row stands for: a device's tag, a condition's id
    BADGE = _FIRST + 2  # `Badge` or None
    TONE = _FIRST + 3  # `Tone`
    LAMP = _FIRST + 4  # `Lamp` or None
    ROW_NOTE = _FIRST + 5  # text that replaces the rest of a hatched row, or ""
    BAR = _FIRST + 6  # share 0..1 drawn as a bar, or NaN
    SORT = _FIRST + 7  # number by which the column sorts
    STRIPE = _FIRST + 8  # True where the row wants attention (unacknowledged)
    FACE = _FIRST + 9  # `Face`: all of a cell in one call, where a model is fast


class Tone(IntEnum):
    """How a text stands out."""

    NORMAL = 0
    DIM = 1
    STRONG = 2
    RUL = 3  # the one named exception to grey


class Lamp(IntEnum):
    """Fill of the little square before a running state."""

    RUNNING = 0
    STOPPED = 1
    OFFLINE = 2
    LATCHED = 3
    CHANGING = 4


@dataclass(frozen=True, slots=True)
class Face:
    """All that a delegate needs to know of a cell: one call instead of six."""

    text: str
    tone: Tone = Tone.NORMAL
    right: bool = False
    badge: object = None  # `Badge` or None
    lamp: Lamp | None = None
    note: str = ""  # `Role.ROW_NOTE`
