"""Expected values, residuals, normal ranges and utilities, read by foreign clients."""

import math

import pytest

from plant.definition import Family
from tests.support.foreign_client import ForeignClient, node_id
from tests.unit.plant.small import first_of

TEMPERATURE = "CNC-001/Measurements/SpindleTemperature"
UTILITIES = (
    "AmbientTemperature",
    "AmbientHumidity",
    "SupplyVoltage",
    "AirPressure",
    "CoolingWaterTemperature",
    "CoolingWaterFlow",
)


@pytest.fixture(scope="module", autouse=True)
def _twin_stands(client: ForeignClient) -> None:
    """It is built beside the loop, after the server accepts clients."""
    client.wait_for(
        lambda: client.do("read", node=node_id(f"{TEMPERATURE}/Expected"))["status"] == "Good",
        30.0,
        "the twin",
    )


def test_that_expected_and_residual_add_up_to_the_measurement(client: ForeignClient) -> None:
    paths = [TEMPERATURE, f"{TEMPERATURE}/Expected", f"{TEMPERATURE}/Residual"]

    def agrees() -> bool:
        measured, expected, residual = client.read_all(paths)
        return bool(math.isclose(measured, expected + residual, abs_tol=1e-6))

    client.wait_for(agrees, 30.0, "three values of one moment")
    measured, expected, residual = client.read_all(paths)
    assert abs(residual) < 8.0
    assert 20.0 < expected < 60.0
    assert measured == pytest.approx(expected + residual, abs=1.0)


def test_that_the_normal_range_lies_about_the_expected_value(client: ForeignClient) -> None:
    def lies_about() -> bool:
        band = client.read(f"{TEMPERATURE}/Expected/NormalRange")
        expected = client.read(f"{TEMPERATURE}/Expected")
        low, high = (band["low"], band["high"]) if isinstance(band, dict) else band
        return bool(low < expected < high and high - low < 20.0)

    client.wait_for(lies_about, 30.0, "a range about the expected value")


def test_that_the_fixed_band_of_the_plant_file_stays_what_it_is(client: ForeignClient) -> None:
    band = client.read(f"{TEMPERATURE}/NormalRange")

    low, high = (band["low"], band["high"]) if isinstance(band, dict) else band
    tag = next(tag for tag in first_of(Family.CNC).measurements if tag.name == "SpindleTemperature")
    assert (low, high) == (tag.normal_low, tag.normal_high)


def test_that_twin_nodes_say_what_they_are(client: ForeignClient) -> None:
    unit = client.read(f"{TEMPERATURE}/EngineeringUnits")

    for name in ("Expected", "Residual"):
        assert client.read(f"{TEMPERATURE}/{name}/EngineeringUnits") == unit


def test_that_expected_values_are_published_each_second(client: ForeignClient) -> None:
    node = node_id("CNC-001/Measurements/Power/Expected")
    client.do("subscribe", nodes=[node])

    client.wait_for(lambda: len(client.do("values", node=node)["values"]) >= 4, 10.0, "four expected values")

    values = client.do("values", node=node)["values"]
    assert all(each["status"] == "Good" for each in values[1:])
    assert len({each["value"] for each in values}) > 1


def test_that_the_moving_normal_range_can_be_subscribed_to(client: ForeignClient) -> None:
    node = node_id("CNC-001/Measurements/Power/Expected/NormalRange")
    client.do("subscribe", nodes=[node])

    client.wait_for(lambda: len(client.do("values", node=node)["values"]) >= 3, 10.0, "three ranges")


def test_that_the_utilities_are_measured(client: ForeignClient) -> None:
    ambient, humidity, voltage, air, water, flow = client.read_all(
        [f"Utilities/{name}" for name in UTILITIES]
    )

    assert 10.0 < ambient < 35.0
    assert 5.0 < humidity < 95.0
    assert 320.0 < voltage < 440.0
    assert 4.0 < air < 7.0
    assert 10.0 < water < 30.0
    assert 50.0 < flow <= 120.0


def test_that_a_counter_of_money_has_no_twin(client: ForeignClient) -> None:
    answer = client.do("read", node=node_id("GEN-001/Measurements/Revenue/Expected"))

    assert answer["status"] == "BadNodeIdUnknown"
