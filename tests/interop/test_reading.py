"""What a foreign client finds by browsing and reading."""

from datetime import UTC, datetime

import pytest

from tests.support.foreign_client import Answer, ForeignClient, node_id

HAS_PROPERTY = "i=46"
HAS_TYPE_DEFINITION = "i=40"
CELSIUS = 4408652  # UNECE "CEL" by OPC 10000-8, 5.6.3
METRE_PER_SECOND_SQUARED = 5067595  # "MSK"


def properties(client: ForeignClient, path: str) -> dict[str, str]:
    """Return a node's properties as a browsing client finds them: name -> NodeId."""
    found = client.do("browse", node=node_id(path))["references"]
    return {each["name"]: each["node"] for each in found if each["reference"] == HAS_PROPERTY}


def children(client: ForeignClient, path: str) -> dict[str, Answer]:
    return {each["name"]: each for each in client.do("browse", node=node_id(path))["references"]}


def test_that_the_plant_is_found_below_objects_by_area_line_and_device(client: ForeignClient) -> None:
    plant = children(client, "i=85")["Plant"]["node"]
    area = children(client, plant)["Machining"]["node"]
    line = children(client, area)["Line 1"]["node"]

    device = children(client, line)["CNC-001"]

    assert device["node"] == node_id("CNC-001")
    assert device["type"] == "nsu=urn:andon:types;i=1002"


def test_that_every_machine_is_also_found_in_the_machines_folder(client: ForeignClient) -> None:
    machines = children(client, children(client, "i=85")["Machines"]["node"])

    assert len(machines.keys() - {"FolderType"}) == 108
    assert machines["GEN-001"]["node"] == node_id("GEN-001")


def test_that_a_device_shows_its_groups_and_methods(client: ForeignClient) -> None:
    found = children(client, "CNC-014")

    assert {
        "Identification",
        "Measurements",
        "Setpoints",
        "State",
        "Health",
        "Counters",
        "Alarms",
    } <= found.keys()
    assert {"Start", "Shutdown", "Restart", "EmergencyStop", "ResetEmergencyStop", "Maintain"} <= found.keys()


def test_that_a_measurement_is_a_good_number_of_the_last_seconds(client: ForeignClient) -> None:
    answer = client.do("read", node=node_id("PROC-001/Measurements/Temperature"))

    age = datetime.now(UTC) - datetime.fromisoformat(answer["source"])
    assert (answer["status"], answer["type"]) == ("Good", "Double")
    assert 40.0 < answer["value"] < 80.0  # the band of normal is 61 to 69 °C, the alarm at 80
    assert abs(age.total_seconds()) < 30.0  # a value that does not change keeps its time


@pytest.mark.parametrize(
    ("path", "unit", "symbol", "scale"),
    [
        ("PROC-001/Measurements/Temperature", CELSIUS, "°C", {"low": 0, "high": 150}),
        ("PROC-001/Measurements/Vibration", METRE_PER_SECOND_SQUARED, "m/s²", {"low": 0, "high": 20}),
    ],
)
def test_that_a_measurement_carries_its_unit_and_range(
    client: ForeignClient, path: str, unit: int, symbol: str, scale: dict[str, float]
) -> None:
    found = properties(client, path)

    engineering_units = client.read(found["EngineeringUnits"])

    assert engineering_units["unitId"] == unit
    assert engineering_units["displayName"] == symbol
    assert engineering_units["namespaceUri"] == "http://www.opcfoundation.org/UA/units/un/cefact"
    assert client.read(found["EURange"]) == scale


def test_that_a_running_state_tells_its_words(client: ForeignClient) -> None:
    words = client.read(properties(client, "CNC-014/State/RunningState")["EnumStrings"])

    assert words == ["Stopped", "Starting", "Running", "Stopping", "Stopped by e-stop", "Offline"]


def test_that_a_method_describes_its_arguments(client: ForeignClient) -> None:
    inputs = client.read(properties(client, "Plant/Predict")["InputArguments"])

    assert [each["name"] for each in inputs] == [
        "Temperature_C",
        "Humidity_%",
        "Sound_Volume_dB",
        "Vibration_mm_s",
    ]
    assert {each["dataType"] for each in inputs} == {"i=11"}  # Double


def test_that_an_unknown_node_is_refused_and_no_more(client: ForeignClient) -> None:
    answer = client.do("read", node=node_id("CNC-999/Measurements/Vibration"))

    assert answer["status"] == "BadNodeIdUnknown"


def test_that_the_plants_power_and_its_price_are_read_with_units(client: ForeignClient) -> None:
    names = ("PowerDrawn", "PowerIdle", "PowerGenerated", "Price", "Metered")

    found = children(client, "Energy")

    assert set(names) <= found.keys()
    assert client.read(node_id("Energy/PowerDrawn")) > 100.0
    assert client.read(node_id("Energy/PowerGenerated")) > 10.0
    assert client.read(node_id("Energy/Price")) == pytest.approx(0.22)
    assert client.read(node_id("Energy/PowerDrawn/EngineeringUnits"))["unitId"] == 4937556
