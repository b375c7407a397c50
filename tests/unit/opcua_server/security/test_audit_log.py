"""The audit log: whole or said not to be, written before the deed, with floods told by number."""

import asyncio
import csv
import io
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from opcua_server.alarms.anchor import Anchor, Head
from opcua_server.alarms.export import ExportFormat, header, lines
from opcua_server.alarms.journal_read import JournalReader
from opcua_server.alarms.ranges import EARLIEST, LATEST
from opcua_server.audit.log import AuditLog, AuditRefusedError
from opcua_server.audit.records import AUDIT_TABLE, AuditRecord, Deed, Stage, plain
from opcua_server.audit.repeats import WINDOW_S, Repeats

ROUNDS = 3
CHILD = """
import asyncio, sys
from pathlib import Path
from opcua_server.audit.log import AuditLog
from opcua_server.audit.records import AuditRecord, Deed, Stage

async def main():
    log = AuditLog(Path(sys.argv[1]), reserve_bytes=4096)
    number = 0
    while True:
        number += 1
        record = AuditRecord(deed=Deed.WRITE, target=f"node {number}", user="maria", old=number - 1, new=number)
        done = await log.intend(record)
        print(number, flush=True)
        log.end(done, record.ended(Stage.DONE, "Good"))

asyncio.run(main())
"""


def write(number: int = 1) -> AuditRecord:
    return AuditRecord(
        deed=Deed.WRITE, target=f"node {number}", user="maria", address="10.0.0.5", old=number - 1, new=number
    )


def rows_of(path: Path) -> list[dict[str, object]]:
    text = "".join(lines(JournalReader(path).rows(EARLIEST, LATEST), ExportFormat.JSONL, AUDIT_TABLE))
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


@pytest.fixture
def log(path: Path) -> Iterator[AuditLog]:
    made = AuditLog(path, reserve_bytes=4096)
    yield made
    made.close()


@pytest.fixture
def written(path: Path) -> Path:
    """A closed log of ten rows, and the file it lies in."""
    log = AuditLog(path, reserve_bytes=4096)
    for number in range(10):
        log.note(write(number)).result(5.0)
    log.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


async def test_that_a_deed_is_on_the_disk_before_it_is_done(log: AuditLog, path: Path) -> None:
    number = await log.intend(write())
    before = rows_of(path)
    log.end(number, write().ended(Stage.DONE, "Good"))
    log.close()

    assert [row["stage"] for row in before] == ["requested"]
    done = rows_of(path)[-1]
    assert done["stage"] == "done"
    assert (done["user"], done["address"], done["target"]) == ("maria", "10.0.0.5", "node 1")
    assert (done["old"], done["new"], done["result"]) == (0, 1, "Good")
    assert JournalReader(path).verify() is None


async def test_that_what_was_begun_and_not_ended_is_told_at_the_next_start(log: AuditLog, path: Path) -> None:
    await log.intend(write(7))
    log.close()
    again = AuditLog(path, reserve_bytes=4096)

    assert again.recover() == 1
    again.close()
    last = AuditLog(path, reserve_bytes=4096)
    assert last.recover() == 0
    last.close()
    assert [(row["stage"], row["target"]) for row in rows_of(path)][-1] == ("outcome unknown", "node 7")


@pytest.mark.slow
async def test_that_nothing_may_be_done_when_the_log_cannot_be_written(log: AuditLog, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")  # as a full or broken disk: no commit gets through
        with pytest.raises(AuditRefusedError, match="audit log"):
            await log.intend(write())
        other.execute("ROLLBACK")


def test_that_every_byte_of_a_row_counts(written: Path) -> None:
    content = written.read_bytes()
    where = content.index(b"10.0.0.5")
    written.write_bytes(content[:where] + b"2" + content[where + 1 :])

    bad = JournalReader(written).verify()

    assert bad is not None
    assert "changed after it was written" in bad.reason


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        ("UPDATE journal SET user = 'jonas' WHERE seq = 4", "changed"),
        ("DELETE FROM journal WHERE seq = 4", "missing"),
        ("DELETE FROM journal WHERE seq > 8", "missing at the end"),
        (
            """DELETE FROM journal WHERE seq > 8;
            UPDATE head SET seq = 8, hash = (SELECT hash FROM journal WHERE seq = 8)""",
            "missing at the end: there were 10",
        ),
    ],
)
def test_that_tampering_is_found(written: Path, tampering: str, said: str) -> None:
    with closing(sqlite3.connect(written)) as connection:
        connection.executescript(tampering)

    bad = JournalReader(written).verify()

    assert bad is not None
    assert said in bad.reason


def test_that_a_lost_write_ahead_log_is_found(path: Path, tmp_path: Path) -> None:
    log = AuditLog(path, reserve_bytes=4096)
    for number in range(10):
        log.note(write(number)).result(5.0)
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in ("audit.db", "audit.head"):
        shutil.copy(path.with_name(name), killed / name)
    log.close()

    bad = JournalReader(killed / "audit.db").verify()
    assert bad is not None
    assert "missing at the end" in bad.reason

    again = AuditLog(killed / "audit.db", reserve_bytes=4096)
    assert again.missing_rows == 10
    again.close()
    assert "10 rows at the end of the log are missing" in str(rows_of(killed / "audit.db")[-1]["comment"])


def test_that_a_log_made_anew_does_not_pass_for_the_one_that_was_noted(written: Path, tmp_path: Path) -> None:
    noted = JournalReader(written).head()
    assert JournalReader(written).verify(noted) is None
    (tmp_path / "other").mkdir()
    other = AuditLog(tmp_path / "other" / "audit.db", reserve_bytes=4096)
    for number in range(12):
        other.note(write(number + 1)).result(5.0)
    other.close()

    bad = JournalReader(other.path).verify(noted)

    assert bad is not None
    assert bad.seq == 10


def test_that_two_programs_write_one_log(log: AuditLog, path: Path) -> None:
    other = AuditLog(path, reserve_bytes=4096)
    for number in range(20):
        (log if number % 2 else other).note(write(number)).result(5.0)
    other.close()

    assert len(rows_of(path)) == 20
    assert JournalReader(path).verify() is None


def test_that_a_flood_of_refusals_is_told_by_its_number(log: AuditLog, path: Path) -> None:
    for _ in range(500):
        log.refused(write())
        log.refused(write(2))
    log.tell_repeats()  # not due yet
    log.close()

    rows = rows_of(path)
    assert [row["target"] for row in rows] == ["node 1", "node 2", "node 1", "node 2"]
    assert [row["detail"] for row in rows] == ["", "", "repeated 499", "repeated 499"]


def test_that_a_stop_asked_for_again_and_again_is_told_by_its_number(log: AuditLog, path: Path) -> None:
    for _ in range(50):
        log.repeated(write().ended(Stage.DONE, "Good"))
    log.close()

    assert [(row["stage"], row["detail"]) for row in rows_of(path)] == [("done", ""), ("done", "repeated 49")]


def test_that_repeats_are_handed_over_when_their_time_is_over() -> None:
    now = 0.0
    repeats: Repeats[str] = Repeats(lambda: now)
    assert repeats.is_first("a", "a1")
    assert not repeats.is_first("a", "a2")
    assert repeats.due() == []
    now = WINDOW_S

    assert repeats.due() == [("a2", 1)]
    assert repeats.is_first("a", "a3")
    now = 3 * WINDOW_S
    assert repeats.due() == []


def test_that_more_kinds_than_there_is_room_for_are_counted_together() -> None:
    repeats: Repeats[int] = Repeats(lambda: 0.0)

    told = [number for number in range(5000) if repeats.is_first(number, number)]

    assert len(told) == len(repeats._seen) == 1001
    assert repeats.due(everything=True) == [(4999, 3999)]


def test_that_the_log_says_how_much_of_its_room_is_taken(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.db", reserve_bytes=4096, budget_bytes=100_000)
    before = log.fullness()
    for number in range(200):
        log.note(write(number)).result(5.0)
    after = log.fullness()
    log.close()

    assert 0.0 < before < 1.0 < after


def test_that_cells_are_no_formulas(log: AuditLog, path: Path) -> None:
    log.note(
        AuditRecord(deed=Deed.LOGIN, target="=HYPERLINK(1)", user="@SUM(1)", new=-5, comment="+cmd")
    ).result(5.0)
    text = header(ExportFormat.CSV, AUDIT_TABLE) + "".join(
        lines(JournalReader(path).rows(EARLIEST, LATEST), ExportFormat.CSV, AUDIT_TABLE)
    )

    row = next(csv.DictReader(io.StringIO(text)))

    assert (row["target"], row["user"], row["comment"]) == ("'=HYPERLINK(1)", "'@SUM(1)", "'+cmd")
    assert row["new"] == "-5"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (float("nan"), "nan"),
        (b"\x01\xff", "01ff"),
        ("\ud800", "?"),
        ([1.5, float("inf"), [None]], [1.5, "inf", [None]]),
        (True, True),
    ],
)
def test_that_any_value_can_be_kept(log: AuditLog, path: Path, value: object, kept: object) -> None:
    log.note(AuditRecord(deed=Deed.WRITE, target="node", user="maria", new=plain(value))).result(5.0)

    assert rows_of(path)[-1]["new"] == kept


def test_that_a_long_value_is_shortened() -> None:
    assert len(str(plain("x" * 10**6))) < 1100
    assert len(plain(list(range(10**4))) or []) == 100  # type: ignore[arg-type]


def test_that_a_head_reads_what_it_prints() -> None:
    head = Head(seq=12, digest=bytes(range(32)))

    assert Head.parse(str(head)) == head
    assert Head.parse("12:zz") is None
    assert Head.parse("") is None


def test_that_an_anchor_that_is_rubbish_counts_as_none(path: Path) -> None:
    Anchor(path).path.write_bytes(b"\xff\xfe rubbish")

    assert Anchor(path).read() is None


@pytest.mark.slow
def test_that_kill_9_loses_nothing_that_was_acknowledged(path: Path) -> None:
    acknowledged: list[int] = []
    for _ in range(ROUNDS):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
        )
        assert child.stdout is not None
        with child.stdout as out:
            said = [out.readline() for _ in range(150)]
            child.send_signal(signal.SIGKILL)
            said += out.readlines()
        assert child.wait(10) == -signal.SIGKILL
        acknowledged.append(max(int(line) for line in said if line.endswith("\n")))

        assert JournalReader(path).verify() is None
    targets = [row["target"] for row in rows_of(path) if row["stage"] == "requested"]
    starts = [index for index, target in enumerate(targets) if target == "node 1"]
    lengths = [end - start for start, end in zip(starts, [*starts[1:], len(targets)], strict=True)]
    assert len(lengths) == ROUNDS
    assert all(kept >= said for kept, said in zip(lengths, acknowledged, strict=True))


@pytest.mark.slow
async def test_that_waiting_for_a_note_does_not_outlast_the_client(log: AuditLog, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        async with asyncio.timeout(3.0):
            await log.settled(log.note(write()))
        other.execute("ROLLBACK")
    log.close()

    assert [row["target"] for row in rows_of(path)] == ["node 1"]
