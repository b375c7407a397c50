"""Whether one thing drives the other, shown by cutting the link between them; and whether work shortens life."""

from collections.abc import Callable

import numpy as np
import pytest

from plant.definition import Family
from plant.engine import Engine
from plant.families import conveyor, press, robot_arm
from plant.laws import press_circuit
from plant.machines import Machines
from tests.unit.plant.small import run, small_engine, small_plant
from tests.unit.plant.test_credibility import FAMILIES, _machines, _run

pytestmark = pytest.mark.slow  # simulates hours: `make check` leaves it out


def _after_hours(family: Family, change: Callable[[Machines], None]) -> tuple[float, float, float]:
    """Return temperature, current and speed-dependent measurement 2 of a machine after three hours of steady work."""
    machines = _machines(family, load=0.8)
    change(machines)
    _run(machines, 3 * 3600.0, 10.0)
    c = machines.columns
    return float(c.inner_degc[0]), float(c.current_pu[0]), float(machines.true[2])


def _nothing(machines: Machines) -> None:
    """Leave the machines as they are."""


def _damage(row: int, damage: float) -> Callable[[Machines], None]:
    def change(machines: Machines) -> None:
        model = machines._models[0]
        model.block.damage[row] = damage
        machines._degrade(model)

    return change


def _setpoint(value: float) -> Callable[[Machines], None]:
    def change(machines: Machines) -> None:
        machines.columns.setpoint[:] = value

    return change


def test_that_pressure_heats_oil_through_leaks_and_throttling(monkeypatch: pytest.MonkeyPatch) -> None:
    gentle, hard = (_after_hours(Family.PRESS, _setpoint(bar))[0] for bar in (120.0, 220.0))
    monkeypatch.setattr(press, "_THROTTLED", 0.0)
    monkeypatch.setattr(press_circuit, "PUMP_LEAK", 0.0)
    monkeypatch.setattr(press_circuit, "SYSTEM_LEAK", 1e-9)
    cut_gentle, cut_hard = (_after_hours(Family.PRESS, _setpoint(bar))[0] for bar in (120.0, 220.0))

    assert hard - gentle > 8.0
    assert cut_hard - cut_gentle < 0.5 * (hard - gentle)  # what is left comes from the motor's own loss


def test_that_warm_oil_leaks_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def leak_a_little_in_a_hot_hall(machines: Machines) -> None:
        machines.utilities.ambient_degc = 35.0
        machines.utilities.water_share = 0.0
        machines.columns.load[:] = 0.3
        _damage(0, 0.2)(machines)

    with_link = _after_hours(Family.PRESS, leak_a_little_in_a_hot_hall)[0]
    monkeypatch.setattr(press, "viscosity_ratio", lambda degc, reference: np.ones_like(degc))

    assert with_link > _after_hours(Family.PRESS, leak_a_little_in_a_hot_hall)[0] + 1.0


@pytest.mark.parametrize(("family", "row"), [(Family.CNC, 0), (Family.DRILL, 2), (Family.ROBOT_ARM, 2)])
def test_that_wear_rubs_takes_current_and_heats(family: Family, row: int) -> None:
    def worn_without_rubbing(machines: Machines) -> None:
        _damage(row, 0.9)(machines)
        machines.columns.drag[:] = 0.0
        machines._turns.clear()

    healthy, worn = _after_hours(family, _nothing), _after_hours(family, _damage(row, 0.9))
    cut = _after_hours(family, worn_without_rubbing)

    assert worn[0] > healthy[0] + 8.0
    assert worn[1] > healthy[1] * 1.05
    assert cut[0] <= healthy[0] + 0.5
    assert cut[1] <= healthy[1] * 1.01


def test_that_cold_grease_rubs_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def chill(machines: Machines) -> None:
        machines.utilities.ambient_degc = 2.0

    warm, cold = (_after_hours(Family.ROBOT_ARM, each)[1] for each in (_nothing, chill))
    monkeypatch.setattr(robot_arm, "warm_friction", lambda degc: np.full_like(degc, 0.85))
    cut_warm, cut_cold = (_after_hours(Family.ROBOT_ARM, each)[1] for each in (_nothing, chill))

    assert cold > warm * 1.01
    assert cut_cold < cut_warm * 1.002


def test_that_slip_heats_the_drum(monkeypatch: pytest.MonkeyPatch) -> None:
    healthy, slipping = (_after_hours(Family.CONVEYOR, each) for each in (_nothing, _damage(0, 0.9)))
    monkeypatch.setattr(conveyor.Conveyor, "demand", _without_slip_heat(conveyor.Conveyor.demand))
    cut = _after_hours(Family.CONVEYOR, _damage(0, 0.9))

    assert slipping[2] < 0.9 * healthy[2]  # the belt falls behind
    assert slipping[0] > healthy[0] + 1.0
    assert cut[0] < healthy[0]


def _without_slip_heat(demand: Callable[..., None]) -> Callable[..., None]:
    def cut(self: conveyor.Conveyor, step: object) -> None:
        demand(self, step)
        self.block.friction[:] = 0.0

    return cut


@pytest.mark.parametrize("family", FAMILIES)
def test_that_the_hall_warms_every_machine(family: Family) -> None:
    def heat(machines: Machines) -> None:
        machines.utilities.ambient_degc = 32.0

    assert _after_hours(family, heat)[0] > _after_hours(family, _nothing)[0] + 4.0


@pytest.mark.parametrize("family", FAMILIES)
def test_that_a_supply_sag_raises_current_and_slip_loss(family: Family) -> None:
    machines = _machines(family)
    _run(machines, 60.0, 1.0)
    current, loss = float(machines.columns.current_pu[0]), float(machines.drives.losses[0])

    machines.utilities.voltage_pu = 0.85
    _run(machines, 1.0, 1.0)

    assert machines.columns.current_pu[0] > 1.1 * current
    assert machines.drives.losses[0] > 1.02 * loss


@pytest.mark.parametrize("family", [Family.CNC, Family.PRESS, Family.DRILL])
def test_that_lost_cooling_water_warms_what_it_cools(family: Family) -> None:
    def cut(machines: Machines) -> None:
        machines.utilities.water_share = 0.0

    assert _after_hours(family, cut)[0] > _after_hours(family, _nothing)[0] + 2.0


def test_that_lost_cooling_water_leaves_alone_what_it_does_not_cool() -> None:
    def cut(machines: Machines) -> None:
        machines.utilities.water_share = 0.0

    assert _after_hours(Family.CONVEYOR, cut) == _after_hours(Family.CONVEYOR, _nothing)


def test_that_less_air_slackens_the_belt_and_loosens_the_grip() -> None:
    def leak(machines: Machines) -> None:
        machines.utilities.air_bar = 4.0

    for family in (Family.ROBOT_ARM, Family.CONVEYOR):
        full, low = _machines(family), _machines(family)
        leak(low)
        _run(full, 10.0, 1.0)
        _run(low, 10.0, 1.0)
        assert low.true[1] == pytest.approx(full.true[1] * 4.0 / 6.0, rel=0.01)


SETPOINTS = [
    ("CNC-001", Family.CNC, "SpindleSpeedSetpoint", 6500.0, 10000.0, ("spindle_bearing_wear", "tool_wear")),
    ("ROBOT-001", Family.ROBOT_ARM, "SpeedOverride", 60.0, 100.0, ("gearbox_wear", "brake_drag")),
    ("PRESS-001", Family.PRESS, "PressureSetpoint", 140.0, 220.0, ("internal_leak", "pump_wear")),
    ("DRILL-001", Family.DRILL, "SpindleSpeedSetpoint", 1900.0, 3000.0, ("bit_wear", "spindle_bearing_wear")),
    ("CONV-001", Family.CONVEYOR, "BeltSpeedSetpoint", 0.7, 1.4, ("belt_slip", "idler_seizure")),
]


def _remaining(engine: Engine) -> dict[str, float]:
    return {truth.fault: truth.rul_s or 0.0 for truth in engine.wear_truth()}


@pytest.mark.parametrize(("device", "family", "setpoint", "low", "high", "modes"), SETPOINTS)
def test_that_harder_work_shortens_the_life_that_is_left_and_lighter_work_lengthens_it(
    device: str, family: Family, setpoint: str, low: float, high: float, modes: tuple[str, ...]
) -> None:
    lives = []
    for wish in (low, None, high):
        engine = small_engine(family)
        if wish is not None:
            engine.write_setpoint(device, setpoint, wish)
        run(engine, 2 * 3600.0, 10.0)
        lives.append(_remaining(engine))
    light, usual, hard = lives

    for mode in modes:
        assert light[mode] > 1.1 * usual[mode]
        assert hard[mode] < 0.9 * usual[mode]


def test_that_an_injected_fault_grows_faster_under_harder_work() -> None:
    damage = []
    for speed in (6000.0, 8000.0, 10000.0):
        engine = small_engine(Family.CNC)
        engine.write_setpoint("CNC-001", "SpindleSpeedSetpoint", speed)
        run(engine, 10.0)
        engine.inject("CNC-001", "tool_wear", life_s=7200.0)
        run(engine, 2400.0, 5.0)
        damage.append(engine.ground_truth()[0].progress)

    assert damage[0] < 0.6 * damage[1]
    assert damage[2] > 1.5 * damage[1]


def test_that_every_mode_of_a_family_has_a_law_of_its_own_name() -> None:
    machines = Machines(list(small_plant(*FAMILIES).devices), np.random.default_rng(1))
    for model in machines._models:
        assert len(model.faults) >= 3
        assert all(mode.law is not None and mode.law.source for mode in model.faults)
