"""The default plant as the tests see it from outside."""

import json
from typing import Final

import resources
from plant.definition import load_plant
from tests.support.foreign_client import ForeignClient

STOPPED, STARTING, RUNNING, STOPPING, BY_E_STOP, OFFLINE = range(6)
STATES: Final = "State/RunningState"
DEVICES: Final = tuple(device.tag for device in load_plant(resources.path("plants", "factory.toml")).devices)


def running_states(client: ForeignClient) -> dict[str, int]:
    """Return every device's running state, read by one request."""
    return dict(zip(DEVICES, client.read_all([f"{device}/{STATES}" for device in DEVICES]), strict=True))


def device_latches(client: ForeignClient) -> set[str]:
    """Return the devices whose own latch is set, read by one request."""
    found = client.read_all([f"{device}/State/EmergencyStopLatched" for device in DEVICES])
    return {device for device, latched in zip(DEVICES, found, strict=True) if latched}


def wait_for_ticks(client: ForeignClient, count: int) -> None:
    """Let `count` publishes go by."""
    beat = f"{DEVICES[0]}/State/Heartbeat"
    first = client.read(beat)
    client.wait_for(lambda: client.read(beat) >= first + count, count + 5.0, f"{count} ticks")


def journal_rows(client: ForeignClient) -> list[dict[str, object]]:
    """Return the first rows of the journal, five thousand at most."""
    answer = client.call(
        "Alarms/QueryJournal",
        ("DateTime", "2000-01-01T00:00:00+00:00"),
        ("DateTime", "2100-01-01T00:00:00+00:00"),
        ("Int64", 0),
        ("UInt32", 5000),
    )
    assert answer["status"] == "Good", answer
    return [json.loads(row) for row in answer["outputs"][0]]
