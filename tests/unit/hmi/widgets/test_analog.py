"""Tests of the analog indicator: the pointer stands where the value is, and odd values are written."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hmi.theme.badges import Badge
from hmi.theme.numbers import number
from hmi.theme.tokens import LIGHT
from hmi.widgets.analog import AnalogIndicator, Scale, Shown

SCALE = Scale(low=0.0, high=100.0, normal_low=40.0, normal_high=60.0, limits=(("Hi 90", 90.0),))
ODD = (math.nan, math.inf, -math.inf, 1e308, -1e308, 0.0, 5e-324)


def pixels(widget: QWidget) -> NDArray[np.int64]:
    """Return a widget's picture as (height, width, blue-green-red)."""
    picture = widget.grab().toImage().convertToFormat(widget.grab().toImage().Format.Format_RGB32)
    flat = np.frombuffer(bytes(picture.constBits()), np.uint8)
    return flat.reshape(picture.height(), picture.bytesPerLine() // 4, 4)[:, : picture.width(), :3].astype(
        np.int64
    )


def rows_of(widget: QWidget, colour: str) -> NDArray[np.intp]:
    """Return the rows in which a colour occurs."""
    wanted = QColor(colour)
    same = (pixels(widget) == [wanted.blue(), wanted.green(), wanted.red()]).all(axis=2)
    return np.flatnonzero(same.any(axis=1))


@pytest.fixture(params=[False, True], ids=["small", "large"])
def indicator(request: pytest.FixtureRequest, themed: QApplication, qtbot: QtBot) -> AnalogIndicator:
    made = AnalogIndicator(large=request.param)
    qtbot.addWidget(made)
    made.resize(100, 180)
    made.set_face("Vibration", "mm/s", SCALE)
    return made


def test_that_the_pointer_moves_with_the_value(indicator: AnalogIndicator) -> None:
    heights = []
    for value in (10.0, 50.0, 90.0):
        indicator.show_value(Shown(value=value, text="5"))
        heights.append(float(rows_of(indicator, LIGHT.live).mean()))

    assert heights[0] > heights[1] + 20
    assert heights[1] > heights[2] + 20
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=2)


def test_that_a_setpoint_is_marked_only_where_there_is_one(indicator: AnalogIndicator) -> None:
    indicator.show_value(Shown(value=50.0, text="5"))
    without = rows_of(indicator, LIGHT.setpoint).size
    indicator.show_value(Shown(value=50.0, text="5", setpoint=70.0))

    assert without == 0
    assert rows_of(indicator, LIGHT.setpoint).size > 0


def test_that_a_bad_value_loses_its_colour_and_tells_why(indicator: AnalogIndicator) -> None:
    indicator.show_value(Shown(value=50.0, text="5", fault="sensor failed"))

    assert rows_of(indicator, LIGHT.live).size == 0
    assert indicator.toolTip() == "Vibration: sensor failed"
    assert "sensor failed" in indicator.accessibleDescription()


def _stripes(picture: NDArray[np.int64]) -> int:
    """Return how often the colour changes down the middle of the bar."""
    column = picture[30:110, picture.shape[1] // 2 + 3]
    return int((np.diff(column, axis=0) != 0).any(axis=1).sum())


def test_that_a_bad_value_is_hatched_and_never_alarm_coloured(indicator: AnalogIndicator) -> None:
    indicator.show_value(Shown(value=50.0, text="5"))
    calm = pixels(indicator)
    indicator.show_value(Shown(value=50.0, text="5", fault="last known"))
    hatched = pixels(indicator)

    assert _stripes(hatched) > _stripes(calm) + 10
    spread = hatched.max(axis=2) - hatched.min(axis=2)
    assert (spread > 60).mean() < 0.002


def test_that_an_alarm_frames_the_indicator_in_its_colour(indicator: AnalogIndicator) -> None:
    indicator.show_value(Shown(value=95.0, text="95", badge=Badge(1)))

    assert rows_of(indicator, LIGHT.p1).size > 100  # the frame runs over the whole height


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("setpoint", [math.nan, math.inf, 1e308])
def test_that_odd_values_are_drawn_without_harm(
    indicator: AnalogIndicator, value: float, setpoint: float
) -> None:
    indicator.show_value(Shown(value=value, text=number(value), setpoint=setpoint))

    assert pixels(indicator).std() > 0
    assert number(value) in indicator.accessibleDescription()


@pytest.mark.parametrize("value", ODD)
def test_that_odd_scales_are_drawn_without_harm(indicator: AnalogIndicator, value: float) -> None:
    indicator.set_face(
        "X", "", Scale(low=value, high=-value, normal_low=value, normal_high=value, limits=(("Hi", value),))
    )
    indicator.show_value(Shown(value=1.0, text="1"))

    assert pixels(indicator).std() > 0


def test_that_a_value_beyond_the_scale_is_held_at_its_end_and_marked(indicator: AnalogIndicator) -> None:
    indicator.show_value(Shown(value=100.0, text="100"))
    at_end = pixels(indicator)
    indicator.show_value(Shown(value=1e6, text="100"))

    assert (at_end != pixels(indicator)).any()


def test_that_mouse_and_keyboard_pick_an_indicator(indicator: AnalogIndicator, qtbot: QtBot) -> None:
    indicator.make_pickable()
    indicator.show()

    with qtbot.waitSignal(indicator.picked, timeout=500):
        QTest.mouseClick(indicator, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(indicator.picked, timeout=500):
        QTest.keyClick(indicator, Qt.Key.Key_Return)


@pytest.mark.parametrize("width", [34, 52, 80, 140])
def test_that_long_figures_shrink_before_they_are_cut(themed: QApplication, qtbot: QtBot, width: int) -> None:
    made = AnalogIndicator()
    qtbot.addWidget(made)
    made.resize(width, 130)
    made.set_face("Revenue", "€", SCALE)
    made.show_value(Shown(value=1.0, text="1\u2009234\u2009567.89"))

    assert pixels(made).std() > 0
