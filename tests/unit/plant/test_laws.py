import math

import numpy as np
import pytest

from plant.laws import hydraulics, motor, vibration
from plant.laws.first_order import Lag
from plant.laws.heater import TemperatureControl
from plant.laws.load_cycle import LoadCycle
from plant.laws.shifts import ShiftCalendar
from plant.laws.thermal import TwoNodeThermal
from plant.laws.utilities import Utilities
from plant.laws.wear import age
from plant.quality import StatusCode, is_bad, is_good, is_uncertain
from plant.units import UNITS, unece_number


def test_that_a_lag_reaches_63_percent_after_its_time_constant() -> None:
    state, lag = np.zeros(1), Lag(np.array([30.0]))

    for _ in range(300):
        lag.advance(state, np.array([1.0]), 0.1)

    assert state[0] == pytest.approx(1.0 - math.exp(-1.0), rel=1e-9)  # the step is exact


def test_that_a_lag_does_not_depend_on_the_step() -> None:
    fine, coarse = np.zeros(1), np.zeros(1)
    lag = Lag(np.array([30.0]))

    for _ in range(100):
        lag.advance(fine, np.array([1.0]), 0.1)
    lag.advance(coarse, np.array([1.0]), 10.0)

    assert fine[0] == pytest.approx(coarse[0], rel=1e-9)


def test_that_the_two_nodes_settle_at_ambient_plus_their_rises() -> None:
    thermal = TwoNodeThermal(np.array([100.0]), np.array([1000.0]), np.array([14.0]), np.array([18.0]))
    inner, outer = np.zeros(1), np.zeros(1)

    for _ in range(2000):
        thermal.step(inner, outer, np.array([0.5]), 22.0, 10.0)

    assert outer[0] == pytest.approx(22.0 + 9.0)
    assert inner[0] == pytest.approx(22.0 + 9.0 + 7.0)


def test_that_a_motor_takes_more_current_at_less_voltage_and_more_load() -> None:
    load = np.array([0.2, 0.6, 1.0])
    factor, power = motor.power_factor(load), motor.electrical_power(load)

    current = motor.current_pu(power, factor, 1.0)

    assert current[2] == pytest.approx(1.0, rel=1e-3)  # rated load is rated current
    assert np.all(np.diff(current) > 0.0)
    assert np.all(motor.current_pu(power, factor, 0.9) > current)
    assert np.all((power > load) & (factor < 1.0))


def test_that_bearing_wear_adds_in_squares() -> None:
    share = vibration.bearing_share(np.array([0.5]))

    v = vibration.velocity_mm_s(np.array([2.0]), np.array([1.0]), np.array([1.0]), share * share)

    assert v[0] == pytest.approx(2.0 * math.hypot(1.2, math.exp(1.5) - 1.0))


def test_that_acceleration_is_the_derivative_of_velocity() -> None:
    assert vibration.acceleration_m_s2(np.array([1.0]), 1000.0 / (2.0 * math.pi))[0] == pytest.approx(1.0)


def test_that_saturation_pressure_matches_the_steam_table() -> None:
    # 23.39 hPa at 20 degC, 123.5 hPa at 50 degC (steam table); the Magnus form is good to half a percent there
    assert hydraulics.saturation_pressure_hpa(np.array([20.0, 50.0])) == pytest.approx(
        [23.39, 123.5], rel=5e-3
    )


def test_that_a_gear_pump_stops_at_its_relief_valve() -> None:
    bar = hydraulics.gear_pump_bar(np.array([12.0]), np.array([0.5]), np.array([5.0]))
    assert bar[0] == 5.0


def test_that_the_heater_reaches_its_setpoint() -> None:
    control = TemperatureControl(np.array([40.0]), np.array([85.0]), np.array([1500.0]))

    for _ in range(7200):
        control.step(np.array([70.0]), np.array([1.0]), np.array([0.0]), 22.0, 1.0)

    assert control.temperature_degc[0] == pytest.approx(70.0, abs=0.1)


def test_that_load_stays_between_nothing_and_full_and_changes_slowly() -> None:
    rng = np.random.default_rng(1)
    n = 50
    calendar = ShiftCalendar(np.zeros(n, dtype=np.bool_))
    cycle = LoadCycle(np.tile([[0.1], [0.6], [0.9]], n), np.full(n, 30.0), calendar, rng)
    loads = []

    for second in range(600):
        cycle.step(1.0, second + 1.0, rng.standard_normal(n))
        loads.append(cycle.load.copy())

    history = np.array(loads)
    assert history.min() >= 0.0
    assert history.max() <= 1.0
    assert history.std(axis=0).min() > 0.1  # every machine sees light and heavy work


def test_that_a_life_is_used_up_on_average_in_the_time_asked_for() -> None:
    rng = np.random.default_rng(1)
    progress = np.zeros(400)

    for _ in range(200):
        increments = age(np.full(400, 1.0 / 200.0), np.full(400, 0.002), rng)
        assert increments.min() >= 0.0
        progress += increments

    assert progress.mean() == pytest.approx(1.0, abs=0.01)
    assert 0.02 < progress.std() < 0.07


def test_that_a_sag_lowers_the_supply_for_its_length() -> None:
    utilities = Utilities(100.0, np.random.default_rng(1))
    utilities.step(0.1, 0.1, 100.0)
    before = utilities.voltage_pu

    utilities.sag(0.1, 1.0)
    utilities.step(0.1, 0.2, 100.0)

    assert utilities.voltage_pu == pytest.approx(before - 0.1, abs=0.01)
    for _ in range(11):
        utilities.step(0.1, 0.3, 100.0)
    assert utilities.voltage_pu == pytest.approx(before, abs=0.01)


def test_that_unit_numbers_follow_the_rule_of_opc_ua() -> None:
    # OPC 10000-8 prints CEL = 4408652 and MTK = 5067851
    assert UNITS["degC"].unece_code == 4408652
    assert unece_number("MTK") == 5067851
    assert UNITS["EUR"].unece_code == -1
    assert UNITS["mm/s"].symbol != UNITS["m/s2"].symbol


def test_that_every_status_is_of_exactly_one_severity() -> None:
    for status in StatusCode:
        assert [is_good(status), is_uncertain(status), is_bad(status)].count(True) == 1
        assert status.name.lower().startswith(
            ("good", "uncertain", "bad")[[is_good(status), is_uncertain(status), is_bad(status)].index(True)]
        )
