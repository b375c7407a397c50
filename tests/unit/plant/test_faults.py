from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from plant.definition import Family
from plant.engine import Engine, FaultKind, RunningState
from plant.errors import PlantError, Refusal
from plant.families.registry import MODELS
from plant.quality import StatusCode
from tests.unit.plant.small import FACTORY, first_of, run, small_engine, status, value

MODES = [(family, mode.name) for family, model in MODELS.items() for mode in model.faults]


def _one_device_per_mode() -> tuple[Engine, dict[tuple[Family, str], str]]:
    """Return a plant in which every machine fault has a device of its own."""
    devices, place = [], {}
    for number, (family, fault) in enumerate(MODES):
        model = first_of(family)
        tag = f"{model.tag[:-3]}{number:03}"
        devices.append(replace(model, tag=tag, running=True))
        place[family, fault] = tag
    return Engine(replace(FACTORY, devices=tuple(devices)), seed=1), place


def test_that_every_family_has_two_faults_that_grow() -> None:
    for model in MODELS.values():
        assert len(model.faults) >= 2
        assert all(mode.kind is FaultKind.MACHINE and mode.description for mode in model.faults)


@pytest.mark.slow
def test_that_every_machine_fault_ends_in_failure_and_stops_the_machine() -> None:
    engine, place = _one_device_per_mode()
    for (_, fault), device in place.items():
        engine.inject(device, fault, life_s=100.0)

    run(engine, 30.0)
    assert not engine.failed_devices
    run(engine, 420.0)

    for device in place.values():
        assert engine.has_failed(device)
        assert engine.running_state(device) in (RunningState.STOPPING, RunningState.STOPPED)
        with pytest.raises(PlantError, match="has failed and needs maintenance"):
            engine.start(device)
    for truth in engine.ground_truth():
        assert truth.damage == 1.0
        assert truth.failed_at_s is not None
        assert 30.0 < truth.failed_at_s < 450.0  # light work triples a life of 100 s, heavy work halves it


@pytest.mark.slow
def test_that_every_machine_fault_shows_in_a_measurement_before_it_fails() -> None:
    engine, place = _one_device_per_mode()
    healthy, _ = _one_device_per_mode()
    for (_, fault), device in place.items():
        engine.inject(device, fault, life_s=600.0, severity=0.99)
    run(engine, 2400.0, 10.0)
    run(healthy, 2400.0, 10.0)

    rows, healthy_rows = _watch(engine), _watch(healthy)

    shift = np.abs(rows.mean(axis=0) - healthy_rows.mean(axis=0))
    unrest = rows.std(axis=0) - healthy_rows.std(axis=0)
    for device in place.values():
        shown = [
            max(shift[tag.index], unrest[tag.index])
            / (tag.definition.normal_high - tag.definition.normal_low)
            for tag in engine.tags
            if tag.device == device and tag.group == "Measurements"
        ]
        assert max(shown) > 0.3, device


def _watch(engine: Engine) -> NDArray[np.float64]:
    rows = []
    for _ in range(60):
        engine.step(10.0)
        rows.append(engine.values.copy())
    return np.array(rows)


def test_that_an_oil_leak_takes_the_pressure_away_within_fifteen_seconds() -> None:
    engine = small_engine(Family.GENERATOR)
    engine.inject("GEN-001", "oil_leak", life_s=20.0)

    run(engine, 10.0, 0.1)
    early = value(engine, "GEN-001", "OilPressure")
    run(engine, 5.0, 0.1)

    assert early > 2.0
    assert value(engine, "GEN-001", "OilPressure") < 2.0
    assert value(engine, "GEN-001", "Speed") > 1400.0


def test_that_damage_waits_for_its_onset_and_for_running() -> None:
    engine = small_engine(Family.PUMP)
    engine.inject("PUMP-001", "cavitation", onset_s=30.0, life_s=50.0)

    run(engine, 29.0)
    assert engine.ground_truth()[0].damage == 0.0
    assert engine.fault_labels()[0].tolist() == [-1]
    run(engine, 10.0)
    worn = engine.ground_truth()[0].damage
    assert worn > 0.0
    assert engine.fault_names[engine.fault_labels()[0][0]] == "cavitation"

    engine.shutdown("PUMP-001")
    run(engine, 200.0)
    assert engine.ground_truth()[0].damage == pytest.approx(worn, abs=0.03)


def test_that_a_fault_of_part_severity_never_fails() -> None:
    engine = small_engine(Family.PUMP)
    engine.inject("PUMP-001", "cavitation", severity=0.6, life_s=20.0)

    run(engine, 120.0)

    assert engine.ground_truth()[0].damage == pytest.approx(0.6)
    assert not engine.has_failed("PUMP-001")


def test_that_maintenance_of_a_failed_machine_lets_it_start_again() -> None:
    engine = small_engine(Family.PUMP)
    engine.inject("PUMP-001", "bearing_wear", life_s=10.0)
    run(engine, 60.0)
    assert engine.has_failed("PUMP-001")

    engine.maintain("PUMP-001")
    engine.step(0.1)
    engine.start("PUMP-001")
    run(engine, 30.0)

    assert engine.running_state("PUMP-001") is RunningState.RUNNING
    assert engine.ground_truth() == ()
    assert value(engine, "PUMP-001", "Vibration") < 2.3


def test_that_clearing_faults_of_one_device_leaves_the_others() -> None:
    engine = small_engine(Family.PUMP, Family.CNC)
    engine.inject("PUMP-001", "cavitation", life_s=20.0)
    engine.inject("CNC-001", "tool_wear", life_s=20.0)
    run(engine, 10.0)

    engine.clear_faults("PUMP-001")

    assert [truth.device for truth in engine.ground_truth()] == ["CNC-001"]
    assert engine.ground_truth()[0].damage > 0.0
    engine.clear_faults()
    assert engine.ground_truth() == ()


def test_that_the_same_fault_injected_twice_is_one_fault() -> None:
    engine = small_engine(Family.PUMP)

    engine.inject("PUMP-001", "cavitation", life_s=20.0)
    engine.inject("PUMP-001", "cavitation", life_s=2000.0)

    assert len(engine.ground_truth()) == 1


REFUSED = [
    ("NOPE-001", "oil_leak", {}, Refusal.UNKNOWN_DEVICE),
    ("PUMP-001", "oil_leak", {}, Refusal.UNKNOWN_FAULT),
    ("PUMP-001", "sensor_stuck/Nope", {}, Refusal.UNKNOWN_TAG),
    ("PUMP-001", "cavitation", {"severity": 1.1}, Refusal.OUT_OF_RANGE),
    ("PUMP-001", "cavitation", {"severity": float("nan")}, Refusal.NOT_A_NUMBER),
    ("PUMP-001", "cavitation", {"life_s": 0.0}, Refusal.OUT_OF_RANGE),
    ("PUMP-001", "cavitation", {"onset_s": -1.0}, Refusal.OUT_OF_RANGE),
]


@pytest.mark.parametrize(("device", "fault", "numbers", "reason"), REFUSED)
def test_that_a_senseless_fault_is_refused(
    device: str, fault: str, numbers: dict[str, float], reason: Refusal
) -> None:
    engine = small_engine(Family.PUMP)
    run(engine, 5.0)

    with pytest.raises(PlantError) as refusal:
        engine.inject(
            device,
            fault,
            severity=numbers.get("severity", 1.0),
            onset_s=numbers.get("onset_s", 0.0),
            life_s=numbers.get("life_s"),
        )

    assert refusal.value.reason is reason
    assert engine.ground_truth() == ()


def test_that_a_silent_sensor_is_first_uncertain_and_then_bad() -> None:
    engine = small_engine(Family.PUMP)
    engine.step(0.1)
    last = value(engine, "PUMP-001", "Vibration")
    engine.inject("PUMP-001", "sensor_dropout/Vibration", life_s=10.0)

    engine.step(0.1)
    first = status(engine, "PUMP-001", "Vibration")
    run(engine, 6.0)
    later = status(engine, "PUMP-001", "Vibration")

    assert (first, later) == (StatusCode.UNCERTAIN_LAST_USABLE_VALUE, StatusCode.BAD_NO_COMMUNICATION)
    assert value(engine, "PUMP-001", "Vibration") == pytest.approx(last, rel=0.3)
    assert status(engine, "PUMP-001", "Flow") == StatusCode.GOOD
    run(engine, 6.0)
    assert status(engine, "PUMP-001", "Vibration") == StatusCode.GOOD  # it lasted life_s


def test_that_each_sensor_fault_has_its_own_status() -> None:
    engine = small_engine(Family.PUMP, copies=3)
    engine.inject("PUMP-001", "sensor_stuck")
    engine.inject("PUMP-002", "sensor_out_of_range/Flow")
    engine.inject("PUMP-003", "sensor_failure/Current")

    run(engine, 5.0)
    stuck = value(engine, "PUMP-001", "DischargePressure")
    run(engine, 30.0)

    assert value(engine, "PUMP-001", "DischargePressure") == stuck
    assert status(engine, "PUMP-001", "DischargePressure") == StatusCode.GOOD
    assert value(engine, "PUMP-002", "Flow") == 160.0
    assert status(engine, "PUMP-002", "Flow") == StatusCode.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED
    assert status(engine, "PUMP-003", "Current") == StatusCode.BAD_SENSOR_FAILURE
    kinds = {truth.fault: truth.failed_at_s for truth in engine.ground_truth()}
    assert kinds == {"sensor_stuck": None, "sensor_out_of_range": None, "sensor_failure": None}


def test_that_a_value_beyond_the_scale_is_held_at_its_end_and_marked() -> None:
    engine = small_engine(Family.PUMP)
    assert engine._machines is not None
    engine._machines.drives.vibration_mm_s[:] = 60.0

    run(engine, 5.0)

    assert value(engine, "PUMP-001", "Vibration") == 20.0
    assert status(engine, "PUMP-001", "Vibration") == StatusCode.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED


def test_that_an_offline_device_is_bad_all_over_and_comes_back() -> None:
    engine = small_engine(Family.PUMP, copies=2)
    run(engine, 3.0)
    beats = value(engine, "PUMP-001", "Heartbeat")
    engine.inject("PUMP-001", "offline", life_s=10.0)

    run(engine, 3.0)

    assert engine.running_state("PUMP-001") is RunningState.OFFLINE
    assert value(engine, "PUMP-001", "RunningState") == RunningState.OFFLINE
    assert status(engine, "PUMP-001", "Heartbeat") == StatusCode.BAD_NO_COMMUNICATION
    assert status(engine, "PUMP-001", "SpeedSetpoint") == StatusCode.BAD_NO_COMMUNICATION
    assert value(engine, "PUMP-001", "Heartbeat") == beats
    assert status(engine, "PUMP-002", "Heartbeat") == StatusCode.GOOD
    with pytest.raises(PlantError, match="is offline"):
        engine.write_setpoint("PUMP-001", "SpeedSetpoint", 2000.0)
    engine.emergency_stop("PUMP-001")  # hard-wired: reaches it all the same
    assert engine.actuators("PUMP-001") == engine.safe_state("PUMP-001")
    run(engine, 10.0)
    assert engine.running_state("PUMP-001") is RunningState.EMERGENCY_STOPPED
    assert status(engine, "PUMP-001", "Heartbeat") == StatusCode.GOOD
