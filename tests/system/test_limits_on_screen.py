"""A limit that somebody moves is the limit that the console shows."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from hmi.state.console import ConsoleState
from tests.support.console import logged_in_link
from tests.support.servers import running_server

DEVICE, TAG = "CNC-003", "Vibration"


@pytest.fixture
def state(qtbot: QtBot, tmp_path: Path) -> Iterator[ConsoleState]:
    with running_server(tmp_path / "state") as server:
        link = logged_in_link(server)
        made = ConsoleState(link)
        link.open()
        try:
            qtbot.waitUntil(lambda: made.session.is_live and bool(_limits(made)), timeout=30_000)
            yield made
        finally:
            link.close()


def _limits(state: ConsoleState) -> dict[str, float]:
    tag = state.catalogue.find(DEVICE, "Measurements", TAG)
    return dict(tag.limits) if tag is not None else {}


def test_that_a_limit_written_here_is_shown_within_two_seconds(qtbot: QtBot, state: ConsoleState) -> None:
    tag = state.catalogue.find(DEVICE, "Measurements", TAG)
    assert tag is not None
    before = _limits(state)

    state.operator.write_limit(tag, "High", 2.5)

    qtbot.waitUntil(lambda: _limits(state) == {**before, "High": 2.5}, timeout=2_000)


def test_that_a_limit_out_of_order_is_refused_and_the_old_one_stays(
    qtbot: QtBot, state: ConsoleState
) -> None:
    tag = state.catalogue.find(DEVICE, "Measurements", TAG)
    assert tag is not None
    before = _limits(state)

    state.operator.write_limit(tag, "High", before["HighHigh"] + 1.0)

    def is_refused() -> bool:
        life = state.commands.newest(DEVICE)
        return life is not None and life.is_over and "below" in life.reason

    qtbot.waitUntil(is_refused, timeout=3_000)
    assert _limits(state) == before
