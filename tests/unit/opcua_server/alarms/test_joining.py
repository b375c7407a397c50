"""One annunciated alarm per device and cause."""

from dataclasses import replace

import pytest

from opcua_server.alarms import AlarmError, AlarmState, Priority, TransitionKind
from tests.unit.opcua_server.alarms.bench import Bench, normal_bench

PREDICTED = "CNC-014/FailurePredicted"
HOT = "CNC-014/SpindleTemperature"
LEAK = "GEN-001/OilLeak"
PROCESS = "PROC-001/ProcessOutOfLimits"
SENTENCE = "Bearing is failing (Vibration 3.1 mm/s)"


def heat(bench: Bench, value: float = 70.0, seconds: int = 3) -> list[TransitionKind]:
    bench.put("CNC-014", "SpindleTemperature", value)
    return [transition.kind for transition in bench.run(seconds)]


def test_that_a_prediction_on_a_quiet_device_is_an_alarm_of_its_own_class() -> None:
    bench = normal_bench()

    (raised,) = bench.detect(PREDICTED)

    assert raised.record.definition.predicted
    assert (raised.record.priority, raised.record.message) == (4, "Bearing is failing")
    assert raised.record.evidence == ("Vibration 3.1 mm/s",)


def test_that_a_prediction_on_a_device_in_alarm_joins_it_as_evidence() -> None:
    bench = normal_bench()
    heat(bench)

    (joined,) = bench.detect(PREDICTED)

    assert (joined.kind, joined.key) == (TransitionKind.EVIDENCE, HOT)
    assert joined.record.evidence == (SENTENCE,)
    assert bench.listed() == {HOT}


def test_that_evidence_is_told_once_however_often_the_detector_repeats_it() -> None:
    bench = normal_bench()
    heat(bench)
    bench.detect(PREDICTED)

    for percent in range(20):
        assert bench.detect(PREDICTED, message=f"Bearing is failing, {percent} %") == []


def test_that_evidence_in_other_words_is_not_told_again_when_its_alarm_gets_worse() -> None:
    bench = normal_bench()
    heat(bench)
    bench.detect(PREDICTED, message="Bearing is failing, 80 %")
    bench.detect(PREDICTED, message="Bearing is failing, 90 %")

    assert heat(bench, 80.0) == [TransitionKind.ESCALATED]


def test_that_evidence_leaves_an_acknowledged_alarm_acknowledged() -> None:
    bench = normal_bench()
    heat(bench)
    bench.engine.acknowledge(HOT, bench.engine.record(HOT).event_id, "", "local:ann", bench.now)

    (joined,) = bench.detect(PREDICTED)

    assert joined.record.state is AlarmState.ACTIVE_ACKED


def test_that_a_prediction_gives_way_to_the_process_alarm_that_it_foresaw() -> None:
    bench = normal_bench()
    bench.detect(PREDICTED)

    kinds = heat(bench)

    assert kinds == [TransitionKind.RAISED, TransitionKind.EVIDENCE, TransitionKind.JOINED]
    assert bench.listed() == {HOT}
    assert bench.engine.record(HOT).evidence == (SENTENCE,)


def test_that_a_prediction_that_still_holds_speaks_again_when_its_process_alarm_is_over() -> None:
    bench = normal_bench()
    heat(bench)
    bench.detect(PREDICTED)

    kinds = heat(bench, 40.0, seconds=6)

    assert kinds == [TransitionKind.CLEARED, TransitionKind.RAISED]
    assert bench.engine.record(PREDICTED).state.is_active


def test_that_a_prediction_that_is_over_does_not_speak_again() -> None:
    bench = normal_bench()
    heat(bench)
    bench.detect(PREDICTED)
    bench.detect(PREDICTED, active=False)
    bench.run(11)

    heat(bench, 40.0, seconds=6)

    assert bench.listed() == {HOT}


def test_that_a_prediction_of_another_device_stands_alone() -> None:
    bench = normal_bench()
    heat(bench)

    bench.detect("GEN-001/FailurePredicted")

    assert bench.listed() == {HOT, "GEN-001/FailurePredicted"}


def test_that_a_prediction_clears_after_its_off_delay_without_another_word() -> None:
    bench = normal_bench()
    bench.detect(PREDICTED)
    assert bench.detect(PREDICTED, active=False) == []

    kinds = [[t.kind for t in bench.tick()] for _ in range(10)]

    assert kinds == [[]] * 9 + [[TransitionKind.CLEARED]]


def test_that_a_prediction_that_falters_within_its_off_delay_stays() -> None:
    bench = normal_bench()
    bench.detect(PREDICTED)
    bench.detect(PREDICTED, active=False)
    bench.run(5)

    assert bench.detect(PREDICTED) == []
    assert bench.run(20) == []


def test_that_a_prediction_becomes_p3_when_the_limit_is_half_an_hour_away() -> None:
    bench = normal_bench()

    def predict(seconds: float) -> list[tuple[TransitionKind, int]]:
        found = bench.engine.detect(PREDICTED, True, "", (), bench.now, bench.mono_s, time_to_limit_s=seconds)
        return [(t.kind, t.record.priority) for t in found]

    assert predict(1800.0) == [(TransitionKind.RAISED, 4)]
    assert predict(1799.0) == [(TransitionKind.ESCALATED, 3)]
    assert predict(1900.0) == []


def test_that_a_limit_of_the_same_cause_joins_its_rule_when_it_is_no_more_urgent() -> None:
    bench = normal_bench()
    bench.put("GEN-001", "OilPressure", 1.5)

    kinds = [(t.kind, t.key) for t in bench.run(5)]

    assert kinds == [(TransitionKind.RAISED, LEAK), (TransitionKind.EVIDENCE, LEAK)]
    assert bench.engine.record(LEAK).evidence == ("Oil pressure 1.50 bar is below the low limit of 2.50 bar",)


def test_that_a_limit_more_urgent_than_its_rule_stands_beside_it() -> None:
    mild = [replace(d, priority=Priority.P3) if d.key == PROCESS else d for d in normal_bench().definitions]
    bench = Bench(mild)
    bench.put("PROC-001", "Temperature", 120.0)

    bench.run(5)

    assert bench.listed() == {PROCESS, "PROC-001/Temperature"}


def test_that_a_limit_of_another_cause_stands_beside_the_rule() -> None:
    bench = normal_bench()
    bench.put("GEN-001", "OilPressure", 1.5)
    bench.put("GEN-001", "Speed", 1700.0)

    bench.run(5)

    assert bench.listed() == {LEAK, "GEN-001/Speed"}


def test_that_a_limit_seen_before_its_rule_is_not_taken_back() -> None:
    bench = normal_bench()
    bench.put("GEN-001", "OilPressure", 2.2)
    bench.run(3)
    bench.put("GEN-001", "OilPressure", 1.5)

    bench.run(3)

    assert bench.listed() == {LEAK, "GEN-001/OilPressure"}


def test_that_a_joined_limit_speaks_again_when_only_it_is_left() -> None:
    bench = normal_bench()
    bench.put("GEN-001", "OilPressure", 1.5)
    bench.run(5)
    bench.engine.acknowledge(LEAK, bench.engine.record(LEAK).event_id, "", "local:ann", bench.now)

    bench.put("GEN-001", "OilPressure", 2.2)
    bench.run(6)

    assert bench.listed() == {"GEN-001/OilPressure"}


def test_that_a_limit_without_a_leader_of_its_cause_is_raised_on_the_same_tick_as_others() -> None:
    bench = normal_bench()
    bench.put("PROC-001", "Power", 45.0)
    bench.put("PROC-001", "Temperature", 120.0)

    bench.run(4)

    assert bench.listed() == {PROCESS, "PROC-001/Power"}


def test_that_only_detectors_detect() -> None:
    with pytest.raises(AlarmError, match="is not an alarm of a detector"):
        normal_bench().detect(LEAK)
