"""A server that goes away and comes back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from hmi.link.errors import NoConnectionError
from hmi.link.supervise import Backoff, Keeper
from hmi.link.types import LinkState
from tests.unit.hmi.link.conftest import Heard
from tests.unit.hmi.link.mini_plant import TEMPERATURE, MiniPlant


def test_that_values_flow_again_after_the_server_was_restarted(
    linked: Callable[..., Heard], qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    plant = MiniPlant()
    with plant.running():
        heard = linked(plant.url)
    qtbot.waitUntil(lambda: heard.state is LinkState.LOST, timeout=3000)
    assert not heard.statuses[-1].stop_ready

    again = MiniPlant(plant.port)
    with again.running():
        qtbot.waitUntil(heard.is_live, timeout=8000)
        again.write("CNC-001/Measurements/Temperature", 77.0)
        qtbot.waitUntil(lambda: heard.value(TEMPERATURE) == 77.0, timeout=3000)
        qtbot.waitUntil(lambda: heard.statuses[-1].stop_ready, timeout=3000)
        refreshes = len(heard.refreshes)
        heard.link.close()

    assert len(heard.models) == 1  # the same plant: nothing to build anew on the screen
    assert heard.statuses[-1].reconnects == 1
    assert refreshes >= 2
    ours = [
        r.getMessage() for r in caplog.records if r.name.startswith("hmi") and r.levelno >= logging.WARNING
    ]
    assert len(ours) == 2
    assert "connection lost" in ours[0]
    assert "connected again" in ours[1]


def test_that_the_pause_grows_only_after_a_first_success() -> None:
    backoff = Backoff()
    before = [backoff.next_s() for _ in range(4)]

    backoff.succeeded()
    after = [backoff.next_s() for _ in range(4)]

    assert before == [0.5, 0.5, 0.5, 0.5]
    assert after == [0.5, 1.0, 2.0, 2.0]


async def test_that_a_keeper_survives_a_fault_of_its_own_work(caplog: pytest.LogCaptureFixture) -> None:
    """A bug in serving one session must not leave the operator without a link for good."""
    served: list[str] = []
    reasons: list[str] = []

    @asynccontextmanager
    async def open_session() -> AsyncIterator[Any]:
        yield SimpleNamespace(lost=asyncio.Event())

    async def serve(connection: Any) -> None:
        served.append("once more")
        keeper.up(connection)
        raise [ZeroDivisionError("a bug"), NoConnectionError(), KeyError("another")][min(len(served), 3) - 1]

    keeper = Keeper("values", open_session, serve, reasons.append)
    keeper_task = asyncio.create_task(keeper.run())
    async with asyncio.timeout(5):
        while len(served) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    keeper_task.cancel()
    await asyncio.gather(keeper_task, return_exceptions=True)

    assert reasons[0] == "The link failed inside: the log says more."
    assert reasons[1] == "There is no connection to the server."
    assert keeper.losses == 2
