"""Tests of the alarm book and the tables over it."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPersistentModelIndex
from pytestqt.modeltest import ModelTester

from hmi.link.types import ConditionEvent
from hmi.state.alarm_table import AlarmClass, AlarmColumn, AlarmTableModel, alarm_name, words
from hmi.state.alarms import AlarmBook, badge, state_text
from hmi.state.clock import ScreenClock
from hmi.state.occurrences import OccurrenceModel
from hmi.theme.badges import BadgeState
from hmi.theme.roles import Role
from tests.fakes.link import FakeLink


@pytest.fixture
def book(link: FakeLink) -> AlarmBook:
    made = AlarmBook()
    link.conditions_arrived.connect(made.take)
    link.conditions_refreshed.connect(made.refresh)
    return made


def _raise(link: FakeLink, path: str, priority: int, second: int = 0, **changes: object) -> ConditionEvent:
    return link.alarm(path, f"{path} is high", priority, active_ns=(1_000 + second) * 10**9, **changes)


def test_that_the_banner_shows_unacknowledged_before_priority_before_newest(
    book: AlarmBook, link: FakeLink
) -> None:
    _raise(link, "A/One", 1, acknowledged=True)
    _raise(link, "B/Old", 2, second=1)
    _raise(link, "C/New", 2, second=2)
    _raise(link, "D/Low", 3, second=3)

    assert [e.device for e in book.process_banner()] == ["C", "B"]
    assert [e.device for e in book.ranked()] == ["C", "B", "D", "A"]


def test_that_a_prediction_never_takes_a_process_row_nor_the_other_way_round(
    book: AlarmBook, link: FakeLink
) -> None:
    _raise(link, "P/Wear", 3, predicted=True)
    _raise(link, "A/One", 4, predicted=False)

    assert [e.device for e in book.process_banner()] == ["A"]
    assert (shown := book.predicted_banner()) is not None
    assert shown.device == "P"


def test_that_the_worst_alarm_is_a_process_alarm_where_there_is_one(book: AlarmBook, link: FakeLink) -> None:
    _raise(link, "P/Wear", 3, predicted=True)
    _raise(link, "A/One", 4, predicted=False, acknowledged=True)

    assert (worst := book.worst()) is not None
    assert worst.device == "A"


def test_that_a_refresh_replaces_the_whole_list(book: AlarmBook, link: FakeLink) -> None:
    _raise(link, "A/One", 1)
    kept = _raise(link, "B/Two", 2)

    link.conditions_refreshed.emit((kept,))

    assert [e.device for e in book.ranked()] == ["B"]


def test_that_an_alarm_leaves_the_list_when_it_is_no_longer_retained_but_stays_in_the_history(
    book: AlarmBook, link: FakeLink
) -> None:
    raised = _raise(link, "A/One", 1)

    link.conditions_arrived.emit((replace(raised, active=False, acknowledged=True, retain=False),))

    assert book.ranked() == ()
    assert [state_text(e) for e in book.seen_of_device("A")] == ["Closed"]
    assert book.last_seen() == {"A": raised.active_ns}


def test_that_counts_are_of_active_alarms(book: AlarmBook, link: FakeLink) -> None:
    _raise(link, "A/One", 1)
    _raise(link, "B/Two", 2, acknowledged=True)
    _raise(link, "C/Three", 2, active=False)

    assert (book.counts()[1], book.counts()[2]) == (1, 1)
    assert (book.active(), book.unacknowledged()) == (2, 2)


@pytest.mark.parametrize(
    ("active", "acknowledged", "shape", "words_shown"),
    [
        (True, False, BadgeState.UNACKED, "UNACK"),
        (True, True, BadgeState.ACKED, "ACKED"),
        (False, False, BadgeState.RETURNED, "Cleared, UNACK"),
        (False, True, BadgeState.ACKED, "Cleared, acked"),
    ],
)
def test_that_each_state_has_its_badge_and_its_words(
    book: AlarmBook, link: FakeLink, active: bool, acknowledged: bool, shape: BadgeState, words_shown: str
) -> None:
    event = _raise(link, "A/One", 1, active=active, acknowledged=acknowledged)

    assert badge(event).state is shape
    assert state_text(event) == words_shown


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("OilLeak", "Oil leak"),
        ("CPUUsage", "CPUUsage"),
        ("VoltageL1", "Voltage L1"),
        ("Voltage L1", "Voltage L1"),
        ("Oil pressure", "Oil pressure"),
    ],
)
def test_that_a_pascal_case_name_is_read_as_words(name: str, text: str) -> None:
    assert words(name) == text


def test_that_an_alarm_is_called_by_its_name(book: AlarmBook, link: FakeLink) -> None:
    assert alarm_name(_raise(link, "GEN-001/OilLeak", 1)) == "Oil leak"


def test_that_the_alarm_table_is_a_sound_model_through_its_changes(
    book: AlarmBook, link: FakeLink, qtmodeltester: ModelTester
) -> None:
    model = AlarmTableModel(book, ScreenClock())
    first = _raise(link, "A/One", 1)
    _raise(link, "B/Two", 2)
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]

    link.conditions_arrived.emit((replace(first, acknowledged=True),))  # moves below
    link.conditions_arrived.emit((replace(first, retain=False),))

    assert [model.index(r, AlarmColumn.DEVICE).data() for r in range(model.rowCount())] == ["B"]


def test_that_a_selected_alarm_is_followed_when_it_moves(book: AlarmBook, link: FakeLink) -> None:
    model = AlarmTableModel(book, ScreenClock())
    first = _raise(link, "A/One", 1)
    _raise(link, "B/Two", 2)
    held = QPersistentModelIndex(model.index(0, 0))

    link.conditions_arrived.emit((replace(first, acknowledged=True),))

    assert held.row() == 1
    assert held.data(Role.KEY) == first.condition_id


def test_that_the_table_filters_by_class_and_words(book: AlarmBook, link: FakeLink) -> None:
    model = AlarmTableModel(book, ScreenClock())
    _raise(link, "CNC-001/Vibration", 2)
    _raise(link, "CNC-002/Wear", 4)
    _raise(link, "GEN-001/OilLeak", 1, acknowledged=True)

    found = {}
    for kind in AlarmClass:
        model.set_filter("", kind)
        found[kind] = {e.device for e in model.events()}
    model.set_filter("oilleak", AlarmClass.ALL)

    assert found[AlarmClass.UNACKED] == {"CNC-001", "CNC-002"}
    assert found[AlarmClass.PROCESS] == {"CNC-001", "GEN-001"}
    assert found[AlarmClass.PREDICTED] == {"CNC-002"}
    assert [e.device for e in model.events()] == ["GEN-001"]


def test_that_a_devices_occurrences_are_newest_first(
    book: AlarmBook, link: FakeLink, qtmodeltester: ModelTester
) -> None:
    model = OccurrenceModel(book, ScreenClock())
    model.show_device("A")
    _raise(link, "A/One", 1, second=1)
    _raise(link, "A/Two", 3, second=2)
    _raise(link, "B/Other", 1)
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]

    assert [model.index(r, 2).data() for r in range(model.rowCount())] == ["A/Two is high", "A/One is high"]
