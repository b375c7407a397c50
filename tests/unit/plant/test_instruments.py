import numpy as np
import pytest
from numpy.typing import NDArray

from plant.entities import Group, TagDefinition
from plant.laws.hydraulics import ENGINE_OIL, HYDRAULIC_OIL
from plant.laws.queueing import Queue
from plant.laws.sensors import SensorBank
from plant.laws.sound import add_levels_db
from plant.laws.vessel import vacuum_bar, vessel_pressure_share
from plant.quality import StatusCode


def tag(unit: str, high: float, precision: int = 2, low: float = 0.0) -> TagDefinition:
    return TagDefinition(
        name="X",
        display_name="X",
        description="X",
        unit=unit,
        group=Group.MEASUREMENTS,
        low=low,
        high=high,
        normal_low=low,
        normal_high=high,
        precision=precision,
    )


def readings(
    unit: str, true: float, high: float, *, count: int = 4000, precision: int = 4
) -> NDArray[np.float64]:
    """Return one reading of each of many instruments that have settled."""
    rng = np.random.default_rng(1)
    bank = SensorBank([tag(unit, high, precision)] * count, rng)
    x = np.full(count, true)
    return bank.read(x, rng.standard_normal(count), 0.1)


@pytest.mark.parametrize(
    ("unit", "true", "high", "least", "most"),
    [
        ("degC", 50.0, 120.0, 0.2, 0.5),  # K, with the differences between instruments
        ("mm/s", 2.0, 20.0, 0.05 * 2.0, 0.055 * 2.0),
        ("bar", 5.0, 10.0, 0.003 * 10.0, 0.007 * 10.0),
        ("A", 30.0, 100.0, 0.005 * 30.0, 0.01 * 30.0),
        ("rpm", 3000.0, 6000.0, 1.0, 3.0),
        ("dB", 60.0, 120.0, 0.5, 1.0),
    ],
)
def test_that_each_kind_of_instrument_is_as_uncertain_as_its_kind(
    unit: str, true: float, high: float, least: float, most: float
) -> None:
    shown = readings(unit, true, high)
    assert shown.mean() == pytest.approx(true, rel=0.01)
    assert least * 0.95 < shown.std() < most * 1.05


def test_that_instruments_at_rest_show_nought() -> None:
    for unit in ("bar", "A", "kW", "rpm", "mm/s", "m3/h"):
        assert not readings(unit, 0.0, 100.0, count=100).any(), unit


def test_that_readings_are_whole_quanta_no_finer_than_the_converter() -> None:
    for unit, high, precision, bits in (("mm/s", 20.0, 4, 14), ("degC", 150.0, 4, 16), ("A", 100.0, 0, 14)):
        shown = readings(unit, 0.4 * high, high, precision=precision)
        steps = np.diff(np.unique(shown))
        finest = steps.min()
        assert finest >= high / (2**bits - 1) - 1e-9
        assert finest == pytest.approx(round(finest * 10**precision) / 10**precision, abs=1e-9)
        assert np.allclose(shown / finest, np.rint(shown / finest), atol=1e-4)


def test_that_a_saturated_instrument_is_held_and_uncertain_and_recovers() -> None:
    rng = np.random.default_rng(1)
    bank = SensorBank([tag("bar", 10.0), tag("bar", 10.0)], rng)
    shown = bank.read(np.array([14.0, 5.0]), np.zeros(2), 100.0)
    assert shown[0] == 10.0
    assert bank.status.tolist() == [StatusCode.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED, 0]
    bank.read(np.array([5.0, 5.0]), np.zeros(2), 100.0)
    assert not bank.status.any()


def test_that_an_instrument_lags_the_same_at_every_step_length() -> None:
    shown = []
    for dt_s in (0.1, 3.0):
        bank = SensorBank([tag("degC", 100.0)])  # an ideal one has only its lag
        bank.read(np.array([20.0]), np.zeros(1), dt_s)
        for _ in range(round(3.0 / dt_s)):
            last = bank.read(np.array([80.0]), np.zeros(1), dt_s)
        shown.append(last[0])
    assert shown == pytest.approx([20.0 + 60.0 * (1.0 - np.exp(-1.0))] * 2)


@pytest.mark.parametrize("dt_s", [1.0, 3600.0])
def test_that_drift_is_a_random_walk_of_at_most_one_percent_a_month(dt_s: float) -> None:
    rng = np.random.default_rng(1)
    count = 2000
    bank = SensorBank([tag("bar", 100.0)] * count, rng)
    hours = 2 if dt_s == 1.0 else 720
    before = bank._offset.copy()
    for _ in range(round(hours * 3600 / dt_s)):
        bank._drift(dt_s, rng)
    spread = (bank._offset - before).std() / np.sqrt(hours / 720.0)
    assert 0.1 < spread < 1.0  # percent of full scale a month
    bank.begin()
    assert np.array_equal(bank._offset, bank._bias)


def test_that_oils_thin_as_their_data_sheets_say() -> None:
    assert ENGINE_OIL.viscosity(np.array([40.0, 100.0])) == pytest.approx([110.0, 14.5], rel=1e-9)
    # ISO VG 46 at 60 degC: about 21 mm2/s in the charts of ASTM D341
    assert HYDRAULIC_OIL.viscosity(60.0) == pytest.approx(20.7, rel=0.04)


def test_that_a_queue_keeps_up_below_its_capacity_and_piles_up_above() -> None:
    queue, capacity = Queue(1, 500.0), np.array([100.0])
    queue.step(np.array([80.0]), capacity, 1.0)
    assert queue.use[0] == pytest.approx(0.8)
    assert queue.response_s(capacity)[0] == pytest.approx(1.0 / (100.0 - 80.0))  # M/M/1
    assert queue.backlog[0] == 0.0

    queue.step(np.array([150.0]), capacity, 4.0)
    assert (queue.backlog[0], queue.served[0], queue.use[0]) == pytest.approx((200.0, 100.0, 1.0))
    queue.step(np.array([0.0]), capacity, 1.0)
    assert queue.backlog[0] == pytest.approx(100.0)  # what came before is answered first
    queue.step(np.array([1000.0]), capacity, 10.0)
    assert queue.backlog[0] == 500.0


def test_that_levels_add_as_powers() -> None:
    one, none = np.ones(1), np.array([-100.0])
    assert add_levels_db(one, np.array([60.0]), 60.0, none)[0] == pytest.approx(63.01, abs=0.01)
    assert add_levels_db(one, np.array([70.0]), 50.0, none)[0] == pytest.approx(70.04, abs=0.01)
    assert add_levels_db(0.0 * one, np.array([70.0]), 50.0, none)[0] == pytest.approx(50.0)


def test_that_pressure_follows_gas_and_vapour_and_vacuum_its_leak() -> None:
    assert vessel_pressure_share(np.array([65.0]))[0] == pytest.approx(1.0)
    assert 1.05 < vessel_pressure_share(np.array([75.0]))[0] < 1.12
    on, off = np.ones(1), np.zeros(1)
    assert vacuum_bar(0.03, np.array([0.2]), on)[0] == pytest.approx(0.23)
    assert vacuum_bar(0.03, np.array([5.0]), on)[0] == vacuum_bar(0.03, np.zeros(1), off)[0] == 1.013
