"""Start the product as a user does, and read what its processes cost."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks.report import ROOT

LIVE = "the first values are shown"
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Running:
    """One `andon`: launcher, server, scoring worker, console."""

    endpoint: str
    state: Path
    live_s: float
    server: psutil.Process
    worker: psutil.Process
    console: psutil.Process


@contextmanager
def andon() -> Iterator[Running]:
    """Run `andon` offscreen on a state directory of its own until the block ends."""
    with tempfile.TemporaryDirectory(prefix="andon-bench-") as state:
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        began = time.perf_counter()
        command = [sys.executable, "-m", "hmi", "--port", "0", "--state", state]
        launcher = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            live_s = _wait_until_live(Path(state) / "console.log", began)
            yield _running(launcher, live_s, Path(state))
        finally:
            launcher.terminate()
            launcher.wait(20)
            if launcher.stdout is not None:
                launcher.stdout.close()


def _wait_until_live(log: Path, began: float) -> float:
    while time.perf_counter() - began < TIMEOUT_S:
        if log.exists() and LIVE in log.read_text(encoding="utf-8"):
            return time.perf_counter() - began
        time.sleep(0.02)
    raise TimeoutError(f"no live values within {TIMEOUT_S} s")


def _running(launcher: "subprocess.Popen[str]", live_s: float, state: Path) -> Running:
    found: dict[str, psutil.Process] = {}
    deadline = time.perf_counter() + TIMEOUT_S
    while len(found) < 3 and time.perf_counter() < deadline:
        for process in psutil.Process(launcher.pid).children(recursive=True):
            line = " ".join(process.cmdline())
            kind = "worker" if "scoring.worker" in line else "server" if "opcua_server" in line else "console"
            found[kind] = process
        time.sleep(0.1)
    assert launcher.stdout is not None
    said = (word for line in launcher.stdout for word in line.split())
    endpoint = next(word for word in said if word.startswith("opc.tcp://"))
    return Running(endpoint=endpoint, state=state, live_s=live_s, **found)


def cpu_s(process: psutil.Process) -> float:
    """Return the processor time a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def server_accept_s() -> float:
    """Return how long a server takes from its start to accepting connections."""
    with tempfile.TemporaryDirectory(prefix="andon-bench-") as state:
        began = time.perf_counter()
        command = [sys.executable, "-m", "opcua_server", "--port", "0", "--state", state]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        server.stdout.readline()
        took = time.perf_counter() - began
        server.terminate()
        server.wait(20)
        server.stdout.close()
        return took
