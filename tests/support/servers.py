"""Start the real server in a process of its own and end it again."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
START_TIMEOUT_S: Final = 30.0
OPEN_SERVER: Final = "tests.support.open_server"
PROBED_SERVER: Final = "tests.support.probed_server"  # the product, and notes of its loop's long steps
PROBED_OPEN_SERVER: Final = "tests.support.probed_open_server"
STOP_TIMEOUT_S: Final = 10.0
PACE_S: Final = 0.02


@dataclass(frozen=True)
class RunningServer:
    """A server process and how to reach it."""

    endpoint: str
    process: "subprocess.Popen[str]"
    state: Path

    @property
    def port(self) -> int:
        return int(self.endpoint.rsplit(":", 1)[1])

    def said(self) -> str:
        """Return what the server has written to standard error."""
        return errors_of(self.state).read_text(encoding="utf-8")

    def worker(self) -> psutil.Process:
        """Return the scoring worker's process."""
        return wait_until(self._worker, 20.0, "the scoring worker")

    def _worker(self) -> psutil.Process | None:
        for child in psutil.Process(self.process.pid).children():
            if "opcua_server.scoring.worker" in child.cmdline():
                return child
        return None

    def kill(self) -> None:
        """End the server as kill -9 does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def data_dir() -> Path:
    """Return the folder of recorded data sets; it may not exist."""
    return Path(os.environ.get("ANDON_DATA", ROOT.parent / "shared" / "data"))


def require_recordings(*names: str) -> Path:
    """Return the folder of the recordings of the pump test rig, or skip with the reason."""
    folder = data_dir() / "skab"
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        reason = f"needs the recordings {', '.join(missing)} in {folder}: set ANDON_DATA to the folder that holds skab/"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


def server_command(state: Path, *options: str, port: int = 0, program: str = "opcua_server") -> list[str]:
    """Return the command line of a server; `OPEN_SERVER` is one that asks nobody for a login."""
    return [sys.executable, "-m", program, "--port", str(port), "--state", str(state), *options]


def errors_of(state: Path) -> Path:
    """Return the file that a server's standard error goes to."""
    return state / "stderr.txt"


def launch(
    state: Path, *options: str, own_session: bool = False, program: str = "opcua_server"
) -> "subprocess.Popen[str]":
    """Start a server and do not wait for it; with `own_session` as leader of one, and its standard input held open."""
    state.mkdir(parents=True, exist_ok=True)
    with errors_of(state).open("a", encoding="utf-8") as errors:
        return subprocess.Popen(
            server_command(state, *options, program=program),
            cwd=ROOT,
            stdin=subprocess.PIPE if own_session else None,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=own_session,
        )


def start_server(state: Path, *options: str, program: str = "opcua_server") -> RunningServer:
    """Start `andon server --port 0` on a state directory and wait for its endpoint."""
    process = launch(state, *options, program=program)
    assert process.stdout is not None
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(
        target=lambda: lines.put(process.stdout.readline() if process.stdout else ""), daemon=True
    )
    reader.start()
    try:
        line = lines.get(timeout=START_TIMEOUT_S).strip()
    except queue.Empty:
        process.kill()
        raise AssertionError(f"the server said nothing for {START_TIMEOUT_S} s") from None
    reader.join()
    said = errors_of(state).read_text(encoding="utf-8")
    assert line.startswith("opc.tcp://"), f"the server's first line is {line!r}; it said: {said}"
    return RunningServer(endpoint=line, process=process, state=state)


def stop_server(server: RunningServer) -> int:
    """End a server by SIGTERM; returns its exit status."""
    if server.process.poll() is None:
        server.process.terminate()
    try:
        status = server.process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()
        raise AssertionError(f"the server did not end within {STOP_TIMEOUT_S} s of SIGTERM") from None
    finally:
        if server.process.stdout is not None:
            server.process.stdout.close()
    return status


@contextmanager
def running_server(state: Path, *options: str, program: str = "opcua_server") -> Iterator[RunningServer]:
    """Run a server for the length of a block."""
    server = start_server(state, *options, program=program)
    try:
        yield server
    finally:
        stop_server(server)


def wait_until(check: Callable[[], Any], seconds: float, what: str) -> Any:
    """Look until `check` returns something true, as a process ends or a file appears."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (found := check()):
        assert time.monotonic() < deadline, f"{what} did not come within {seconds} s"
        pause.wait(PACE_S)
    return found
