"""Tests of the stop gesture."""

import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hmi.theme.tokens import STOP_HOLD_MS
from hmi.widgets.hold_button import NOT_AVAILABLE, HoldButton

LEFT = Qt.MouseButton.LeftButton


HOLD_MS = 120  # a shorter hold, for the tests that nothing comes of it
WAIT_MS = 2 * HOLD_MS


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the hold."""
    monkeypatch.setattr("hmi.widgets.hold_button.STOP_HOLD_MS", HOLD_MS)


@pytest.fixture
def button(themed: QApplication, qtbot: QtBot) -> HoldButton:
    made = HoldButton("STOP PLANT")
    qtbot.addWidget(made)
    made.set_available(True)
    made.show()
    return made


def test_that_holding_for_half_a_second_stops_once(button: HoldButton, qtbot: QtBot) -> None:
    fired: list[int] = []
    button.stop_requested.connect(lambda: fired.append(1))
    began_s = time.monotonic()

    with qtbot.waitSignal(button.stop_requested, timeout=3000):
        QTest.mousePress(button, LEFT)
    held_s = time.monotonic() - began_s
    qtbot.wait(100)
    QTest.mouseRelease(button, LEFT)

    assert fired == [1]
    assert held_s >= STOP_HOLD_MS / 1000 == 0.5


@pytest.mark.usefixtures("quick")
def test_that_a_click_stops_nothing_and_says_how(button: HoldButton, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(button.stop_requested, wait=WAIT_MS):
        QTest.mouseClick(button, LEFT)

    assert button.progress() == 0.0


@pytest.mark.usefixtures("quick")
def test_that_leaving_the_button_ends_the_hold(button: HoldButton, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(button.stop_requested, wait=WAIT_MS):
        QTest.mousePress(button, LEFT)
        QTest.mouseMove(button, QPoint(-30, -30))


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Select])
@pytest.mark.usefixtures("quick")
def test_that_no_key_stops(button: HoldButton, qtbot: QtBot, key: Qt.Key) -> None:
    button.setFocus()

    with qtbot.assertNotEmitted(button.stop_requested, wait=WAIT_MS):
        QTest.keyPress(button, key)


@pytest.mark.usefixtures("quick")
def test_that_a_programmed_click_stops_nothing(button: HoldButton, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(button.stop_requested, wait=WAIT_MS):
        button.click()


@pytest.mark.usefixtures("quick")
def test_that_the_right_button_stops_nothing(button: HoldButton, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(button.stop_requested, wait=WAIT_MS):
        QTest.mousePress(button, Qt.MouseButton.RightButton)


@pytest.mark.usefixtures("quick")
def test_that_a_stop_that_would_not_arrive_is_not_offered(button: HoldButton, qtbot: QtBot) -> None:
    button.set_available(False, "no session")

    assert button.label == NOT_AVAILABLE
    assert button.toolTip() == "no session"
    with qtbot.assertNotEmitted(button.stop_requested, wait=WAIT_MS):
        QTest.mousePress(button, LEFT)


@pytest.mark.usefixtures("quick")
def test_that_losing_the_session_ends_a_hold_under_way(button: HoldButton, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(button.stop_requested, wait=WAIT_MS):
        QTest.mousePress(button, LEFT)
        button.set_available(False)


@pytest.mark.usefixtures("quick")
def test_that_a_change_of_scope_ends_a_hold_under_way(button: HoldButton, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(button.stop_requested, wait=WAIT_MS):
        QTest.mousePress(button, LEFT)
        button.set_label("STOP CNC-015")

    assert button.accessibleName() == "STOP CNC-015"


def test_that_progress_is_drawn_while_held(button: HoldButton, qtbot: QtBot) -> None:
    before = button.grab().toImage()
    QTest.mousePress(button, LEFT)
    qtbot.waitUntil(lambda: button.progress() > 0.4, timeout=1000)

    assert button.grab().toImage() != before
    QTest.mouseRelease(button, LEFT)
