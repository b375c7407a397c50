"""The e-stop on its own session: confirmed by the latch, or said to have failed."""

from collections.abc import Callable

from asyncua import ua
from pytestqt.qtbot import QtBot

from hmi.link.types import CommandStage, CommandUpdate
from tests.system.link.conftest import Heard
from tests.system.link.mini_plant import MiniPlant


def outcome(heard: Heard, qtbot: QtBot, timeout: int = 3000) -> CommandUpdate:
    qtbot.waitUntil(lambda: bool(heard.commands) and heard.commands[-1].is_final, timeout=timeout)
    return heard.commands[-1]


def test_that_a_plant_stop_is_confirmed_by_the_latch_and_names_what_it_cannot_stop(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: heard.statuses[-1].stop_ready, timeout=3000)
    heard.link.stop(None)
    update = outcome(heard, qtbot)

    assert (update.label, update.stage) == ("STOP PLANT", CommandStage.VERIFIED)
    assert update.reason == "Not controllable: RIG-001."
    assert update.elapsed_ms < 500.0
    assert shared_plant.read("Plant/EmergencyStopLatched") is True

    heard.link.reset_stop(None)
    qtbot.waitUntil(lambda: heard.commands[-1].label.startswith("Reset"), timeout=1000)
    assert outcome(heard, qtbot).stage is CommandStage.VERIFIED
    assert shared_plant.read("Plant/EmergencyStopLatched") is False


def test_that_a_device_stop_calls_the_devices_own_method(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    heard.link.stop("CNC-001")

    update = outcome(heard, qtbot)

    assert (update.device, update.label) == ("CNC-001", "STOP CNC-001")
    assert shared_plant.deeds.calls == ["stop CNC-001"]


def test_that_a_stop_that_is_not_confirmed_is_tried_again_and_then_said_to_have_failed(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    shared_plant.deeds.deaf_stop = True

    heard.link.stop(None)
    update = outcome(heard, qtbot)

    assert update.stage is CommandStage.UNKNOWN
    assert "Use the emergency stop at the machine" in update.reason
    assert 1900.0 < update.elapsed_ms < 2300.0
    assert len(shared_plant.deeds.calls) >= 8


def test_that_a_refused_stop_says_why_at_once(heard: Heard, shared_plant: MiniPlant, qtbot: QtBot) -> None:
    shared_plant.deeds.refuse = ua.StatusCodes.BadNotSupported

    heard.link.stop("CNC-001")
    update = outcome(heard, qtbot)

    assert (update.stage, update.reason) == (CommandStage.REFUSED, "The device cannot do this.")


def test_that_a_stop_without_a_session_fails_within_two_seconds(
    linked: Callable[..., Heard], qtbot: QtBot
) -> None:
    heard = linked("opc.tcp://127.0.0.1:9", wait=False)

    heard.link.stop("CNC-001")
    update = outcome(heard, qtbot)

    assert update.stage is CommandStage.UNKNOWN
    assert not any(status.stop_ready for status in heard.statuses)


def test_that_a_frozen_server_makes_the_stop_not_available(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    assert heard.statuses[-1].stop_latency_ms is not None

    shared_plant.freeze(2.2)

    qtbot.waitUntil(lambda: not heard.statuses[-1].stop_ready, timeout=3500)
    qtbot.waitUntil(lambda: heard.statuses[-1].stop_ready, timeout=4000)
