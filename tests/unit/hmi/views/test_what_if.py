"""Tests of what is shown before a setpoint is written."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hmi.link.types import Forecast, ForecastCurve, ForecastEvent, ForecastPair, TagInfo
from hmi.state.forecast import comparison, new_trip
from hmi.views.actions import _question
from hmi.views.main_window import MainWindow
from hmi.views.what_if import ForecastView, WhatIfDesk
from hmi.widgets.setpoint_dialog import SetpointDialog
from tests.fakes.link import FakeLink

MakeWindow = Callable[..., tuple[MainWindow, FakeLink]]
NEVER = math.nan
DEVICE = "CNC-014"


def forecast(*trips: ForecastEvent) -> Forecast:
    times = np.linspace(0.0, 600.0, 61)
    return Forecast(
        times_s=times,
        curves=(
            ForecastCurve(tag=f"{DEVICE}/Power", nothing=np.full(61, 10.0), proposed=np.full(61, 10.2)),
            ForecastCurve(
                tag=f"{DEVICE}/SpindleTemperature", nothing=np.full(61, 40.0), proposed=40.0 + times / 20.0
            ),
        ),
        figures={"DevicesEnergy_kWh": ForecastPair(1.7, 2.04), "DevicesCost_EUR": ForecastPair(0.37, 0.45)},
        alarms=(
            ForecastEvent(
                source=f"{DEVICE}/SpindleTemperature", what="High", nothing_s=NEVER, proposed_s=250.0
            ),
        ),
        trips=trips,
        lives=((f"{DEVICE} tool_wear", ForecastPair(30.0, 12.0)),),
    )


TRIP = ForecastEvent(source=DEVICE, what="tool_wear", nothing_s=NEVER, proposed_s=420.0)


@pytest.fixture
def desk(make_window: MakeWindow, qtbot: QtBot) -> Iterator[tuple[WhatIfDesk, SetpointDialog, FakeLink]]:
    window, link = make_window()
    tag = _setpoint(window)
    made = WhatIfDesk(window.state, tag)
    dialog = SetpointDialog(_question(window.state, tag))
    qtbot.addWidget(dialog)
    made.attach(dialog)
    yield made, dialog, link
    made.deleteLater()


def _setpoint(window: MainWindow) -> TagInfo:
    return window.state.catalogue.tags_of(DEVICE, "Setpoints")[0]


def _type(dialog: SetpointDialog, link: FakeLink, qtbot: QtBot, text: str) -> int:
    """Type a value and wait until its question has been put; returns the question's id."""
    before = len([each for each in link.asked if each[0] == "what_if"])
    dialog.field.clear()
    QTest.keyClicks(dialog.field, text)
    qtbot.waitUntil(lambda: len([each for each in link.asked if each[0] == "what_if"]) > before)
    return link._reply


def _view(desk: WhatIfDesk) -> ForecastView:
    assert desk.view is not None
    return desk.view


def test_that_one_question_is_put_when_the_typing_pauses(
    desk: tuple[WhatIfDesk, SetpointDialog, FakeLink], qtbot: QtBot
) -> None:
    _, dialog, link = desk

    _type(dialog, link, qtbot, "2600")

    asked = [each for each in link.asked if each[0] == "what_if"]
    assert asked == [("what_if", DEVICE, "SpindleSpeedSetpoint", 2600.0, 10.0)]


def test_that_the_curve_that_changes_most_is_shown_with_figures_of_both_futures(
    desk: tuple[WhatIfDesk, SetpointDialog, FakeLink], qtbot: QtBot
) -> None:
    made, dialog, link = desk

    link.answer(_type(dialog, link, qtbot, "2600"), forecast())

    view = _view(made)
    assert view.curve.currentData() == "SpindleTemperature"
    rows = {row[0]: row[1:] for row in view.table.texts()}
    assert rows["Energy of the device"] == ("1.70 kWh", "2.04 kWh")
    assert rows["Remaining life (tool wear)"] == ("30 h", "▲ 12 h")
    assert rows["Alarms"] == ("none", "▲ Spindle temperature high in 4:10")
    assert rows["Trips"] == ("none", "none")
    assert dialog.write.isEnabled()


def test_that_a_predicted_trip_holds_the_value_back_until_there_is_a_reason(
    desk: tuple[WhatIfDesk, SetpointDialog, FakeLink], qtbot: QtBot
) -> None:
    made, dialog, link = desk

    link.answer(_type(dialog, link, qtbot, "2600"), forecast(TRIP))

    view = _view(made)
    assert "CNC-014 tool wear in 7:00" in view.warning.whole()
    assert not dialog.write.isEnabled()

    QTest.keyClicks(view.reason, "the order leaves at six")

    assert dialog.write.isEnabled()
    assert made.reason == "the order leaves at six"


def test_that_a_refused_prediction_says_why_and_keeps_nobody_from_writing(
    desk: tuple[WhatIfDesk, SetpointDialog, FakeLink], qtbot: QtBot
) -> None:
    made, dialog, link = desk

    link.answer(_type(dialog, link, qtbot, "2600"), error="Another what-if is being reckoned.")

    assert "Another what-if" in _view(made).chart._waiting
    assert dialog.write.isEnabled()


def test_that_an_answer_to_an_older_value_is_not_shown(
    desk: tuple[WhatIfDesk, SetpointDialog, FakeLink], qtbot: QtBot
) -> None:
    made, dialog, link = desk
    old = _type(dialog, link, qtbot, "2600")
    _type(dialog, link, qtbot, "2300")

    link.answer(old, forecast(TRIP))

    assert dialog.write.isEnabled()
    assert _view(made).table.texts() == ()


def test_that_a_trip_that_comes_anyway_and_no_sooner_needs_no_reason() -> None:
    anyway = ForecastEvent(source=DEVICE, what="tool_wear", nothing_s=300.0, proposed_s=420.0)
    sooner = ForecastEvent(source=DEVICE, what="tool_wear", nothing_s=420.0, proposed_s=300.0)

    assert new_trip(forecast(anyway)) is None
    assert new_trip(forecast(sooner)) == sooner
    assert [row.label for row in comparison(forecast(anyway), DEVICE)][-1] == "Trips"


def test_that_the_measurement_aimed_at_is_shown_last_and_other_devices_only_where_they_change(
    desk: tuple[WhatIfDesk, SetpointDialog, FakeLink], qtbot: QtBot
) -> None:
    made, dialog, link = desk
    found = forecast()
    times = found.times_s
    speed = ForecastCurve(
        tag=f"{DEVICE}/SpindleSpeed", nothing=np.full(61, 2400.0), proposed=np.full(61, 4900.0)
    )
    either_way = ForecastEvent(source="CNC-002/Power", what="High", nothing_s=9.0, proposed_s=9.0)
    new = ForecastEvent(source="CNC-003/Power", what="High", nothing_s=NEVER, proposed_s=99.0)
    answer = Forecast(
        times_s=times, curves=(speed, *found.curves), figures=found.figures, alarms=(either_way, new)
    )

    link.answer(_type(dialog, link, qtbot, "2600"), answer)

    view = _view(made)
    names = [view.curve.itemData(at) for at in range(view.curve.count())]
    assert (names[0], names[-1]) == ("SpindleTemperature", "SpindleSpeed")
    rows = {row[0]: row[1:] for row in view.table.texts()}
    assert rows["Alarms"] == ("none", "▲ CNC-003 power high in 1:39")
