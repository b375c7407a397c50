import numpy as np

from plant.laws.first_order import Lag
from plant.resting_lag import RestingLag


def test_that_a_resting_lag_goes_the_way_of_a_lag_and_then_rests() -> None:
    state, other, target = np.zeros(2), np.zeros(2), np.array([1.0, 0.3])
    resting, plain = RestingLag(1.5), Lag(1.5)

    moved = []
    for _ in range(200):
        moved.append(resting.is_moving(state, target, 1, 0.5))
        plain.advance(other, target, 0.5)

    assert np.array_equal(state, other)
    assert moved[0]
    assert not moved[-1]


def test_that_a_resting_lag_moves_again_after_a_move_another_step_or_a_waking() -> None:
    state, target = np.ones(1), np.ones(1)
    lag = RestingLag(1.5)
    assert lag.is_moving(state, target, 1, 0.5)
    assert not lag.is_moving(state, target, 1, 0.5)

    assert lag.is_moving(state, target, 1, 1.0)
    assert not lag.is_moving(state, target, 1, 1.0)
    lag.wake()
    assert lag.is_moving(state, target, 1, 1.0)
    assert not lag.is_moving(state, target, 1, 1.0)
    target[:] = 0.0
    assert lag.is_moving(state, target, 2, 1.0)
    assert state[0] < 0.6
