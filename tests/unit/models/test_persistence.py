"""From a probability to a steady verdict."""

import itertools

import numpy as np

from models.persistence import Persistence


def run(probabilities: list[float], dt_s: float = 1.0) -> list[bool]:
    keeper = Persistence(1, 0.8)
    return [bool(keeper.update(np.array([p]), dt_s)[0]) for p in probabilities]


def test_that_a_single_noisy_tick_raises_nothing() -> None:
    assert not any(run([0.1] * 20 + [0.99] + [0.1] * 20))


def test_that_ten_seconds_over_the_limit_raise_whatever_the_tick() -> None:
    assert run([0.9] * 12).index(True) == 9
    assert run([0.9] * 12, dt_s=5.0).index(True) == 1


def test_that_a_probability_at_the_limit_does_not_chatter() -> None:
    verdicts = run([0.9] * 20 + [0.79, 0.81] * 100)

    assert sum(a != b for a, b in itertools.pairwise(verdicts)) == 1


def test_that_it_clears_after_a_minute_well_below_the_limit() -> None:
    verdicts = run([0.9] * 20 + [0.1] * 80)

    assert verdicts[20:].index(False) == 59


def test_that_a_probability_a_little_below_the_limit_keeps_it() -> None:
    assert all(run([0.9] * 20 + [0.6] * 200)[20:])


def test_that_an_unknown_probability_ends_it_at_once() -> None:
    assert run([0.9] * 20 + [float("nan")])[-2:] == [True, False]
