"""A disk that is full: the reserve, a plain word, and that nothing acknowledged is lost."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# A file system of its own in a mount namespace of its own, so that nothing is left behind; needs no rights but those to
# make user namespaces. The reserve is as large as the rest, so that the first outcome shows it used.
ON_SMALL_DISK = """
import json, subprocess, sys
from pathlib import Path
from opcua_server.alarms import Journal, JournalError
from opcua_server.alarms.ranges import EARLIEST, LATEST
from dataclasses import replace
from tests.unit.opcua_server.alarms.entries import at, leak_entry, note

disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], check=True)
told, written, text = [], 0, "x" * 20_000
journal = Journal(disk / "journal.db", reserve_bytes=1_000_000)
journal.on_error = lambda problem: told.append([type(problem).__name__, str(problem).replace(str(disk), "DISK")])
journal.on_recovered = lambda: told.append(["recovered", ""])
had_reserve = (disk / "journal.reserve").exists()
on_reserve = 0
while True:
    try:
        journal.append([note(written, comment=text)]).result(10)
    except JournalError as problem:
        break
    written += 1
    on_reserve += journal.state.on_reserve
late = replace(leak_entry(), time=at(1001))
try:
    journal.append([note(1000, comment=text), late]).result(10)
    accepted = True
except JournalError:
    accepted = False
rows_when_full = len(list(journal._reader.rows(EARLIEST, LATEST)))
bad_when_full = journal.verify()
subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True)
recovered = journal.append([note(1002)]).result(10)
journal.append([]).result(10)
print(json.dumps({
    "had_reserve": had_reserve, "written": written, "on_reserve": on_reserve, "accepted": accepted, "told": told,
    "rows_when_full": rows_when_full, "bad_when_full": bad_when_full, "error": journal.state.error,
    "rows": len(list(journal._reader.rows(EARLIEST, LATEST))), "bad": journal.verify(),
    "alarms": [one.key for one in journal.restore().alarms], "reserve_back": (disk / "journal.reserve").exists(),
}))
journal.close()
"""

# Where no file system can be made: a file that may not grow any further. SQLite reports that as an I/O error.
IN_SMALL_FILES = """
import json, resource, signal, sys
from pathlib import Path
from opcua_server.alarms import Journal, JournalError
from opcua_server.alarms.ranges import EARLIEST, LATEST
from dataclasses import replace
from tests.unit.opcua_server.alarms.entries import at, leak_entry, note

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path(sys.argv[1]) / "journal.db", reserve_bytes=4096)
journal.append([note(0)]).result(10)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
written, problem = 1, ""
while not problem:
    try:
        journal.append([note(written, comment="x" * 20_000)]).result(10)
        written += 1
    except JournalError as caught:
        problem = str(caught)
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
journal.append([replace(leak_entry(), time=at(1000))]).result(10)
print(json.dumps({
    "written": written, "problem": problem, "error": journal.state.error,
    "rows": len(list(journal._reader.rows(EARLIEST, LATEST))), "bad": journal.verify(),
}))
journal.close()
"""

NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


def _can_mount(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    mount = ("mount", "-t", "tmpfs", "tmpfs", str(folder))
    return subprocess.run([*NAMESPACE, *mount], capture_output=True, check=False).returncode == 0


def _run(script: str, folder: Path, prefix: tuple[str, ...] = ()) -> dict[str, Any]:
    done = subprocess.run(
        [*prefix, sys.executable, "-c", script, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_that_a_full_disk_costs_the_reserve_first_and_never_a_row(tmp_path: Path) -> None:
    if not _can_mount(tmp_path):
        pytest.skip("no small file system can be mounted here")

    found = _run(ON_SMALL_DISK, tmp_path, NAMESPACE)

    assert found["had_reserve"]
    assert found["on_reserve"] >= 10  # rows of 20 kB written after the disk was full
    assert not found["accepted"]
    assert found["rows_when_full"] == found["written"]
    assert found["bad_when_full"] is None
    names = [name for name, _ in found["told"]]
    assert names == ["JournalReserveError", "JournalError", "recovered"]
    assert found["told"][0][1] == (
        "The disk that holds DISK is full: the journal uses its reserve. Free some space on it."
    )
    assert found["told"][1][1] == (
        "The journal cannot be written: the disk that holds DISK is full. Free some space on it."
    )
    assert found["rows"] == found["written"] + 4  # the two that were rejected, the late alarm, the one after
    assert found["alarms"] == ["GEN-001/OilLeak"]
    assert found["bad"] is None
    assert found["error"] == ""
    assert found["reserve_back"]


def test_that_a_disk_that_fails_is_told_in_words_and_written_again_when_it_is_back(tmp_path: Path) -> None:
    found = _run(IN_SMALL_FILES, tmp_path)

    assert found["problem"].startswith("The journal cannot be written: the disk that holds ")
    assert found["rows"] == found["written"] + 2  # the one that was rejected comes late, then the alarm
    assert found["bad"] is None
    assert found["error"] == ""
