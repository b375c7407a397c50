"""What-if: a prediction is what then happens, and asking changes nothing."""

import math

import numpy as np
import pytest

from plant.definition import Family
from plant.engine import Engine
from plant.errors import PlantError, Refusal
from plant.what_if import Branch, Change, Question, WhatIf
from tests.unit.plant.small import column, run, small_engine

pytestmark = pytest.mark.slow  # simulates hours: `make check` leaves it out

FASTER = Change(device="CNC-001", setpoint="SpindleSpeedSetpoint", value=11_000.0)


def _ask(engine: Engine, *changes: Change, minutes: float = 5.0, **more: float) -> tuple[Branch, Branch]:
    question = Question(minutes=minutes, changes=changes, devices=("CNC-001",), points=30, **more)
    prediction = WhatIf(engine, question).run()
    return prediction.nothing, prediction.proposed


def _happened(engine: Engine, branch: Branch, step_s: float) -> np.ndarray:
    """Step on as the branch did and return the same tags at the same times."""
    columns = [tag.index for tag in engine.tags if tag.device == "CNC-001" and tag.group == "Measurements"]
    began, found = engine.time_s, []
    for at_s in branch.time_s:
        while engine.time_s - began < at_s - 1e-6:
            engine.step(step_s)
        found.append(engine.values[columns])
    return np.array(found).T


@pytest.mark.parametrize("step_s", [0.5, 2.0])
def test_that_what_was_predicted_for_doing_nothing_then_happens(step_s: float) -> None:
    engine = small_engine(seed=7)
    run(engine, 20.0)

    nothing, _ = _ask(engine, FASTER, step_s=step_s)

    assert np.array_equal(_happened(engine, nothing, step_s), nothing.tracks)


def test_that_what_was_predicted_for_a_setpoint_happens_when_it_is_written() -> None:
    engine = small_engine(seed=7)
    run(engine, 20.0)

    nothing, proposed = _ask(engine, FASTER, step_s=1.0)
    engine.write_setpoint(FASTER.device, FASTER.setpoint, FASTER.value)

    assert np.array_equal(_happened(engine, proposed, 1.0), proposed.tracks)
    assert not np.array_equal(nothing.tracks, proposed.tracks)


def test_that_asking_leaves_the_plant_as_it_was() -> None:
    engine, never_asked = small_engine(seed=8), small_engine(seed=8)
    run(engine, 10.0)
    run(never_asked, 10.0)
    before = engine.values.tobytes()

    _ask(engine, FASTER)

    assert engine.values.tobytes() == before
    for _ in range(40):
        engine.step(1.0)
        never_asked.step(1.0)
        assert engine.values.tobytes() == never_asked.values.tobytes()


def test_that_a_limit_that_only_the_change_crosses_is_predicted_for_the_change_alone() -> None:
    engine = small_engine(seed=9)
    run(engine, 60.0)
    speed = column(engine, "CNC-001", "SpindleSpeed")
    question = Question(minutes=3.0, changes=(FASTER,), step_s=1.0)

    found = WhatIf(engine, question, limits={speed: {"hi": 9_500.0, "hihi": 10_500.0, "lolo": 10.0}}).run()

    assert found.nothing.crossings == ()
    assert [(c.tag, c.limit, c.bound) for c in found.proposed.crossings] == [
        ("SpindleSpeed", "hi", 9_500.0),
        ("SpindleSpeed", "hihi", 10_500.0),
    ]
    assert 0.0 < found.proposed.crossings[0].at_s < found.proposed.crossings[1].at_s < 60.0
    assert found.proposed.crossings[0].value > 9_500.0


def test_that_a_machine_that_will_fail_is_a_predicted_trip_with_its_cause() -> None:
    engine = small_engine(seed=10)
    run(engine, 10.0)
    engine.inject("CNC-001", "tool_wear", life_s=120.0)
    run(engine, 1.0)

    nothing, _ = _ask(engine, minutes=20.0)

    trip = next(trip for trip in nothing.trips if trip.device == "CNC-001")
    assert trip.cause == "tool_wear"
    assert 30.0 < trip.at_s < 600.0


def test_that_the_predicted_energy_is_what_the_counters_then_say() -> None:
    engine = small_engine(seed=11)
    run(engine, 30.0)

    nothing, proposed = _ask(engine, FASTER, step_s=1.0)
    counter = column(engine, "CNC-001", "Energy")
    place = [device.tag for device in engine.definition.devices].index("CNC-001")
    before = float(engine.values[counter])
    run(engine, 300.0)

    assert nothing.energy_kwh[place] == float(engine.values[counter]) - before
    assert proposed.energy_kwh[place] > nothing.energy_kwh[place]
    consumers = [i for i, each in enumerate(engine.definition.devices) if each.family is not Family.GENERATOR]
    mean_kw = float(np.mean(nothing.power_kw))
    assert mean_kw == pytest.approx(nothing.energy_kwh[consumers].sum() * 12.0, rel=1e-6)  # 5 minutes


def test_that_an_injected_life_is_what_is_left_of_it() -> None:
    engine = small_engine(seed=12)
    run(engine, 10.0)
    engine.inject("CNC-001", "tool_wear", life_s=36_000.0)

    nothing, _ = _ask(engine, minutes=10.0)
    lives = {(life.device, life.fault): life.rul_h for life in nothing.lives}

    assert 1.0 < lives["CNC-001", "tool_wear"] < 40.0  # ten hours at nominal work
    assert lives["CNC-001", "spindle_bearing_wear"] > 100.0  # it wears in its ordinary way
    assert all(left > 0.0 for left in lives.values())


def test_that_a_machine_at_rest_does_not_wear() -> None:
    engine = small_engine(seed=13)
    engine.shutdown("CNC-001")
    run(engine, 600.0)

    nothing, _ = _ask(engine)

    assert all(math.isinf(life.rul_h) for life in nothing.lives if life.device == "CNC-001")


def test_that_without_changes_there_is_one_course() -> None:
    engine = small_engine(seed=14)

    found = WhatIf(engine, Question(minutes=1.0)).run()

    assert found.proposed is found.nothing
    assert found.tags == ()


@pytest.mark.parametrize(
    ("question", "reason", "says"),
    [
        (Question(minutes=0.0), Refusal.OUT_OF_RANGE, "Minutes: 0 is outside 0.01 to 240"),
        (Question(minutes=math.nan), Refusal.OUT_OF_RANGE, "Minutes"),
        (Question(minutes=241.0), Refusal.OUT_OF_RANGE, "Minutes: 241"),
        (Question(minutes=1.0, points=0), Refusal.OUT_OF_RANGE, "Points: 0"),
        (Question(minutes=1.0, points=601), Refusal.OUT_OF_RANGE, "Points: 601"),
        (Question(minutes=1.0, step_s=0.0), Refusal.OUT_OF_RANGE, "Step: 0"),
        (Question(minutes=1.0, devices=("CNC-999",)), Refusal.UNKNOWN_DEVICE, "there is no device CNC-999"),
        (
            Question(minutes=1.0, changes=(Change(device="CNC-001", setpoint="Warp", value=1.0),)),
            Refusal.UNKNOWN_TAG,
            "CNC-001 has no tag Warp",
        ),
        (
            Question(
                minutes=1.0,
                changes=(Change(device="CNC-001", setpoint="SpindleSpeedSetpoint", value=12_001.0),),
            ),
            Refusal.OUT_OF_RANGE,
            "12001 is outside 500 to 12000",
        ),
    ],
)
def test_that_a_question_out_of_bounds_is_refused(question: Question, reason: Refusal, says: str) -> None:
    with pytest.raises(PlantError, match=says) as refused:
        WhatIf(small_engine(Family.CNC), question)
    assert refused.value.reason is reason


def test_that_more_values_than_fit_are_refused() -> None:
    engine = small_engine(copies=8)
    every = tuple(device.tag for device in engine.definition.devices)
    with pytest.raises(PlantError, match="ask for fewer"):
        WhatIf(engine, Question(minutes=1.0, devices=every, points=600))


@pytest.mark.parametrize(("minutes", "steps"), [(1.0, 60), (10.0, 300), (30.0, 300), (240.0, 1440)])
def test_that_a_longer_look_ahead_takes_longer_steps(minutes: float, steps: int) -> None:
    engine = small_engine(Family.CNC)
    calls = 0

    def breathe() -> None:
        nonlocal calls
        calls += 1

    found = WhatIf(engine, Question(minutes=minutes, points=20)).run(breathe)

    assert calls == steps
    assert len(found.nothing.time_s) == 20
    assert found.nothing.time_s[-1] == pytest.approx(minutes * 60.0)


@pytest.mark.parametrize(
    ("device", "setpoint", "eased", "driven", "mode"),
    [
        ("CNC-001", "SpindleSpeedSetpoint", 5_000.0, 11_000.0, "spindle_bearing_wear"),
        ("CNC-001", "SpindleSpeedSetpoint", 5_000.0, 11_000.0, "tool_wear"),
        ("PUMP-001", "SpeedSetpoint", 2_400.0, 3_200.0, "bearing_wear"),
    ],
)
def test_that_a_setpoint_changes_the_life_that_is_left(
    device: str, setpoint: str, eased: float, driven: float, mode: str
) -> None:
    engine = small_engine(seed=15)
    run(engine, 60.0)

    left = {}
    for value in (eased, driven):
        change = Change(device=device, setpoint=setpoint, value=value)
        found = WhatIf(engine, Question(minutes=20.0, changes=(change,))).run()
        left[value], now = (
            next(life.rul_h for life in branch.lives if (life.device, life.fault) == (device, mode))
            for branch in (found.proposed, found.nothing)
        )

    assert left[driven] < 0.95 * now
    assert left[eased] > 1.05 * now
