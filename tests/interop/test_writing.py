"""Writes by foreign clients: a good one is done, a bad one is refused with the right status and changes nothing."""

from collections.abc import Iterator

import pytest

from tests.support.foreign_client import ForeignClient

WRITTEN = "DRILL-002"  # good writes go here, bad ones there, so that neither disturbs the other
DEVICE = "DRILL-001"
SETPOINT = f"{DEVICE}/Setpoints/SpindleSpeedSetpoint"
LIMIT = f"{DEVICE}/Alarms/SpindleTemperature/HighLimit"


def plant_state(client: ForeignClient) -> list[object]:
    """Return what a write to the device could change."""
    return client.read_all(
        [SETPOINT, LIMIT, f"{DEVICE}/State/CommandSequence", f"{DEVICE}/State/RunningState"]
    )


@pytest.fixture
def stopped(client: ForeignClient) -> Iterator[str]:
    """A device under an e-stop for the length of a test."""
    device = "DRILL-003"
    assert client.call(f"{device}/EmergencyStop")["status"] == "Good"
    client.wait_for_value(f"{device}/State/EmergencyStopLatched", True, 1.0)
    yield device
    assert client.call(f"{device}/ResetEmergencyStop")["status"] == "Good"
    assert client.call(f"{device}/Start")["status"] == "Good"


def test_that_a_setpoint_is_written_and_read_back(client: ForeignClient) -> None:
    setpoint, counter = f"{WRITTEN}/Setpoints/SpindleSpeedSetpoint", f"{WRITTEN}/State/CommandSequence"
    before, sequence = client.read(setpoint), client.read(counter)

    status = client.write(setpoint, before - 100.0)

    assert status == "Good"
    client.wait_for_value(setpoint, before - 100.0, 2.0)
    client.wait_for_value(counter, sequence + 1, 2.0)
    assert client.write(setpoint, before) == "Good"
    client.wait_for_value(setpoint, before, 2.0)


def test_that_a_limit_is_written_and_read_back(client: ForeignClient) -> None:
    limit = f"{WRITTEN}/Alarms/SpindleTemperature/HighLimit"
    before = client.read(limit)

    assert client.write(limit, before + 1.0) == "Good"
    client.wait_for_value(limit, before + 1.0, 2.0)
    assert client.write(limit, before) == "Good"
    client.wait_for_value(limit, before, 2.0)


@pytest.mark.parametrize(
    ("path", "value", "kind", "status"),
    [
        (SETPOINT, 4000, "Int32", "BadTypeMismatch"),
        (SETPOINT, "4000", "String", "BadTypeMismatch"),
        (SETPOINT, True, "Boolean", "BadTypeMismatch"),
        (SETPOINT, None, "Double", "BadTypeMismatch"),
        (SETPOINT, 1e9, "Double", "BadOutOfRange"),
        (SETPOINT, -1.0, "Double", "BadOutOfRange"),
        (SETPOINT, "NaN", "Double", "BadOutOfRange"),
        (SETPOINT, "Infinity", "Double", "BadOutOfRange"),
        (LIMIT, 1e6, "Double", "BadOutOfRange"),
        (LIMIT, "NaN", "Double", "BadOutOfRange"),
        (f"{DEVICE}/Measurements/SpindleTemperature", 20.0, "Double", "BadNotWritable"),
        (f"{DEVICE}/Measurements/SpindleTemperature/EURange", 20.0, "Double", "BadNotWritable"),
        (f"{DEVICE}/State/EmergencyStopLatched", True, "Boolean", "BadNotWritable"),
        (f"{DEVICE}/State/RunningState", 0, "UInt32", "BadNotWritable"),
        (f"{DEVICE}/Health/FailureProbability", 0.0, "Double", "BadNotWritable"),
        ("Plant/EmergencyStopLatched", False, "Boolean", "BadNotWritable"),
        (f"{DEVICE}/Setpoints/NoSuchSetpoint", 1.0, "Double", "BadNodeIdUnknown"),
        (f"{DEVICE}/Start", 1.0, "Double", "BadAttributeIdInvalid"),
    ],
)
def test_that_a_bad_write_is_refused_and_changes_nothing(
    client: ForeignClient, path: str, value: object, kind: str, status: str
) -> None:
    before = plant_state(client)

    refused = client.write(path, value, kind)

    assert refused == status
    assert plant_state(client) == before


def test_that_limits_out_of_order_are_refused(client: ForeignClient) -> None:
    before = plant_state(client)
    highest = client.read(f"{DEVICE}/Alarms/SpindleTemperature/HighHighLimit")

    assert client.write(LIMIT, highest + 1.0) == "BadOutOfRange"

    assert plant_state(client) == before


def test_that_a_setpoint_is_refused_during_an_e_stop(client: ForeignClient, stopped: str) -> None:
    watched = [f"{stopped}/Setpoints/SpindleSpeedSetpoint", f"{stopped}/State/RunningState"]
    before = client.read_all(watched)

    assert client.write(watched[0], before[0] - 100.0) == "BadInvalidState"

    assert client.read_all(watched) == before
