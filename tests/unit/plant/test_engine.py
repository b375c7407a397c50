import math

import numpy as np
import pytest

from plant.definition import Family
from plant.engine import Engine, RunningState
from plant.errors import PlantError, Refusal
from tests.unit.plant.small import FACTORY, column, run, small_engine, small_plant, value

PROCESS_RULE = {"Temperature": 80.0, "Vibration": 4.0, "Pressure": 90.0}
MACHINES = [family for family in Family if family is not Family.REPLAY]


def _history(seed: int) -> bytes:
    engine = small_engine(seed=seed)
    engine.inject("CNC-001", "tool_wear", life_s=20.0)
    engine.write_setpoint("PRESS-001", "PressureSetpoint", 150.0)
    run(engine, 10.0, 0.1)
    engine.emergency_stop("DRILL-001")
    rows = []
    for _ in range(50):
        engine.step(0.5)
        rows.append(engine.values.tobytes() + engine.status.tobytes())
    return b"".join(rows)


@pytest.mark.slow
def test_that_the_same_seed_gives_the_same_bytes() -> None:
    first = _history(4)

    assert _history(4) == first
    assert _history(5) != first


def test_that_columns_follow_the_devices_and_their_tags_in_order() -> None:
    engine = small_engine(Family.PUMP, Family.CNC)

    assert [tag.index for tag in engine.tags] == list(range(len(engine.values)))
    expected = [(device.tag, tag.name) for device in engine.definition.devices for tag in device.tags]
    assert [(tag.device, tag.definition.name) for tag in engine.tags] == expected
    assert engine.status.dtype == np.uint32
    assert value(engine, "CNC-001", "SpindleSpeed") == pytest.approx(8000.0, rel=0.01)
    assert value(engine, "PUMP-001", "Flow") == pytest.approx(80.0, abs=40.0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))])
def test_that_the_factory_left_alone_comes_near_no_limit_in_half_an_hour(seed: int) -> None:
    engine = Engine(FACTORY, seed=seed)
    lowest, highest = engine.values.copy(), engine.values.copy()

    for _ in range(600):
        engine.step(3.0)
        np.minimum(lowest, engine.values, out=lowest)
        np.maximum(highest, engine.values, out=highest)

    assert not engine.status.any()
    for tag in engine.tags:
        for name, limit in tag.definition.limits.items():
            if name in ("hi", "hihi"):
                halfway = (limit + tag.definition.normal_high) / 2.0
                assert highest[tag.index] < halfway, f"{tag.device} {tag.definition.name}"
            else:
                halfway = (limit + tag.definition.normal_low) / 2.0
                assert lowest[tag.index] > halfway, f"{tag.device} {tag.definition.name}"
    assert all(highest[column(engine, "PROC-001", name)] < limit for name, limit in PROCESS_RULE.items())
    assert lowest[column(engine, "GEN-001", "OilPressure")] > 4.0


@pytest.mark.slow
def test_that_values_of_running_machines_are_nearly_always_normal() -> None:
    engine = Engine(FACTORY, seed=2)
    running = {device.tag for device in FACTORY.devices if device.running}
    tags = [tag for tag in engine.tags if tag.group == "Measurements" and tag.device in running]
    columns = [tag.index for tag in tags]
    low = np.array([tag.definition.normal_low for tag in tags])
    high = np.array([tag.definition.normal_high for tag in tags])
    outside = np.zeros(len(tags))

    for _ in range(300):
        engine.step(2.0)
        outside += (engine.values[columns] < low) | (engine.values[columns] > high)

    assert outside.mean() / 300 < 0.002
    assert {device.tag for device in FACTORY.devices if not device.running} == {
        tag.device
        for tag in engine.tags
        if tag.definition.name == "RunningState" and not engine.values[tag.index]
    }


def test_that_temperatures_remember_and_do_not_jump() -> None:
    engine = small_engine(Family.CNC)
    history = []
    for _ in range(600):
        engine.step(1.0)
        history.append(value(engine, "CNC-001", "SpindleTemperature"))

    x = np.array(history) - np.mean(history)
    lag_10 = float((x[10:] * x[:-10]).sum() / (x * x).sum())
    assert lag_10 > 0.5


SETPOINTS = [
    ("CNC-001", "SpindleSpeedSetpoint", 5000.0, "SpindleSpeed", 5000.0),
    ("PRESS-001", "PressureSetpoint", 120.0, "HydraulicPressure", 118.0),
    ("CONV-001", "BeltSpeedSetpoint", 0.5, "BeltSpeed", 0.5),
    ("GEN-001", "LoadSetpoint", 100.0, "Power", 98.0),
    ("EDGE-001", "RequestLimit", 20.0, "NetworkTraffic", 3.6),
]


@pytest.mark.parametrize(("device", "setpoint", "wish", "name", "expected"), SETPOINTS)
def test_that_a_setpoint_moves_its_measurement(
    device: str, setpoint: str, wish: float, name: str, expected: float
) -> None:
    engine = small_engine()

    engine.write_setpoint(device, setpoint, wish)
    assert value(engine, device, setpoint) != wish  # not before the next step
    run(engine, 60.0)

    assert value(engine, device, setpoint) == wish
    assert value(engine, device, name) == pytest.approx(expected, rel=0.12)


FURTHER_SETPOINTS = [
    ("ROBOT-001", "SpeedOverride", 30.0, "Current", 60.0, 0.9),
    ("DRILL-001", "SpindleSpeedSetpoint", 1200.0, "Vibration", 60.0, 0.7),
    ("PUMP-001", "SpeedSetpoint", 2000.0, "DischargePressure", 60.0, 0.7),
    ("PROC-001", "TemperatureSetpoint", 45.0, "Temperature", 1200.0, 0.8),
    ("CELL-001", "TemperatureSetpoint", 50.0, "Temperature", 3600.0, 0.8),
]


@pytest.mark.slow
@pytest.mark.parametrize(("device", "setpoint", "wish", "name", "wait_s", "share"), FURTHER_SETPOINTS)
def test_that_a_lower_setpoint_lowers_what_follows_it(
    device: str, setpoint: str, wish: float, name: str, wait_s: float, share: float
) -> None:
    engine, untold = small_engine(), small_engine()  # the same work, as the seed is the same

    engine.write_setpoint(device, setpoint, wish)
    for each in (engine, untold):
        run(each, wait_s, min(10.0, wait_s / 60.0))

    assert value(engine, device, name) < share * value(untold, device, name)


REFUSED_SETPOINTS = [
    ("NOPE-001", "LoadSetpoint", 1.0, Refusal.UNKNOWN_DEVICE),
    ("GEN-001", "Nope", 1.0, Refusal.UNKNOWN_TAG),
    ("GEN-001", "OilPressure", 1.0, Refusal.READ_ONLY),
    ("GEN-001", "LoadSetpoint", 240.1, Refusal.OUT_OF_RANGE),
    ("GEN-001", "LoadSetpoint", -0.1, Refusal.OUT_OF_RANGE),
    ("GEN-001", "LoadSetpoint", math.nan, Refusal.NOT_A_NUMBER),
    ("GEN-001", "LoadSetpoint", math.inf, Refusal.NOT_A_NUMBER),
    ("GEN-001", "LoadSetpoint", "100", Refusal.NOT_A_NUMBER),
    ("GEN-001", "LoadSetpoint", True, Refusal.NOT_A_NUMBER),
]


def test_that_a_wrong_setpoint_is_refused_and_changes_nothing() -> None:
    engine, untouched = small_engine(Family.GENERATOR), small_engine(Family.GENERATOR)

    for device, name, wish, reason in REFUSED_SETPOINTS:
        for attempt in (engine.write_setpoint, engine.check_setpoint):
            with pytest.raises(PlantError) as refusal:
                attempt(device, name, wish)
            assert refusal.value.reason is reason
    engine.check_setpoint("GEN-001", "LoadSetpoint", 100.0)

    run(engine, 5.0)
    run(untouched, 5.0)
    assert engine.values.tobytes() == untouched.values.tobytes()


def test_that_pressure_heats_the_oil_of_a_press() -> None:
    gentle, hard = small_engine(Family.PRESS), small_engine(Family.PRESS)
    gentle.write_setpoint("PRESS-001", "PressureSetpoint", 100.0)
    hard.write_setpoint("PRESS-001", "PressureSetpoint", 220.0)

    run(gentle, 3600.0, 10.0)
    run(hard, 3600.0, 10.0)

    warmer = value(hard, "PRESS-001", "OilTemperature") - value(gentle, "PRESS-001", "OilTemperature")
    assert warmer > 8.0


def test_that_load_heats_the_winding_of_the_generator() -> None:
    light, heavy = small_engine(Family.GENERATOR), small_engine(Family.GENERATOR)
    light.write_setpoint("GEN-001", "LoadSetpoint", 60.0)
    heavy.write_setpoint("GEN-001", "LoadSetpoint", 240.0)

    run(light, 3600.0, 10.0)
    run(heavy, 3600.0, 10.0)

    assert (
        value(heavy, "GEN-001", "WindingTemperature") > value(light, "GEN-001", "WindingTemperature") + 15.0
    )


def test_that_a_supply_sag_raises_the_current_of_every_motor() -> None:
    engine, undisturbed = small_engine(), small_engine()
    assert engine._machines is not None
    engine._machines.utilities.sag(0.15, 5.0)

    run(engine, 1.0, 0.1)
    run(undisturbed, 1.0, 0.1)

    for device in ("CNC-001", "ROBOT-001", "PRESS-001", "DRILL-001", "CONV-001", "PUMP-001"):
        assert value(engine, device, "Current") > 1.08 * value(undisturbed, device, "Current")


@pytest.mark.slow
def test_that_a_warmer_hall_warms_every_machine() -> None:
    engine, cooler = small_engine(), small_engine()
    assert engine._machines is not None
    engine._machines.utilities.ambient_offset_k = 10.0

    run(engine, 7200.0, 20.0)
    run(cooler, 7200.0, 20.0)

    held = {("PROC-001", "Temperature"), ("CELL-001", "Temperature")}  # a controller holds these
    for tag in engine.tags:
        if (
            tag.definition.unit == "degC"
            and tag.group == "Measurements"
            and (tag.device, tag.definition.name) not in held
        ):
            warmer = engine.values[tag.index] - cooler.values[tag.index]
            assert warmer > (1.0 if tag.definition.name == "CoolantTemperature" else 5.0), tag.device


def test_that_a_load_step_dips_frequency_and_voltage_and_both_come_back() -> None:
    engine = small_engine(Family.GENERATOR)
    engine.write_setpoint("GEN-001", "LoadSetpoint", 60.0)
    run(engine, 60.0)

    engine.write_setpoint("GEN-001", "LoadSetpoint", 240.0)
    lowest_hz = lowest_v = 1e9
    for _ in range(50):
        engine.step(0.1)
        lowest_hz = min(lowest_hz, value(engine, "GEN-001", "Frequency"))
        lowest_v = min(lowest_v, value(engine, "GEN-001", "VoltageL1"))

    assert 45.0 < lowest_hz < 49.5  # ISO 8528-5 G2: at most 10 % of frequency and 20 % of voltage
    assert 0.8 * 231.0 < lowest_v < 0.98 * 231.0
    run(engine, 60.0)
    assert value(engine, "GEN-001", "Frequency") == pytest.approx(50.0, abs=0.2)
    assert value(engine, "GEN-001", "VoltageL1") == pytest.approx(231.0, abs=2.0)


def test_that_power_torque_and_revenue_of_the_generator_agree() -> None:
    engine = small_engine(Family.GENERATOR)
    engine.write_setpoint("GEN-001", "LoadSetpoint", 200.0)

    run(engine, 3600.0, 2.0)

    power = value(engine, "GEN-001", "Power")
    omega = value(engine, "GEN-001", "Speed") * 2.0 * math.pi / 60.0
    assert value(engine, "GEN-001", "Torque") * omega / 1000.0 == pytest.approx(
        power, rel=0.03
    )  # sensor noise
    assert value(engine, "GEN-001", "Revenue") == pytest.approx(200.0 * 0.12, rel=0.04)


@pytest.mark.parametrize("family", MACHINES)
def test_that_a_machine_stops_and_starts_through_its_sequence(family: Family) -> None:
    engine = small_engine(family)
    device = engine.definition.devices[0].tag
    starts = value(engine, device, "Starts")

    engine.shutdown(device)
    assert engine.running_state(device) is RunningState.RUNNING
    engine.step(0.1)
    assert engine.running_state(device) is RunningState.STOPPING
    run(engine, 120.0)
    assert engine.running_state(device) is RunningState.STOPPED

    engine.start(device)
    engine.step(0.1)
    assert engine.running_state(device) is RunningState.STARTING
    run(engine, 30.0)
    assert engine.running_state(device) is RunningState.RUNNING
    assert value(engine, device, "Starts") == starts + 1
    assert value(engine, device, "RunningState") == RunningState.RUNNING


def test_that_a_restart_stops_first_and_then_starts() -> None:
    engine = small_engine(Family.CNC)
    seen = []

    engine.restart("CNC-001")
    for _ in range(600):
        engine.step(0.1)
        seen.append(engine.running_state("CNC-001"))

    order = [state for state, before in zip(seen, [None, *seen], strict=False) if state is not before]
    assert order == [
        RunningState.STOPPING,
        RunningState.STOPPED,
        RunningState.STARTING,
        RunningState.RUNNING,
    ] or order == [RunningState.STOPPING, RunningState.STARTING, RunningState.RUNNING]


def test_that_commands_out_of_place_are_refused() -> None:
    engine = small_engine(Family.CNC)

    with pytest.raises(PlantError, match="CNC-001 is not stopped: it is running") as refusal:
        engine.start("CNC-001")
    assert refusal.value.reason is Refusal.INVALID_STATE
    with pytest.raises(PlantError, match="must be stopped for maintenance"):
        engine.maintain("CNC-001")
    engine.shutdown("CNC-001")
    run(engine, 60.0)
    with pytest.raises(PlantError, match="CNC-001 is not running: it is stopped"):
        engine.shutdown("CNC-001")


def test_that_maintenance_begins_a_new_interval() -> None:
    engine = small_engine(Family.PUMP)
    engine.shutdown("PUMP-001")
    run(engine, 60.0)
    assert value(engine, "PUMP-001", "RunHours") > 1.0

    engine.maintain("PUMP-001")
    engine.step(0.1)

    assert value(engine, "PUMP-001", "RunHours") == 0.0


def test_that_counters_count_what_happens() -> None:
    engine = small_engine(Family.CNC)
    hours, energy = value(engine, "CNC-001", "RunHours"), value(engine, "CNC-001", "Energy")

    run(engine, 1800.0, 2.0)

    assert value(engine, "CNC-001", "RunHours") == pytest.approx(hours + 0.5)
    assert 0.5 < value(engine, "CNC-001", "Energy") - energy < 6.0
    assert value(engine, "CNC-001", "Heartbeat") == 1800


def test_that_a_stopped_machine_tells_the_truth_with_good_quality() -> None:
    engine = small_engine(Family.DRILL)
    engine.shutdown("DRILL-001")

    run(engine, 60.0)

    assert not engine.status.any()
    for name in ("Vibration", "Current", "Power", "CoolantPressure", "Load"):
        assert value(engine, "DRILL-001", name) == 0.0


@pytest.mark.parametrize("dt_s", [0.0, -1.0, 61.0, math.nan])
def test_that_a_senseless_step_is_refused(dt_s: float) -> None:
    engine = Engine(small_plant(Family.CNC))
    with pytest.raises(ValueError, match="is outside"):
        engine.step(dt_s)


@pytest.mark.slow
def test_that_stopping_and_starting_everything_comes_to_no_limit() -> None:
    engine = small_engine()
    low = np.array([tag.definition.limits.get("lo", -np.inf) for tag in engine.tags])
    high = np.array([tag.definition.limits.get("hi", np.inf) for tag in engine.tags])
    for name, limit in PROCESS_RULE.items():
        high[column(engine, "PROC-001", name)] = limit
    oil, speed = column(engine, "GEN-001", "OilPressure"), column(engine, "GEN-001", "Speed")

    def watch(seconds: float, dt_s: float) -> None:
        for _ in range(round(seconds / dt_s)):
            engine.step(dt_s)
            wrong = np.flatnonzero((engine.values <= low) | (engine.values >= high))
            assert not [f"{engine.tags[i].device} {engine.tags[i].definition.name}" for i in wrong]
            assert not (engine.values[speed] > 500.0 and engine.values[oil] < 2.0)

    devices = [device.tag for device in engine.definition.devices]
    for device in devices:
        engine.shutdown(device)
    watch(40.0, 0.2)
    watch(1200.0, 20.0)
    for device in devices:
        engine.start(device)
    watch(20.0, 0.1)
    watch(5400.0, 20.0)
    engine.emergency_stop_all()
    watch(40.0, 0.2)
    engine.reset_emergency_stop_all()
    for device in devices:
        engine.start(device)
    watch(20.0, 0.1)
    watch(600.0, 10.0)
