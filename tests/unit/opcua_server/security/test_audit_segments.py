"""The audit log in segments: the chain goes on from file to file, and nothing leaves it unless a row tells where to."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from opcua_server import audit_cli
from opcua_server.alarms.anchor import Head
from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.journal_read import BadRow, JournalReader
from opcua_server.alarms.ranges import EARLIEST, LATEST
from opcua_server.audit import segments as module
from opcua_server.audit.archive import archive
from opcua_server.audit.chain import AuditChain, Whole
from opcua_server.audit.log import AuditLog
from opcua_server.audit.records import AuditRecord, Deed
from opcua_server.audit.segments import Segment, close_segment, segments

ROWS = 30
KEPT = 10


def write(path: Path, count: int) -> None:
    log = AuditLog(path, reserve_bytes=4096)
    for number in range(count):
        log.note(AuditRecord(deed=Deed.WRITE, target=f"node {number}", user="maria", new=number))
    log.close()


def cut(path: Path, kept: int = KEPT) -> Segment:
    closed = close_segment(path, segment_bytes=1, kept=kept)
    assert closed is not None
    return closed


def numbers(path: Path, *archives: Path) -> list[int]:
    return [row.seq for row in AuditChain(path, archives).rows(EARLIEST, LATEST)]


def rows_in(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [seq for (seq,) in connection.execute("SELECT seq FROM journal ORDER BY seq")]


def whole(path: Path, *archives: Path, heads: tuple[Head, ...] = ()) -> Whole:
    found = AuditChain(path, archives).verify(*heads)
    assert isinstance(found, Whole), found
    return found


def bad(path: Path, *archives: Path, heads: tuple[Head, ...] = ()) -> BadRow:
    found = AuditChain(path, archives).verify(*heads)
    assert isinstance(found, BadRow), found
    return found


def change(file: Path, statement: str) -> None:
    file.chmod(0o600)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(statement)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log in three files: rows 1 to 20, 21 to 50, and the last ten."""
    found = tmp_path / "state" / "audit.db"
    found.parent.mkdir()
    write(found, ROWS)
    cut(found)
    write(found, ROWS)
    cut(found)
    return found


def test_that_the_chain_goes_on_from_file_to_file(path: Path) -> None:
    write(path, 5)

    assert [(each.first, each.last) for each in segments(path.parent)] == [(1, 20), (21, 50)]
    assert rows_in(path) == list(range(51, 66))
    assert numbers(path) == list(range(1, 66))
    found = whole(path)
    assert (found.head, found.archived) == (JournalReader(path).head(), None)
    assert JournalReader(path).verify() is None


def test_that_a_closed_segment_is_not_written_any_more(path: Path) -> None:
    assert [each.path.stat().st_mode & 0o777 for each in segments(path.parent)] == [0o400, 0o400]
    assert sorted(each.name for each in path.parent.iterdir()) == [
        "audit-000000000001-000000000020.db",
        "audit-000000000021-000000000050.db",
        "audit.db",
        "audit.head",
        "audit.reserve",
    ]


def test_that_a_log_that_is_not_long_enough_stays_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    write(path, KEPT)

    assert close_segment(path) is None
    assert close_segment(path, segment_bytes=1, kept=KEPT) is None
    assert segments(tmp_path) == []


def test_that_a_full_disk_gets_no_second_copy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, ROWS)
    monkeypatch.setattr(module, "free_bytes", lambda _: 1 << 12)

    assert close_segment(path, segment_bytes=1, kept=KEPT) is None
    assert whole(path).head.seq == 90


def test_that_two_programs_write_while_a_segment_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    write(path, ROWS)
    logs = [AuditLog(path, reserve_bytes=4096) for _ in range(2)]
    written = [
        log.note(AuditRecord(deed=Deed.CALL, target="x", user="maria")) for _ in range(50) for log in logs
    ]
    cut(path)
    written += [
        log.note(AuditRecord(deed=Deed.CALL, target="x", user="maria")) for _ in range(50) for log in logs
    ]
    for each in written:
        each.result(10.0)
    for log in logs:
        log.close()

    assert whole(path).head.seq == ROWS + 200
    assert numbers(path) == list(range(1, ROWS + 201))


@pytest.mark.parametrize("left", [0, 4], ids=["before a row has left", "while rows leave"])
def test_that_what_a_kill_left_in_two_files_is_one_log_and_is_put_right(tmp_path: Path, left: int) -> None:
    path = tmp_path / "audit.db"
    write(path, ROWS)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(path, tmp_path / "before.db")
    cut(path)
    shutil.copy(tmp_path / "before.db", path)  # the segment is written, and its rows are still here
    if left:
        with closing(sqlite3.connect(path)) as connection:
            module._forget(connection, left)

    assert len(rows_in(path)) == ROWS - left
    assert whole(path).head.seq == ROWS
    assert numbers(path) == list(range(1, ROWS + 1))
    assert close_segment(path) == segments(tmp_path)[0]
    assert rows_in(path) == list(range(21, ROWS + 1))
    assert whole(path).head.seq == ROWS


@pytest.mark.parametrize(
    ("spoil", "row", "said"),
    [
        (lambda files: change(files[0], "UPDATE journal SET user = 'jonas' WHERE seq = 7"), 7, "changed"),
        (lambda files: change(files[1], "DELETE FROM journal WHERE seq = 30"), 30, "missing"),
        (lambda files: change(files[1], "DELETE FROM journal WHERE seq > 45"), 46, "missing at the end"),
        (lambda files: files[1].unlink(), 21, "the rows up to 50 are missing"),
        (lambda files: files[0].unlink(), 1, "no row tells that they were archived"),
        (lambda files: change(files[1], "UPDATE origin SET hash = zeroblob(32)"), 21, "do not follow"),
        (lambda files: change(files[2], "DELETE FROM journal WHERE seq > 58"), 59, "missing at the end"),
        (
            lambda files: change(
                files[2],
                """DELETE FROM journal WHERE seq <= 55;
                UPDATE origin SET seq = 55, hash = zeroblob(32)""",
            ),
            51,
            "the rows up to 55 are missing",
        ),
    ],
    ids=[
        "row of a segment",
        "hole",
        "end of a segment",
        "segment",
        "first segment",
        "link",
        "end",
        "beginning",
    ],
)
def test_that_tampering_with_any_file_is_found(
    path: Path, spoil: Callable[[list[Path]], None], row: int, said: str
) -> None:
    spoil([*(each.path for each in segments(path.parent)), path])

    found = bad(path)

    assert (found.seq, said in found.reason) == (row, True), found


def test_that_a_head_noted_long_ago_is_looked_for_in_the_segments(path: Path) -> None:
    with closing(sqlite3.connect(segments(path.parent)[0].path)) as connection:
        (digest,) = connection.execute("SELECT hash FROM journal WHERE seq = 12").fetchone()

    whole(path, heads=(Head(seq=12, digest=digest),))
    assert bad(path, heads=(Head(seq=12, digest=bytes(32)),)).seq == 12


def test_that_a_segment_of_another_log_takes_no_rows_with_it(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "audit.db"
    write(other, ROWS)
    shutil.copy(segments(path.parent)[0].path, tmp_path)

    with pytest.raises(JournalError, match="does not hold rows of this audit log"):
        close_segment(other, segment_bytes=1, kept=KEPT)

    assert len(rows_in(other)) == ROWS
    assert "begun anew" in bad(other).reason


def test_that_archived_rows_are_told_of_and_read_where_they_are(path: Path, tmp_path: Path) -> None:
    safe = tmp_path / "safe"

    moved = archive(path, safe)

    assert [each.path.parent for each in moved] == [safe, safe]
    assert segments(path.parent) == []
    found = whole(path)
    assert found.archived is not None
    assert (found.archived.seq, found.head.seq) == (50, 61)
    row = list(AuditChain(path).rows(EARLIEST, LATEST))[-1]
    assert f"rows 1 to 50 archived to {safe}" in row.comment
    assert whole(path, safe).archived is None
    assert numbers(path, safe) == list(range(1, 62))
    assert numbers(path) == list(range(51, 62))


def test_that_archiving_again_goes_on_where_the_last_one_ended(path: Path, tmp_path: Path) -> None:
    safe = tmp_path / "safe"
    archive(path, safe)
    write(path, ROWS)
    cut(path)
    archive(path, safe)
    cut(path, kept=1)  # the row that told of it is in a segment itself

    assert whole(path).head.seq == whole(path, safe).head.seq == 92
    (safe / "audit-000000000001-000000000020.db").unlink()
    found = whole(path, safe).archived
    assert found is not None
    assert found.seq == 20


def test_that_a_segment_that_is_not_whole_is_not_moved(path: Path, tmp_path: Path) -> None:
    change(segments(path.parent)[1].path, "UPDATE journal SET user = 'jonas' WHERE seq = 30")

    with pytest.raises(JournalError, match="at row 30"):
        archive(path, tmp_path / "safe")

    assert len(segments(path.parent)) == 2


def test_that_all_segments_count_in_the_logs_room(path: Path) -> None:
    closed = sum(each.path.stat().st_size for each in segments(path.parent))
    log = AuditLog(path, reserve_bytes=4096, budget_bytes=closed)
    fullness = log.fullness()
    log.close()

    assert fullness > 1.0  # and yet it was written


async def test_that_a_server_closes_a_segment_when_it_is_time(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    write(path, 1500)
    log = AuditLog(path, reserve_bytes=4096, segment_bytes=1)

    await log.rotate()
    log.close()

    assert [(each.first, each.last) for each in segments(tmp_path)] == [(1, 500)]
    assert whole(path).head.seq == 1500


def test_that_the_command_line_looks_at_all_files_and_archives(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, safe = ["--state", str(path.parent)], str(tmp_path / "safe")
    assert audit_cli.main(["verify", *state]) == 0
    assert "is whole: 60 rows" in capsys.readouterr().out

    assert audit_cli.main(["archive", safe, *state]) == 0
    assert "Rows 1 to 50" in capsys.readouterr().out
    assert audit_cli.main(["archive", safe, *state]) == 0
    assert "nothing to archive" in capsys.readouterr().out
    assert audit_cli.main(["verify", *state]) == 0
    assert "Rows 1 to 50 are archived" in capsys.readouterr().out
    assert audit_cli.main(["verify", *state, "--archive", safe]) == 0
    assert "is whole: 61 rows" in capsys.readouterr().out
    assert audit_cli.main(["export", *state, "--archive", safe, "--format", "jsonl"]) == 0
    assert capsys.readouterr().out.count("\n") == 61
    shutil.rmtree(safe)
    (path.parent / "audit.db").chmod(0o600)
    change(path, "DELETE FROM journal WHERE seq = 61; UPDATE head SET seq = 60")
    assert audit_cli.main(["verify", *state]) == 1
