import math

import numpy as np
import pytest

from plant.entities import Family
from plant.laws.first_order import Array
from plant.laws.generator_set import Coolant, Lubrication, Swing
from plant.laws.linear import transition
from tests.unit.plant.small import run, small_engine, value

pytestmark = pytest.mark.slow

LAGS = {"inertia": 1.5, "governor": 0.35, "reset": 6.0, "load": 0.5, "avr": 0.8}
DROOP, SAG = 0.04, 0.1
ON = np.array([1.0])


def swing(**changed: float) -> Swing:
    lags = {name: np.array([value]) for name, value in (LAGS | changed).items()}
    return Swing(lags, np.array([DROOP]), np.array([SAG]))


def after_step(dt_s: float, seconds: float, wanted: float = 0.6) -> Array:
    """Return speed, fuel, load and dip this long after a load was switched on."""
    shaft = swing()
    for _ in range(round(seconds / dt_s)):
        shaft.advance(np.array([wanted]), ON, dt_s)
    return np.array([shaft.deviation[0], shaft.fuel[0], shaft.load[0], shaft.dip[0]])


def by_small_steps(seconds: float, wanted: float) -> Array:
    """Integrate the equations of the docstring by themselves: Euler's method with tiny steps."""
    w = p_m = p_e = r = v = 0.0
    h = 1e-5
    for _ in range(round(seconds / h)):
        change = (wanted - p_e) / LAGS["load"]
        w, p_m, r, p_e, v = (
            w + h * (p_m - p_e - 1.0 * w) / (2.0 * LAGS["inertia"]),
            p_m + h * (r - w / DROOP - p_m) / LAGS["governor"],
            r - h * w / (DROOP * LAGS["reset"]),
            p_e + h * change,
            v + h * (-v / LAGS["avr"] - SAG * change),
        )
    return np.array([w, p_m, p_e, v])


def test_that_the_transition_of_a_decay_and_of_a_rotation_are_known() -> None:
    decay, turn = np.array([[[-0.5, 0.0], [0.0, -200.0]]]), np.array([[[0.0, -3.0], [3.0, 0.0]]])

    assert np.diag(transition(decay, 2.0)[0]) == pytest.approx([math.exp(-1.0), math.exp(-400.0)], rel=1e-12)
    angle = 3.0 * 0.7
    assert transition(turn, 0.7)[0] == pytest.approx(
        np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]), abs=1e-13
    )


def test_that_shaft_and_governor_alone_step_by_the_exact_two_by_two() -> None:
    # exp(A dt) = exp(m dt) (cos(q dt) I + sin(q dt) / q (A - m I)) where the eigenvalues are complex
    h, tau, d = LAGS["inertia"], LAGS["governor"], 1.0
    a = np.array([[-d / (2.0 * h), 1.0 / (2.0 * h)], [-1.0 / (DROOP * tau), -1.0 / tau]])
    mean = np.trace(a) / 2.0
    q = math.sqrt(np.linalg.det(a) - mean * mean)
    for dt_s in (0.01, 0.3, 10.0):
        exact = math.exp(mean * dt_s) * (
            math.cos(q * dt_s) * np.eye(2) + math.sin(q * dt_s) / q * (a - mean * np.eye(2))
        )
        assert transition(a[None], dt_s)[0] == pytest.approx(exact, rel=1e-9, abs=1e-15)


def test_that_the_set_follows_its_equations() -> None:
    assert after_step(0.25, 1.0) == pytest.approx(by_small_steps(1.0, 0.6), abs=3e-5)


@pytest.mark.parametrize("dt_s", [0.01, 1.0, 10.0])
def test_that_the_set_does_not_depend_on_the_step(dt_s: float) -> None:
    assert after_step(dt_s, 10.0) == pytest.approx(after_step(0.1, 10.0), rel=1e-8, abs=1e-12)


def test_that_the_governor_brings_the_frequency_back_whatever_the_load() -> None:
    shaft = swing()
    for wanted in (0.3, 0.9):
        for _ in range(120):
            shaft.advance(np.array([wanted]), ON, 1.0)
        assert shaft.deviation[0] == pytest.approx(0.0, abs=1e-7)
        assert shaft.fuel[0] == pytest.approx(wanted, abs=1e-6)


def test_that_droop_alone_leaves_the_deviation_that_its_definition_says() -> None:
    shaft = swing(reset=1e9)
    for _ in range(600):
        shaft.advance(np.array([0.8]), ON, 0.1)

    # p_m = -w / R and p_m - p_e = D w, with D = 1
    assert shaft.deviation[0] == pytest.approx(-0.8 / (1.0 / DROOP + 1.0), rel=1e-3)


def test_that_the_energy_of_the_shaft_balances() -> None:
    shaft, dt_s = swing(), 0.001
    before_w, flow = 0.0, 0.0
    kinetic = 2.0 * LAGS["inertia"]
    for _ in range(2000):
        old = shaft.fuel[0] - shaft.load[0] - shaft.deviation[0]
        shaft.advance(np.array([0.6]), ON, dt_s)
        flow += 0.5 * dt_s * (old + shaft.fuel[0] - shaft.load[0] - shaft.deviation[0])

    assert kinetic * (shaft.deviation[0] - before_w) == pytest.approx(flow, rel=0.01)


def test_that_a_larger_step_of_load_dips_voltage_deeper_and_the_regulator_brings_it_back() -> None:
    def lowest(wanted: float) -> float:
        shaft = swing()
        dips = []
        for _ in range(100):
            shaft.advance(np.array([wanted]), ON, 0.05)
            dips.append(shaft.dip[0])
        assert abs(dips[-1]) < 0.2 * abs(min(dips))
        return min(dips)

    assert lowest(0.8) < 1.9 * lowest(0.4) < 0.0
    assert lowest(50.0) == -0.2  # ISO 8528-5 G2


def test_that_an_open_breaker_carries_nothing_at_once() -> None:
    shaft = swing()
    shaft.settle(np.array([0.7]))
    mean = shaft.advance(np.array([0.7]), np.array([0.0]), 0.1)
    assert shaft.load[0] == mean[0] == shaft.fuel[0] == 0.0


def test_that_the_mean_load_is_the_integral_of_the_load() -> None:
    coarse, fine = swing(), swing()
    mean = coarse.advance(np.array([0.6]), ON, 2.0)[0]
    fine_mean = np.mean([fine.advance(np.array([0.6]), ON, 0.001)[0] for _ in range(2000)])
    assert mean == pytest.approx(fine_mean, rel=1e-9)


def test_that_a_thermostat_holds_the_coolant_until_the_radiator_is_fouled() -> None:
    rests = []
    for load, fouling in ((0.3, 0.0), (1.0, 0.0), (1.0, 1.0)):
        coolant = Coolant(np.array([84.0]))
        for _ in range(2000):
            coolant.step(np.array([load]), ON, np.array([fouling]), 22.0, 10.0)
        rests.append(coolant.temperature_degc[0])

    assert 78.0 < rests[0] < rests[1] < 91.0  # within the thermostat's band
    assert rests[2] > 105.0


def test_that_a_cold_engine_takes_its_time_and_the_step_does_not_matter() -> None:
    def warm(dt_s: float, seconds: float) -> float:
        coolant = Coolant(np.array([84.0]))
        coolant.temperature_degc[:] = 20.0
        for _ in range(round(seconds / dt_s)):
            coolant.step(np.array([0.7]), ON, np.array([0.0]), 20.0, dt_s)
        return float(coolant.temperature_degc[0])

    assert warm(1.0, 300.0) < 60.0 < warm(1.0, 1500.0)
    for seconds in (300.0, 900.0, 1500.0):
        assert warm(10.0, seconds) == pytest.approx(warm(0.1, seconds), rel=0.02)


def oil(speed: float, oil_degc: float, leak: float = 0.0, seconds: float = 5.0) -> Lubrication:
    made = Lubrication(np.array([5.0]), np.array([5.6]))
    made.spring(np.array([leak]))
    for number in range(round(seconds / 0.1)):
        if number % 50 == 0:
            made.warm(np.array([oil_degc - 4.0]), np.array([0.0]), 5.0)
        made.step(np.array([speed]), np.array([0.0]), 0.1)
    return made


def test_that_oil_pressure_is_a_function_of_speed_temperature_and_leak() -> None:
    rated_hot = oil(1.0, 90.0).pressure_bar[0]
    assert rated_hot == pytest.approx(5.0, rel=1e-3)
    assert (
        1.0 < oil(0.4, 100.0).pressure_bar[0] < 1.6
    )  # hot idle: the source system's rule would call it a leak
    assert oil(1.0, 30.0).pressure_bar[0] == pytest.approx(5.6, rel=1e-3)  # cold: the relief valve opens
    assert oil(1.0, 110.0).pressure_bar[0] < 0.75 * rated_hot
    assert oil(1.0, 90.0, leak=0.5).pressure_bar[0] == pytest.approx(0.55 * rated_hot, rel=1e-3)


def test_that_a_leak_drains_the_sump_until_the_pump_draws_air() -> None:
    assert oil(1.0, 90.0, leak=0.1, seconds=3600.0).level_percent[0] > 95.0  # topped up
    empty = oil(1.0, 90.0, leak=1.0, seconds=60.0)
    assert empty.level_percent[0] == 0.0
    assert empty.pressure_bar[0] < 0.05


def test_that_insulation_tells_of_its_damage_and_of_its_temperature() -> None:
    engine, worn = small_engine(Family.GENERATOR), small_engine(Family.GENERATOR)
    worn.inject("GEN-001", "winding_insulation", severity=0.9, life_s=60.0)
    engine.write_setpoint("GEN-001", "LoadSetpoint", 60.0)
    healthy = value(worn, "GEN-001", "InsulationResistance")

    run(engine, 3600.0, 5.0)
    run(worn, 3600.0, 5.0)

    assert value(engine, "GEN-001", "InsulationResistance") > 1.5 * healthy  # cooler
    assert value(worn, "GEN-001", "InsulationResistance") < 0.05 * healthy
