"""Put one server under each of the loads, its process on one core and the client's on the other."""

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tests.benchmarks.peers.child import CLIENT_CORE, SERVER_CORE, Child, ChildEndedError, child, python
from tests.benchmarks.report import ROOT

NODE_OPCUA = ROOT / "tests" / "interop" / "node_modules" / "node-opcua"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long everything is measured."""

    windows: int
    window_s: float
    settle_s: float
    starts: int  # of ours; a peer's first one is enough for the comparison
    stops: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much one client asks for."""

    name: str
    tags: int
    hz: int
    sessions: int = 1
    items: int

    @property
    def expected_s(self) -> float:
        """Notifications a second when nothing is lost: every 20th item is sampled at 2 Hz, and a Bad status that lasts is not repeated."""
        items = self.sessions * self.items
        return items * (0.95 * self.hz + 0.05 * min(self.hz, 2)) * (1.0 - 0.02 * 0.25 * 0.9)


LOADS = (
    Load(name="10k", tags=1_000, hz=10, items=1_000),
    Load(name="fanout", tags=1_000, hz=10, sessions=100, items=100),
    Load(name="100k", tags=10_000, hz=10, items=10_000),
    Load(name="500k", tags=10_000, hz=50, items=10_000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A server to measure."""

    name: str
    command: Callable[[int, Path], list[str]]  # of the number of tags and a folder for its files
    loads: tuple[str, ...] = ("10k", "fanout", "100k", "500k")
    absent: Callable[[], str] = lambda: ""  # why it cannot run here


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One server under one load; medians of the windows, losses of all of them."""

    cpu_pct: float
    received_s: float
    expected_s: float
    bytes_s: float
    spread_ms: float
    lost: int
    wrong: int
    silent: int
    client_cpu_pct: float


@dataclass(slots=True, kw_only=True)
class Survey:
    """Everything that was measured of one server."""

    loads: dict[str, Measured] = field(default_factory=dict)
    starts_s: dict[int, list[float]] = field(default_factory=dict)
    spread_ms: float = float("nan")  # at 10,000 changes a second
    stop_p99_ms: float = float("nan")
    stop_max_ms: float = float("nan")
    absent: str = ""
    broke: dict[str, str] = field(default_factory=dict)  # load -> what became of the server


def _python_server(module: str) -> Callable[[int, Path], list[str]]:
    return lambda tags, _: python(f"tests.benchmarks.peers.{module}", "--tags", str(tags))


def _node_server(tags: int, folder: Path) -> list[str]:
    script = ROOT / "tests" / "benchmarks" / "peers" / "node_server.js"
    return ["node", str(script), str(tags), str(folder / "pki")]


def _no_node() -> str:
    if shutil.which("node") is None:
        return "there is no Node.js (18 or newer) here"
    return "" if NODE_OPCUA.is_dir() else "node-opcua is not installed (`npm ci` in tests/interop)"


OURS = Peer(name="ours", command=_python_server("our_server"))
PEERS = (
    OURS,
    Peer(name="stock", command=_python_server("stock_server")),
    Peer(name="node_opcua", command=_node_server, absent=_no_node),
)


def survey(peer: Peer, plan: Plan) -> Survey:
    """Start a server, load it, stop it; for each size of its address space."""
    found = Survey(absent=peer.absent())
    if found.absent:
        return found
    for tags in (1_000, 10_000):
        found.starts_s[tags] = []
        for _ in range(plan.starts - 1 if peer is OURS else 0):
            with running(peer, tags) as (_, _, start_s):
                found.starts_s[tags].append(start_s)
        with running(peer, tags) as (server, url, start_s):
            found.starts_s[tags].append(start_s)
            for load in LOADS:
                if load.tags == tags and load.name in peer.loads:
                    _try(found, load, server, url, plan)
    return found


@contextmanager
def running(peer: Peer, tags: int) -> Iterator[tuple[Child, str, float]]:
    """Run a server for the length of a block: its process, its endpoint, and how long it took to accept."""
    with (
        tempfile.TemporaryDirectory(prefix="andon-bench-") as folder,
        child(peer.command(tags, Path(folder)), SERVER_CORE) as server,
    ):
        url = server.answer("opc.tcp://")
        yield server, url, time.perf_counter() - server.began


def _try(found: Survey, load: Load, server: Child, url: str, plan: Plan) -> None:
    """Run a load; a server that breaks under it is told as such, and is what there is to tell."""
    try:
        _run(found, load, server, url, plan)
    except (ChildEndedError, TimeoutError) as problem:
        found.broke[load.name] = str(problem)


def _run(found: Survey, load: Load, server: Child, url: str, plan: Plan) -> None:
    with loaded(load, server, url, plan) as client:
        found.loads[load.name] = windows(load, server, client, plan)
        if load.name == "10k":
            stops = _stops_ms(url, plan.stops)
            found.stop_p99_ms = float(np.percentile(stops, 99))
            found.stop_max_ms = max(stops)
    if load.name == "10k":
        found.spread_ms = _spread_ms(found.loads[load.name], load, server, url, plan)


def _spread_ms(first: Measured, load: Load, server: Child, url: str, plan: Plan) -> float:
    """Return the median of three subscriptions: one whose cycle meets the frames' moment flips between two of them."""
    found = [first.spread_ms]
    for _ in range(2):
        with loaded(load, server, url, plan) as client:
            found.append(windows(load, server, client, replace(plan, windows=1)).spread_ms)
    return statistics.median(found)


@contextmanager
def loaded(load: Load, server: Child, url: str, plan: Plan, identity: str = "") -> Iterator[Child]:
    """Subscribe a client, over an encrypted channel where it has an identity, then let the server publish."""
    command = python(
        "tests.benchmarks.peers.load_client",
        *("--url", url, "--tags", str(load.tags), "--hz", str(load.hz)),
        *("--sessions", str(load.sessions), "--items", str(load.items), "--identity", identity),
    )
    with child(command, CLIENT_CORE) as client:
        client.answer("ready")
        server.ask(f"hz {load.hz}")
        time.sleep(plan.settle_s)
        yield client
    server.ask("hz 0")


def windows(load: Load, server: Child, client: Child, plan: Plan) -> Measured:
    """Measure a few windows in a row."""
    client.ask("begin")
    time.sleep(1.0)  # what is on its way was published before the check began
    client.ask("next")
    cpu_pct: list[float] = []
    told: list[dict[str, float]] = []
    for _ in range(plan.windows):
        before_s, began = server.cpu_s(), time.perf_counter()
        time.sleep(plan.window_s)
        cpu_pct.append(100.0 * (server.cpu_s() - before_s) / (time.perf_counter() - began))
        told.append(json.loads(client.ask("next")))

    def middle(name: str) -> float:
        return statistics.median(window[name] for window in told)

    def total(name: str) -> int:
        return int(sum(window[name] for window in told))

    return Measured(
        cpu_pct=statistics.median(cpu_pct),
        received_s=middle("received_s"),
        expected_s=load.expected_s,
        bytes_s=middle("bytes_s"),
        spread_ms=statistics.median(window["p99_ms"] - window["p50_ms"] for window in told),
        lost=total("lost"),
        wrong=total("wrong"),
        silent=int(told[-1]["silent"]),
        client_cpu_pct=middle("client_cpu_pct"),
    )


def _stops_ms(url: str, calls: int) -> list[float]:
    command = python("tests.benchmarks.peers.stop_client", "--url", url, "--calls", str(calls))
    with child(command, CLIENT_CORE) as client:
        found: list[float] = json.loads(client.answer("["))
        return found
