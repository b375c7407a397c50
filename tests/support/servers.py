"""Start the real server in a process of its own and end it again."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class RunningServer:
    """A server process and how to reach it."""

    endpoint: str
    process: "subprocess.Popen[str]"
    state: Path

    @property
    def port(self) -> int:
        return int(self.endpoint.rsplit(":", 1)[1])


def data_dir() -> Path:
    """Return the folder of recorded data sets; it may not exist."""
    return Path(os.environ.get("ANDON_DATA", ROOT.parent / "shared" / "data"))


def start_server(state: Path, *options: str) -> RunningServer:
    """Start `andon server --port 0` on a state directory and wait for its endpoint."""
    command = [sys.executable, "-m", "opcua_server", "--port", "0", "--state", str(state), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=None, text=True)
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
    assert line.startswith("opc.tcp://"), f"the server's first line is {line!r}"
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
def running_server(state: Path, *options: str) -> Iterator[RunningServer]:
    """Run a server for the length of a block."""
    server = start_server(state, *options)
    try:
        yield server
    finally:
        stop_server(server)
