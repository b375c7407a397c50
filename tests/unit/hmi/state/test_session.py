"""Tests of the link's state in sentences, and of the smaller models."""

import pytest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from hmi.link.types import CommandRequest, CommandStage, LinkState, LinkStatus
from hmi.state.clock import ScreenClock
from hmi.state.command_table import CommandTableModel
from hmi.state.console import ConsoleState
from hmi.state.frame_clock import FrameClock, memory_mb
from hmi.state.journal_table import JournalTableModel
from hmi.state.session import SessionState
from hmi.state.tag_list import TagListModel
from tests.fakes.link import FakeLink, journal_row


class FakeClock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_that_silence_is_told_with_its_growing_length() -> None:
    clock = FakeClock()
    session = SessionState(clock)
    session.take(LinkStatus(state=LinkState.LIVE, url="x"))
    session.take(LinkStatus(state=LinkState.STALE, url="x", silent_s=1.2))

    told = [session.comms_message()]
    clock.now_s += 20
    told.append(session.comms_message())

    assert told == [
        "No data from the server for 1.2 s: values are the last known",
        "No data from the server for 21 s: values are the last known",
    ]


def test_that_silence_counts_on_through_a_status_without_its_length() -> None:
    clock = FakeClock()
    session = SessionState(clock)
    session.take(LinkStatus(state=LinkState.LIVE, url="x"))
    session.take(LinkStatus(state=LinkState.STALE, url="x", silent_s=1.0))
    clock.now_s += 4
    session.take(LinkStatus(state=LinkState.LOST, url="x"))

    assert session.silent_s() == pytest.approx(5.0)


def test_that_a_console_that_never_was_live_says_what_it_waits_for() -> None:
    session = SessionState()
    session.take(LinkStatus(state=LinkState.CONNECTING, url="x", reason="nobody answers at x"))

    assert session.comms_message() == "No connection to the server: nobody answers at x"
    assert session.stale_reason() == "not connected"


def test_that_liveness_is_told_only_when_it_changes() -> None:
    session = SessionState()
    told: list[bool] = []
    session.liveness_changed.connect(told.append)

    for state in (LinkState.LIVE, LinkState.LIVE, LinkState.STALE, LinkState.LOST, LinkState.LIVE):
        session.take(LinkStatus(state=state, url="x"))

    assert told == [True, False, True]
    assert session.comms_message() == ""


def test_that_the_journal_table_grows_by_pages(qtmodeltester: ModelTester) -> None:
    model = JournalTableModel()
    model.show((journal_row(1), journal_row(2)))
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]

    model.extend((journal_row(3),))

    assert (model.rowCount(), model.last_seq()) == (3, 3)
    assert model.index(2, 0).data() == "2026-11-20 09:31:03"


def test_that_the_tag_list_finds_by_all_words(link: FakeLink, qtmodeltester: ModelTester) -> None:
    model = TagListModel()
    model.show_model(link.model)
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]

    model.set_filter("vibration cnc-014")

    assert [model.index(r).data() for r in range(model.rowCount())] == ["CNC-014   Vibration   mm/s"]
    assert model.tag_at(5) is None


def test_that_the_command_table_follows_the_book(
    state: ConsoleState, link: FakeLink, qtmodeltester: ModelTester
) -> None:
    model = CommandTableModel(state.commands, state.clock)
    request = CommandRequest(command_id="7", device="", target="x", label="Stop plant")
    link.advance(request, CommandStage.SENT)
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]

    link.advance(request, CommandStage.REFUSED, "not now")

    assert [model.index(0, c).data() for c in (1, 2, 3, 4)] == ["plant", "Stop plant", "Refused", "not now"]


def test_that_times_follow_the_chosen_zone(qtbot: QtBot) -> None:
    clock = ScreenClock(now_ns=lambda: 1_795_000_000 * 10**9)

    with qtbot.waitSignal(clock.zone_changed, timeout=500):
        clock.set_utc(False)
    clock.set_utc(True)

    assert clock.of_day(clock.now_ns()) == "11:06:40"


def test_that_late_frames_are_measured() -> None:
    clock = FakeClock()
    frames = FrameClock(100.0, clock)
    for step in (0.0, 0.1, 0.1, 0.35):
        clock.now_s += step
        frames.tick()

    assert frames.lateness_ms()[1] == pytest.approx(250.0)
    assert memory_mb() > 10
