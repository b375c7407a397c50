"""Tests of the smaller widgets: odd values, words, choices."""

import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hmi.theme.badges import Badge
from hmi.theme.roles import Lamp
from hmi.widgets.chips import FilterChips
from hmi.widgets.command_strip import CommandStrip, StripState, Verdict
from hmi.widgets.empty_state import EmptyState
from hmi.widgets.facts import FactList, Facts
from hmi.widgets.header import Header
from hmi.widgets.nav_rail import NavRail
from hmi.widgets.panel import Panel, Text
from hmi.widgets.pen_legend import LegendRow, PenLegend
from hmi.widgets.risk_list import RiskList, RiskRow
from hmi.widgets.scale_bar import BarState, ContributionBars, ScaleBar
from hmi.widgets.squares import DeviceSquares, Square, SquareRow

ODD = (math.nan, math.inf, -math.inf, 1e308, -1e308)
LEFT = Qt.MouseButton.LeftButton


def _shown(widget: QWidget, qtbot: QtBot, width: int = 320, height: int = 160) -> QWidget:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    return widget


@pytest.mark.parametrize("value", ODD)
def test_that_a_scale_bar_draws_odd_values(themed: QApplication, qtbot: QtBot, value: float) -> None:
    bar = ScaleBar("Power")
    _shown(bar, qtbot)

    for state in (
        BarState(value=value),
        BarState(value=1, low=value, high=-value),
        BarState(value=1, normal_low=value, normal_high=value, limit=value, fault="last known"),
    ):
        bar.show_state(state)
        assert not bar.grab().isNull()


@pytest.mark.parametrize("value", ODD)
def test_that_lists_draw_odd_values(themed: QApplication, qtbot: QtBot, value: float) -> None:
    bars, risks = ContributionBars(), RiskList()
    _shown(bars, qtbot)
    _shown(risks, qtbot)

    bars.show_rows((("Vibration", value, "5.2 mm/s over normal"),))
    risks.show_rows((RiskRow(device="CNC-014", finding="Wear", risk=value, rul_h=value, badge=Badge(4)),))

    assert not bars.grab().isNull()
    assert not risks.grab().isNull()


def test_that_a_risk_is_picked_by_click_and_opened_by_double_click(
    themed: QApplication, qtbot: QtBot
) -> None:
    risks = RiskList()
    _shown(risks, qtbot)
    risks.show_rows((RiskRow(device="CNC-014", finding="Wear", risk=91, rul_h=18, rul_is_low=True),))

    with qtbot.waitSignal(risks.device_picked, timeout=500):
        QTest.mouseClick(risks, LEFT, pos=QPoint(50, 30))
    with qtbot.waitSignal(risks.device_opened, timeout=500):
        QTest.mouseDClick(risks, LEFT, pos=QPoint(50, 30))


@pytest.mark.parametrize("width", [90, 180, 400])
def test_that_squares_wrap_and_each_can_be_picked(themed: QApplication, qtbot: QtBot, width: int) -> None:
    squares = DeviceSquares()
    _shown(squares, qtbot, width, 120)
    lamps = list(Lamp)
    rows = tuple(Square(f"CNC-{i:03d}", lamps[i % 5], Badge(1) if i == 3 else None) for i in range(13))
    squares.show_rows((SquareRow("CNC", rows),))
    box, last = squares._spots[-1]

    with qtbot.waitSignal(squares.device_picked, timeout=500) as caught:
        QTest.mouseClick(squares, LEFT, pos=box.center().toPoint())

    assert caught.args == [last.device] == ["CNC-012"]
    assert box.right() <= max(width, 90) + 1


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (StripState("Start", 1, ("09:50:20",), Verdict.PENDING), "Start: sent …"),
        (StripState("Start", 4, ("1", "2", "3", "4"), Verdict.VERIFIED), "Start: effect verified"),
        (StripState("Start", 1, ("1",), Verdict.REFUSED, "too hot"), "Start: refused: too hot"),
        (
            StripState("Start", 2, ("1", "2"), Verdict.UNKNOWN, "no answer"),
            "Start: outcome unknown: no answer",
        ),
    ],
)
def test_that_the_strip_says_what_became_of_a_command(
    themed: QApplication, qtbot: QtBot, state: StripState, sentence: str
) -> None:
    strip = CommandStrip()
    _shown(strip, qtbot)
    empty = strip.accessibleName()
    strip.show_state(state)

    assert empty == "No command sent yet"
    assert strip.accessibleName() == sentence
    assert not strip.grab().isNull()


def test_that_a_text_elides_in_the_middle_and_keeps_the_whole_as_tooltip(
    themed: QApplication, qtbot: QtBot
) -> None:
    text = Text("Spindle temperature of CNC-014 in Line 2", elides=True)
    _shown(text, qtbot, 120, 20)

    assert "…" in text.text()
    assert text.toolTip() == text.whole() == "Spindle temperature of CNC-014 in Line 2"


def test_that_chips_tell_the_choice_and_keep_their_names_with_counts(
    themed: QApplication, qtbot: QtBot
) -> None:
    chips = FilterChips(("All", "Stopped"), "x.chip")
    _shown(chips, qtbot)
    chips.show_counts({"All": 108, "Stopped": 6})

    with qtbot.waitSignal(chips.chosen, timeout=500) as caught:
        chips.choose("Stopped")

    assert caught.args == ["Stopped"]
    assert chips.current() == "Stopped"
    assert chips._buttons["Stopped"].text() == "Stopped 6"


def test_that_the_navigation_names_its_pages(themed: QApplication, qtbot: QtBot) -> None:
    nav = NavRail((("overview", "Overview"), ("alarms", "Alarms")))
    _shown(nav, qtbot, 88, 400)

    with qtbot.waitSignal(nav.page_chosen, timeout=500) as caught:
        QTest.mouseClick(nav.button("alarms"), LEFT)

    assert caught.args == ["alarms"]
    assert nav.button("alarms").accessibleName() == "Alarms"


def test_that_the_header_tells_the_zone_chosen(themed: QApplication, qtbot: QtBot) -> None:
    header = Header()
    _shown(header, qtbot, 1200, 48)
    header.show_link("OPC UA · Stale", live=False)
    local = header.findChild(QWidget, "header.zone.local")
    assert local is not None

    with qtbot.waitSignal(header.zone_chosen, timeout=500) as caught:
        QTest.mouseClick(local, LEFT)

    assert caught.args == [False]
    assert header.link.whole() == "OPC UA · Stale"


def test_that_facts_can_be_added_and_left_out(themed: QApplication, qtbot: QtBot) -> None:
    side, below = Facts(("State", "Serial")), FactList(("Version",))
    _shown(side, qtbot)
    _shown(below, qtbot)
    side.show_fact("State", "")
    side.show_label("Serial", visible=False)
    below.show_fact("New", "7")

    assert (side.fact("State"), below.fact("New")) == ("–", "7")
    assert not side._values["Serial"].isVisible()


def test_that_the_legend_removes_the_pen_of_its_button(themed: QApplication, qtbot: QtBot) -> None:
    legend = PenLegend()
    _shown(legend, qtbot)
    legend.show_rows((LegendRow(3, "CNC-014 Vibration", "5.2", "mm/s"), LegendRow(9, "Power", "13.0", "kW")))
    button = legend.findChild(QWidget, "trends.remove.9")
    assert button is not None

    with qtbot.waitSignal(legend.remove_wanted, timeout=500) as caught:
        QTest.mouseClick(button, LEFT)

    assert caught.args == [9]


def test_that_a_panel_holds_what_is_put_in_and_an_empty_state_says_how(
    themed: QApplication, qtbot: QtBot
) -> None:
    panel, empty = Panel("Title", "remark"), EmptyState("Nothing here", "Do this.")
    panel.add(empty)
    _shown(panel, qtbot)
    empty.say("Still nothing", "Wait.")

    assert empty.isVisible()
    assert (empty.what.whole(), empty.how.whole()) == ("Still nothing", "Wait.")
