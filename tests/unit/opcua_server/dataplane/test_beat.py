"""The pace of frames, found out by watching them."""

import pytest

from opcua_server.dataplane.beat import Beat


def watched(*gaps: float) -> Beat:
    beat, now = Beat(), 100.0
    beat.frame(now)
    for gap in gaps:
        now += gap
        beat.frame(now)
    return beat


def test_that_a_beat_is_known_after_some_frames() -> None:
    assert watched(0.1, 0.1).tick_s == 0.0
    assert watched(*[0.1] * 10).tick_s == pytest.approx(0.1)


def test_that_a_late_frame_and_an_extra_one_are_not_the_beat() -> None:
    assert watched(*[0.1] * 8, 5.0, 0.001, 0.1).tick_s == pytest.approx(0.1)


def test_that_another_pace_is_followed() -> None:
    assert watched(*[0.1] * 8, *[1.0] * 8).tick_s == pytest.approx(1.0)
