"""A subscribed tag sees every tick, whatever other clients try with it."""

from dataclasses import dataclass
from itertools import pairwise

import pytest

from tests.support.foreign_client import Answer, ForeignClient

TICKS = 5
TICK_S = 1.0  # publish_hz of the default plant
UNTOUCHED, REFUSED, COMMANDED = (f"PRESS-00{number}/State/Heartbeat" for number in (1, 2, 3))
SETPOINT = "PRESS-003/Setpoints/PressureSetpoint"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a client was sent: of a tag nobody touched, one that it tried to write, one of a device it commanded."""

    untouched: list[Answer]
    refused: list[Answer]
    commanded: list[Answer]
    setpoint: list[Answer]
    before: float
    refused_status: str
    ticks_before: int  # that had come when the writes were made


@pytest.fixture(scope="module")
def heard(client: ForeignClient) -> Heard:
    """Subscribe, write here and there, and listen for five ticks more."""
    paths = (UNTOUCHED, REFUSED, COMMANDED, SETPOINT)
    client.subscribe(*paths)
    client.wait_for(lambda: all(client.values(path) for path in paths), 5.0, "the first values")
    before = client.read(SETPOINT)
    ticks_before = len(client.values(REFUSED))

    refused_status = client.write(REFUSED, 7, "Int32")
    assert client.write(SETPOINT, before - 5.0) == "Good"
    client.wait_for(lambda: client.values(SETPOINT)[-1]["value"] == before - 5.0, 3.0, "the new setpoint")
    assert client.write(SETPOINT, before) == "Good"
    client.wait_for(lambda: client.values(SETPOINT)[-1]["value"] == before, 3.0, "the old setpoint")
    enough = len(client.values(COMMANDED)) + TICKS
    client.wait_for(
        lambda: all(len(client.values(path)) >= enough for path in (UNTOUCHED, REFUSED, COMMANDED)),
        TICKS * TICK_S + 5.0,
        f"{TICKS} ticks",
    )

    return Heard(
        untouched=client.values(UNTOUCHED),
        refused=client.values(REFUSED),
        commanded=client.values(COMMANDED),
        setpoint=client.values(SETPOINT),
        before=before,
        refused_status=refused_status,
        ticks_before=ticks_before,
    )


def assert_every_tick(notifications: list[Answer]) -> None:
    beats = [each["value"] for each in notifications]
    assert len(beats) > TICKS
    assert [later - earlier for earlier, later in pairwise(beats)] == [1] * (len(beats) - 1), beats


def test_that_a_subscribed_tag_sees_every_tick(heard: Heard) -> None:
    assert_every_tick(heard.untouched)


def test_that_a_tag_is_still_seen_after_a_client_tried_to_write_it(heard: Heard) -> None:
    assert heard.refused_status == "BadNotWritable"
    assert_every_tick(heard.refused)
    assert len(heard.refused) >= heard.ticks_before + TICKS


def test_that_a_device_is_still_seen_after_its_setpoint_was_written(heard: Heard) -> None:
    assert_every_tick(heard.commanded)


def test_that_a_subscribed_setpoint_tells_each_write_once(heard: Heard) -> None:
    assert [each["value"] for each in heard.setpoint] == [heard.before, heard.before - 5.0, heard.before]


def test_that_every_notification_tells_when_the_value_was_taken(heard: Heard) -> None:
    times = [each["source"] for each in heard.untouched]

    assert times == sorted(set(times))
    assert {each["status"] for each in heard.untouched} == {"Good"}
