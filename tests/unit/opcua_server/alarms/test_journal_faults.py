"""A journal whose disk or file fails: locked, damaged, gone, of a later version."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from opcua_server.alarms import (
    Journal,
    JournalError,
    JournalReader,
    StoredLatches,
)
from tests.unit.opcua_server.alarms.entries import at, intent, leak_entry, note, result

SOON = 10.0  # s
BUSY_MS = 50


def opened(folder: Path) -> Journal:
    return Journal(folder / "journal.db", busy_timeout_ms=BUSY_MS, reserve_bytes=4096, retry_s=0.05)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def messages(folder: Path) -> list[str]:
    return [row.message for row in JournalReader(folder / "journal.db").rows(at(-1e6), at(1e6))]


def test_that_a_locked_journal_rejects_and_later_tells_what_has_happened(tmp_path: Path) -> None:
    told: list[str] = []
    with (
        opened(tmp_path) as journal,
        closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as other,
    ):
        journal.on_error = lambda problem: told.append(str(problem))
        journal.on_recovered = lambda: told.append("recovered")
        other.execute("BEGIN EXCLUSIVE")

        with pytest.raises(
            JournalError, match=r"The journal cannot be written: another program holds .* locked\."
        ):
            journal.append([note(1, latches=StoredLatches(plant=True)), intent("a")]).result(SOON)
        with pytest.raises(JournalError):
            journal.append([leak_entry(), result("b")]).result(SOON)
        assert journal.state.backlog == 3
        assert "locked" in journal.state.error
        other.execute("COMMIT")
        until(lambda: journal.state.error == "")

        restored = journal.restore()

    assert told == [told[0], "recovered"]
    assert messages(tmp_path)[:1] == ["note 1"]
    assert "Start CNC-014" not in messages(tmp_path)
    assert restored.latches.plant
    assert len(restored.alarms) == 1
    assert restored.results.keys() == {"b"}
    assert restored.unfinished == ()
    assert JournalReader(tmp_path / "journal.db").verify() is None


def test_that_an_alarm_told_while_the_journal_was_locked_is_not_told_again(tmp_path: Path) -> None:
    entry = leak_entry()
    assert entry.alarm is not None
    with (
        opened(tmp_path) as journal,
        closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")
        journal.append([entry])
        with pytest.raises(JournalError):
            journal.mark_announced([entry.alarm.event_id]).result(SOON)
        other.execute("COMMIT")
        until(lambda: journal.state.error == "")

        assert journal.restore().unannounced == frozenset()


def test_that_to_append_never_waits_for_a_locked_file(tmp_path: Path) -> None:
    with (
        opened(tmp_path) as journal,
        closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")

        began = time.monotonic()
        for number in range(100):
            journal.append([note(number)])
        took_s = time.monotonic() - began

        other.execute("COMMIT")
    assert took_s < BUSY_MS / 1000.0  # a single wait for the lock would take as long
    assert len(messages(tmp_path)) == 100


def test_that_a_cancelled_future_drops_an_intent_and_keeps_what_has_happened(tmp_path: Path) -> None:
    with (
        opened(tmp_path) as journal,
        closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")
        first = journal.append([note(0)])
        until(first.running)
        command, event = journal.append([intent("a")]), journal.append([note(1)])
        assert command.cancel()
        assert event.cancel()
        other.execute("COMMIT")

    assert messages(tmp_path) == ["note 0", "note 1"]


@pytest.mark.parametrize("damage", ["header", "schema", "middle", "all", "half", "empty"])
def test_that_a_damaged_journal_is_set_aside_and_a_new_one_started(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "journal.db"
    with opened(tmp_path) as journal:
        journal.append([note(n) for n in range(500)]).result(SOON)
    whole = path.read_bytes()
    middle = len(whole) // 8192 * 4096  # where a page begins
    broken = {
        "header": os.urandom(100) + whole[100:],
        "schema": whole[:100] + os.urandom(3996) + whole[4096:],
        "middle": whole[:middle] + os.urandom(4096) + whole[middle + 4096 :],
        "all": os.urandom(len(whole)),
        "half": whole[: len(whole) // 2],
        "empty": b"",
    }[damage]
    path.write_bytes(broken)

    when = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
    with Journal(path, busy_timeout_ms=BUSY_MS, reserve_bytes=4096, now=lambda: when) as journal:
        restored = journal.restore()
        journal.append([note(1)]).result(SOON)

    assert restored.set_aside == tmp_path / "journal.corrupt-20260105T060000Z.db"
    assert restored.set_aside.read_bytes() == broken
    assert messages(tmp_path) == [
        "The journal was damaged. It was set aside as journal.corrupt-20260105T060000Z.db and a new one was started.",
        "note 1",
    ]


def test_that_a_second_damaged_journal_does_not_overwrite_the_first(tmp_path: Path) -> None:
    when = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
    for content in (b"one", b"two"):
        (tmp_path / "journal.db").write_bytes(content * 1000)
        Journal(tmp_path / "journal.db", reserve_bytes=4096, now=lambda: when).close()

    aside = sorted(tmp_path.glob("journal.corrupt-*.db"))

    assert [path.read_bytes()[:3] for path in aside] == [b"two", b"one"]


def test_that_a_journal_of_a_later_version_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "journal.db")) as other:
        other.execute("PRAGMA user_version = 99")

    with pytest.raises(JournalError, match="was written by a later version of Andon"):
        opened(tmp_path)


def test_that_a_folder_that_is_missing_is_told_and_used_once_it_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with opened(folder) as journal:
        with pytest.raises(JournalError, match="cannot be opened"):
            journal.append([note(1)]).result(SOON)
        with pytest.raises(JournalError):
            journal.restore()

        folder.mkdir()
        journal.append([note(2)]).result(SOON)

    assert messages(folder) == ["note 1", "note 2"]


def test_that_the_reserve_is_there_and_has_its_size(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", reserve_bytes=100_000):
        reserve = tmp_path / "journal.reserve"
        assert reserve.stat().st_size == 100_000
        assert reserve.stat().st_blocks * 512 >= 100_000  # allocated, not only claimed
