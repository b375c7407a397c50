"""Alarms as foreign clients hear and acknowledge them (OPC 10000-9)."""

from collections.abc import Iterator

import pytest

from tests.support.accounts import NAME
from tests.support.foreign_client import Answer, ForeignClient, node_id

CONDITIONS, ALARMS, AREA, EVERYTHING = "conditions", "alarms", "area", "everything"
REFRESH_START, REFRESH_END = "i=2787", "i=2788"
LIMIT_ALARM = "nsu=urn:andon:types;i=1105"
DEVICES = {"node-opcua": ("CNC-010", "CNC-011", "CNC-012"), "python-opcua": ("CNC-020", "CNC-021", "CNC-022")}
COLD = 1.0  # °C: a high limit that any running spindle is above
ALARM_S = 8.0  # 2 s of on-delay, a tick, and a busy machine


def condition(device: str) -> str:
    return f"{device}/Alarms/SpindleTemperature"


@pytest.fixture(scope="module")
def devices(client: ForeignClient) -> Iterator[tuple[str, ...]]:
    """Three devices in alarm: their limit was lowered while the client listened."""
    client.listen(kind="ConditionType", label=CONDITIONS)
    client.listen(kind="AlarmConditionType", label=ALARMS)
    client.listen("Area/Machining", label=AREA)
    client.listen(label=EVERYTHING)
    chosen = DEVICES[client.name]
    limits = {device: client.read(f"{condition(device)}/HighLimit") for device in chosen}
    for device in chosen:
        assert client.write(f"{condition(device)}/HighLimit", COLD) == "Good"
    for device in chosen:
        raised(client, device)
    yield chosen
    for device, limit in limits.items():
        assert client.write(f"{condition(device)}/HighLimit", limit) == "Good"


def raised(client: ForeignClient, device: str, label: str = CONDITIONS) -> Answer:
    """Return the first event that told the alarm of a device."""
    return client.wait_for_event(
        ALARM_S,
        f"the alarm of {device}",
        ConditionId=node_id(condition(device)),
        label=label,
        ActiveState__Id=True,
    )


@pytest.mark.parametrize("label", [CONDITIONS, ALARMS, AREA, EVERYTHING])
def test_that_an_alarm_reaches_every_filter_and_notifier(
    client: ForeignClient, devices: tuple[str, ...], label: str
) -> None:
    event = raised(client, devices[0], label)

    assert event["EventType"] == LIMIT_ALARM
    assert event["SourceNode"] == node_id(f"{devices[0]}/Measurements/SpindleTemperature")
    assert (event["Retain"], event["ActiveState.Id"], event["AckedState.Id"]) == (True, True, False)
    assert "above" in event["Message"].lower() or "high" in event["Message"].lower()
    assert 1 <= event["Severity"] <= 1000


def test_that_an_alarm_has_one_event_id_whoever_hears_it(
    client: ForeignClient, devices: tuple[str, ...]
) -> None:
    found = {raised(client, devices[0], label)["EventId"] for label in (CONDITIONS, ALARMS, AREA, EVERYTHING)}

    assert len(found) == 1
    assert found == {client.read(f"{condition(devices[0])}/EventId")}


def test_that_an_alarm_is_acknowledged_with_name_and_comment(
    client: ForeignClient, devices: tuple[str, ...]
) -> None:
    event = raised(client, devices[1])["EventId"]

    status = client.acknowledge(condition(devices[1]), event, "seen by a foreign client")

    assert status == "Good"
    told = client.wait_for_event(
        3.0, "the acknowledgement", ConditionId=node_id(condition(devices[1])), AckedState__Id=True
    )
    assert told["Comment"] == "seen by a foreign client"
    assert told["ClientUserId"] == NAME
    assert client.read(f"{condition(devices[1])}/AckedState/Id") is True


def test_that_an_alarm_is_acknowledged_only_once(client: ForeignClient, devices: tuple[str, ...]) -> None:
    event = raised(client, devices[2])["EventId"]
    first = client.acknowledge(condition(devices[2]), event)

    second = client.acknowledge(condition(devices[2]), event)

    assert (first, second) == ("Good", "BadConditionBranchAlreadyAcked")


def test_that_an_unknown_event_is_not_acknowledged(client: ForeignClient, devices: tuple[str, ...]) -> None:
    status = client.acknowledge(condition(devices[0]), "00" * 16)

    assert status == "BadEventIdUnknown"
    assert client.read(f"{condition(devices[0])}/AckedState/Id") is False


@pytest.mark.usefixtures("devices")
def test_that_what_is_no_alarm_is_not_acknowledged(client: ForeignClient) -> None:
    assert client.acknowledge("CNC-010", "00" * 16) == "BadNodeIdInvalid"


def test_that_a_refresh_repeats_every_retained_alarm_between_brackets(
    client: ForeignClient, devices: tuple[str, ...]
) -> None:
    before = len([each for each in client.events() if each["label"] == EVERYTHING])

    assert client.refresh() == "Good"

    def repeated() -> list[Answer]:
        later = [each for each in client.events() if each["label"] == EVERYTHING][before:]
        return later if REFRESH_END in [each["EventType"] for each in later] else []

    told = client.wait_for(repeated, 3.0, "the end of the refresh")
    types = [each["EventType"] for each in told]
    between = told[types.index(REFRESH_START) + 1 : types.index(REFRESH_END)]
    found = {each["ConditionId"]: each for each in between}
    assert {node_id(condition(device)) for device in devices} <= found.keys()
    assert all(each["Retain"] for each in between)
    assert found[node_id(condition(devices[0]))]["EventId"] == raised(client, devices[0])["EventId"]


@pytest.mark.usefixtures("devices")
def test_that_no_filter_holds_back_the_brackets_of_a_refresh(client: ForeignClient) -> None:
    client.refresh()

    for label in (CONDITIONS, ALARMS):
        client.wait_for_event(3.0, "the start", label=label, EventType=REFRESH_START)
        client.wait_for_event(3.0, "the end", label=label, EventType=REFRESH_END)
