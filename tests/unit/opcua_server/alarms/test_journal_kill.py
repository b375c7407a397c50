"""A server that is killed: what was acknowledged is there, and the list of alarms is the same."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from opcua_server.alarms import AlarmEngine, JournalReader
from opcua_server.alarms.ranges import EARLIEST, LATEST
from tests.unit.opcua_server.alarms.bench import COLUMNS, Bench

CHILD = """
import sys
from pathlib import Path
from opcua_server.alarms import Journal, alarm_entry
from tests.unit.opcua_server.alarms.bench import normal_bench
from tests.unit.opcua_server.alarms.entries import note

journal = Journal(Path(sys.argv[1]), reserve_bytes=4096)
bench = normal_bench()
number = 0
while True:
    number += 1
    bench.put("GEN-001", "OilPressure", 1.0 if number % 20 < 10 else 4.5)
    bench.put("CNC-014", "SpindleTemperature", 80.0 if number % 14 < 7 else 40.0)
    changed = bench.tick()
    listed = sorted((r.key, r.event_id.hex()) for r in bench.engine.retained())
    print("will", listed, flush=True)
    seq = journal.append([*(alarm_entry(one) for one in changed), note(number)]).result(5)
    print(seq, flush=True)
    print("did", listed, flush=True)
    for one in changed:
        print("stored", one.event_id.hex(), flush=True)
        if one.record.priority > 1:
            journal.mark_announced([one.event_id]).result(5)
            print("announced", one.event_id.hex(), flush=True)
"""


def _run_and_kill(path: Path, lines: int) -> list[str]:
    """Return what the child said before and after it was killed, whole lines only."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert child.stdout is not None
    with child.stdout as out:
        said = [out.readline() for _ in range(lines)]
        os.kill(child.pid, signal.SIGKILL)
        said += out.readlines()
    assert child.wait(10) == -signal.SIGKILL
    return [line.strip() for line in said if line.endswith("\n")]


def test_that_nothing_acknowledged_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    said = _run_and_kill(path, 300)

    reader = JournalReader(path)
    rows = list(reader.rows(EARLIEST, LATEST))
    restored = reader.restore()

    acknowledged = max(int(line) for line in said if line.isdigit())
    assert acknowledged > 50
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= acknowledged
    assert reader.verify() is None

    stored = {line.split()[1] for line in said if line.startswith("stored")}
    assert stored <= {row.detail.get("event_id") for row in rows}

    announced = {line.split()[1] for line in said if line.startswith("announced")}
    assert announced
    assert not announced & {event_id.hex() for event_id in restored.unannounced}
    leak = next(one for one in restored.alarms if one.key == "GEN-001/OilLeak")
    assert leak.event_id in restored.unannounced


def test_that_the_list_of_alarms_is_the_same_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    said = _run_and_kill(path, 120)

    restored = JournalReader(path).restore()
    engine = AlarmEngine(Bench().definitions, COLUMNS)
    assert engine.restore(restored.alarms) == ()

    listed = str(sorted((record.key, record.event_id.hex()) for record in engine.retained()))
    did = next(line for line in reversed(said) if line.startswith("did"))
    will = next(line for line in reversed(said) if line.startswith("will"))
    assert listed in {did.removeprefix("did "), will.removeprefix("will ")}
    assert engine.retained()
