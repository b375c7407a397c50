"""Bad input at full length: recorded streams, a hundred thousand requests that are almost right, and every attack.

Run as `python -m tests.benchmarks.badinput [--json] [--mutations N] [--seed N]`.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import psutil

from tests.attacks.mutations import mutations, seeds
from tests.attacks.replay import (
    Outcome,
    Tally,
    corpus,
    play_each,
    play_in_sessions,
    requests,
    session_count,
    streams,
)
from tests.attacks.scene import small_plant
from tests.benchmarks.report import ROOT, Result, parser, publish
from tests.support.servers import OPEN_SERVER, RunningServer, running_server

MUTATIONS = 100_000
SEED = 20261121
SETTLE_S = 30.0
ATTACKS_TIMEOUT_S = 1800


def main() -> None:
    """Run the benchmark."""
    arguments = parser(__doc__)
    arguments.add_argument("--mutations", type=int, default=MUTATIONS)
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument("--no-attacks", action="store_true", help="leave out tests/attacks")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="andon-bench-") as name:
        folder = Path(name)
        with running_server(
            folder / "state", "--plant", str(small_plant(folder)), program=OPEN_SERVER
        ) as server:
            results = _bad_input(server, options.mutations, options.seed)
    if not options.no_attacks:
        refused, total = _attacks()
        results += [
            Result(name="attacks_refused", value=refused, unit="", goal=f">= {total}"),
            Result(name="attacks_total", value=total, unit="", goal=">= 32"),
        ]
    publish("badinput", results, as_json=options.json)


def _bad_input(server: RunningServer, count: int, seed: int) -> list[Result]:
    process = psutil.Process(server.process.pid)
    port, log = server.port, server.state / "server.log"
    asyncio.run(
        play_in_sessions(port, seeds())
    )  # right requests first: what a server keeps for good after its first clients
    before_sessions = asyncio.run(session_count(port))
    before_mb = process.memory_info().rss / 1e6
    folder, found = corpus(), Tally()
    began = time.perf_counter()
    if folder is not None:
        for opened in (False, True):
            _join(found, asyncio.run(play_each(port, streams(folder), opened=opened)))
        _join(found, asyncio.run(play_in_sessions(port, requests(folder))))
    recorded = found.outcomes.total()
    bases = seeds() + ([] if folder is None else requests(folder)[::10])
    _join(found, asyncio.run(play_in_sessions(port, list(mutations(count, seed, bases)))))
    took = time.perf_counter() - began
    alive = float(server.process.poll() is None)
    left = _sessions_left(port, before_sessions)
    grown = process.memory_info().rss / 1e6 - before_mb
    text = (
        "".join(path.read_text(encoding="utf-8") for path in server.state.glob("server.log*")) + server.said()
    )
    for name in found.silent[:20]:
        print("silent:", name, file=sys.stderr)
    return [
        Result(name="cases", value=found.outcomes.total(), unit="", goal=f">= {recorded + count}"),
        Result(name="cases_recorded", value=recorded, unit="", goal=""),
        Result(name="settled_pct", value=100.0 * found.settled, unit="%", goal=">= 99.9"),
        Result(name="answered_pct", value=_share(found, Outcome.ANSWERED), unit="%", goal=""),
        Result(name="closed_pct", value=_share(found, Outcome.CLOSED), unit="%", goal=""),
        Result(name="alive", value=alive, unit="", goal=">= 1"),
        Result(name="tracebacks", value=text.count("Traceback"), unit="", goal="<= 0"),
        Result(name="unforeseen", value=text.count("could not be served"), unit="", goal="<= 0"),
        Result(name="memory_growth_mb", value=grown, unit="MB", goal="<= 20"),
        Result(name="sessions_left", value=left, unit="", goal="<= 0"),
        Result(name="log_kb", value=log.stat().st_size / 1e3, unit="kB", goal="<= 1000"),
        Result(name="took_s", value=took, unit="s", goal=""),
    ]


def _share(tally: Tally, outcome: Outcome) -> float:
    return 100.0 * tally.outcomes[outcome] / max(tally.outcomes.total(), 1)


def _join(found: Tally, more: Tally) -> None:
    found.outcomes += Counter(more.outcomes)
    found.silent += more.silent


def _sessions_left(port: int, before: int) -> float:
    """Return how many sessions are left over once those of the cases have run out."""
    deadline = time.perf_counter() + SETTLE_S
    while (now := asyncio.run(session_count(port))) > before and time.perf_counter() < deadline:
        time.sleep(0.5)
    return float(max(now - before, 0))


def _attacks() -> tuple[int, int]:
    """Run the attack tests; returns how many were refused and how many there are."""
    with tempfile.TemporaryDirectory(prefix="andon-bench-") as name:
        report = Path(name) / "attacks.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
        files = ["tests/attacks/test_availability.py", "tests/attacks/test_rights.py"]
        subprocess.run(
            [*command, *files], cwd=ROOT, check=False, timeout=ATTACKS_TIMEOUT_S, stdout=sys.stderr
        )
        suite = next(ET.parse(report).getroot().iter("testsuite"))
    total = int(suite.attrib["tests"])
    not_refused = sum(int(suite.attrib[kind]) for kind in ("failures", "errors", "skipped"))
    return total - not_refused, total


if __name__ == "__main__":
    main()
