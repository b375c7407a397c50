"""Tests of the questions: old → new, refused input, and a stop that stays in reach."""

import math

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hmi.widgets.confirm_dialog import ConfirmDialog
from hmi.widgets.dialogs import open_dialog
from hmi.widgets.hold_button import HoldButton
from hmi.widgets.setpoint_dialog import SetpointDialog, ValueQuestion, parse_value

QUESTION = ValueQuestion(
    device="CNC-014", name="Spindle speed", unit="rpm", old=2600.0, low=500.0, high=4000.0, precision=0
)
LEFT = Qt.MouseButton.LeftButton


@pytest.mark.parametrize(
    ("text", "value", "says"),
    [
        ("2400", 2400.0, ""),
        ("2 400", 2400.0, ""),
        ("2400,5", 2400.5, ""),
        ("", math.nan, ""),
        ("fast", math.nan, "not a number"),
        ("nan", math.nan, "allowed"),
        ("inf", math.nan, "allowed"),
        ("1e308", math.nan, "out of range"),
        ("499", math.nan, "allowed: 500 to 4\u2009000 rpm"),
        ("2600", math.nan, "the value it has"),
    ],
)
def test_that_only_a_new_value_in_range_is_taken(text: str, value: float, says: str) -> None:
    got, wrong = parse_value(text, QUESTION)

    assert got == value or (math.isnan(got) and math.isnan(value))
    assert says in wrong
    assert bool(wrong) == bool(says)


def test_that_the_dialog_shows_old_and_new_before_it_can_be_confirmed(
    themed: QApplication, qtbot: QtBot
) -> None:
    dialog = SetpointDialog(QUESTION)
    qtbot.addWidget(dialog)
    before = dialog.write.isEnabled()

    QTest.keyClicks(dialog.field, "2400")

    assert not before
    assert dialog.change.whole() == "2\u2009600 → 2\u2009400 rpm"
    assert (dialog.write.isEnabled(), dialog.write.text()) == (True, "Write 2\u2009400 rpm")


def _answer(name: str, text: str = "") -> None:
    """Type and press a button in the dialog that is about to open."""

    def act() -> None:
        dialog = open_dialog()
        assert dialog is not None
        if text:
            field = dialog.findChild(QLineEdit)
            assert field is not None
            QTest.keyClicks(field, text)
        button = dialog.findChild(QPushButton, name)
        assert button is not None
        QTest.mouseClick(button, LEFT)

    QTimer.singleShot(0, act)


@pytest.mark.parametrize(("name", "expected"), [("setpoint.write", 2400.0), ("setpoint.cancel", None)])
def test_that_asking_gives_the_value_or_nothing(
    themed: QApplication, qtbot: QtBot, name: str, expected: float | None
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    _answer(name, "2400")

    assert SetpointDialog.ask(parent, QUESTION) == expected
    assert open_dialog() is None


@pytest.mark.parametrize(("name", "expected"), [("confirm.yes", True), ("confirm.no", False)])
def test_that_a_confirmation_is_given_only_by_its_button(
    themed: QApplication, qtbot: QtBot, name: str, expected: bool
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    _answer(name)

    assert ConfirmDialog.ask(parent, "Start?", "It will run.", "Start") is expected


def test_that_a_comment_comes_with_the_confirmation(themed: QApplication, qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    _answer("confirm.yes", "seen on site ")

    assert ConfirmDialog.ask_comment(parent, "Acknowledge", "GEN-001", "Acknowledge") == "seen on site"


def test_that_a_stop_works_while_a_question_is_open(themed: QApplication, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    stop = HoldButton("STOP PLANT")
    stop.set_available(True)
    QVBoxLayout(window).addWidget(stop)
    window.show()
    stopped: list[int] = []
    stop.stop_requested.connect(lambda: stopped.append(1))

    def hold() -> None:
        dialog = open_dialog()
        assert dialog is not None
        assert not dialog.isModal()
        with qtbot.waitSignal(stop.stop_requested, timeout=2000):
            QTest.mousePress(stop, LEFT)
        dialog.reject()

    QTimer.singleShot(0, hold)
    ConfirmDialog.ask(window, "Start?", "It will run.", "Start")

    assert stopped == [1]


def test_that_a_second_question_is_refused_while_one_is_open(themed: QApplication, qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    second: list[bool] = []

    def ask_again() -> None:
        second.append(ConfirmDialog.ask(parent, "Two?", "", "Yes"))
        dialog = open_dialog()
        assert dialog is not None
        dialog.accept()

    QTimer.singleShot(0, ask_again)
    first = ConfirmDialog.ask(parent, "One?", "", "Yes")

    assert (first, second) == (True, [False])
