import pytest

from opcua_server.pace import Pace


class _Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(
    ("speed", "count", "dt_s"),
    [(0.1, 1, 0.01), (1.0, 1, 0.1), (10.0, 1, 1.0), (20.0, 2, 1.0), (100.0, 10, 1.0), (1000.0, 10, 10.0)],
)
def test_that_a_tick_is_divided_into_at_most_ten_steps_of_up_to_ten_seconds(
    speed: float, count: int, dt_s: float
) -> None:
    steps = list(Pace(speed, _Clock()).steps(0.1))

    assert steps == pytest.approx([dt_s] * count)


def test_that_a_slow_machine_leaves_steps_out_and_says_what_it_achieves() -> None:
    clock = _Clock()
    pace = Pace(1000.0, clock)

    for _ in range(60):
        begun_s = clock.now_s
        for _ in pace.steps(0.1):
            clock.now_s += 0.02  # what a step takes
        clock.now_s = max(clock.now_s, begun_s + 0.1)

    assert pace.speed == 1000.0
    assert pace.achieved == pytest.approx(300.0, rel=0.05)  # three steps of 10 s a tick


def test_that_even_a_step_too_slow_for_its_tick_is_taken() -> None:
    clock = _Clock()
    pace = Pace(1.0, clock)
    taken = 0
    for _ in pace.steps(0.1):
        clock.now_s += 5.0
        taken += 1
    assert taken == 1


def test_that_another_speed_is_measured_anew() -> None:
    clock = _Clock()
    pace = Pace(1.0, clock)
    clock.now_s = 4.0
    pace.set(2.0)
    assert (pace.speed, pace.achieved) == (2.0, 2.0)
    for _ in range(60):
        list(pace.steps(0.1))
        clock.now_s += 0.1
    assert pace.achieved == pytest.approx(2.0, rel=0.05)
