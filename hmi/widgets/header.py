"""Head the window: where am I, link, user, time."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from hmi.theme.current import palette
from hmi.theme.fonts import font
from hmi.theme.icons import pixmap
from hmi.theme.tokens import GRID, HEADER_HEIGHT, SMALL, TINY, TITLE
from hmi.widgets.panel import Text


class Header(QFrame):
    """The dark bar above everything."""

    zone_chosen = Signal(bool)  # True for UTC
    login_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self.setFixedHeight(HEADER_HEIGHT)
        self.place = Text("", size=TITLE, strong=True)
        self.place.setObjectName("header.place")
        self.detail = Text(
            "", size=SMALL, role="dim", elides=True
        )  # the first to give way where there is no room
        self.link = Text("", size=SMALL, elides=False)
        self.link.setObjectName("header.link")
        self.user = Text("", size=SMALL, elides=False)
        self.user.setObjectName("header.user")
        self.login = QPushButton("Log in")
        self.login.setObjectName("header.login")
        self.login.setProperty("role", "header")
        self.login.setFont(font(TINY))
        self.login.clicked.connect(self._on_login_clicked)
        self.login.hide()
        self.time = Text("", size=TITLE, strong=True)
        self.drill = Text("", size=SMALL, strong=True, role="drill", elides=False)
        self.drill.setObjectName("header.drill")
        self.drill.hide()
        self._link_icon = QLabel()
        self.lock = QLabel()
        self.lock.setObjectName("header.lock")
        self.lock.hide()
        self._lay_out()
        self.show_link("Connecting", live=False)

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 12, 0)
        layout.setSpacing(GRID + 2)
        logo, person = QLabel(), QLabel()
        logo.setPixmap(pixmap("andon", 26))
        person.setPixmap(pixmap("user", 18, palette().header_dim))
        for part in (logo, Text("Andon", size=TITLE, strong=True), _divider(), self.place):
            layout.addWidget(part)
        layout.addWidget(self.detail, 1)
        layout.addWidget(self.drill)
        for part in (self._link_icon, self.link, self.lock, _divider(), person, self.user):
            layout.addWidget(part)
        layout.addWidget(self.login)
        layout.addWidget(_divider())
        layout.addWidget(self.time)
        layout.addLayout(self._zone_choice())

    def _zone_choice(self) -> QHBoxLayout:
        row, group = QHBoxLayout(), QButtonGroup(self)
        row.setSpacing(0)
        for text, utc in (("UTC", True), ("local", False)):
            button = QPushButton(text)
            button.setProperty("role", "header")
            button.setObjectName(f"header.zone.{text.lower()}")
            button.setAccessibleName(f"Show times in {text}")
            button.setFont(font(TINY))
            button.setCheckable(True)
            button.setChecked(utc)
            group.addButton(button, int(utc))
            row.addWidget(button)
        group.idClicked.connect(self._on_zone_clicked)
        return row

    def _on_login_clicked(self) -> None:
        self.login_wanted.emit()

    def _on_zone_clicked(self, chosen: int) -> None:
        self.zone_chosen.emit(bool(chosen))

    def show_place(self, place: str, detail: str) -> None:
        """Say which page is open, and where in the plant."""
        self.place.show_text(place)
        self.detail.show_text(detail)

    def show_link(self, text: str, *, live: bool) -> None:
        """Say how the console stands to the server."""
        self.link.show_text(text)
        self.link.setFont(font(SMALL, strong=not live))
        name = "link" if live else "link-lost"
        self._link_icon.setPixmap(pixmap(name, 18, palette().header_dim if live else palette().header_text))

    def show_lock(self, policy: str | None) -> None:
        """Say whether the link is encrypted: by which policy, "" if it is not, None while there is no link."""
        self.lock.setVisible(policy is not None)
        if policy is None:
            return
        words = "Encrypted" if policy else "Not encrypted"
        how = (
            f"{words}: {policy.replace('_', ' ')}"
            if policy
            else f"{words}: others on the network could listen in"
        )
        self.lock.setAccessibleName(words)
        self.lock.setToolTip(how)
        tint = palette().header_dim if policy else palette().header_text
        self.lock.setPixmap(pixmap("lock" if policy else "lock-open", 18, tint))

    def show_user(self, text: str) -> None:
        """Say who acts here."""
        self.user.show_text(text)

    def show_login(self, *, offered: bool, known: bool) -> None:
        """Offer to log in, or to change the user; nothing where the server knows no users."""
        text = "Change user" if known else "Log in"
        self.login.setText(text)
        self.login.setAccessibleName(text)
        self.login.setVisible(offered)

    def show_drill(self, speed: float | None) -> None:
        """Say that the plant's time runs at another speed than ours, in times real time; None takes the mark away."""
        if speed is not None:
            text = f"DRILL {speed:g}×"
            self.drill.show_text(text)
            self.drill.setToolTip(
                f"The plant runs at {speed:g} times real time: this is a drill, not operation."
            )
            self.drill.setAccessibleName(text)
        self.drill.setVisible(speed is not None)

    def show_time(self, text: str) -> None:
        """Tell the time."""
        self.time.show_text(text)


def _divider() -> QFrame:
    made = QFrame()
    made.setProperty("role", "divider")
    made.setFixedSize(1, 18)
    made.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return made
