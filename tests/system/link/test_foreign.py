"""A server that is not Andon's own."""

import uuid
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from asyncua import ua
from pytestqt.qtbot import QtBot

from hmi.link.types import CommandRequest, CommandStage
from tests.system.link.conftest import Heard
from tests.system.link.mini_plant import MiniPlant

LEVEL = "nsu=urn:somebody:else;s=Level"


@pytest.fixture(scope="module")
def foreign() -> Iterator[MiniPlant]:
    with MiniPlant(foreign=True).running() as server:
        yield server


def test_that_its_variables_are_shown_and_its_silence_is_judged_by_its_own_promise(
    linked: Callable[..., Heard], foreign: MiniPlant, qtbot: QtBot
) -> None:
    heard = linked(foreign.url)
    level = next(tag for tag in heard.models[0].tags if tag.name == "Level")

    qtbot.waitUntil(lambda: heard.value(level.node_id) == 4.5, timeout=3000)

    assert [device.tag for device in heard.models[0].devices] == ["Boiler"]
    assert (level.group, level.writable, level.is_text) == ("Setpoints", True, False)
    assert heard.statuses[-1].stale_after_s == 2.0  # 2 x 250 ms x 4
    assert not heard.statuses[-1].stop_ready


def test_that_a_setting_is_a_plain_write_and_read_back(
    linked: Callable[..., Heard], foreign: MiniPlant, qtbot: QtBot
) -> None:
    heard = linked(foreign.url)
    wish = CommandRequest(command_id=str(uuid.uuid4()), device="Boiler", target=LEVEL, label="x", value=6.5)

    heard.link.execute(wish)
    qtbot.waitUntil(lambda: any(update.is_final for update in heard.commands), timeout=3000)

    assert heard.commands[-1].stage is CommandStage.VERIFIED
    assert foreign.read("Level") == 6.5


def test_that_a_plant_that_has_changed_is_shown_anew_after_a_lost_connection(
    linked: Callable[..., Heard], foreign: MiniPlant, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    heard = linked(foreign.url)

    foreign.do(foreign.add_variable("Pressure", 1.0))
    foreign.drop_connections()
    qtbot.waitUntil(lambda: len(heard.models) == 2, timeout=5000)

    assert [tag.name for tag in heard.models[1].tags] == ["Level", "Maker", "Pressure"]
    assert [r.name for r in caplog.records if r.levelname == "WARNING"][:1] == ["hmi.link.supervise"]


def test_that_lost_messages_never_make_it_ask_in_a_loop_for_what_is_gone(
    linked: Callable[..., Heard], foreign: MiniPlant, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stock server answers Republish of a message it has not got with Good and nothing: a client that insists never ends."""
    service = foreign.server.iserver.subscription_service
    asked: list[int] = []
    republish = service.republish

    def counted(parameters: ua.RepublishParameters) -> ua.NotificationMessage:
        asked.append(parameters.RetransmitSequenceNumber)
        return republish(parameters)

    monkeypatch.setattr(service, "republish", counted)
    heard = linked(foreign.url)
    level = next(tag for tag in heard.models[0].tags if tag.name == "Level")
    qtbot.waitUntil(lambda: heard.value(level.node_id) is not None, timeout=3000)
    for value in (20.5, 21.5, 22.5):
        for subscription in service.subscriptions.values():
            subscription._notification_seq += 7
        foreign.write("Level", value)
        qtbot.waitUntil(partial(_has_come, heard, level.node_id, value), timeout=3000)

    assert asked == []
    assert heard.is_live()


def _has_come(heard: Heard, node_id: str, value: float) -> bool:
    return heard.value(node_id) == value
