from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plant.definition import Family
from plant.engine import Engine, Latches, RunningState
from plant.errors import PlantError, Refusal
from tests.examples import examples
from tests.unit.plant.small import run, small_engine, small_plant, value

MACHINES = [family for family in Family if family is not Family.REPLAY]
SAFE = {
    "GEN-001": {"FuelValve": 0.0, "Breaker": 0.0, "LubricationPump": 1.0, "Excitation": 0.0},
    "ROBOT-001": {"AxisDrives": 0.0, "Brakes": 1.0, "GripperValve": 1.0},
    "PRESS-001": {"PumpMotor": 0.0, "VentValve": 1.0, "RamBlock": 1.0},
    "CELL-001": {"Fan": 1.0, "Heater": 0.0, "Humidifier": 0.0},
    "PROC-001": {"AgitatorDrive": 0.0, "Heater": 0.0, "VentValve": 1.0, "CoolingFan": 1.0},
}


def test_that_a_stop_reaches_every_actuator_without_a_step() -> None:
    engine = small_engine()

    for device in engine.definition.devices:
        assert engine.actuators(device.tag) != engine.safe_state(device.tag)
        engine.emergency_stop(device.tag)

        assert engine.actuators(device.tag) == engine.safe_state(device.tag)
        assert engine.running_state(device.tag) is RunningState.EMERGENCY_STOPPED
        assert value(engine, device.tag, "RunningState") == RunningState.EMERGENCY_STOPPED
        assert value(engine, device.tag, "Load") == 0.0
        assert engine.stop_category(device.tag) in (0, 1)
    for device_tag, outputs in SAFE.items():
        assert engine.safe_state(device_tag) == outputs


def test_that_a_stopped_plant_runs_down_by_physics() -> None:
    engine = small_engine()
    engine.emergency_stop_all()

    run(engine, 0.9, 0.1)  # instruments lag by tenths of a second
    assert value(engine, "GEN-001", "Power") < 0.1
    assert value(engine, "CNC-001", "Current") < 0.1
    assert value(engine, "GEN-001", "Speed") > 1200.0  # coasts
    run(engine, 1.0, 0.1)
    assert value(engine, "PRESS-001", "HydraulicPressure") < 10.0
    assert value(engine, "ROBOT-001", "GripperPressure") > 5.0  # holds its part
    run(engine, 120.0)
    assert value(engine, "GEN-001", "Speed") < 5.0
    assert value(engine, "CNC-001", "SpindleSpeed") == 0.0
    assert value(engine, "PROC-001", "Pressure") < 2.0


def test_that_the_plant_latch_names_what_it_stopped() -> None:
    engine = small_engine(Family.CNC, Family.PUMP)

    report = engine.emergency_stop_all()

    assert report.stopped == ("CNC-001", "PUMP-001")
    assert report.not_controllable == ()
    assert engine.emergency_stop_all() == report  # idempotent
    assert engine.latches == Latches(plant=True)


def test_that_the_two_latches_are_independent() -> None:
    engine = small_engine(Family.CNC, copies=2)
    engine.emergency_stop("CNC-001")
    engine.emergency_stop_all()

    engine.reset_emergency_stop_all()
    assert engine.latches == Latches(plant=False, devices=frozenset({"CNC-001"}))
    assert engine.running_state("CNC-001") is RunningState.EMERGENCY_STOPPED
    assert engine.running_state("CNC-002") is RunningState.STOPPED

    engine.emergency_stop_all()
    engine.reset_emergency_stop("CNC-001")
    assert engine.latches == Latches(plant=True)
    assert engine.running_state("CNC-001") is RunningState.EMERGENCY_STOPPED
    engine.reset_emergency_stop_all()
    run(engine, 30.0)
    assert engine.running_state("CNC-001") is RunningState.STOPPED


def test_that_a_latched_device_refuses_start_restart_and_setpoints() -> None:
    engine = small_engine(Family.GENERATOR)
    engine.emergency_stop("GEN-001")

    attempts: tuple[Callable[[], None], ...] = (
        lambda: engine.start("GEN-001"),
        lambda: engine.restart("GEN-001"),
        lambda: engine.write_setpoint("GEN-001", "LoadSetpoint", 100.0),
        lambda: engine.check_setpoint("GEN-001", "LoadSetpoint", 100.0),
    )
    for attempt in attempts:
        with pytest.raises(PlantError) as refusal:
            attempt()
        assert refusal.value.reason is Refusal.LATCHED


def test_that_a_stop_drops_what_was_waiting() -> None:
    engine = small_engine(Family.CNC)
    engine.shutdown("CNC-001")
    run(engine, 60.0)
    engine.start("CNC-001")
    engine.write_setpoint("CNC-001", "SpindleSpeedSetpoint", 5000.0)

    engine.emergency_stop("CNC-001")
    engine.reset_emergency_stop("CNC-001")
    run(engine, 30.0)

    assert engine.running_state("CNC-001") is RunningState.STOPPED
    assert value(engine, "CNC-001", "SpindleSpeedSetpoint") == 8000.0


def test_that_a_stop_forgets_a_restart_under_way() -> None:
    engine = small_engine(Family.CNC)
    engine.restart("CNC-001")
    engine.step(0.1)
    assert engine.running_state("CNC-001") is RunningState.STOPPING

    engine.emergency_stop("CNC-001")
    engine.reset_emergency_stop("CNC-001")
    run(engine, 60.0)

    assert engine.running_state("CNC-001") is RunningState.STOPPED


def test_that_restored_latches_hold_before_the_first_step() -> None:
    engine = small_engine(Family.CNC, copies=2)

    engine.restore_latches(Latches(plant=False, devices=frozenset({"CNC-001"})))

    assert engine.actuators("CNC-001") == engine.safe_state("CNC-001")
    assert value(engine, "CNC-001", "RunningState") == RunningState.EMERGENCY_STOPPED
    assert engine.running_state("CNC-002") is RunningState.RUNNING
    engine.step(0.1)
    with pytest.raises(PlantError, match="restore before the first step"):
        engine.restore_latches(Latches())


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "start",
                "restart",
                "shutdown",
                "setpoint",
                "maintain",
                "step",
                "step",
                "run",
                "stop",
                "stop_all",
                "reset",
                "reset_all",
                "fail",
                "crash",
            ]
        ),
        st.sampled_from(("CNC-001", "CELL-001")),
    ),
    max_size=25,
)
PLANT = small_plant(Family.CNC, Family.COMPONENT_CELL)
SETPOINT = {"CNC-001": ("SpindleSpeedSetpoint", 6000.0), "CELL-001": ("TemperatureSetpoint", 70.0)}
CNC = "CNC-001"
AT_REST = (RunningState.STOPPED, RunningState.EMERGENCY_STOPPED)


class _Model:
    """What ought to be: the latches, and who has leave to run."""

    def __init__(self) -> None:
        self.engine = Engine(PLANT)
        self.plant = False
        self.devices: set[str] = set()
        self.may_run = set(SETPOINT)

    def do(self, action: str, device: str) -> None:
        try:
            getattr(self, f"_{action}")(device)
        except PlantError:
            pass
        else:
            self._note(action, device)

    def check(self) -> None:
        assert self.engine.latches == Latches(self.plant, frozenset(self.devices))
        for device in SETPOINT:
            state = self.engine.running_state(device)
            if self.plant or device in self.devices:
                assert state is RunningState.EMERGENCY_STOPPED
                assert self.engine.actuators(device) == self.engine.safe_state(device)
            elif device not in self.may_run:
                assert state in (*AT_REST, RunningState.STOPPING)
            if state in AT_REST and not self._is_asked_to_start:
                self.may_run.discard(device)

    _is_asked_to_start = False

    def _note(self, action: str, device: str) -> None:
        if action in ("start", "restart"):
            self.may_run.add(device)
            self._is_asked_to_start = True
        elif action in ("step", "run", "crash"):
            self._is_asked_to_start = self._is_asked_to_start and action == "step"
        elif action == "stop":
            self.devices.add(device)
            self.may_run.discard(device)
        elif action == "stop_all":
            self.plant = True
            self.may_run.clear()
        elif action == "reset":
            self.devices.discard(device)
        elif action == "reset_all":
            self.plant = False

    def _start(self, device: str) -> None:
        self.engine.start(device)

    def _restart(self, device: str) -> None:
        self.engine.restart(device)

    def _shutdown(self, device: str) -> None:
        self.engine.shutdown(device)

    def _maintain(self, device: str) -> None:
        self.engine.maintain(device)

    def _setpoint(self, device: str) -> None:
        self.engine.write_setpoint(device, *SETPOINT[device])

    def _step(self, _: str) -> None:
        self.engine.step(0.1)

    def _run(self, _: str) -> None:
        for _step in range(12):
            self.engine.step(5.0)

    def _stop(self, device: str) -> None:
        self.engine.emergency_stop(device)

    def _stop_all(self, _: str) -> None:
        self.engine.emergency_stop_all()

    def _reset(self, device: str) -> None:
        self.engine.reset_emergency_stop(device)

    def _reset_all(self, _: str) -> None:
        self.engine.reset_emergency_stop_all()

    def _fail(self, device: str) -> None:
        fault: Any = self.engine.faults(Family.CNC if device == "CNC-001" else Family.COMPONENT_CELL)[0]
        self.engine.inject(device, fault.name, life_s=5.0)

    def _crash(self, _: str) -> None:
        """Kill the server and start it again: it knows the latches and who stood still."""
        latches = self.engine.latches
        resting = [device for device in SETPOINT if self.engine.running_state(device) in AT_REST]
        self.engine = Engine(PLANT)
        self.engine.restore_latches(latches)
        self.engine.hold_stopped(resting)


@pytest.mark.slow
@settings(max_examples=examples(30), deadline=None)
@given(ACTIONS)
@example(
    [
        ("shutdown", CNC),
        ("run", CNC),
        ("start", CNC),
        ("stop", CNC),
        ("reset", CNC),
        ("step", CNC),
        ("step", CNC),
    ]
)
@example([("restart", CNC), ("step", CNC), ("stop", CNC), ("reset", CNC), ("run", CNC), ("run", CNC)])
@example(
    [
        ("stop", CNC),
        ("stop_all", CNC),
        ("reset_all", CNC),
        ("start", CNC),
        ("step", CNC),
        ("crash", CNC),
        ("run", CNC),
    ]
)
def test_that_no_sequence_clears_a_latch_or_starts_a_machine_by_itself(
    actions: list[tuple[str, str]],
) -> None:
    model = _Model()

    for action, device in actions:
        model.do(action, device)
        model.check()
