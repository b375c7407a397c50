"""A server that goes away and comes back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from hmi.link.connection import plain_errors
from hmi.link.errors import NoConnectionError
from hmi.link.supervise import Backoff, Keeper
from hmi.link.types import LinkState
from tests.system.link.conftest import Heard
from tests.system.link.mini_plant import TEMPERATURE, MiniPlant


class _CancelledWithAnAnswer(asyncio.CancelledError):
    """As the library raises it."""


def test_that_values_flow_again_after_the_server_was_away(
    linked: Callable[..., Heard], shared_plant: MiniPlant, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    heard = linked(shared_plant.url)

    shared_plant.go_away()
    qtbot.waitUntil(lambda: heard.state is LinkState.LOST, timeout=3000)
    assert not heard.statuses[-1].stop_ready
    shared_plant.come_back()
    qtbot.waitUntil(heard.is_live, timeout=8000)
    shared_plant.write("CNC-001/Measurements/Temperature", 77.0)
    qtbot.waitUntil(lambda: heard.value(TEMPERATURE) == 77.0, timeout=3000)
    qtbot.waitUntil(lambda: heard.statuses[-1].stop_ready and len(heard.refreshes) == 2, timeout=3000)

    assert len(heard.models) == 1  # the same plant: nothing to build anew on the screen
    assert heard.statuses[-1].reconnects == 1


def test_that_the_pause_grows_only_after_a_first_success() -> None:
    backoff = Backoff()
    before = [backoff.next_s() for _ in range(54)]

    backoff.succeeded()
    after = [backoff.next_s() for _ in range(4)]

    assert (
        before == [0.2] * 50 + [0.5] * 4
    )  # ten seconds in which a server may start beside us, then more calmly
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
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        keeper.start(tasks)
        while len(served) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        keeper.end()

    assert reasons[0] == "The link failed inside: the log says more."
    assert reasons[1] == "There is no connection to the server."
    assert keeper.losses == 2


async def test_that_a_keeper_survives_a_cancellation_that_is_not_meant_for_it(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hmi.link.supervise.Backoff.next_s", lambda _self: 0.0)
    tries: list[int] = []
    back = asyncio.Event()

    @asynccontextmanager
    async def open_session() -> AsyncIterator[Any]:
        tries.append(len(tries))
        yield SimpleNamespace(lost=asyncio.Event())

    async def serve(_connection: Any) -> None:
        if len(tries) == 1:
            raise asyncio.CancelledError
        back.set()
        await asyncio.Event().wait()

    keeper = Keeper("e-stop", open_session, serve)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        keeper.start(tasks)
        await back.wait()
        keeper.end()

    assert tries == [0, 1]
    assert "a cancellation went astray" in caplog.text


async def test_that_an_answer_in_the_moment_of_the_time_out_is_still_a_time_out() -> None:
    """On Python 3.11 the library then raises a kind of CancelledError that `asyncio.timeout` does not know."""

    async def ask() -> None:
        async with asyncio.timeout(0.01):
            with plain_errors():
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError as cancelled:
                    raise _CancelledWithAnAnswer from cancelled

    with pytest.raises(TimeoutError):
        await ask()


async def test_that_an_outage_is_one_line_in_the_log_and_its_end_another(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hmi.link.supervise.Backoff.next_s", lambda _self: 0.0)
    tries: list[int] = []
    back = asyncio.Event()

    @asynccontextmanager
    async def open_session() -> AsyncIterator[Any]:
        tries.append(len(tries))
        if 1 <= tries[-1] <= 5:
            raise NoConnectionError
        yield SimpleNamespace(lost=asyncio.Event())

    async def serve(connection: Any) -> None:
        keeper.up(connection)
        if tries[-1] > 5:
            back.set()
            await asyncio.Event().wait()
        raise NoConnectionError

    keeper = Keeper("values", open_session, serve, level=logging.WARNING)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        keeper.start(tasks)
        await back.wait()
        keeper.end()

    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert lines[0] == "values: connection lost: There is no connection to the server."
    assert lines[1].startswith("values: connected again after 0.")
