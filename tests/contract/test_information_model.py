"""The address space is a contract: what a client was told yesterday still stands today."""

import csv
from collections import Counter

import pytest

from tests.contract.model_table import GOLDEN, table

Row = dict[str, str]
# The default plant: 108 devices.
FAMILIES = {
    "cnc": 26,
    "robot_arm": 22,
    "press": 14,
    "drill": 14,
    "conveyor": 18,
    "pump": 2,
    "process_machine": 1,
    "generator": 1,
    "component_cell": 6,
    "edge_gateway": 4,
}
# Common codes of UNECE Recommendation 20; OPC 10000-8, 5.6.3: the number is made of the code's bytes, first one highest.
CODES = {
    "°C": "CEL",
    "bar": "BAR",
    "mm/s": "C16",
    "m/s²": "MSK",
    "rpm": "RPM",
    "V": "VLT",
    "A": "AMP",
    "%": "P1",
    "dB": "2N",
    "kW": "KWT",
    "N·m": "NU",
    "h": "HUR",
    "Hz": "HTZ",
    "kWh": "KWH",
    "m³/h": "MQH",
    "mm": "MMT",
    "m/s": "MTS",
}


async def test_that_every_node_id_type_unit_and_range_is_as_published() -> None:
    published = GOLDEN.read_text(encoding="utf-8").splitlines()

    found = (await table()).splitlines()

    gone = sorted(set(published) - set(found))
    new = sorted(set(found) - set(published))
    assert not gone, f"gone or changed: {gone[:10]}"
    assert not new, f"not in the golden file (python -m tests.contract.model_table): {new[:10]}"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """The published table."""
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_that_the_published_plant_has_the_devices_of_the_default_plant(rows: list[Row]) -> None:
    assert Counter(row["class"] for row in rows if row["family"] == "device") == FAMILIES


def test_that_every_analog_value_has_a_unit_and_a_range(rows: list[Row]) -> None:
    analog = [row for row in rows if row["type"] == "AnalogUnitRangeType"]

    assert len(analog) > 100
    assert [row["path"] for row in analog if not row["unit"] or not row["range"]] == []
    for row in analog:
        low, high = (float(end) for end in row["range"].split(" ")[0].split(".."))
        assert low < high, row


def test_that_every_normal_band_lies_within_its_scale(rows: list[Row]) -> None:
    for row in rows:
        scale, _, normal = row["range"].partition(" normal ")
        if normal:
            (low, high), (first, last) = (
                tuple(float(end) for end in part.split("..")) for part in (scale, normal)
            )
            assert low <= first < last <= high, row


def test_that_units_carry_the_published_numbers(rows: list[Row]) -> None:
    found = {tuple(row["unit"].split(" ", 1)) for row in rows if row["unit"].count(" ")}

    for number, symbol in found:
        if symbol in CODES:
            assert int(number) == int.from_bytes(CODES[symbol].encode("ascii"), "big"), symbol
    assert {symbol for _, symbol in found} >= {"°C", "bar", "mm/s", "m/s²", "rpm", "kW", "%"}


def test_that_vibration_is_in_its_family_s_own_unit(rows: list[Row]) -> None:
    units = {row["family"]: row["unit"] for row in rows if row["path"] == "{device}/Measurements/Vibration"}

    assert units.pop("process_machine") == "5067595 m/s²"
    assert set(units.values()) == {"4403510 mm/s"}


def test_that_only_setpoints_and_limits_may_be_written(rows: list[Row]) -> None:
    writable = [row["path"] for row in rows if row["access"] == "rw" and not row["path"].startswith("types:")]

    assert writable
    assert [
        path
        for path in writable
        if "/Setpoints/" not in path and not ("/Alarms/" in path and path.endswith("Limit"))
    ] == []


def test_that_events_reach_every_area_line_and_device(rows: list[Row]) -> None:
    silent = [
        row["path"]
        for row in rows
        if row["class"] == "Object"
        and row["path"].startswith(("Area/", "Line/"))
        and row["access"] != "events"
    ]
    devices = [row["access"] for row in rows if row["path"] == "{device}"]

    assert silent == []
    assert devices == ["events"] * len(FAMILIES)
