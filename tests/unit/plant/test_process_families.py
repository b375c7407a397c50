"""Whether the physics of generators, pumps, vessels, cells and gateways can be believed."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from plant.entities import Family, Group
from plant.families import generator, process_machine, pump
from plant.laws.heater import TemperatureControl
from plant.laws.hydraulics import GRAVITY, WATER_KG_M3
from plant.machines import Machines
from plant.parsing import FAMILY_TAGS
from plant.twin.stillness import Stillness
from tests.unit.plant.small import small_engine, small_plant, value

pytestmark = pytest.mark.slow  # simulates hours: `make check` leaves it out

Array = NDArray[np.float64]
FAMILIES = (
    Family.GENERATOR,
    Family.PUMP,
    Family.PROCESS_MACHINE,
    Family.COMPONENT_CELL,
    Family.EDGE_GATEWAY,
)


@dataclass
class Rig:
    """One machine with steady work, without noise, wear or changing utilities."""

    machines: Machines
    family: Family

    def run(self, seconds: float, dt_s: float = 5.0) -> None:
        for _ in range(round(seconds / dt_s)):
            self.machines.time_s += dt_s
            self.machines.advance(dt_s)

    def wear(self, row: int, damage: float) -> None:
        self.machines.columns.damage[row] = damage
        self.machines._models[0].forget_damage()
        self.machines._models[0].degrade()

    def true(self) -> dict[str, float]:
        names = FAMILY_TAGS[self.family][Group.MEASUREMENTS]
        return dict(zip(names, self.machines.true.tolist(), strict=True))

    @property
    def stress(self) -> Array:
        model = self.machines._models[0]
        model.stress(self.machines._context)
        return model.block.stress[: len(model.faults), 0].copy()


def rig(family: Family, *, load: float = 0.6, setpoint: float | None = None) -> Rig:
    machines = Machines(list(small_plant(family).devices), Stillness())
    machines.make_nominal()
    utilities = machines.utilities
    utilities.ambient_degc, utilities.voltage_pu, utilities.vapour_hpa = 22.0, 1.0, 12.0
    utilities.water_degc, utilities.water_share, utilities.air_bar = 17.0, 1.0, 6.0
    machines.columns.load[:] = load
    if setpoint is not None:
        machines.columns.setpoint[:] = setpoint
    return Rig(machines, family)


# Energy


def test_that_the_heat_of_a_heated_space_balances() -> None:
    power_kw, rise_k, tau_s = 18.0, 110.0, 600.0
    per_k, capacity = power_kw / rise_k, power_kw / rise_k * tau_s
    space = TemperatureControl(np.array([40.0]), np.array([rise_k]), np.array([tau_s]))
    start = space.temperature_degc[0]
    taken = lost = 0.0
    for _ in range(3600):
        before = space.temperature_degc[0]
        duty = space.step(np.array([65.0]), np.ones(1), np.zeros(1), 22.0, 1.0, other_rise_k=5.0)
        taken += duty[0] * power_kw + 5.0 * per_k
        lost += (0.5 * (before + space.temperature_degc[0]) - 22.0) * per_k

    stored = capacity * (space.temperature_degc[0] - start)
    assert taken == pytest.approx(lost + stored, rel=0.01)
    assert stored > 0.05 * taken


def test_that_a_heater_on_less_voltage_warms_by_less() -> None:
    rises = []
    for share in (1.0, 0.5):
        space = TemperatureControl(np.array([40.0]), np.array([110.0]), np.array([600.0]))
        space.temperature_degc[:] = 22.0
        duty = space.step(np.array([70.0]), np.ones(1), np.zeros(1), 22.0, 60.0, power_share=share)
        assert duty[0] == 1.0
        rises.append(space.temperature_degc[0] - 22.0)
    assert rises[1] == pytest.approx(0.5 * rises[0])


def test_that_what_a_vessel_takes_goes_to_hall_and_water() -> None:
    vessel = rig(Family.PROCESS_MACHINE)
    vessel.run(4 * 3600.0)
    p = vessel.machines._models[0]._parameters
    per_k = float(p["heater_kw"][0] / p["heater_rise_k"][0])
    degc = vessel.true()["Temperature"]

    model = vessel.machines._models[0]
    assert isinstance(model, process_machine.ProcessMachine)
    heater = float(model._full_kw[0])
    stirred = float(vessel.machines.columns.shaft[0] * p["rated_kw"][0])
    assert degc == pytest.approx(65.0, abs=0.1)
    assert heater + stirred == pytest.approx((degc - 22.0) * per_k + model.water_kw, rel=0.01)
    assert model.water_kw == pytest.approx(0.25 * per_k * (degc - 17.0), rel=0.01)


def test_that_a_pump_gives_less_to_the_water_than_it_takes() -> None:
    for load in (0.3, 0.65, 0.9):
        at = rig(Family.PUMP, load=load)
        at.run(600.0)
        shown, c = at.true(), at.machines.columns
        head = shown["DischargePressure"] * 1e5 / (WATER_KG_M3 * GRAVITY)
        water_kw = WATER_KG_M3 * GRAVITY * shown["Flow"] / 3600.0 * head * 1e-3
        shaft_kw = float(c.shaft[0]) * 18.5
        assert 0.2 < water_kw / shaft_kw < 0.72
        assert shaft_kw < shown["Power"]


def test_that_a_generator_earns_the_energy_that_it_delivers() -> None:
    at = rig(Family.GENERATOR, setpoint=100.0)
    at.run(60.0, 0.5)
    before = at.true()["Revenue"]
    kwh = 0.0
    at.machines.columns.setpoint[:] = 200.0
    for _ in range(600):
        at.run(0.5, 0.5)
        kwh += at.true()["Power"] * 0.5 / 3600.0
    assert at.true()["Revenue"] - before == pytest.approx(0.12 * kwh, rel=0.01)


# Steady states and time constants


def settled_share(at: Rig, name: str, after_s: float, whole_s: float, dt_s: float) -> float:
    """Return which share of its way a measurement has gone this long after the rig was disturbed."""
    start = at.true()[name]
    at.run(after_s, dt_s)
    then = at.true()[name]
    at.run(whole_s, dt_s)
    return (then - start) / (at.true()[name] - start)


@pytest.mark.parametrize("dt_s", [0.5, 5.0])
def test_that_the_time_constants_of_vacuum_and_processor_can_be_read_off_a_step(dt_s: float) -> None:
    cell = rig(Family.COMPONENT_CELL)
    cell.run(600.0)
    cell.wear(3, 0.5)
    assert settled_share(cell, "VacuumPressure", 60.0, 900.0, dt_s) == pytest.approx(1 - np.exp(-1), rel=0.05)

    gateway = rig(Family.EDGE_GATEWAY)
    gateway.run(600.0)
    gateway.machines.utilities.ambient_degc = 32.0
    assert settled_share(gateway, "Temperature", 45.0, 600.0, dt_s) == pytest.approx(1 - np.exp(-1), rel=0.05)


def test_that_an_unheated_cell_cools_with_its_time_constant_to_the_hall_and_its_fan() -> None:
    cell = rig(Family.COMPONENT_CELL)
    cell.machines.columns.actuators[1] = 0.0  # the heater's contactor
    assert settled_share(cell, "Temperature", 1500.0, 15000.0, 5.0) == pytest.approx(1 - np.exp(-1), rel=0.05)
    fan_kw = float(cell.machines.columns.shaft[0]) * 1.1
    assert cell.true()["Temperature"] == pytest.approx(22.0 + 85.0 / 6.0 * fan_kw, rel=0.01)


def test_that_affinity_holds_where_nothing_but_friction_is_lifted() -> None:
    fast, slow = (rig(Family.PUMP, setpoint=rpm) for rpm in (2900.0, 1450.0))
    for each in (fast, slow):
        model = each.machines._models[0]
        model._parameters["static_head_m"][:] = 0.0
        each.machines.utilities.voltage_pu = 100.0  # no slip
        each.run(120.0)
    model_fast, model_slow = fast.machines._models[0], slow.machines._models[0]
    assert isinstance(model_fast, pump.Pump)
    assert isinstance(model_slow, pump.Pump)
    if model_fast._does_any:  # the faster one cavitates a little: leave that aside
        model_fast._shutoff_m[:] = model_slow._shutoff_m

    assert fast.true()["Flow"] == pytest.approx(2.0 * slow.true()["Flow"], rel=0.01)
    assert fast.true()["DischargePressure"] == pytest.approx(4.0 * slow.true()["DischargePressure"], rel=0.02)
    ratio = fast.machines.columns.shaft[0] / slow.machines.columns.shaft[0]
    assert ratio == pytest.approx(8.0, rel=0.02)


# Step length


@pytest.mark.parametrize("family", FAMILIES)
def test_that_the_course_does_not_depend_on_the_length_of_the_steps(family: Family) -> None:
    fine, coarse = rig(family), rig(family)
    for each in (fine, coarse):
        each.machines.columns.load[:] = 0.85
        each.machines.utilities.ambient_degc = 30.0
        each.wear(1, 0.3)
    for minutes in (2, 10):
        fine.run(60.0 * minutes, 0.1)
        coarse.run(60.0 * minutes, 10.0)
        for name, expected in fine.true().items():
            assert coarse.true()[name] == pytest.approx(expected, rel=0.02, abs=0.02), name


def test_that_thermal_states_remember_more_than_ten_ticks() -> None:
    engine = small_engine(*FAMILIES)
    names = [
        (tag.device, tag.definition.name, tag.index)
        for tag in engine.tags
        if tag.group == "Measurements" and tag.definition.unit == "degC"
    ]
    assert engine._machines is not None
    machines = engine._machines
    places = [machines.measurement_of[device, name] for device, name, _ in names]
    rows = []
    for _ in range(1200):
        engine.step(1.0)
        rows.append(machines.true[places].copy())

    x = np.array(rows) - np.mean(rows, axis=0)
    lag_10 = (x[10:] * x[:-10]).sum(axis=0) / (x * x).sum(axis=0)
    assert np.all(lag_10 > np.exp(-1.0)), dict(zip(names, lag_10.tolist(), strict=True))


# Couplings, each shown by a cut


def test_that_pressure_and_flow_warm_the_pump_s_housing(monkeypatch: pytest.MonkeyPatch) -> None:
    def rise() -> float:
        easy, hard = rig(Family.PUMP, setpoint=1500.0), rig(Family.PUMP, setpoint=3200.0)
        for each in (easy, hard):
            each.run(3 * 3600.0, 10.0)
        return hard.true()["BearingTemperature"] - easy.true()["BearingTemperature"]

    linked = rise()
    monkeypatch.setattr(pump, "_HEAT_INTO_HOUSING", 0.0)
    assert linked > rise() + 1.5


@pytest.mark.parametrize("family", FAMILIES)
def test_that_the_hall_warms_every_machine(family: Family) -> None:
    cool, warm = rig(family), rig(family)
    warm.machines.utilities.ambient_degc += 10.0
    for each in (cool, warm):
        each.run(4 * 3600.0, 10.0)
    held = {"Temperature"} if family in (Family.PROCESS_MACHINE, Family.COMPONENT_CELL) else set()
    for name, shown in warm.true().items():
        if "Temperature" in name and name not in held:
            assert shown > cool.true()[name] + (1.0 if name == "CoolantTemperature" else 8.0), name
    if held:  # the controller holds the temperature: less heat is asked for
        assert warm.true()["Power"] < cool.true()["Power"] - 0.3


@pytest.mark.parametrize("family", [Family.PUMP, Family.PROCESS_MACHINE, Family.COMPONENT_CELL])
def test_that_a_sag_raises_the_current_of_every_motor_and_weakens_heaters(family: Family) -> None:
    full, low = rig(family), rig(family)
    low.machines.utilities.voltage_pu = 0.85
    for each in (full, low):
        each.run(5.0)
    assert low.machines.columns.current_pu[0] > 1.1 * full.machines.columns.current_pu[0]
    if family is Family.PUMP:  # it slips
        assert low.true()["Flow"] < full.true()["Flow"]
    else:
        assert low.true()["Power"] < full.true()["Power"]


def test_that_lost_cooling_water_leaves_the_vessel_s_heat_in_it() -> None:
    with_water, without = rig(Family.PROCESS_MACHINE), rig(Family.PROCESS_MACHINE)
    without.machines.utilities.water_share = 0.0
    for each in (with_water, without):
        each.run(3 * 3600.0, 10.0)
    assert without.true()["Power"] < with_water.true()["Power"] - 1.0  # the jacket took as much
    assert without.machines._models[0].water_kw == 0.0


def test_that_temperature_makes_the_vessel_s_pressure() -> None:
    cool, hot = rig(Family.PROCESS_MACHINE, setpoint=45.0), rig(Family.PROCESS_MACHINE, setpoint=75.0)
    for each in (cool, hot):
        each.run(2 * 3600.0, 10.0)
    assert hot.true()["Pressure"] > cool.true()["Pressure"] + 8.0


def test_that_a_pump_cavitates_when_it_turns_too_fast_and_stops_when_it_turns_slower() -> None:
    at = rig(Family.PUMP, load=0.9)
    at.wear(0, 0.5)
    at.run(120.0)
    fast = at.true()["Vibration"]
    at.machines.columns.setpoint[:] = 2000.0
    at.run(120.0)
    model = at.machines._models[0]
    assert isinstance(model, pump.Pump)
    assert model._cavitates[0] == 0.0
    assert at.true()["Vibration"] < 0.6 * fast


def test_that_a_gateway_slows_down_when_it_is_hot_and_queues_when_it_is_slow() -> None:
    at = rig(Family.EDGE_GATEWAY, load=1.0)
    at.run(300.0)
    cool = at.true()
    at.wear(1, 1.0)
    at.machines.utilities.ambient_degc = 45.0
    at.run(900.0)
    hot = at.true()
    assert hot["Temperature"] > cool["Temperature"] + 30.0
    assert hot["ResponseTime"] > 1.3 * cool["ResponseTime"]


@pytest.mark.parametrize("family", [Family.PROCESS_MACHINE, Family.COMPONENT_CELL])
def test_that_an_emergency_stop_takes_the_heater_s_power_at_once(family: Family) -> None:
    engine = small_engine(family)
    device = engine.definition.devices[0].tag
    before = value(engine, device, "Power")

    engine.emergency_stop(device)
    for _ in range(9):
        engine.step(0.1)

    fan_kw = 1.5 if family is Family.COMPONENT_CELL else 0.0  # it goes on, and so does the vacuum
    assert before > 3.0
    assert value(engine, device, "Power") < fan_kw + 0.01


# Faults


@pytest.mark.parametrize("family", FAMILIES)
def test_that_every_mode_has_a_signature_of_its_own(family: Family) -> None:
    scale = np.array(
        [tag.normal_high - tag.normal_low for tag in small_plant(family).devices[0].measurements]
    )

    def signature(row: int | None) -> Array:
        at = rig(family)
        if row is not None:
            at.wear(row, 0.6)
        at.run(1800.0, 10.0)
        rows = []
        for _ in range(60):
            at.run(1.0, 1.0)
            rows.append(at.machines.true.copy())
        names = list(FAMILY_TAGS[family][Group.MEASUREMENTS])
        counted = np.array([name != "Revenue" for name in names])
        x = np.array(rows) / scale
        return np.concatenate([x.mean(axis=0) * counted, x.std(axis=0) * counted])

    model = rig(family).machines._models[0]
    assert len(model.faults) >= 3
    healthy = signature(None)
    shifts = [signature(row) - healthy for row in range(len(model.faults))]
    for shift, mode in zip(shifts, model.faults, strict=True):
        assert np.abs(shift).max() > 0.05, mode.name
    directions = np.array([shift / np.linalg.norm(shift) for shift in shifts])
    likeness = np.abs(directions @ directions.T) - np.eye(len(shifts))
    assert likeness.max() < 0.9, likeness.round(2)


HARDER = [
    (Family.GENERATOR, 230.0, 60.0, generator._WINDING),
    (Family.GENERATOR, 230.0, 60.0, generator._OIL_LEAK),
    (Family.PUMP, 3200.0, 2000.0, pump._CAVITATION),
    (Family.PUMP, 3200.0, 2000.0, pump._BEARING),
    (Family.PUMP, 3200.0, 2000.0, pump._RING),
    (Family.PUMP, 3200.0, 2000.0, pump._SEAL),
    (Family.PROCESS_MACHINE, 75.0, 45.0, process_machine._RELIEF),
    (Family.COMPONENT_CELL, 80.0, 60.0, 3),
    (Family.EDGE_GATEWAY, 400.0, 80.0, 0),
    (Family.EDGE_GATEWAY, 400.0, 80.0, 1),
]


@pytest.mark.parametrize(("family", "hard", "easy", "row"), HARDER)
def test_that_a_setpoint_changes_the_remaining_life(
    family: Family, hard: float, easy: float, row: int
) -> None:
    worked, spared = rig(family, setpoint=hard), rig(family, setpoint=easy)
    for each in (worked, spared):
        each.run(2 * 3600.0, 10.0)
    assert worked.stress[row] > 1.15 * spared.stress[row]


@pytest.mark.parametrize("family", FAMILIES)
def test_that_nominal_work_is_stress_one(family: Family) -> None:
    at = rig(family, load=0.62)
    at.run(3 * 3600.0, 10.0)
    assert at.stress == pytest.approx(1.0, rel=0.25)


def test_that_the_source_system_s_example_stands_out_by_vibration_alone() -> None:
    engine = small_engine(Family.COMPONENT_CELL, copies=6)
    names = ("Temperature", "Humidity", "SoundVolume", "Vibration")
    rows = []
    for _ in range(1200):
        engine.step(5.0)
        rows += [[value(engine, f"CELL-00{cell}", name) for name in names] for cell in range(1, 7)]
    healthy = np.array(rows)

    example = np.array([72.5, 40.0, 62.0, 5.3])
    low, high = healthy.min(axis=0), healthy.max(axis=0)
    assert np.all((low[:3] <= example[:3]) & (example[:3] <= high[:3]))
    assert example[3] > 1.5 * high[3]
