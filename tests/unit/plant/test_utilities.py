import numpy as np
import pytest

from plant.entities import Family
from plant.laws import motor
from plant.laws.utilities import UTILITY_TAGS, Utilities
from tests.unit.plant.small import run, small_engine

NAMES = [tag.name for tag in UTILITY_TAGS]


def utilities(seed: int = 1) -> Utilities:
    made = Utilities(100.0, np.random.default_rng(seed))
    made.fit_chiller(50.0)
    return made


def go(made: Utilities, seconds: float, dt_s: float, heat_kw: float = 50.0, load_kw: float = 100.0) -> None:
    for number in range(round(seconds / dt_s)):
        made.step(dt_s, number * dt_s, load_kw, heat_kw)


def test_that_the_chiller_holds_the_water_until_its_capacity_is_used_up() -> None:
    degc, hall_degc = [], 0.0
    for heat_kw in (0.0, 50.0, 75.0, 110.0):
        made = utilities()
        go(made, 7200.0, 10.0, heat_kw)
        degc.append(made.water_degc)
        hall_degc = made.ambient_degc

    assert 13.0 < degc[0] < degc[1] < degc[2] < 20.5  # 80 kW is the most
    too_much = (110.0 - 80.0) / 80.0  # goes through the pipes to the hall, 60 K per unit of capacity
    assert degc[3] == pytest.approx(hall_degc + 60.0 * too_much, abs=1.0)


@pytest.mark.parametrize("heat_kw", [50.0, 110.0])
def test_that_the_water_s_course_does_not_depend_on_the_step(heat_kw: float) -> None:
    fine, coarse = utilities(), utilities()
    for each in (fine, coarse):
        each._rng = np.random.default_rng(2)
    for _ in range(6):
        go(fine, 60.0, 0.5, heat_kw)
        go(coarse, 60.0, 10.0, heat_kw)
        assert coarse.water_degc == pytest.approx(fine.water_degc, rel=0.02)


def test_that_the_water_s_heat_balances() -> None:
    # C dT/dt = Q - Qc - G (T - Ta) within the proportional band, in units of the chiller's capacity
    made = utilities()
    capacity_kw, band_k, tau_s = 80.0, 6.0, 120.0
    per_k = capacity_kw / band_k
    start, heat_kw, out = made.water_degc, 70.0, 0.0
    for number in range(300):
        before = made.water_degc
        made.step(1.0, float(number), 100.0, heat_kw)
        mean = 0.5 * (before + made.water_degc)
        out += per_k * (mean - 14.0) + 0.1 * per_k * (mean - made.ambient_degc)
    assert per_k * tau_s * (made.water_degc - start) == pytest.approx(300.0 * heat_kw - out, rel=0.01)


def test_that_lost_cooling_stops_the_flow_for_its_time() -> None:
    made = utilities()
    made.lose_cooling(0.7, 25.0)
    shares = []
    for _ in range(4):
        go(made, 10.0, 10.0)
        shares.append(made.water_share)
    assert shares == pytest.approx([0.3, 0.3, 0.65, 1.0])  # the mean of a step


def test_that_lost_air_empties_the_receiver_and_comes_back() -> None:
    made = utilities()
    made.lose_air(1.0, 40.0)
    go(made, 40.0, 1.0)
    assert made.air_bar == pytest.approx(6.0 * np.exp(-1.0), rel=0.05)
    go(made, 300.0, 1.0)
    assert made.air_bar == pytest.approx(6.0, abs=0.3)


def test_that_load_and_impedance_lower_the_voltage() -> None:
    voltage = []
    for load_kw in (50.0, 200.0):
        made = utilities()
        go(made, 1.0, 1.0, load_kw=load_kw)
        voltage.append(made.voltage_pu)
    assert voltage[0] - voltage[1] == pytest.approx(0.03 * 1.5, rel=1e-6)


def test_that_relative_humidity_falls_as_the_hall_warms_and_absolute_does_not() -> None:
    cool, warm = utilities(), utilities()
    warm.ambient_offset_k = 10.0
    for each in (cool, warm):
        go(each, 60.0, 10.0)
    assert warm.vapour_hpa == cool.vapour_hpa
    humidity = NAMES.index("AmbientHumidity")
    assert warm.values[humidity] < 0.62 * cool.values[humidity]


def test_that_ambient_wanders_as_much_at_every_step_length() -> None:
    def spread(dt_s: float) -> float:
        made = utilities(5)
        wander = []
        for number in range(4000):
            made.step(dt_s, number * dt_s, 100.0)
            wander.append(made._supply_wander)
        return float(np.std(wander))

    assert spread(20.0) == pytest.approx(spread(60.0), rel=0.1)


def test_that_measured_utilities_can_be_followed() -> None:
    plant, twin = utilities(), utilities(9)
    plant.lose_cooling(0.4, 100.0)
    go(plant, 50.0, 10.0)

    twin.follow(np.array(plant.values))

    assert twin.values == pytest.approx(plant.values)
    assert twin.vapour_hpa == pytest.approx(plant.vapour_hpa)


def test_that_the_engine_shows_what_its_utilities_read() -> None:
    engine = small_engine(Family.CNC)
    run(engine, 60.0)
    engine._machines.utilities.lose_cooling(0.5, 600.0)  # type: ignore[union-attr]
    run(engine, 60.0)

    shown = engine.utilities
    assert shown is not None
    read = dict(zip(NAMES, shown.values.tolist(), strict=True))
    true = dict(zip(NAMES, engine._machines.utilities.values, strict=True))  # type: ignore[union-attr]
    assert read["CoolingWaterFlow"] == pytest.approx(50.0, abs=4.0)
    for tag in UTILITY_TAGS:
        assert read[tag.name] == pytest.approx(true[tag.name], rel=0.05, abs=1.0)
    assert not shown.status.any()


def test_that_what_a_drive_gives_away_is_what_hall_and_water_take() -> None:
    engine = small_engine(Family.CNC, Family.PRESS, Family.DRILL)
    run(engine, 600.0, 5.0)
    machines = engine._machines
    assert machines is not None
    drives, outer, shared = machines.drives, machines.columns.outer_degc, machines.utilities
    kw_per_k = motor.RATED_LOSS * drives.rated_kw / drives.nodes.outer_k
    water = (outer - shared.water_degc) * drives.water_kw_per_k * shared.water_share
    hall = (outer - shared.ambient_degc) * (kw_per_k - drives.water_kw_per_k)
    given = drives.nodes.given(outer, drives.sink_degc) * motor.RATED_LOSS * drives.rated_kw

    assert water + hall == pytest.approx(given, rel=0.01)
    assert machines._heat_into_water_kw() == pytest.approx(float(water.sum()))


def test_that_machines_that_work_hard_warm_the_water_of_all() -> None:
    degc = []
    for bar in (60.0, 240.0):
        engine = small_engine(Family.PRESS, copies=4)
        for number in range(1, 5):
            engine.write_setpoint(f"PRESS-00{number}", "PressureSetpoint", bar)
        run(engine, 2 * 3600.0, 10.0)
        assert engine._machines is not None
        degc.append(engine._machines.utilities.water_degc)

    assert degc[1] > degc[0] + 0.5
