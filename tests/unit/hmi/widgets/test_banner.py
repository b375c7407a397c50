"""Tests of the banner: three rows that are always there."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hmi.theme.badges import Badge, BadgeState
from hmi.theme.tokens import BANNER_ROW
from hmi.widgets.alarm_banner import AlarmBanner
from hmi.widgets.banner_row import BannerLine

LINE = BannerLine(
    key="c1",
    badge=Badge(1, BadgeState.UNACKED),
    time="09:51:42",
    device="GEN-001",
    source="Oil pressure",
    message="Critical oil leak: 1.62 bar below 2.0 bar at 1 498 rpm",
    action="stop the generator",
    respond="4:25",
    state="UNACK",
    can_acknowledge=True,
)


@pytest.fixture
def banner(themed: QApplication, qtbot: QtBot) -> AlarmBanner:
    made = AlarmBanner()
    qtbot.addWidget(made)
    made.resize(1600, made.height())
    made.show()
    return made


def test_that_the_banner_keeps_its_three_rows_when_nothing_is_wrong(banner: AlarmBanner) -> None:
    empty = banner.height()
    banner.show_lines((LINE, LINE, LINE))

    assert empty == banner.height() == 3 * BANNER_ROW
    assert [r.isVisible() for r in banner.rows] == [True, True, True]


def test_that_an_empty_row_says_what_it_is_for(banner: AlarmBanner) -> None:
    banner.show_lines((LINE, None, None))
    banner.show_lines((None, None, None))

    assert [r.accessibleName() for r in banner.rows] == ["No process alarm", "", "No prediction"]
    assert not any(r.ack.isVisible() for r in banner.rows)


def test_that_ack_names_the_alarm_it_acknowledges(banner: AlarmBanner, qtbot: QtBot) -> None:
    banner.show_lines((LINE, None, None))

    with qtbot.waitSignal(banner.acknowledge_wanted, timeout=500) as caught:
        QTest.mouseClick(banner.rows[0].ack, Qt.MouseButton.LeftButton)

    assert caught.args == ["c1"]
    assert banner.rows[0].ack.accessibleName() == "Acknowledge GEN-001 Oil pressure"


def test_that_ack_is_reached_and_pressed_by_keyboard(banner: AlarmBanner, qtbot: QtBot) -> None:
    banner.show_lines((LINE, None, None))
    banner.rows[0].ack.setFocus()

    with qtbot.waitSignal(banner.acknowledge_wanted, timeout=500):
        QTest.keyClick(banner.rows[0].ack, Qt.Key.Key_Space)


def test_that_a_click_on_a_row_opens_its_device_but_not_the_consoles_own(
    banner: AlarmBanner, qtbot: QtBot
) -> None:
    banner.show_lines((LINE, replace(LINE, key=""), None))

    with qtbot.waitSignal(banner.opened, timeout=500):
        QTest.mouseClick(banner.rows[0], Qt.MouseButton.LeftButton)
    with qtbot.assertNotEmitted(banner.opened, wait=50):
        QTest.mouseClick(banner.rows[1], Qt.MouseButton.LeftButton)


def test_that_an_acknowledged_alarm_offers_no_ack(banner: AlarmBanner) -> None:
    banner.show_lines((replace(LINE, badge=Badge(1, BadgeState.ACKED), can_acknowledge=False), None, None))

    assert not banner.rows[0].ack.isVisible()


def test_that_flashing_changes_only_unacknowledged_rows(banner: AlarmBanner) -> None:
    acked = replace(LINE, badge=Badge(3, BadgeState.ACKED), can_acknowledge=False)
    banner.show_lines((LINE, acked, None))
    lit = [r.grab().toImage() for r in banner.rows]
    banner.set_lit(False)
    unlit = [r.grab().toImage() for r in banner.rows]

    assert [a != b for a, b in zip(lit, unlit, strict=True)] == [True, False, False]


@pytest.mark.parametrize("message", ["x" * 500, "", "∞ not a number 1.0e308", "数" * 80])
@pytest.mark.parametrize("width", [700, 1600])
def test_that_any_message_is_drawn_and_whole_in_the_tooltip(
    banner: AlarmBanner, message: str, width: int
) -> None:
    banner.resize(width, banner.height())
    banner.show_lines((replace(LINE, message=message), None, replace(LINE, message=message, predicted=True)))

    assert not banner.grab().isNull()
    assert message in banner.rows[0].toolTip()


def test_that_the_counts_are_said_too(banner: AlarmBanner) -> None:
    banner.counts.show_counts((1, 0, 2, 1), 4, 2)

    assert banner.counts.accessibleName() == "priority 1: 1, priority 2: 0, priority 3: 2, priority 4: 1"
