"""Who acts at the console: asked once, said in the frame, and read-only until then."""

from typing import Any

import pytest
from PySide6.QtWidgets import QLineEdit, QPushButton

from hmi.link.types import LinkState
from hmi.views.login import OBSERVER
from hmi.views.main_window import MainWindow
from hmi.widgets.confirm_dialog import ConfirmDialog
from hmi.widgets.login_dialog import LoginDialog
from tests.fakes.link import FakeLink
from tests.unit.hmi.conftest import MakeWindow


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Every login dialog that was shown; the first is answered by maria, the others by nobody."""
    seen: list[tuple[Any, ...]] = []

    def answer(_parent: object, server: str, name: str = "", problem: str = "") -> tuple[str, str] | None:
        seen.append((server, name, problem))
        return ("maria", "wrong") if len(seen) == 1 else None

    monkeypatch.setattr(LoginDialog, "ask", answer)
    return seen


def opened(make_window: MakeWindow, qtbot: Any, **status: Any) -> tuple[MainWindow, FakeLink]:
    """Return a window whose server has just come up."""
    window, link = make_window(connect=False)
    link.connect_plant()
    link.go_live(takes_login=True, **status)
    window.refresh()
    return window, link


def test_that_a_server_that_knows_users_asks_once_who_is_there(
    make_window: MakeWindow, qtbot: Any, asked: list[tuple[Any, ...]]
) -> None:
    window, link = opened(make_window, qtbot)
    qtbot.waitUntil(lambda: ("log_in", "maria", "wrong") in link.asked)

    link.answer(link._reply, error="The user name or the password is wrong.")
    link.go_live(takes_login=True)

    assert [entry[1:] for entry in asked] == [("", ""), ("maria", "The user name or the password is wrong.")]
    assert window.header.user.whole() == OBSERVER


def test_that_an_observer_sees_everything_and_commands_nothing_but_a_stop(
    make_window: MakeWindow, qtbot: Any, asked: list[tuple[Any, ...]]
) -> None:
    window, link = opened(make_window, qtbot)
    qtbot.waitUntil(lambda: bool(asked))

    window.select_device("CNC-014")
    window.refresh()

    assert window.state.operator.read_only
    assert window.state.operator.why_not("CNC-014", "Start") == "log in first"
    link.go_live(takes_login=True, user="maria")
    window.refresh()
    assert window.header.user.whole() == "maria"
    assert not window.state.operator.read_only


def test_that_the_user_is_changed_from_the_header(
    make_window: MakeWindow, qtbot: Any, asked: list[tuple[Any, ...]]
) -> None:
    window, link = opened(make_window, qtbot, user="ann")
    assert not asked

    button = window.findChild(QPushButton, "header.login")
    assert button is not None
    assert button.text() == "Change user"
    button.click()

    assert asked[0][1] == "ann"
    assert ("log_in", "maria", "wrong") in link.asked


def test_that_nobody_is_asked_where_the_server_knows_no_users(
    make_window: MakeWindow, qtbot: Any, asked: list[tuple[Any, ...]]
) -> None:
    window, link = make_window(connect=False)
    link.connect_plant()
    window.refresh()

    button = window.findChild(QPushButton, "header.login")
    assert button is not None
    assert not button.isVisibleTo(window)
    assert not asked
    assert not window.state.operator.read_only


def test_that_a_changed_server_certificate_is_shown_and_taken_by_a_person_alone(
    make_window: MakeWindow, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    def confirm(_parent: object, _title: str, sentence: str, _yes: str) -> bool:
        shown.append(sentence)
        return True

    monkeypatch.setattr(ConfirmDialog, "ask", confirm)
    _, link = make_window(connect=False)

    link.go_live(
        state=LinkState.LOST, reason="The server's certificate has changed.", changed_certificate="ab12"
    )

    qtbot.waitUntil(lambda: ("accept_server", "ab12") in link.asked)
    assert shown[0].startswith("The server's certificate has changed.")


def test_that_the_dialog_takes_a_name_with_a_password_alone(qtbot: Any, themed: object) -> None:
    dialog = LoginDialog("opc.tcp://plant:4840", "maria", "The password is wrong.")
    qtbot.addWidget(dialog)

    assert not dialog.accept_button.isEnabled()
    dialog.password.setText("secret words")
    assert dialog.accept_button.isEnabled()
    assert dialog.password.echoMode() is QLineEdit.EchoMode.Password
    assert dialog.problem.whole() == "The password is wrong."
    dialog.name.setText("  ")
    assert not dialog.accept_button.isEnabled()
