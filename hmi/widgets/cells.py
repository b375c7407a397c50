"""Paint table cells fast and alike: badges, lamps, tones, hatched rows."""

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from hmi.theme.badges import Badge, paint_badge
from hmi.theme.current import colour, palette
from hmi.theme.fonts import font
from hmi.theme.roles import Face, Lamp, Role, Tone
from hmi.theme.tokens import ROW, SMALL
from hmi.widgets.painting import draw_hatch, draw_lamp, draw_text, metrics, width_of

AnyIndex = QModelIndex | QPersistentModelIndex
_PAD: Final = 8
_BADGE: Final = 18


class CellDelegate(QStyledItemDelegate):
    """One fillRect and one drawText a cell; models say by `Role` how it looks."""

    def __init__(self, note_column: int = -1, parent: QWidget | None = None) -> None:
        """Take the column from which the note of a hatched row runs to the right; -1 for none."""
        super().__init__(parent)
        self._note_column = note_column
        self.lit = True
        self.fault = ""  # why the whole table is not to be trusted; hatches it

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(width_of(str(index.data() or ""), SMALL, strong=True) + 2 * _PAD, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        p = palette()
        rect = QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        ground = p.selection if selected else (p.row_alt if index.row() % 2 else p.panel)
        painter.fillRect(rect, colour(ground))
        face = _face(index)
        noted = bool(face.note) and 0 <= self._note_column <= index.column()
        if noted or self.fault:
            draw_hatch(painter, rect, strength=0.28)
        if selected and index.column() == 0:
            painter.fillRect(QRectF(rect.left(), rect.top(), 3, rect.height()), colour(p.text))
        if noted:
            self._paint_note(painter, option, rect, face.note)
            return
        self._paint_cell(painter, rect, face, dimmed=bool(face.note or self.fault))

    def _paint_cell(self, painter: QPainter, rect: QRectF, face: Face, *, dimmed: bool) -> None:
        inner = rect.adjusted(_PAD, 0, -_PAD, 0)
        if isinstance(face.badge, Badge):
            box = QRectF(0, 0, _BADGE, _BADGE)
            box.moveCenter(rect.center())
            paint_badge(painter, box, face.badge, lit=self.lit)
        if face.lamp is not None:
            draw_lamp(painter, QRectF(inner.left() + 0.5, round(rect.center().y()) - 4.5, 9, 9), face.lamp)
            inner.setLeft(inner.left() + 15)
        if face.text:
            p, tone = palette(), Tone.DIM if dimmed else face.tone
            ink = p.dim if tone is Tone.DIM else (p.rul if tone is Tone.RUL else p.text)
            align = Qt.AlignmentFlag.AlignRight if face.right else Qt.AlignmentFlag.AlignLeft
            strong = tone in (Tone.STRONG, Tone.RUL)
            draw_text(painter, inner, face.text, size=SMALL, strong=strong, ink=ink, align=align)

    def _paint_note(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, note: str) -> None:
        """Draw a text that runs over several cells: each cell draws its own part of it."""
        view = option.widget
        if not isinstance(view, QTableView):
            return
        start = view.columnViewportPosition(self._note_column) + _PAD
        painter.save()
        painter.setClipRect(rect)
        painter.setFont(font(SMALL, strong=True))
        wide = metrics(SMALL, strong=True).horizontalAdvance(note)
        ground = QRectF(start - 4, rect.top() + 3, wide + 8, rect.height() - 6)
        painter.fillRect(ground, colour(palette().panel))
        painter.setPen(colour(palette().dim))
        painter.drawText(
            QRectF(start, rect.top(), wide + 4, rect.height()),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            note,
        )
        painter.restore()


def _face(index: AnyIndex) -> Face:
    """Return a cell's face, gathered role by role where the model does not give it whole."""
    whole = index.data(Role.FACE)
    if isinstance(whole, Face):
        return whole
    tone, lamp = index.data(Role.TONE), index.data(Role.LAMP)
    return Face(
        text=str(index.data(Qt.ItemDataRole.DisplayRole) or ""),
        tone=tone if isinstance(tone, Tone) else Tone.NORMAL,
        right=bool(
            int(index.data(Qt.ItemDataRole.TextAlignmentRole) or 0) & Qt.AlignmentFlag.AlignRight.value
        ),
        badge=index.data(Role.BADGE),
        lamp=lamp if isinstance(lamp, Lamp) else None,
        note=str(index.data(Role.ROW_NOTE) or ""),
    )
