"""Whether the physics of the motor-driven families can be believed: energy, steady state, time constants, step length."""

import numpy as np
import pytest
from numpy.typing import NDArray

from plant.definition import Family
from plant.laws import motor
from plant.laws.thermal import TwoNodeThermal
from plant.machines import Machines
from tests.unit.plant.small import small_plant

pytestmark = pytest.mark.slow  # simulates hours: `make check` leaves it out

Array = NDArray[np.float64]
FAMILIES = (Family.CNC, Family.ROBOT_ARM, Family.PRESS, Family.DRILL, Family.CONVEYOR)


def _machines(*families: Family, load: float = 0.6) -> Machines:
    """Return machines at their operating point, with steady work and quiet utilities."""
    machines = Machines(list(small_plant(*families).devices), np.random.default_rng(3))
    machines.utilities.ambient_degc = 22.0
    machines.utilities.voltage_pu = 1.0
    machines.utilities.water_degc = 18.0
    machines.utilities.water_share = 1.0
    machines.utilities.air_bar = 6.0
    machines.columns.load[:] = load
    return machines


def _run(machines: Machines, seconds: float, dt_s: float) -> None:
    for _ in range(round(seconds / dt_s)):
        machines.time_s += dt_s
        machines.advance(dt_s)


@pytest.mark.parametrize("damage", [0.0, 0.7])
def test_that_energy_in_is_work_heat_given_away_and_heat_stored(damage: float) -> None:
    machines = _machines(*FAMILIES)
    c, drives = machines.columns, machines.drives
    for model in machines._models:
        model.block.damage[:] = damage
        machines._degrade(model)
    c.load[:] = 0.9
    heat_kw = motor.RATED_LOSS * drives.rated_kw
    stored = drives.nodes.stored(c.inner_degc, c.outer_degc) * heat_kw
    taken, worked, given = np.zeros(c.n), np.zeros(c.n), np.zeros(c.n)

    for _ in range(3600):
        before = c.outer_degc.copy()
        _run(machines, 1.0, 1.0)
        taken += c.power_kw
        worked += (c.shaft - c.friction) * drives.rated_kw
        given += drives.nodes.given(0.5 * (before + c.outer_degc), drives.sink_degc) * heat_kw

    stored = drives.nodes.stored(c.inner_degc, c.outer_degc) * heat_kw - stored
    assert worked + given + stored == pytest.approx(taken, rel=0.01)
    assert np.all(stored > 0.01 * taken)  # the balance is not one of a steady state alone


def test_that_an_idle_drive_settles_at_its_surroundings_plus_the_fixed_loss() -> None:
    machines = _machines(Family.CNC, Family.DRILL, load=0.0)
    c, drives = machines.columns, machines.drives

    _run(machines, 8 * 3600.0, 10.0)

    idle = c.speed * 0.08
    current = (0.04 + idle + 0.05 * idle**2) / (motor.power_factor(idle) * (1.09 / 0.9277))
    copper = 0.05 * current**2 * (1.0 + 0.00393 * (c.inner_degc - 20.0)) / (1.0 + 0.00393 * 60.0)
    loss = (0.04 * c.speed + copper) / 0.09
    rise = loss * (drives.nodes.inner_k + drives.nodes.outer_k)
    surroundings = 22.0 - 4.0 * np.array([0.35, 0.2])  # the share that cooling water of 18 degC takes
    natural = 0.03 * rise  # a plant begins with a little wear
    assert np.all(np.abs(c.inner_degc - surroundings - rise) < natural)
    assert np.all(rise > 5.0)


@pytest.mark.parametrize("dt_s", [1.0, 10.0])
def test_that_both_time_constants_can_be_read_off_a_step(dt_s: float) -> None:
    nodes = TwoNodeThermal(np.array([150.0]), np.array([1500.0]), np.array([12.0]), np.array([17.0]))
    inner, outer = np.zeros(1), np.zeros(1)
    rows = []
    for _ in range(round(12000.0 / dt_s)):
        nodes.step(inner, outer, np.array([1.0]), np.zeros(1), dt_s)
        rows.append((inner[0], outer[0]))
    left = 29.0 - np.array(rows)[:, 0]
    time_s = dt_s * np.arange(1, len(left) + 1)

    late = (time_s > 3000.0) & (time_s < 6000.0)
    slope, offset = np.polyfit(time_s[late], np.log(left[late]), 1)
    quick = left - np.exp(offset + slope * time_s)
    early = time_s < 300.0
    quick_slope = np.polyfit(time_s[early], np.log(quick[early]), 1)[0]

    fast, slow = nodes.time_constants_s()
    assert -1.0 / slope == pytest.approx(slow[0], rel=0.05)
    assert -1.0 / quick_slope == pytest.approx(fast[0], rel=0.05)
    assert slow[0] == pytest.approx(1500.0, rel=0.15)  # the body's own, lengthened by what the winding holds


def test_that_worse_cooling_lengthens_the_slow_time_constant_and_raises_the_rise() -> None:
    nodes = TwoNodeThermal(np.array([150.0]), np.array([1500.0]), np.array([12.0]), np.array([17.0]))
    slow = nodes.time_constants_s()[1][0]
    inner, outer = np.zeros(1), np.zeros(1)

    nodes.cool(np.array([0.4]))
    for _ in range(8000):
        nodes.step(inner, outer, np.array([1.0]), np.zeros(1), 10.0)

    assert nodes.time_constants_s()[1][0] > 2.0 * slow
    assert outer[0] == pytest.approx(17.0 / 0.4)
    assert inner[0] == pytest.approx(17.0 / 0.4 + 12.0)


def _course(dt_s: float) -> Array:
    """Return what every measurement is 10, 20, 60, 300 and 1,200 s after a step of setpoint and load."""
    machines = _machines(*FAMILIES, load=0.3)
    _run(machines, 60.0, dt_s)
    machines.columns.load[:] = 0.9
    machines.columns.setpoint *= 0.8
    rows, last = [], 0.0
    for moment in (10.0, 20.0, 60.0, 300.0, 1200.0):
        _run(machines, moment - last, dt_s)
        rows.append(machines.true.copy())
        last = moment
    return np.array(rows)


def test_that_the_course_after_a_step_does_not_depend_on_the_length_of_the_steps() -> None:
    finest, fine, coarse = _course(0.1), _course(1.0), _course(10.0)

    largest = np.maximum(np.abs(finest), 0.05 * np.abs(finest).max(axis=0))
    assert np.abs(fine / largest - finest / largest).max() < 0.02
    assert np.abs(coarse / largest - finest / largest).max() < 0.02
