"""Generate the style sheet from a palette."""

from hmi.theme.tokens import RADIUS, Palette


def style_sheet(p: Palette) -> str:
    """Return the whole application's style sheet."""
    return "\n".join((_grounds(p), _buttons(p), _inputs(p), _tables(p), _bars(p), _tabs(p)))


def _grounds(p: Palette) -> str:
    return f"""
QWidget {{ color: {p.text}; }}
QMainWindow, QDialog, #page {{ background: {p.background}; }}
QFrame#panel, QFrame[role="panel"] {{ background: {p.panel}; border: 1px solid {p.line}; border-radius: {RADIUS}px; }}
QFrame[role="rule"] {{ background: {p.line}; border: none; max-height: 1px; min-height: 1px; }}
QLabel {{ background: transparent; border: none; }}
QLabel[role="dim"] {{ color: {p.dim}; }}
QLabel[role="rul"] {{ color: {p.rul}; }}
QToolTip {{ color: {p.text}; background: {p.field}; border: 1px solid {p.line_strong}; padding: 4px; }}
QFrame#header, QFrame#header QWidget {{ background: {p.header}; color: {p.header_text}; border: none; }}
QFrame#header QLabel[role="dim"] {{ color: {p.header_dim}; }}
QFrame#header QLabel[role="drill"] {{ color: {p.header}; background: {p.header_text}; padding: 1px 8px; border-radius: {RADIUS}px; }}
QFrame#header QFrame[role="divider"] {{ background: {p.header_line}; }}
QFrame#banner {{ background: {p.panel}; border-bottom: 1px solid {p.line_strong}; }}
QFrame#nav {{ background: {p.background}; border-right: 1px solid {p.line}; }}
QFrame#commandBar {{ background: {p.background}; border-top: 1px solid {p.line}; }}
QFrame#stopArea {{ background: {p.background}; border-left: 1px solid {p.line_strong}; }}
"""


def _buttons(p: Palette) -> str:
    return f"""
QPushButton {{ background: {p.raised}; border: 1px solid {p.line_strong}; border-radius: {RADIUS}px;
  padding: 4px 10px; min-height: 18px; }}
QPushButton:hover {{ background: {p.raised_hover}; }}
QPushButton:pressed {{ background: {p.track}; }}
QPushButton:focus {{ border: 2px solid {p.live}; padding: 3px 9px; }}
QPushButton:disabled {{ color: {p.dim}; background: {p.panel}; border: 1px dashed {p.line_strong}; }}
QPushButton[role="chip"] {{ padding: 2px 8px; background: {p.panel}; }}
QPushButton[role="chip"]:checked {{ background: {p.raised}; border: 1px solid {p.text}; font-weight: 600; }}
QFrame#header QPushButton[role="header"] {{ background: {p.header}; color: {p.header_dim}; border: 1px solid {p.header_line};
  padding: 1px 6px; min-height: 16px; }}
QFrame#header QPushButton[role="header"]:checked {{ color: {p.header_text}; background: {p.header_line}; font-weight: 600; }}
QFrame#header QPushButton[role="header"]:focus {{ border: 1px solid {p.header_text}; }}
QToolButton#navButton {{ border: none; background: transparent; color: {p.text}; padding: 4px 2px;
  border-left: 3px solid transparent; }}
QToolButton#navButton:hover {{ background: {p.panel}; }}
QToolButton#navButton:focus {{ border: 1px solid {p.live}; border-left: 3px solid {p.live}; }}
QToolButton#navButton:checked {{ background: {p.panel}; border-left: 3px solid {p.text}; font-weight: 600; }}
QCheckBox {{ spacing: 6px; }}
"""


def _inputs(p: Palette) -> str:
    return f"""
QLineEdit, QDoubleSpinBox, QComboBox, QDateTimeEdit, QPlainTextEdit {{ background: {p.field};
  border: 1px solid {p.line_strong}; border-radius: {RADIUS}px; padding: 2px 6px; min-height: 20px;
  selection-background-color: {p.selection}; selection-color: {p.text}; }}
QLineEdit:focus, QDoubleSpinBox:focus, QComboBox:focus, QDateTimeEdit:focus {{ border: 2px solid {p.live}; padding: 1px 5px; }}
QLineEdit:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {{ color: {p.dim}; background: {p.panel}; border-style: dashed; }}
QAbstractSpinBox QLineEdit {{ border: none; padding: 0; min-height: 0; background: transparent; }}
QDateTimeEdit::up-button, QDateTimeEdit::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{
  width: 14px; border: none; background: transparent; }}
QComboBox::drop-down {{ border: none; width: 18px; }}
QComboBox QAbstractItemView {{ background: {p.field}; border: 1px solid {p.line_strong};
  selection-background-color: {p.selection}; selection-color: {p.text}; outline: none; }}
"""


def _tables(p: Palette) -> str:
    return f"""
QTableView {{ background: {p.panel}; alternate-background-color: {p.row_alt}; border: none; outline: none;
  gridline-color: {p.line}; selection-background-color: {p.selection}; selection-color: {p.text}; }}
QHeaderView {{ background: {p.panel}; border: none; }}
QHeaderView::section {{ background: {p.track}; color: {p.text}; border: none; padding: 3px 8px; }}
QTableCornerButton::section {{ background: {p.track}; border: none; }}
QListView {{ background: {p.panel}; border: none; outline: none; }}
QListView::item {{ padding: 3px 4px; }}
QListView::item:selected {{ background: {p.selection}; color: {p.text}; }}
QScrollArea, QScrollArea > QWidget > QWidget#page {{ border: none; background: {p.background}; }}
QScrollArea#plain, QScrollArea#plain > QWidget > QWidget {{ background: transparent; border: none; }}
"""


def _bars(p: Palette) -> str:
    return f"""
QScrollBar:vertical {{ background: {p.panel}; width: 10px; margin: 0; border: none; }}
QScrollBar:horizontal {{ background: {p.panel}; height: 10px; margin: 0; border: none; }}
QScrollBar::handle {{ background: {p.line_strong}; border-radius: {RADIUS}px; margin: 2px; min-height: 24px; min-width: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: {p.panel}; }}
"""


def _tabs(p: Palette) -> str:
    return f"""
QTabWidget::pane {{ border: 1px solid {p.line}; background: {p.panel}; top: -1px; }}
QTabBar::tab {{ background: {p.background}; border: 1px solid {p.line}; padding: 5px 16px; margin-right: 2px; }}
QTabBar::tab:selected {{ background: {p.panel}; border-bottom-color: {p.panel}; font-weight: 600; }}
QTabBar::tab:focus {{ border: 1px solid {p.live}; }}
"""
