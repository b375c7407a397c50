import numpy as np
import pytest

from plant.definition import Family
from plant.engine import Engine
from plant.laws.shifts import DAY_S, HOUR_S, ShiftCalendar
from tests.unit.plant.small import run, small_engine, value


def _calendar() -> ShiftCalendar:
    return ShiftCalendar(np.array([False, True]))


@pytest.mark.parametrize(
    ("hour", "works"),
    [
        (0.0, True),
        (4.2, False),
        (5.0, True),
        (8.0, False),
        (10.0, True),
        (15.9, True),
        (16.1, False),
        (23.9, False),
    ],
)
def test_that_two_shifts_work_with_breaks_and_a_handover(hour: float, works: bool) -> None:
    for day in range(5):
        assert _calendar().works(day * DAY_S + hour * HOUR_S).tolist() == [works, True]


def test_that_nobody_works_on_the_weekend_but_what_runs_through() -> None:
    for day in (5, 6):
        assert _calendar().works(day * DAY_S + HOUR_S).tolist() == [False, True]
    assert _calendar().works(7 * DAY_S + HOUR_S).tolist() == [True, True]


def test_that_a_change_of_shift_is_told_once() -> None:
    calendar = _calendar()

    told = [calendar.has_changed(60.0 * minute) for minute in range(24 * 60)]

    assert sum(told) == 7  # into and out of two breaks and a handover, and into the night


def test_that_a_machine_waits_through_its_break_and_then_works_again() -> None:
    engine = small_engine(Family.CNC, Family.PUMP)
    engine._machines.time_s = 3.9 * HOUR_S  # type: ignore[union-attr]

    run(engine, 600.0, 5.0)
    waiting = _loads(engine)
    run(engine, 1200.0, 10.0)
    working = _loads(engine)

    assert max(waiting) < 35.0  # the idle level with its ripple
    assert max(working) > 50.0


def _loads(engine: Engine) -> list[float]:
    loads = []
    for _ in range(100):
        engine.step(10.0)
        loads.append(value(engine, "CNC-001", "Load"))
    return loads
