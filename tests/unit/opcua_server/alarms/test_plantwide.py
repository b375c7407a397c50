"""The emergency stop's one alarm, and the alarms about Andon itself."""

import pytest

from opcua_server.alarms import ESTOP_KEY, AlarmError, AlarmState, SystemAlarm, TransitionKind
from tests.unit.opcua_server.alarms.bench import Bench, normal_bench


def stop(bench: Bench, *devices: str, plant: bool = False) -> list[TransitionKind]:
    return [t.kind for t in bench.engine.set_estop(plant=plant, devices=devices, now=bench.now)]


def test_that_an_emergency_stop_is_one_p1_alarm_that_lists_its_devices() -> None:
    bench = normal_bench()

    (raised,) = bench.engine.set_estop(
        plant=True, devices=[f"CNC-{n:03}" for n in range(1, 9)], now=bench.now, not_controllable=["RIG-001"]
    )

    assert (raised.key, raised.record.priority) == (ESTOP_KEY, 1)
    assert raised.record.message == (
        "Emergency stop of the whole plant: CNC-001, CNC-002, CNC-003, CNC-004, CNC-005, CNC-006 and 2 more"
    )
    assert raised.record.evidence == (
        "Stopped: CNC-001, CNC-002, CNC-003, CNC-004, CNC-005, CNC-006, CNC-007, CNC-008",
        "Not controllable: RIG-001",
    )


def test_that_one_more_device_asks_for_acknowledgement_again_and_one_less_does_not() -> None:
    bench = normal_bench()
    stop(bench, "CNC-014")
    bench.engine.acknowledge(ESTOP_KEY, bench.engine.record(ESTOP_KEY).event_id, "", "local:ann", bench.now)

    assert stop(bench, "CNC-014") == []
    assert stop(bench, "CNC-014", "GEN-001") == [TransitionKind.ESCALATED]
    assert stop(bench, "GEN-001") == [TransitionKind.UPDATED]
    assert stop(bench, "GEN-001", plant=True) == [TransitionKind.ESCALATED]
    assert bench.engine.record(ESTOP_KEY).occurrence == 1


def test_that_it_is_active_while_any_latch_is_set() -> None:
    bench = normal_bench()
    stop(bench, "CNC-014", plant=True)

    assert stop(bench, "CNC-014") == [TransitionKind.UPDATED]
    assert bench.engine.record(ESTOP_KEY).message == "Emergency stop: CNC-014"
    assert stop(bench) == [TransitionKind.CLEARED]
    assert stop(bench) == []
    assert bench.engine.record(ESTOP_KEY).state is AlarmState.CLEARED_UNACKED


def test_that_a_plant_without_devices_that_could_stop_is_still_latched() -> None:
    bench = normal_bench()

    assert stop(bench, plant=True) == [TransitionKind.RAISED]
    assert bench.engine.record(ESTOP_KEY).message == "Emergency stop of the whole plant"


@pytest.mark.parametrize("key", list(SystemAlarm))
def test_that_every_system_alarm_is_raised_once_and_cleared_once(key: SystemAlarm) -> None:
    bench = normal_bench()
    engine = bench.engine

    kinds = [
        [t.kind for t in done]
        for done in (
            engine.raise_system(key, "The disk is full.", bench.now),
            engine.raise_system(key, "The disk is still full.", bench.now),
            engine.clear_system(key, bench.now),
            engine.clear_system(key, bench.now),
        )
    ]

    assert kinds == [[TransitionKind.RAISED], [], [TransitionKind.CLEARED], []]
    assert engine.record(key).message == "The disk is full."


def test_that_a_system_alarm_without_a_message_has_its_own() -> None:
    bench = normal_bench()

    (raised,) = bench.engine.raise_system(SystemAlarm.TICK_OVERRUN, "", bench.now)

    assert raised.record.message == "The server cannot keep up with the plant"


def test_that_only_system_alarms_are_raised_as_such() -> None:
    bench = normal_bench()

    with pytest.raises(AlarmError, match="is not a system alarm"):
        bench.engine.raise_system("GEN-001/OilLeak", "", bench.now)
