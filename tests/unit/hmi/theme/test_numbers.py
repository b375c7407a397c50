"""Tests of how numbers and times are written."""

import math

import pytest

from hmi.theme.numbers import duration, number, span, with_unit
from hmi.theme.times import full_time, short_time, time_of_day

DAY_NS = 86_400 * 10**9


@pytest.mark.parametrize(
    ("value", "precision", "text"),
    [
        (1498.2, 0, "1\u2009498"),
        (-5.0, 1, "−5.0"),
        (-0.01, 1, "0.0"),
        (math.nan, 1, "not a number"),
        (math.inf, 1, "∞"),
        (-math.inf, 1, "−∞"),
        (1e308, 1, "1.0e308"),
        (-1e308, 1, "−1.0e308"),
        (0.2, 3, "0.200"),
    ],
)
def test_that_a_number_is_shown_as_what_it_is(value: float, precision: int, text: str) -> None:
    assert number(value, precision) == text


def test_that_an_unknown_value_carries_no_unit() -> None:
    assert with_unit(math.nan, 1, "bar") == "not a number"
    assert with_unit(1.62, 2, "bar") == "1.62 bar"


def test_that_a_range_says_what_is_known_of_it() -> None:
    assert span(500, 4000, 0, "rpm") == "500 to 4\u2009000 rpm"
    assert span(math.nan, 4.0, 1, "bar") == "up to 4.0 bar"
    assert span(math.nan, math.nan, 1) == "no range given"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.4 s"),
        (42, "42 s"),
        (265, "4:25"),
        (11100, "3 h 05 min"),
        (200000, "2 d 7 h"),
        (math.nan, "–"),
    ],
)
def test_that_a_duration_is_written_in_one_unit_and_a_half(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_that_a_time_of_another_day_carries_its_date() -> None:
    now = 20_000 * DAY_NS + 3600 * 10**9

    assert short_time(now, now) == "01:00:00"
    assert short_time(now - DAY_NS, now) == "03 Oct 01:00"
    assert time_of_day(0) == "–"
    assert full_time(now) == "2024-10-04 01:00:00"
