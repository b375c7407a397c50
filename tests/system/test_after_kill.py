"""What outlives kill -9: latches, machines at rest, alarms with their EventIds, announcements still to be made."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.foreign_client import Answer, ForeignClient, node_id, node_operator
from tests.support.plant import (
    BY_E_STOP,
    DEVICES,
    RUNNING,
    STATES,
    STOPPED,
    device_latches,
    journal_rows,
    running_states,
    wait_for_ticks,
)
from tests.support.servers import RunningServer, running_server

pytestmark = pytest.mark.node
REFRESH_END = "i=2788"
COLD = 1.0  # °C: a high limit that any running spindle is above
OPEN, ACKNOWLEDGED, UNTOLD = "CNC-005", "CNC-006", "CNC-007"
SPEED = "ROBOT-001/Setpoints/SpeedOverride"
COMMAND = (
    ("Guid", "9b6d9a3a-50a2-4f0e-8d0e-3a0c56a3a3f1"),
    ("NodeId", node_id(SPEED)),
    ("Double", 61.0),
    ("UInt32", 0),
    ("DateTime", "2100-01-01T00:00:00+00:00"),
)


@contextmanager
def served(state: Path) -> Iterator[tuple[RunningServer, ForeignClient]]:
    """Run a server on a state directory, with a client; the test may kill it."""
    with running_server(state) as server, node_operator(server) as client:
        yield server, client


def wait_for_row(client: ForeignClient, message: str, state: str = "done") -> None:
    """Wait until the journal holds a row: what is to outlive a kill is then on the disk."""
    client.wait_for(
        lambda: any(row["message"] == message and row["state"] == state for row in journal_rows(client)),
        5.0,
        f"{message!r} in the journal",
    )


# ---- latches and machines at rest ------------------------------------------------------------------------------------


def test_that_latches_outlive_a_kill_and_nothing_starts_by_itself(tmp_path: Path) -> None:
    with served(tmp_path) as (server, client):
        client.call("CNC-003/EmergencyStop")
        client.call("CNC-004/Shutdown")
        client.call("Plant/EmergencyStopAll")
        wait_for_row(client, "EmergencyStop plant")
        server.kill()

    with served(tmp_path) as (server, client):
        assert set(running_states(client).values()) == {BY_E_STOP}  # the first that anyone reads
        assert client.read("Plant/EmergencyStopLatched") is True
        assert device_latches(client) == {"CNC-003"}
        assert client.read("CNC-003/Measurements/SpindleSpeed") == 0.0
        client.call("Plant/ResetEmergencyStopAll")
        wait_for_row(client, "ResetEmergencyStop plant")
        server.kill()

    with served(tmp_path) as (server, client):
        at_rest = dict.fromkeys(DEVICES, STOPPED) | {"CNC-003": BY_E_STOP}
        assert running_states(client) == at_rest
        assert client.read("Plant/EmergencyStopLatched") is False
        assert client.call("CNC-003/Start")["status"] == "BadInvalidState"
        client.call("CNC-003/ResetEmergencyStop")
        wait_for_row(client, "ResetEmergencyStop CNC-003")
        server.kill()

    with served(tmp_path) as (server, client):
        wait_for_ticks(client, 3)
        assert running_states(client) == dict.fromkeys(DEVICES, STOPPED)
        assert device_latches(client) == set()
        assert client.call("CNC-003/Start")["status"] == "Good"
        client.wait_for_value(f"CNC-003/{STATES}", RUNNING, 12.0)


# ---- alarms and commands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Reborn:
    """A server killed and started again, with what was known of it before."""

    client: ForeignClient
    state: Path
    retained: dict[str, Answer]  # by ConditionId, before the kill
    alarms: dict[str, Answer]  # by device: the event that raised the alarm
    first_result: Answer
    unasked: list[Answer]  # events of the first three ticks after the start


@pytest.fixture(scope="module")
def reborn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reborn]:
    """Three devices in alarm, one of them acknowledged, one as if not yet told; one command done; then kill -9."""
    state = tmp_path_factory.mktemp("reborn")
    with served(state) as (server, client):
        client.listen()
        alarms = {device: raise_alarm(client, device) for device in (OPEN, ACKNOWLEDGED, UNTOLD)}
        client.acknowledge(condition(ACKNOWLEDGED), alarms[ACKNOWLEDGED]["EventId"], "known")
        client.wait_for_event(5.0, "the acknowledgement", AckedState__Id=True)
        first_result = client.call("Commands/Execute", *COMMAND)
        wait_for_row(client, "ROBOT-001 SpeedOverride → 61.0")
        before = refreshed(client)
        server.kill()
    mark_as_untold(state, alarms[UNTOLD]["EventId"])  # as a kill between storing and telling leaves it
    with served(state) as (_, client):
        client.listen()
        client.wait_for_event(5.0, "the announcement", EventId=alarms[UNTOLD]["EventId"])
        wait_for_ticks(client, 3)
        yield Reborn(
            client=client,
            state=state,
            retained=before,
            alarms=alarms,
            first_result=first_result,
            unasked=client.events(),
        )


def condition(device: str) -> str:
    return f"{device}/Alarms/SpindleTemperature"


def raise_alarm(client: ForeignClient, device: str) -> Answer:
    """Put a device in alarm, and return the event that told it."""
    assert client.write(f"{condition(device)}/HighLimit", COLD) == "Good"
    return client.wait_for_event(
        10.0, f"the alarm of {device}", ConditionId=node_id(condition(device)), ActiveState__Id=True
    )


def refreshed(client: ForeignClient) -> dict[str, Answer]:
    """Return the alarms that a refresh tells, by ConditionId."""
    begun = len(client.events())
    client.refresh()

    def told() -> list[Answer]:
        later = client.events()[begun:]
        return later if REFRESH_END in [each["EventType"] for each in later] else []

    found = client.wait_for(told, 3.0, "the end of the refresh")
    return {each["ConditionId"]: each for each in found if each["Retain"]}


def test_that_the_alarm_list_is_the_same_after_a_kill(reborn: Reborn) -> None:
    assert {node_id(condition(device)) for device in reborn.alarms} <= reborn.retained.keys()
    assert refreshed(reborn.client) == reborn.retained


def test_that_what_was_active_and_told_is_not_told_anew(reborn: Reborn) -> None:
    told = {event["ConditionId"] for event in reborn.unasked}

    assert told.isdisjoint({node_id(condition(OPEN)), node_id(condition(ACKNOWLEDGED))})


def test_that_an_alarm_stored_but_not_told_is_told_once(reborn: Reborn) -> None:
    event = reborn.alarms[UNTOLD]

    told = [each for each in reborn.unasked if each["ConditionId"] == event["ConditionId"]]

    assert [each["EventId"] for each in told] == [event["EventId"]]
    assert told[0]["Message"] == event["Message"]
    assert is_told(reborn.state, event["EventId"])


def test_that_event_ids_from_before_a_kill_can_be_acknowledged(reborn: Reborn) -> None:
    events = {device: alarm["EventId"] for device, alarm in reborn.alarms.items()}

    assert reborn.client.acknowledge(condition(OPEN), events[OPEN], "after the kill") == "Good"
    again = reborn.client.acknowledge(condition(ACKNOWLEDGED), events[ACKNOWLEDGED])
    assert again == "BadConditionBranchAlreadyAcked"


def test_that_a_repeated_id_gets_the_first_result_after_a_kill(reborn: Reborn) -> None:
    before = reborn.client.read(SPEED)

    second = reborn.client.call("Commands/Execute", *COMMAND)

    wait_for_ticks(reborn.client, 2)
    assert (second["status"], second["outputs"]) == ("Good", reborn.first_result["outputs"])
    assert reborn.client.read(SPEED) == before != 61.0


def mark_as_untold(state: Path, event: str) -> None:
    with closing(sqlite3.connect(state / "journal.db")) as journal, journal:
        changed = journal.execute(
            "UPDATE alarm_state SET announced = 0 WHERE event_id = ?", (bytes.fromhex(event),)
        )
        assert changed.rowcount == 1


def is_told(state: Path, event: str) -> bool:
    with closing(sqlite3.connect(state / "journal.db")) as journal:
        found = journal.execute(
            "SELECT announced FROM alarm_state WHERE event_id = ?", (bytes.fromhex(event),)
        ).fetchone()
    return bool(found[0])
