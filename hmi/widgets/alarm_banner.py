"""Keep the worst alarms in sight: three rows that are always there, and the counts."""

from typing import Final

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from hmi.theme.badges import Badge, BadgeState, paint_badge
from hmi.theme.current import palette
from hmi.theme.fonts import font
from hmi.theme.tokens import BANNER_ROW, SMALL, TITLE
from hmi.widgets.banner_row import BannerLine, BannerRow
from hmi.widgets.painting import draw_text
from hmi.widgets.panel import Text

_ROWS: Final = ("No process alarm", "", "No prediction")
_COUNT_STEP: Final = 52


class AlarmBanner(QFrame):
    """Two rows for process alarms, one kept for predictions, the counts at the right."""

    acknowledge_wanted = Signal(str)
    opened = Signal(str)
    list_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setFixedHeight(BANNER_ROW * len(_ROWS))
        self.rows = tuple(BannerRow(i, text, self) for i, text in enumerate(_ROWS))
        self.counts = AlarmCounts(self)
        self.counts.list_wanted.connect(self.list_wanted)
        column = QVBoxLayout()
        column.setSpacing(0)
        for row in self.rows:
            row.acknowledge_wanted.connect(self.acknowledge_wanted)
            row.opened.connect(self.opened)
            column.addWidget(row)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(column, 1)
        layout.addWidget(self.counts)

    def show_lines(self, lines: tuple[BannerLine | None, BannerLine | None, BannerLine | None]) -> None:
        """Show what the three rows say."""
        for row, line in zip(self.rows, lines, strict=True):
            row.show_line(line)

    def set_lit(self, lit: bool) -> None:
        """Take the phase of the flash."""
        for row in self.rows:
            row.set_lit(lit)


class AlarmCounts(QFrame):
    """How many alarms of each priority are active, and how many wait."""

    list_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setFixedWidth(224)
        self._counts = (0, 0, 0, 0)
        self._active = Text("no active alarm", size=SMALL, role="dim")
        self._waiting = Text("0 unacknowledged", size=SMALL)
        self.button = QPushButton("Show all")
        self.button.setObjectName("banner.showAll")
        self.button.setAccessibleName("Show all alarms")
        self.button.setFont(font(SMALL))
        self.button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(self.list_wanted)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._active)
        words.addWidget(self._waiting)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 42, 10, 8)
        layout.addLayout(words, 1)
        layout.addWidget(self.button)

    def show_counts(self, counts: tuple[int, int, int, int], active: int, unacknowledged: int) -> None:
        """Show how many alarms there are."""
        self._active.show_text(f"{active} active" if active else "no active alarm")
        self._waiting.setFont(font(SMALL, strong=unacknowledged > 0))
        self._waiting.show_text(f"{unacknowledged} unacknowledged")
        if counts != self._counts:
            self._counts = counts
            self.setAccessibleName(", ".join(f"priority {i + 1}: {n}" for i, n in enumerate(counts)))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        for i, count in enumerate(self._counts):
            left = 14 + i * _COUNT_STEP
            state = BadgeState.ACKED if count else BadgeState.QUIET
            paint_badge(painter, QRectF(left, 12, 20, 20), Badge(i + 1, state))
            ink = palette().text if count else palette().dim
            draw_text(
                painter, QRectF(left + 25, 11, 27, 22), str(count), size=TITLE, strong=count > 0, ink=ink
            )
        painter.end()
