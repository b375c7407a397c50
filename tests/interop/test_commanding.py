"""Methods of devices, and Execute with its promise to act at most once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.support.foreign_client import Answer, ForeignClient, node_id

STOPPED, STARTING, RUNNING, STOPPING, BY_E_STOP = range(5)
ROBOT = "ROBOT-001"  # quick to start: 4 s
SPEED = "ROBOT-002/Setpoints/SpeedOverride"


def execute(
    client: ForeignClient,
    target: str,
    value: float | None,
    *,
    command: str = "",
    sequence: int = 0,
    valid_s: float = 10.0,
) -> Answer:
    """Call Commands/Execute; the command is valid until `valid_s` seconds from now."""
    until = (datetime.now(UTC) + timedelta(seconds=valid_s)).isoformat()
    return client.call(
        "Commands/Execute",
        ("Guid", command or str(uuid4())),
        ("NodeId", node_id(target)),
        ("Double", value),
        ("UInt32", sequence),
        ("DateTime", until),
    )


def sequence_of(client: ForeignClient, device: str) -> int:
    found = client.read(f"{device}/State/CommandSequence")
    assert isinstance(found, int)
    return found


@pytest.fixture
def latched(client: ForeignClient) -> Iterator[str]:
    """A device under an e-stop, set running again at the end."""
    device = "ROBOT-003"
    assert client.call(f"{device}/EmergencyStop")["status"] == "Good"
    yield device
    assert client.call(f"{device}/ResetEmergencyStop")["status"] == "Good"
    assert client.call(f"{device}/Start")["status"] == "Good"


def test_that_a_machine_is_shut_down_started_and_restarted(client: ForeignClient) -> None:
    state = f"{ROBOT}/State/RunningState"
    client.wait_for_value(state, RUNNING, 10.0)

    assert client.call(f"{ROBOT}/Shutdown")["status"] == "Good"
    client.wait_for_value(state, STOPPED, 10.0)
    assert client.call(f"{ROBOT}/Start")["status"] == "Good"
    client.wait_for_value(state, STARTING, 3.0)
    assert client.call(f"{ROBOT}/Restart")["status"] == "Good"
    client.wait_for_value(state, STOPPING, 3.0)
    client.wait_for_value(state, STARTING, 10.0)


def test_that_a_running_machine_is_not_started_twice(client: ForeignClient) -> None:
    answer = client.call("ROBOT-006/Start")

    assert answer["status"] == "BadInvalidState"
    assert answer["reasons"] == ["ROBOT-006 is not stopped: it is running"]


def test_that_a_type_s_method_acts_on_the_object_it_is_called_on(client: ForeignClient) -> None:
    answer = client.do(
        "call",
        object=node_id("ROBOT-004"),
        method="nsu=urn:andon:types;s=RobotArmType/EmergencyStop",
        inputs=[],
    )

    assert answer["status"] == "Good"
    assert client.read("ROBOT-004/State/RunningState") == BY_E_STOP
    assert client.call("ROBOT-004/ResetEmergencyStop")["status"] == "Good"
    assert client.call("ROBOT-004/Start")["status"] == "Good"


@pytest.mark.parametrize("method", ["Start", "Restart"])
def test_that_a_stopped_device_does_not_start_while_its_latch_is_set(
    client: ForeignClient, latched: str, method: str
) -> None:
    answer = client.call(f"{latched}/{method}")

    assert answer["status"] == "BadInvalidState"
    assert client.read(f"{latched}/State/RunningState") == BY_E_STOP


def test_that_execute_writes_a_setpoint_and_tells_the_new_sequence(client: ForeignClient) -> None:
    before, sequence = client.read(SPEED), sequence_of(client, "ROBOT-002")

    answer = execute(client, SPEED, before - 10.0)

    assert answer["status"] == "Good"
    assert answer["outputs"] == ["Accepted", sequence + 1]
    client.wait_for_value(SPEED, before - 10.0, 2.0)
    execute(client, SPEED, before)
    client.wait_for_value(SPEED, before, 2.0)


def test_that_a_repeated_id_gets_the_first_result_and_acts_once(client: ForeignClient) -> None:
    command, before = str(uuid4()), client.read(SPEED)
    first = execute(client, SPEED, before - 20.0, command=command)
    client.wait_for_value(SPEED, before - 20.0, 2.0)
    assert client.write(SPEED, before) == "Good"
    client.wait_for_value(SPEED, before, 2.0)
    sequence = sequence_of(client, "ROBOT-002")

    second = execute(client, SPEED, before - 20.0, command=command)

    assert (second["status"], second["outputs"]) == (first["status"], first["outputs"])
    assert sequence_of(client, "ROBOT-002") == sequence
    assert client.read(SPEED) == before


def test_that_a_repeated_id_gets_the_first_refusal(client: ForeignClient) -> None:
    command, before = str(uuid4()), client.read(SPEED)
    first = execute(client, SPEED, 1e6, command=command)

    second = execute(client, SPEED, before - 20.0, command=command)

    assert first["status"] == second["status"] == "BadOutOfRange"
    assert client.read(SPEED) == before


def test_that_two_of_the_same_id_at_once_act_once(client: ForeignClient) -> None:
    command, before = str(uuid4()), client.read(SPEED)
    sequence = sequence_of(client, "ROBOT-002")
    until = (datetime.now(UTC) + timedelta(seconds=10)).isoformat()
    inputs = (
        ("Guid", command),
        ("NodeId", node_id(SPEED)),
        ("Double", before - 5.0),
        ("UInt32", 0),
        ("DateTime", until),
    )

    client.begin("first", "Commands/Execute", *inputs)
    client.begin("second", "Commands/Execute", *inputs)

    assert (
        client.result("first")["outputs"] == client.result("second")["outputs"] == ["Accepted", sequence + 1]
    )
    client.wait_for_value("ROBOT-002/State/CommandSequence", sequence + 1, 2.0)
    assert client.write(SPEED, before) == "Good"
    client.wait_for_value(SPEED, before, 2.0)


def test_that_a_late_command_is_not_done(client: ForeignClient) -> None:
    before = client.read(SPEED)

    answer = execute(client, SPEED, before - 30.0, valid_s=-0.5)

    assert answer["status"] == "BadTimeout"
    assert client.read(SPEED) == before


def test_that_a_command_out_of_turn_is_not_done(client: ForeignClient) -> None:
    before, sequence = client.read(SPEED), sequence_of(client, "ROBOT-002")

    answer = execute(client, SPEED, before - 30.0, sequence=sequence + 7)

    assert answer["status"] == "BadInvalidState"
    assert client.read(SPEED) == before


def test_that_a_stop_is_never_late_nor_out_of_turn(client: ForeignClient) -> None:
    answer = execute(client, "ROBOT-005/EmergencyStop", None, sequence=999, valid_s=-60.0)

    assert answer["status"] == "Good"
    assert client.read("ROBOT-005/State/RunningState") == BY_E_STOP
    assert execute(client, "ROBOT-005/ResetEmergencyStop", None)["status"] == "Good"
    assert execute(client, "ROBOT-005/Start", None)["status"] == "Good"


def test_that_a_command_to_a_measurement_is_refused(client: ForeignClient) -> None:
    answer = execute(client, "ROBOT-002/Measurements/Power", 1.0)

    assert answer["status"] == "BadNodeIdUnknown"


@pytest.mark.parametrize(
    ("inputs", "status"),
    [
        ([], "BadArgumentsMissing"),
        ([("Double", 1.0)] * 5, "BadTooManyArguments"),
        ([("Double", 1.0), ("String", "40"), ("Double", 1.0), ("Double", 1.0)], "BadInvalidArgument"),
    ],
)
def test_that_arguments_of_wrong_number_or_type_are_refused(
    client: ForeignClient, inputs: list[tuple[str, object]], status: str
) -> None:
    assert client.call("Plant/Predict", *inputs)["status"] == status


def test_that_a_reason_for_a_command_stands_in_the_journal_ahead_of_it(client: ForeignClient) -> None:
    target, command = SPEED, str(uuid4())
    reason = f"the tank runs dry otherwise {command}"

    refused = client.call("Commands/Explain", ("Guid", command), ("NodeId", node_id(target)), ("String", " "))
    told = client.call("Commands/Explain", ("Guid", command), ("NodeId", node_id(target)), ("String", reason))

    assert (refused["status"], told["status"]) == ("BadInvalidArgument", "Good")
    now = datetime.now(UTC)
    spans = [("DateTime", (now + timedelta(minutes=m)).isoformat()) for m in (-2, 2)]
    rows = client.call("Alarms/QueryJournal", *spans, ("Int64", 0), ("UInt32", 5000))["outputs"][0]
    (row,) = [json.loads(text) for text in rows if command in text]
    assert (row["device"], row["state"], row["comment"]) == ("ROBOT-002", "explained", reason)
