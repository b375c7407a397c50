"""Tests of what an operator may do, and what is sent."""

import pytest

from hmi.link.types import CommandRequest, CommandStage, LinkState
from hmi.state.console import ConsoleState
from tests.fakes.link import FakeLink


def _requests(link: FakeLink) -> list[CommandRequest]:
    return [a[1] for a in link.asked if a[0] == "execute"]


def test_that_a_setpoint_is_sent_with_its_effect_to_verify(state: ConsoleState, link: FakeLink) -> None:
    tag = state.catalogue.find("CNC-014", "Setpoints", "SpindleSpeedSetpoint")
    assert tag is not None

    state.operator.write(tag, 2200.0)

    (request,) = _requests(link)
    assert request.label == "Spindle speed 2\u2009400 → 2\u2009200 rpm"
    assert (request.target, request.value) == (tag.node_id, 2200.0)
    assert (request.verify_tag, request.verify_value) == (tag.tag_id, 2200.0)


def test_that_each_command_has_an_id_of_its_own(state: ConsoleState, link: FakeLink) -> None:
    device = state.catalogue.device("CNC-014")
    assert device is not None

    state.operator.call(device, "Shutdown")
    state.operator.call(device, "Start")

    first, second = _requests(link)
    assert first.command_id != second.command_id
    assert (first.verify_value, second.verify_value) == (0.0, 2.0)  # stopped, running


@pytest.mark.parametrize(
    ("running", "action", "words"),
    [
        (2, "Start", "it is running already"),
        (0, "Shutdown", "it is stopped already"),
        (5, "Start", "it is offline"),
        (4, "Start", "reset its e-stop first"),
        (4, "Setpoint", "reset its e-stop first"),
        (2, "Shutdown", ""),
        (0, "Start", ""),
        (5, "Limit", ""),
    ],
)
def test_that_a_barred_action_says_why(
    state: ConsoleState, link: FakeLink, running: int, action: str, words: str
) -> None:
    link.send([link.tag("CNC-014/State/RunningState")], [running])

    assert state.operator.why_not("CNC-014", action) == words


def test_that_the_plants_latch_bars_every_start(state: ConsoleState, link: FakeLink) -> None:
    link.send([link.tag("Plant/EmergencyStopLatched")], [1])

    assert state.operator.is_latched(None)
    assert state.operator.why_not("CNC-014", "Restart") == "reset the e-stop of the plant first"
    assert state.operator.why_not("CNC-014", "Shutdown") == ""


def test_that_nothing_but_a_stop_is_possible_without_the_server(state: ConsoleState, link: FakeLink) -> None:
    link.go_silent(state=LinkState.LOST)

    assert state.operator.why_not("CNC-014", "Shutdown") == "no connection to the server"
    state.operator.stop("CNC-014")
    assert link.asked[-1] == ("stop", "CNC-014")


def test_that_a_read_only_console_may_only_stop(link: FakeLink) -> None:
    state = ConsoleState(link, read_only=True)
    link.connect_plant()

    assert state.operator.why_not("CNC-014", "Start") == "this console is read-only"
    state.operator.stop(None)
    assert link.asked[-1] == ("stop", None)


def test_that_a_recording_is_not_controllable() -> None:
    link = FakeLink(replay=True)
    state = ConsoleState(link)
    link.connect_plant()

    assert state.operator.why_not("RIG-001", "Start") == "not controllable: it plays a recording"
    assert not state.operator.is_stoppable("RIG-001")


def test_that_an_acknowledged_alarm_is_not_acknowledged_again(state: ConsoleState, link: FakeLink) -> None:
    done = link.alarm("A/One", "High", 2, acknowledged=True)
    waiting = link.alarm("B/Two", "High", 2)

    state.operator.acknowledge((done, waiting), "seen")

    assert [a for a in link.asked if a[0] == "acknowledge"] == [
        ("acknowledge", waiting.condition_id, waiting.event_id, "seen")
    ]


def test_that_a_commands_life_ends_once(state: ConsoleState, link: FakeLink) -> None:
    request = CommandRequest(command_id="1", device="CNC-014", target="x", label="Start")

    for stage, why in (
        (CommandStage.SENT, ""),
        (CommandStage.REFUSED, "too hot"),
        (CommandStage.VERIFIED, ""),
    ):
        link.advance(request, stage, why)

    life = state.commands.newest("CNC-014")
    assert life is not None
    assert (life.stage, life.reason, life.is_over) == (CommandStage.REFUSED, "too hot", True)


def test_that_the_newest_command_of_each_device_is_at_hand(state: ConsoleState, link: FakeLink) -> None:
    for i, device in enumerate(("A", "B", "A")):
        link.advance(
            CommandRequest(command_id=str(i), device=device, target="", label=str(i)), CommandStage.SENT
        )

    assert [life.label for life in state.commands.newest_first()] == ["2", "1", "0"]
    assert (newest := state.commands.newest("A")) is not None
    assert newest.label == "2"
