"""Limit alarms: levels, deadband, delays, quality, and limits that are moved."""

import pytest

from opcua_server.alarms import AlarmError, AlarmRefusal, AlarmState, LimitName, TransitionKind
from opcua_server.alarms.thresholds import LimitChange
from tests.unit.opcua_server.alarms.bench import BAD, Bench, normal_bench

KEY = "CNC-014/SpindleTemperature"  # high 68, high-high 78 °C, deadband 1.2 °C, on 2 s, off 5 s
PRESSURE = "CNC-014/GripperPressure"  # 4.0, 4.6, 8.0, 9.0 bar


def heated(value: float = 70.0) -> Bench:
    """Return a bench whose spindle has been at `value` for longer than the on-delay."""
    bench = normal_bench()
    bench.put("CNC-014", "SpindleTemperature", value)
    bench.run(3)
    return bench


def test_that_a_limit_alarm_waits_for_its_on_delay() -> None:
    bench = normal_bench()

    bench.put("CNC-014", "SpindleTemperature", 70.0)
    kinds = [[t.kind for t in bench.tick()] for _ in range(4)]

    assert kinds == [[], [], [TransitionKind.RAISED], []]


def test_that_a_short_excursion_raises_nothing() -> None:
    bench = normal_bench()

    for value in (70.0, 70.0, 60.0, 70.0, 70.0, 60.0):
        bench.put("CNC-014", "SpindleTemperature", value)
        assert bench.tick() == []


def test_that_a_value_at_the_limit_does_not_exceed_it() -> None:
    assert heated(68.0).listed() == set()
    assert heated(68.01).listed() == {KEY}


def test_that_a_limit_alarm_says_value_limit_and_level() -> None:
    record = heated(70.0).engine.record(KEY)

    assert record.message == "Spindle temperature 70.0 °C is above the high limit of 68.0 °C"
    assert (record.active_limit, record.priority, record.severity) == (LimitName.HIGH, 3, 500)


def test_that_it_stays_until_the_value_is_back_by_more_than_the_deadband() -> None:
    bench = heated()

    bench.put("CNC-014", "SpindleTemperature", 66.9)
    assert bench.run(10) == []
    bench.put("CNC-014", "SpindleTemperature", 66.8)
    kinds = [[t.kind for t in bench.tick()] for _ in range(6)]

    assert kinds == [[]] * 5 + [[TransitionKind.CLEARED]]


def test_that_a_further_limit_asks_for_acknowledgement_again() -> None:
    bench = heated()
    first = bench.engine.record(KEY)
    bench.engine.acknowledge(KEY, first.event_id, "seen", "local:ann", bench.now)

    bench.put("CNC-014", "SpindleTemperature", 80.0)
    (worse,) = bench.run(3)

    assert worse.kind is TransitionKind.ESCALATED
    assert worse.previous is AlarmState.ACTIVE_ACKED
    assert worse.record.state is AlarmState.ACTIVE_UNACKED
    assert (worse.record.active_limit, worse.record.priority) == (LimitName.HIGH_HIGH, 2)
    assert worse.record.occurrence == first.occurrence
    assert worse.record.active_since == first.active_since


def test_that_easing_to_the_nearer_limit_asks_for_nothing() -> None:
    bench = heated(80.0)
    bench.engine.acknowledge(KEY, bench.engine.record(KEY).event_id, "", "local:ann", bench.now)

    bench.put("CNC-014", "SpindleTemperature", 70.0)
    (eased,) = bench.run(6)

    assert (eased.kind, eased.record.state) == (TransitionKind.EASED, AlarmState.ACTIVE_ACKED)
    assert (eased.record.active_limit, eased.record.priority) == (LimitName.HIGH, 3)


def test_that_falling_through_to_the_other_side_asks_for_acknowledgement() -> None:
    bench = normal_bench()
    bench.put("CNC-014", "GripperPressure", 8.5)
    bench.run(3)
    bench.engine.acknowledge(PRESSURE, bench.engine.record(PRESSURE).event_id, "", "local:ann", bench.now)

    bench.put("CNC-014", "GripperPressure", 4.3)
    (fallen,) = bench.run(3)

    assert (fallen.kind, fallen.record.active_limit) == (TransitionKind.ESCALATED, LimitName.LOW)
    assert "leak" in fallen.record.text.cause


@pytest.mark.parametrize(("value", "status"), [(20.0, BAD), (float("nan"), 0)], ids=["Bad", "NaN"])
def test_that_a_value_one_cannot_trust_changes_nothing(value: float, status: int) -> None:
    bench = heated()

    bench.put("CNC-014", "SpindleTemperature", value, status)

    assert bench.run(30) == []
    assert bench.listed() == {KEY}


def test_that_an_uncertain_value_counts() -> None:
    bench = normal_bench()

    bench.put("CNC-014", "SpindleTemperature", 70.0, 0x40940000)
    bench.run(3)

    assert bench.listed() == {KEY}


def test_that_a_gap_in_the_values_neither_shortens_nor_restarts_the_delay() -> None:
    bench = normal_bench()
    bench.put("CNC-014", "SpindleTemperature", 70.0)
    bench.tick()

    bench.put("CNC-014", "SpindleTemperature", 70.0, BAD)
    assert bench.run(10) == []
    bench.put("CNC-014", "SpindleTemperature", 70.0)

    assert [t.kind for t in bench.tick()] == [TransitionKind.RAISED]


def test_that_a_moved_limit_counts_from_the_next_tick() -> None:
    bench = normal_bench()

    change = bench.engine.set_limit(KEY, "High", 39.0)
    bench.run(3)

    assert change == LimitChange(key=KEY, limit=LimitName.HIGH, old=68.0, new=39.0)
    assert bench.listed() == {KEY}
    assert bench.engine.record(KEY).definition.limits.hi == 39.0


@pytest.mark.parametrize(
    ("key", "limit", "value", "reason"),
    [
        (KEY, "High", 78.0, AlarmRefusal.LIMIT_ORDER),
        (KEY, "hihi", 68.0, AlarmRefusal.LIMIT_ORDER),
        (PRESSURE, "Low", 8.0, AlarmRefusal.LIMIT_ORDER),
        (KEY, "High", 120.1, AlarmRefusal.OUT_OF_RANGE),
        (KEY, "High", -0.1, AlarmRefusal.OUT_OF_RANGE),
        (KEY, "High", float("nan"), AlarmRefusal.NOT_A_NUMBER),
        (KEY, "High", float("inf"), AlarmRefusal.NOT_A_NUMBER),
        (KEY, "LowLow", 5.0, AlarmRefusal.LIMIT_UNKNOWN),
        (KEY, "Middle", 5.0, AlarmRefusal.LIMIT_UNKNOWN),
        ("CNC-014/Nothing", "High", 5.0, AlarmRefusal.CONDITION_UNKNOWN),
        ("GEN-001/OilLeak", "High", 5.0, AlarmRefusal.CONDITION_UNKNOWN),
    ],
)
def test_that_a_limit_that_makes_no_sense_is_refused(
    key: str, limit: str, value: float, reason: AlarmRefusal
) -> None:
    engine = normal_bench().engine
    before = engine.records()

    for attempt in (engine.check_limit, engine.set_limit):
        with pytest.raises(AlarmError) as caught:
            attempt(key, limit, value)
        assert caught.value.reason is reason

    assert engine.records() == before


def test_that_limits_come_back_together_whatever_their_order() -> None:
    engine = normal_bench().engine
    stored = [
        LimitChange(
            key=KEY, limit=LimitName.HIGH, old=68.0, new=85.0
        ),  # above the high-high limit of the definition
        LimitChange(key=KEY, limit=LimitName.HIGH_HIGH, old=78.0, new=95.0),
        LimitChange(key="CNC-099/Gone", limit=LimitName.HIGH, old=1.0, new=2.0),
    ]

    problems = engine.restore_limits(stored)

    assert dict(engine.record(KEY).definition.limits) == {"High": 85.0, "HighHigh": 95.0}
    assert problems == ("There is no alarm 'CNC-099/Gone'.",)
