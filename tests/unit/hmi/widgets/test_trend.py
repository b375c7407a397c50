"""Tests of the trend: peaks survive, odd values leave gaps, the newest value is at the edge."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hmi.theme.badges import Badge
from hmi.widgets.decimate import drawable, extent, to_pixels
from hmi.widgets.time_axis import TimeAxis, ValueAxis
from hmi.widgets.trend import Trend, TrendPen

NOW_S = 1_795_000_000.0


def _pen(key: int = 1, **changes: object) -> TrendPen:
    given: dict[str, object] = {"key": key, "label": f"Pen {key}", "unit": "bar", "low": 0.0, "high": 10.0}
    return TrendPen(**(given | changes))  # type: ignore[arg-type]


@pytest.fixture
def trend(themed: QApplication, qtbot: QtBot) -> Trend:
    made = Trend()
    qtbot.addWidget(made)
    made.resize(600, 260)
    made.show()
    return made


def _feed(trend: Trend, key: int = 1, values: object = None) -> None:
    times = NOW_S - np.arange(300.0)[::-1]
    trend.set_data(
        key, times, np.asarray(values if values is not None else np.sin(times / 9) + 4, float), "4.0"
    )
    trend.set_now(NOW_S)


def test_that_thinning_keeps_every_peak() -> None:
    times = np.arange(100_000.0)
    values = np.zeros(100_000)
    values[54_321], values[77_777] = 9.0, -9.0

    thin_times, thin = to_pixels(times, values, 600)

    assert thin.size <= 1400
    assert (thin.max(), thin.min()) == (9.0, -9.0)
    assert thin_times[thin.argmax()] == 54_321.0
    assert (np.diff(thin_times) >= 0).all()


def test_that_few_points_are_not_thinned() -> None:
    times = np.arange(50.0)

    assert to_pixels(times, times, 600)[0] is times


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, 1e308, -1e308])
def test_that_what_cannot_be_drawn_is_a_gap(odd: float) -> None:
    values = drawable(np.array([1.0, odd, 3.0]))

    assert np.isnan(values).tolist() == [False, True, False]
    assert extent(values) == (1.0, 3.0)


def test_that_there_is_no_extent_without_values() -> None:
    assert extent(np.array([math.nan])) is None


@pytest.mark.parametrize("odd", [math.nan, math.inf, 1e308])
def test_that_odd_values_leave_the_plots_scale_alone(trend: Trend, odd: float) -> None:
    trend.set_pens((_pen(),))
    values = np.full(300, 4.0)
    values[100:120] = odd
    _feed(trend, values=values)

    low, high = trend._view.viewRange()[1]

    assert 0 < low < 4.0 < high < 10


def test_that_a_plot_of_nothing_but_odd_values_is_drawn(trend: Trend) -> None:
    trend.set_pens((_pen(normal_low=math.nan, limits=(("Hi", math.inf),)),))
    _feed(trend, values=np.full(300, 1e308))

    assert not trend.grab().isNull()


def test_that_the_right_edge_is_now_until_the_operator_pans(trend: Trend, qtbot: QtBot) -> None:
    trend.set_pens((_pen(),))
    _feed(trend)
    followed = trend._view.viewRange()[0][1]

    with qtbot.waitSignal(trend.panned, timeout=500):
        trend._view.sigRangeChangedManually.emit([True, True])
    trend.set_now(NOW_S + 100)
    held = trend._view.viewRange()[0][1]
    trend.set_follow(True)

    assert (followed, held) == (NOW_S, NOW_S)
    assert trend._view.viewRange()[0] == [NOW_S + 100 - 600, NOW_S + 100]


def test_that_band_and_near_limits_are_in_sight(trend: Trend) -> None:
    trend.set_pens((_pen(normal_low=3.0, normal_high=6.0, limits=(("LoLo 2.0", 2.0), ("far", 500.0))),))
    _feed(trend)

    low, high = trend._view.viewRange()[1]

    assert low < 2.0
    assert 6.0 < high < 10.0


def test_that_pens_of_several_units_share_a_percent_scale(trend: Trend) -> None:
    trend.set_pens((_pen(1), _pen(2, unit="°C", low=0.0, high=200.0)))
    _feed(trend, 1, np.full(300, 5.0))
    _feed(trend, 2, np.full(300, 100.0))

    last = [curve.items[0].getData()[1][-1] for curve in trend._curves.values()]

    assert trend.is_percent()
    assert last == [50.0, 50.0]


def test_that_a_pen_is_drawn_twice_one_pixel_apart(trend: Trend) -> None:
    trend.set_pens((_pen(),))
    _feed(trend)
    first, second = next(iter(trend._curves.values())).items

    apart = (
        trend._view.mapViewToScene(QPointF(0, 0)).y()
        - trend._view.mapViewToScene(QPointF(0, second.pos().y())).y()
    )

    assert first.opts["pen"].width() == 1
    assert apart == pytest.approx(1.0, abs=0.05)


def test_that_no_more_than_eight_pens_are_drawn(trend: Trend) -> None:
    trend.set_pens(tuple(_pen(i) for i in range(11)))

    assert len(trend._curves) == 8


def test_that_a_pen_that_stays_keeps_its_curve(trend: Trend) -> None:
    trend.set_pens((_pen(1),))
    _feed(trend, 1)
    trend.set_pens((_pen(1), _pen(2)))

    assert trend._curves[1].times.size == 300


def test_that_the_number_stands_where_the_curve_ends(trend: Trend) -> None:
    trend.set_pens((_pen(),))
    _feed(trend, values=np.linspace(0, 9, 300))

    (mark,) = trend._gutter._marks

    assert mark.y == pytest.approx(trend._view.mapViewToScene(QPointF(NOW_S, 9.0)).y(), abs=1.0)


def test_that_a_stale_trend_is_hatched(trend: Trend) -> None:
    trend.set_pens((_pen(),))
    _feed(trend)
    trend.set_marker(NOW_S - 30, Badge(1), "09:51:42")
    before = trend.grab().toImage()
    trend.set_fault("last known")

    assert trend.grab().toImage() != before
    assert trend._gutter._marks[0].faded


def test_that_the_time_axis_labels_are_times_of_day(themed: QApplication) -> None:
    axis = TimeAxis()
    (step, _), *_ = axis.tickSpacing(NOW_S - 600, NOW_S, 600)

    assert step == 120.0  # ten minutes over 600 px, a label every 90 px or more
    assert axis.tickStrings([NOW_S], 1.0, 60.0) == ["11:06"]
    assert axis.tickStrings([NOW_S, -5.0, 1e12], 1.0, 10.0) == ["11:06:40", "", ""]


@pytest.mark.parametrize(
    ("low", "high", "height", "step"),
    [(0.0, 100.0, 500.0, 10.0), (88.0, 92.0, 40.0, 5.0), (0.0, 1.0, 200.0, 0.2)],
)
def test_that_figures_of_the_value_axis_never_touch(
    themed: QApplication, low: float, high: float, height: float, step: float
) -> None:
    axis = ValueAxis()

    ((found, _),) = axis.tickSpacing(low, high, height)

    assert found == pytest.approx(step)
