"""What becomes of a command: done, refused, or nobody knows."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from asyncua import ua
from pytestqt.qtbot import QtBot

from hmi.link.types import CommandRequest, CommandStage, CommandUpdate
from tests.system.link.conftest import Heard
from tests.system.link.mini_plant import SETPOINT, START, MiniPlant

SENT, ACCEPTED, READ_BACK = CommandStage.SENT, CommandStage.ACCEPTED, CommandStage.READ_BACK
VERIFIED, REFUSED, UNKNOWN = CommandStage.VERIFIED, CommandStage.REFUSED, CommandStage.UNKNOWN


def request(target: str, value: float | None = None, sequence: int = 0) -> CommandRequest:
    return CommandRequest(
        command_id=str(uuid.uuid4()),
        device="CNC-001",
        target=target,
        label="test",
        value=value,
        expected_sequence=sequence,
    )


def run(heard: Heard, qtbot: QtBot, wish: CommandRequest, timeout: int = 3000) -> list[CommandUpdate]:
    heard.link.execute(wish)
    qtbot.waitUntil(lambda: any(update.is_final for update in heard.life(wish.command_id)), timeout=timeout)
    return heard.life(wish.command_id)


def stages(life: list[CommandUpdate]) -> list[CommandStage]:
    return [update.stage for update in life]


def test_that_a_setpoint_is_verified_by_reading_it_back(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    wish = request(SETPOINT, 240.0)

    life = run(heard, qtbot, wish)

    assert stages(life) == [SENT, ACCEPTED, READ_BACK, VERIFIED]
    assert shared_plant.deeds.executed == [(wish.command_id, "CNC-001/Setpoints/SpeedSetpoint", 240.0)]
    assert shared_plant.read("CNC-001/Setpoints/SpeedSetpoint") == 240.0


def test_that_a_command_says_until_when_it_is_valid_in_the_servers_time(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    run(heard, qtbot, request(SETPOINT, 250.0))

    assert shared_plant.deeds.valid_until is not None
    ahead_s = (shared_plant.deeds.valid_until.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()
    assert 0.5 < ahead_s < 2.5  # 2 s less the age of the server's clock node, which it writes each second


def test_that_a_start_is_verified_by_the_running_state(heard: Heard, qtbot: QtBot) -> None:
    life = run(heard, qtbot, request(START))

    assert stages(life) == [SENT, ACCEPTED, READ_BACK, VERIFIED]


def test_that_an_effect_that_does_not_come_is_said_in_the_states_own_words(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hmi.link.commands.EFFECT_S", 0.4)
    shared_plant.write("CNC-001/State/RunningState", 1, ua.VariantType.UInt32)
    shared_plant.deeds.ignore_values = True

    life = run(heard, qtbot, request(START))

    assert stages(life) == [SENT, ACCEPTED, READ_BACK, READ_BACK]
    assert life[-1].reason == "Accepted, but after 0.4 s the plant still shows Starting."


def test_that_a_refusal_carries_the_servers_own_sentence(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    shared_plant.deeds.refuse = ua.StatusCodes.BadOutOfRange
    shared_plant.deeds.refuse_reason = "9000 is above the highest permitted 8000."

    life = run(heard, qtbot, request(SETPOINT, 9000.0))

    assert stages(life) == [SENT, REFUSED]
    assert life[-1].reason == "9000 is above the highest permitted 8000."


def test_that_a_wrong_state_names_the_e_stop_only_where_it_is_latched(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    shared_plant.deeds.refuse = ua.StatusCodes.BadInvalidState

    free = run(heard, qtbot, request(START))[-1].reason
    overtaken = run(heard, qtbot, request(START, sequence=3))[-1].reason
    shared_plant.write("CNC-001/State/EmergencyStopLatched", True, ua.VariantType.Boolean)
    latched = run(heard, qtbot, request(START))[-1].reason
    shared_plant.write("CNC-001/State/EmergencyStopLatched", False, ua.VariantType.Boolean)

    assert free == "The device does not allow this in its present state."
    assert overtaken == "Another command came first: look at the device and try again."
    assert latched == "The device is stopped by e-stop: reset it first."


def test_that_a_swallowed_answer_is_an_unknown_outcome_within_two_seconds(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    shared_plant.deeds.answer_after_s = 2.6

    life = run(heard, qtbot, request(SETPOINT, 260.0))

    assert stages(life) == [SENT, UNKNOWN]
    assert life[-1].reason.startswith("No answer within 2 s")
    assert 1900.0 < life[-1].elapsed_ms < 2300.0


def test_that_a_command_cut_off_on_the_way_is_sent_again_and_acts_once(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot, caplog: object
) -> None:
    shared_plant.deeds.drop_first = True

    life = run(heard, qtbot, request(SETPOINT, 270.0))

    assert life[-1].stage is VERIFIED
    assert len(shared_plant.deeds.executed) == 1
    qtbot.waitUntil(heard.is_live, timeout=5000)


def test_that_an_accepted_setting_that_does_not_show_is_an_unknown_outcome(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    shared_plant.write("CNC-001/Setpoints/SpeedSetpoint", 100.0)
    shared_plant.deeds.ignore_values = True

    life = run(heard, qtbot, request(SETPOINT, 280.0))

    assert stages(life) == [SENT, ACCEPTED, UNKNOWN]
    assert life[-1].reason == "Accepted, but not seen in the plant. The plant still shows 100."


def test_that_nothing_is_sent_without_a_connection(linked: Callable[..., Heard], qtbot: QtBot) -> None:
    heard = linked("opc.tcp://127.0.0.1:9", wait=False)

    life = run(heard, qtbot, request(SETPOINT, 1.0))

    assert stages(life) == [SENT, REFUSED]
    assert life[-1].reason == "Not sent: there is no connection to the server."
