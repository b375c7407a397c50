"""What the journal keeps, in which order, and that nobody can change it unseen."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import closing
from itertools import chain
from pathlib import Path

import pytest

from opcua_server.alarms import (
    EntryKind,
    Journal,
    JournalEntry,
    JournalError,
    JournalReader,
    LimitName,
    StoredLatches,
    alarm_entry,
    journal_write,
)
from opcua_server.alarms.journal_rows import COLUMNS, chained
from opcua_server.alarms.thresholds import LimitChange
from tests.unit.opcua_server.alarms.bench import normal_bench
from tests.unit.opcua_server.alarms.entries import at, intent, leak, leak_entry, note, result

SOON = 10.0  # s; a commit takes milliseconds


def opened(folder: Path) -> Journal:
    return Journal(folder / "journal.db", reserve_bytes=4096)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with opened(tmp_path) as made:
        yield made


def every(journal: Journal | JournalReader) -> list[str]:
    return [row.message for row in journal.query(at(-1e6), at(1e6)).rows]


def test_that_a_row_reads_as_it_was_written(journal: Journal) -> None:
    raised = leak()

    seq = journal.append([alarm_entry(raised)]).result(SOON)
    (row,) = journal.query(at(0), at(60)).rows

    assert (row.seq, row.time, row.kind) == (seq, raised.time, "alarm")
    assert (row.device, row.condition, row.priority) == ("GEN-001", "GEN-001/OilLeak", 1)
    assert (row.state, row.message) == ("Active, unacknowledged", raised.record.message)
    assert row.detail["event_id"] == raised.event_id.hex()


def test_that_the_writer_uses_a_wal_and_syncs_every_commit(journal: Journal, tmp_path: Path) -> None:
    journal.append([note(1)]).result(SOON)
    connection = journal._writer._connection

    assert connection is not None
    assert (tmp_path / "journal.db-wal").exists()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_that_what_waits_is_committed_together_and_in_order(journal: Journal) -> None:
    futures = [journal.append([note(n)]) for n in range(200)]

    wait(futures, SOON)

    assert [future.result() for future in futures] == sorted(future.result() for future in futures)
    assert every(journal) == [f"note {n}" for n in range(200)]
    assert journal.state.queue_length == 0
    assert journal.state.last_commit_ms > 0.0
    assert journal.state.text == "The journal is written."


def test_that_pages_follow_each_other_without_hole_or_double(journal: Journal) -> None:
    journal.append([note(n) for n in range(25)]).result(SOON)

    pages, after_seq, more = [], 0, True
    while more:
        page = journal.query(at(3), at(21), after_seq, 10)
        pages.append([row.message for row in page.rows])
        after_seq, more = page.last_seq, page.more

    assert [len(page) for page in pages] == [10, 9]
    assert list(chain.from_iterable(pages)) == [f"note {n}" for n in range(3, 22)]
    assert journal.query(at(3), at(21), after_seq).rows == ()
    assert journal.query(at(3), at(21), after_seq).last_seq == after_seq


def test_that_the_order_is_that_of_writing_when_the_clock_is_set_back(journal: Journal) -> None:
    journal.append([note(3600), note(0), note(1)]).result(SOON)

    rows = journal.query(at(-1), at(4000)).rows

    assert [row.kind for row in rows] == ["system", "clock", "system", "system"]
    assert [row.seq for row in rows] == [1, 2, 3, 4]
    assert rows[1].message.startswith("The clock went back by 3600 s")
    assert journal.verify() is None


@pytest.mark.parametrize(
    ("tamper", "seq"),
    [
        ("UPDATE journal SET message = 'note 2.' WHERE seq = 2", 2),
        ("UPDATE journal SET time_us = time_us + 1 WHERE seq = 3", 3),
        ("UPDATE journal SET priority = 1 WHERE seq = 1", 1),
        ("UPDATE journal SET detail = '{\"a\":1}' WHERE seq = 5", 5),
        ("UPDATE journal SET hash = zeroblob(32) WHERE seq = 4", 4),
        ("DELETE FROM journal WHERE seq = 1", 1),
        ("DELETE FROM journal WHERE seq = 3", 3),
        ("DELETE FROM journal WHERE seq = 5", 5),
        ("DELETE FROM journal", 1),
        ("DELETE FROM head", 6),
        ("UPDATE journal SET seq = 9 WHERE seq = 5", 5),
    ],
)
def test_that_a_change_to_a_row_is_found(tmp_path: Path, tamper: str, seq: int) -> None:
    with opened(tmp_path) as journal:
        journal.append([note(n) for n in range(1, 6)]).result(SOON)
        assert journal.verify() is None

    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as other:
        other.execute(tamper)

    bad = JournalReader(tmp_path / "journal.db").verify()
    assert bad is not None
    assert bad.seq == seq


def test_that_a_row_forged_with_a_fitting_hash_is_found_at_the_next(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append([note(n) for n in range(1, 6)]).result(SOON)

    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as other:
        (before,) = other.execute("SELECT hash FROM journal WHERE seq = 1").fetchone()
        names = ", ".join(COLUMNS)
        row = list(other.execute(f"SELECT {names} FROM journal WHERE seq = 2").fetchone())
        row[COLUMNS.index("message")] = "forged"
        digest = chained(before, tuple(row))
        other.execute("UPDATE journal SET message = 'forged', hash = ? WHERE seq = 2", (digest,))

    bad = JournalReader(tmp_path / "journal.db").verify()
    assert bad is not None
    assert bad.seq == 3


def test_that_rows_written_after_the_last_were_taken_away_do_not_hide_it(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append([note(n) for n in range(1, 6)]).result(SOON)
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as other:
        other.execute("DELETE FROM journal WHERE seq >= 4")

    with opened(tmp_path) as journal:
        journal.append([note(6)]).result(SOON)
        bad = journal.verify()

    assert bad is not None
    assert bad.seq == 4


def test_that_retained_state_comes_back(tmp_path: Path) -> None:
    high = LimitChange(key="CNC-014/SpindleTemperature", limit=LimitName.HIGH, old=68.0, new=70.0)
    again = LimitChange(key="CNC-014/SpindleTemperature", limit=LimitName.HIGH, old=70.0, new=66.0)
    raised = leak()
    with opened(tmp_path) as journal:
        journal.append([alarm_entry(raised), note(1, limit=high), note(2, limit=again)])
        journal.append(
            [note(3, latches=StoredLatches(plant=True, devices=frozenset({"CNC-014", "GEN-001"})))]
        )
        journal.append([note(4, latches=StoredLatches(devices=frozenset({"GEN-001"})))])

    with opened(tmp_path) as journal:
        restored = journal.restore()

    assert restored.alarms == (raised.record.snapshot(),)
    assert restored.latches == StoredLatches(plant=False, devices=frozenset({"GEN-001"}))
    assert restored.limits == (
        LimitChange(key="CNC-014/SpindleTemperature", limit=LimitName.HIGH, old=68.0, new=66.0),
    )
    assert restored.set_aside is None


def test_that_the_plants_latch_comes_back_apart_from_its_devices(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append([note(1, latches=StoredLatches(plant=True))])

    with opened(tmp_path) as journal:
        assert journal.restore().latches == StoredLatches(plant=True)


def test_that_an_alarm_stays_unannounced_until_it_is_told(tmp_path: Path) -> None:
    bench = normal_bench()
    bench.put("GEN-001", "OilPressure", 1.62)
    bench.put("PROC-001", "Pressure", 95.0)
    first, second = bench.tick()
    with opened(tmp_path) as journal:
        journal.append([alarm_entry(first), alarm_entry(second)])
        journal.mark_announced([first.event_id])

    with opened(tmp_path) as journal:
        assert journal.restore().unannounced == {second.event_id}
        journal.mark_announced([second.event_id]).result(SOON)
        assert journal.restore().unannounced == frozenset()


def test_that_an_alarm_sent_before_it_was_stored_is_not_sent_again(journal: Journal) -> None:
    journal.append([alarm_entry(leak(), announced=True)]).result(SOON)

    assert journal.restore().unannounced == frozenset()


def test_that_a_command_without_a_result_is_journaled_as_of_unknown_outcome(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append([intent("a"), result("a")])
        journal.append([intent("b")])

    with opened(tmp_path) as journal:
        restored = journal.restore()
        journal.append([]).result(SOON)
        last = journal.query(at(-1e6), at(1e9)).rows[-1]
        assert journal.restore().unfinished == ()

    assert [command.id for command in restored.unfinished] == ["b"]
    assert restored.results == {"a": {"outcome": "confirmed"}}
    assert (last.kind, last.state, last.device, last.user) == (
        "command",
        "outcome unknown",
        "CNC-014",
        "local:ann",
    )


def test_that_the_first_result_of_a_command_counts(journal: Journal) -> None:
    journal.append([intent("a"), result("a", "confirmed"), intent("a"), result("a", "refused")]).result(SOON)

    assert journal.restore().results == {"a": {"outcome": "confirmed"}}


def test_that_the_latest_ten_thousand_commands_are_kept(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert journal_write.COMMANDS_KEPT == 10_000
    monkeypatch.setattr(journal_write, "COMMANDS_KEPT", 100)

    journal.append([intent("open"), *(result(f"c{n}") for n in range(110))]).result(SOON)

    restored = journal.restore()

    assert len(restored.results) == 100
    assert {"c9", "c10"} & restored.results.keys() == {"c10"}
    assert [command.id for command in restored.unfinished] == ["open"]


def test_that_what_cannot_be_stored_is_refused_to_its_caller_alone(journal: Journal) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        journal.append([note(1, detail={"value": float("nan")})])
    with pytest.raises(TypeError):
        journal.append([note(1, detail={"value": object()})])
    with pytest.raises(ValueError, match="no time zone"):
        journal.append([JournalEntry(time=at(0).replace(tzinfo=None), kind=EntryKind.SYSTEM, message="")])

    journal.append([note(2, comment="broken \ud800 text", user="a\x00b")]).result(SOON)

    (row,) = journal.query(at(0), at(9)).rows
    assert (row.comment, row.user) == ("broken ? text", "a\x00b")
    assert journal.verify() is None


def test_that_a_closed_journal_refuses_and_has_written_all_before(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    futures = [journal.append([note(n)]) for n in range(50)]

    journal.close()
    journal.close()

    assert all(future.result(0) for future in futures)
    with pytest.raises(JournalError, match="closed"):
        journal.append([note(99)]).result(0)


def test_that_the_journal_is_read_beside_a_running_writer(journal: Journal, tmp_path: Path) -> None:
    journal.append([note(n) for n in range(7000)]).result(SOON)

    read = [row.seq for row in JournalReader(tmp_path / "journal.db").rows(at(-1), at(1e6))]

    assert read == list(range(1, 7001))


def test_that_a_folder_without_a_journal_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"There is no journal at .*journal\.db\."):
        JournalReader(tmp_path / "journal.db").query(at(0), at(1))


def test_that_entries_of_one_call_are_stored_together_with_their_state(journal: Journal) -> None:
    seq = journal.append([note(1), leak_entry(), note(3)]).result(SOON)

    assert seq == 3
    assert len(journal.restore().alarms) == 1
