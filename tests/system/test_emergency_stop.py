"""An emergency stop by a foreign client, with the default publishing once a second."""

import time

import pytest

from tests.support.foreign_client import ForeignClient
from tests.support.plant import (
    BY_E_STOP,
    DEVICES,
    RUNNING,
    STATES,
    STOPPED,
    device_latches,
    running_states,
    wait_for_ticks,
)

pytestmark = pytest.mark.node
BOUND_S = 1.0  # from the call to every actuator in its safe state
ONE_OF_EACH = (
    "CNC-014",
    "ROBOT-003",
    "PRESS-002",
    "DRILL-003",
    "CONV-004",
    "PUMP-001",
    "PROC-001",
    "CELL-002",
)
ONE_MORE_OF_EACH = ("GEN-001", "EDGE-003")


@pytest.mark.parametrize("device", [*ONE_OF_EACH, *ONE_MORE_OF_EACH])
def test_that_a_device_is_seen_in_its_safe_state_within_a_second(client: ForeignClient, device: str) -> None:
    assert client.read(f"{device}/{STATES}") == RUNNING
    began = time.monotonic()

    answer = client.call(f"{device}/EmergencyStop")
    client.wait_for_value(f"{device}/{STATES}", BY_E_STOP, BOUND_S)
    client.wait_for_value(f"{device}/State/EmergencyStopLatched", True, BOUND_S)

    assert answer["status"] == "Good"
    assert time.monotonic() - began < BOUND_S


def test_that_a_stop_touches_no_other_device(client: ForeignClient) -> None:
    before = running_states(client)

    client.call("CNC-001/EmergencyStop")
    wait_for_ticks(client, 2)

    assert running_states(client) == before | {"CNC-001": BY_E_STOP}
    assert client.read("Plant/EmergencyStopLatched") is False


def test_that_a_second_stop_is_answered_as_the_first(client: ForeignClient) -> None:
    client.call("CNC-002/EmergencyStop")

    answer = client.call("CNC-002/EmergencyStop")

    assert answer["status"] == "Good"
    assert client.read(f"CNC-002/{STATES}") == BY_E_STOP


def test_that_clearing_a_device_s_latch_starts_nothing(client: ForeignClient) -> None:
    client.call("CNC-003/EmergencyStop")

    answer = client.call("CNC-003/ResetEmergencyStop")

    assert answer["status"] == "Good"
    client.wait_for_value(f"CNC-003/{STATES}", STOPPED, 2.0)
    wait_for_ticks(client, 3)
    assert client.read(f"CNC-003/{STATES}") == STOPPED
    assert client.read("CNC-003/State/EmergencyStopLatched") is False


def test_that_a_stop_is_one_alarm_that_names_its_devices(client: ForeignClient) -> None:
    client.listen(kind="ConditionType")

    client.call("PRESS-010/EmergencyStop")
    event = client.wait_for_event(BOUND_S, "the alarm", ConditionName="Emergency stop", ActiveState__Id=True)
    client.call("PRESS-011/EmergencyStop")

    assert "PRESS-010" in event["Message"] or "PRESS-010" in client.read(
        "Plant/Alarms/EmergencyStop/Evidence"
    )
    client.wait_for(
        lambda: (
            {"PRESS-010", "PRESS-011"}
            <= set(
                client.read("Plant/Alarms/EmergencyStop/Evidence")
                .replace(":", ",")
                .replace(" ", "")
                .split(",")
            )
        ),
        2.0,
        "both devices in the alarm",
    )
    stops = {each["ConditionId"] for each in client.events() if each["ConditionName"] == "Emergency stop"}
    assert len(stops) == 1


class TestPlantWide:
    """The whole plant stopped: what follows builds on it, in this order."""

    def test_that_a_plant_stop_reaches_every_device_within_a_second(self, client: ForeignClient) -> None:
        began = time.monotonic()

        answer = client.call("Plant/EmergencyStopAll")
        client.wait_for(
            lambda: set(running_states(client).values()) == {BY_E_STOP}, BOUND_S, "every device at rest"
        )

        assert time.monotonic() - began < BOUND_S
        assert answer["status"] == "Good"
        assert answer["outputs"] == [list(DEVICES), []]

    def test_that_the_plant_s_latch_is_told_and_sets_no_device_s(self, client: ForeignClient) -> None:
        client.wait_for_value("Plant/EmergencyStopLatched", True, BOUND_S)

        assert "CNC-020" not in device_latches(client)

    @pytest.mark.parametrize("method", ["Start", "Restart"])
    def test_that_nothing_starts_under_the_plant_s_latch(self, client: ForeignClient, method: str) -> None:
        assert client.call(f"CNC-020/{method}")["status"] == "BadInvalidState"
        assert client.write("CNC-020/Setpoints/SpindleSpeedSetpoint", 5000.0) == "BadInvalidState"

    def test_that_clearing_the_plant_s_latch_starts_nothing_and_leaves_the_devices(
        self, client: ForeignClient
    ) -> None:
        client.call("CNC-021/EmergencyStop")
        client.wait_for_value("CNC-021/State/EmergencyStopLatched", True, BOUND_S)
        latched = device_latches(client)

        assert client.call("Plant/ResetEmergencyStopAll")["status"] == "Good"

        client.wait_for_value("Plant/EmergencyStopLatched", False, 2.0)
        wait_for_ticks(client, 3)
        expected = {device: BY_E_STOP if device in latched else STOPPED for device in DEVICES}
        assert running_states(client) == expected
        assert device_latches(client) == latched
        assert "CNC-021" in latched

    def test_that_a_device_starts_only_when_both_latches_are_clear(self, client: ForeignClient) -> None:
        assert client.call("CNC-021/Start")["status"] == "BadInvalidState"
        assert client.call("CNC-021/ResetEmergencyStop")["status"] == "Good"

        assert client.call("CNC-021/Start")["status"] == "Good"

        client.wait_for_value(f"CNC-021/{STATES}", RUNNING, 12.0)
