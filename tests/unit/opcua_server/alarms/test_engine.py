"""Acknowledging, occurrences, and what a restart brings back."""

import json

import pytest

from opcua_server.alarms import (
    AlarmEngine,
    AlarmError,
    AlarmRefusal,
    AlarmSnapshot,
    AlarmState,
    TransitionKind,
)
from opcua_server.alarms.records import NO_EVENT_ID
from tests.unit.opcua_server.alarms.bench import Bench, normal_bench

LEAK = "GEN-001/OilLeak"


def leaking() -> Bench:
    """Return a bench whose generator leaks."""
    bench = normal_bench()
    bench.put("GEN-001", "OilPressure", 1.62)
    bench.tick()
    return bench


def heal(bench: Bench) -> None:
    bench.put("GEN-001", "OilPressure", 4.5)
    bench.run(6)


def refusal(bench: Bench, event_id: bytes, key: str = LEAK) -> AlarmRefusal:
    with pytest.raises(AlarmError) as caught:
        bench.engine.acknowledge(key, event_id, "", "local:ann", bench.now)
    return caught.value.reason


def test_that_acknowledging_notes_who_when_and_why() -> None:
    bench = leaking()

    done = bench.engine.acknowledge(
        LEAK, bench.engine.record(LEAK).event_id, "on my way", "local:ann", bench.now
    )

    assert (done.kind, done.user) == (TransitionKind.ACKNOWLEDGED, "local:ann")
    assert done.record.state is AlarmState.ACTIVE_ACKED
    assert (done.record.acknowledged_by, done.record.comment) == ("local:ann", "on my way")
    assert bench.engine.record(LEAK) == done.record


def test_that_every_transition_has_an_event_id_of_its_own() -> None:
    bench = leaking()
    raised = bench.engine.record(LEAK).event_id
    heal(bench)
    cleared = bench.engine.record(LEAK).event_id

    acknowledged = bench.engine.acknowledge(LEAK, cleared, "", "local:ann", bench.now).event_id

    assert len({raised, cleared, acknowledged, NO_EVENT_ID}) == 4
    assert all(len(event_id) == 16 for event_id in (raised, cleared, acknowledged))


def test_that_any_event_of_the_occurrence_acknowledges_it() -> None:
    bench = leaking()
    raised = bench.engine.record(LEAK).event_id
    heal(bench)

    done = bench.engine.acknowledge(LEAK, raised, "", "local:ann", bench.now)

    assert (done.previous, done.record.state) == (AlarmState.CLEARED_UNACKED, AlarmState.NORMAL)


def test_that_an_event_of_an_earlier_occurrence_is_unknown() -> None:
    bench = leaking()
    old = bench.engine.record(LEAK).event_id
    heal(bench)
    bench.put("GEN-001", "OilPressure", 1.0)
    bench.tick()

    assert bench.engine.record(LEAK).occurrence == 2
    assert refusal(bench, old) is AlarmRefusal.EVENT_ID_UNKNOWN


def test_that_an_acknowledged_event_does_not_acknowledge_what_came_after() -> None:
    bench = normal_bench()
    key = "CNC-014/SpindleTemperature"
    bench.put("CNC-014", "SpindleTemperature", 70.0)
    bench.run(3)
    seen = bench.engine.record(key).event_id
    bench.engine.acknowledge(key, seen, "", "local:ann", bench.now)
    bench.put("CNC-014", "SpindleTemperature", 80.0)
    bench.run(3)

    assert refusal(bench, seen, key) is AlarmRefusal.EVENT_ID_UNKNOWN


def test_that_acknowledging_twice_is_told_from_an_unknown_event() -> None:
    bench = leaking()
    event_id = bench.engine.record(LEAK).event_id
    bench.engine.acknowledge(LEAK, event_id, "", "local:ann", bench.now)

    assert refusal(bench, event_id) is AlarmRefusal.ALREADY_ACKNOWLEDGED
    assert refusal(bench, bytes(16)) is AlarmRefusal.EVENT_ID_UNKNOWN
    assert refusal(bench, b"") is AlarmRefusal.EVENT_ID_UNKNOWN
    assert refusal(bench, event_id, "GEN-001/Nothing") is AlarmRefusal.CONDITION_UNKNOWN
    heal(bench)
    assert refusal(bench, event_id) is AlarmRefusal.ALREADY_ACKNOWLEDGED


def test_that_an_alarm_that_was_never_raised_has_no_event() -> None:
    bench = normal_bench()

    assert refusal(bench, bench.engine.record(LEAK).event_id) is AlarmRefusal.EVENT_ID_UNKNOWN


def test_that_a_new_occurrence_forgets_who_saw_the_last_one() -> None:
    bench = leaking()
    bench.engine.acknowledge(LEAK, bench.engine.record(LEAK).event_id, "seen", "local:ann", bench.now)
    heal(bench)
    assert bench.listed() == set()

    bench.put("GEN-001", "OilPressure", 1.0)
    (raised,) = bench.tick()

    assert (raised.record.acknowledged_by, raised.record.comment, raised.record.occurrence) == ("", "", 2)
    assert raised.record.active_since == bench.now


def test_that_a_rule_stays_for_its_off_delay() -> None:
    bench = leaking()

    bench.put("GEN-001", "OilPressure", 4.5)
    kinds = [[t.kind for t in bench.tick()] for _ in range(6)]

    assert kinds == [[]] * 5 + [[TransitionKind.CLEARED]]


def _after_restart(bench: Bench) -> Bench:
    stored = [
        AlarmSnapshot.from_dict(json.loads(json.dumps(r.snapshot().to_dict())))
        for r in bench.engine.records()
    ]
    again = Bench(bench.definitions)
    assert again.engine.restore(stored) == ()
    again.values[:] = bench.values
    again.mono_s = bench.mono_s
    return again


def test_that_a_restart_brings_back_the_same_list_and_raises_nothing_twice() -> None:
    bench = leaking()
    bench.put("CNC-014", "SpindleTemperature", 80.0)
    bench.run(3)
    bench.detect("RIG-001/Novelty")
    bench.engine.set_estop(plant=False, devices=["CNC-014"], now=bench.now)
    bench.engine.raise_system("System/TickOverrun", "", bench.now)
    bench.engine.acknowledge(LEAK, bench.engine.record(LEAK).event_id, "seen", "local:ann", bench.now)

    again = _after_restart(bench)

    assert again.engine.records() == bench.engine.records()
    assert len(again.engine.retained()) == 5
    assert again.run(10) == []
    assert again.detect("RIG-001/Novelty") == []
    assert again.engine.set_estop(plant=False, devices=["CNC-014"], now=again.now) == []
    assert again.engine.raise_system("System/TickOverrun", "", again.now) == []


def test_that_an_event_id_stays_valid_over_a_restart() -> None:
    bench = leaking()
    event_id = bench.engine.record(LEAK).event_id

    again = _after_restart(bench)
    done = again.engine.acknowledge(LEAK, event_id, "", "local:ann", again.now)

    assert done.record.state is AlarmState.ACTIVE_ACKED


def test_that_a_restored_alarm_clears_when_its_cause_has_gone() -> None:
    again = _after_restart(leaking())

    heal(again)

    assert again.engine.record(LEAK).state is AlarmState.CLEARED_UNACKED


def test_that_a_restored_limit_alarm_clears_when_its_value_is_normal_again() -> None:
    bench = normal_bench()
    bench.put("CNC-014", "SpindleTemperature", 80.0)
    bench.run(3)
    again = _after_restart(bench)

    again.put("CNC-014", "SpindleTemperature", 40.0)
    (cleared,) = again.run(6)

    assert (cleared.key, cleared.kind) == ("CNC-014/SpindleTemperature", TransitionKind.CLEARED)


def test_that_a_restored_prediction_clears_when_its_detector_says_so() -> None:
    bench = normal_bench()
    bench.detect("CNC-014/FailurePredicted")
    again = _after_restart(bench)

    again.detect("CNC-014/FailurePredicted", active=False)
    (cleared,) = again.run(11)

    assert (cleared.key, cleared.kind) == ("CNC-014/FailurePredicted", TransitionKind.CLEARED)


def test_that_alarms_of_devices_that_are_gone_are_named() -> None:
    stored = [record.snapshot() for record in leaking().engine.records()]

    assert AlarmEngine([], {}).restore(stored[:2]) == (stored[0].key, stored[1].key)
