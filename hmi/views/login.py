"""Who acts at this console: said in the header, asked where the server wants to know."""

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from hmi.link.types import Reply
from hmi.state.console import ConsoleState
from hmi.widgets.confirm_dialog import ConfirmDialog
from hmi.widgets.header import Header
from hmi.widgets.login_dialog import LoginDialog

OBSERVER = "Observer, read-only"


class LoginDesk(QObject):
    """Asks for a login once the server is there and nobody is known to it; `header.login` asks again at any time."""

    def __init__(self, state: ConsoleState, header: Header, station_user: str, window: QWidget) -> None:
        super().__init__(window)
        self._state = state
        self._header = header
        self._station_user = station_user
        self._window = window
        self._has_asked = False
        self._pending: dict[int, str] = {}
        self._shown_certificate = ""
        header.login_wanted.connect(self.ask)
        state.session.changed.connect(self._on_session_changed)
        state.replied.connect(self._on_replied)
        self._show()

    def ask(self, name: str = "", problem: str = "") -> None:
        """Ask who is there and log them in."""
        self._has_asked = True
        status = self._state.session.status
        answer = LoginDialog.ask(self._window, status.url, name or status.user, problem)
        if answer is not None:
            self._pending[self._state.link.log_in(*answer)] = answer[0]

    def _on_session_changed(self) -> None:
        self._show()
        session = self._state.session
        if (
            session.is_live
            and session.is_observer
            and not self._has_asked
            and not self._state.operator.is_station_read_only
        ):
            self._has_asked = True
            QTimer.singleShot(0, self, self.ask)
        changed = session.status.changed_certificate
        if changed and changed != self._shown_certificate:
            self._shown_certificate = changed
            QTimer.singleShot(0, self, self._ask_about_certificate)

    def _ask_about_certificate(self) -> None:
        status = self._state.session.status
        if status.changed_certificate and ConfirmDialog.ask(
            self._window,
            "Another server certificate",
            f"{status.reason} Trust the new one only if you know why it has changed.",
            "Trust the new certificate",
        ):
            self._state.link.accept_server(status.changed_certificate)

    def _on_replied(self, reply: Reply) -> None:
        name = self._pending.pop(reply.request_id, None)
        if name is not None and not reply.ok:
            self.ask(name, reply.error)

    def _show(self) -> None:
        session = self._state.session
        who = OBSERVER if session.is_observer else session.status.user or self._station_user
        if self._state.operator.is_station_read_only and not session.is_observer:
            who += " (read-only)"
        self._header.show_user(who)
        self._header.show_login(offered=session.status.takes_login, known=bool(session.status.user))
