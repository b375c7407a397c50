"""Freshness under a clock of the test's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmi.link.freshness import BEAT_BOUND_S, BEAT_PERIOD_S, ON_TIME_S, TICK_S, Freshness, foreign_bound_s


def looks(freshness: Freshness, start_s: float, until_s: float, step_s: float = TICK_S) -> float | None:
    """Return when the feed was first judged stale, None if never."""
    for number in range(1, round((until_s - start_s) / step_s) + 1):
        now = start_s + number * step_s
        if freshness.look(now).is_stale:
            return now
    return None


def test_that_silence_is_seen_within_one_second() -> None:
    freshness = Freshness(BEAT_BOUND_S, 100.0)

    stale_at = looks(freshness, 100.0, 105.0)

    assert stale_at is not None
    assert BEAT_BOUND_S < stale_at - 100.0 <= 1.0


def test_that_a_beat_every_period_keeps_it_fresh() -> None:
    freshness, now = Freshness(BEAT_BOUND_S, 0.0), 0.0

    for _ in range(500):
        assert looks(freshness, now, now + BEAT_PERIOD_S) is None
        now += BEAT_PERIOD_S
        freshness.arrived(now)


@pytest.mark.parametrize("blocked_s", [1.5, 5.0, 30.0])
def test_that_a_late_loop_of_our_own_waits_before_it_judges(blocked_s: float) -> None:
    freshness = Freshness(BEAT_BOUND_S, 0.0)
    freshness.look(TICK_S)

    verdict = freshness.look(TICK_S + blocked_s)

    assert verdict.silent_s == pytest.approx(TICK_S + blocked_s)
    assert not verdict.is_stale


def test_that_a_dead_server_is_seen_also_when_every_look_is_late() -> None:
    freshness = Freshness(BEAT_BOUND_S, 0.0)

    stale_at = looks(freshness, 0.0, 60.0, step_s=0.3)

    assert stale_at == pytest.approx(0.3 * (BEAT_BOUND_S // ON_TIME_S + 1), abs=0.31)


@given(st.lists(st.floats(0.0, 0.8), min_size=1, max_size=50))
def test_that_gaps_below_the_bound_are_never_stale(gaps: list[float]) -> None:
    freshness, now = Freshness(BEAT_BOUND_S, 0.0), 0.0

    for gap in gaps:
        assert looks(freshness, now, now + gap) is None
        now += gap
        freshness.arrived(now)


def test_that_a_foreign_servers_bound_is_twice_its_promised_silence() -> None:
    assert foreign_bound_s(250.0, 4) == 2.0
    assert foreign_bound_s(500.0, 0) == 1.0
