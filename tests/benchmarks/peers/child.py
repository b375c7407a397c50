"""Start a process on one core, talk to it in lines, and read what processor time it uses."""

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

import psutil

from tests.benchmarks.report import ROOT

ANSWER_S = 120.0
END_S = 5.0
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = CORES[0]
CLIENT_CORE = CORES[-1]  # the same one where there is only one: the figures are of little use then


class Child:
    """A process that answers lines with lines."""

    def __init__(self, process: "subprocess.Popen[bytes]", complaints: IO[bytes], began: float) -> None:
        self._process = process
        self._complaints = complaints
        self._unread = b""
        self._watched = psutil.Process(process.pid)
        self.began = began

    def ask(self, line: str) -> str:
        """Send a line and return the answer."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        return self.answer()

    def answer(self, prefix: str = "") -> str:
        """Return the next line of output that begins with `prefix`; the others are notices.

        Raises:
            TimeoutError: None came for two minutes.
            ChildEndedError: The process has ended.
        """
        while True:
            line, found, rest = self._unread.partition(b"\n")
            if not found:
                self._read_more()
                continue
            self._unread = rest
            if line.startswith(prefix.encode()):
                return line.decode().strip()

    def _read_more(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        ready, _, _ = select.select([stdout], [], [], ANSWER_S)
        if not ready:
            raise TimeoutError(f"{self._process.args!r} said nothing for {ANSWER_S:.0f} s")
        more = os.read(stdout.fileno(), 65536)
        if not more:
            raise self._ended()
        self._unread += more

    def _ended(self) -> "ChildEndedError":
        status = self._process.wait(END_S)
        self._complaints.seek(0)
        last = self._complaints.read().decode(errors="replace").strip()
        said = " ".join(last[-200:].split())
        return ChildEndedError(f"ended with {status}: … {said}")

    def cpu_s(self) -> float:
        """Return the processor time of all its threads so far.

        Raises:
            ChildEndedError: The process has ended.
        """
        if self._process.poll() is not None:
            raise self._ended()
        times = self._watched.cpu_times()
        return float(times.user + times.system)


class ChildEndedError(Exception):
    """A process that is measured ended by itself."""


@contextmanager
def child(command: Sequence[str], core: int, environment: Mapping[str, str] | None = None) -> Iterator[Child]:
    """Run a process on one core for the length of a block."""
    complaints = tempfile.TemporaryFile()  # noqa: SIM115  closed below; a pipe that nobody reads would fill
    began = time.perf_counter()
    process = subprocess.Popen(
        ["taskset", "--cpu-list", str(core), *command],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
    )
    try:
        yield Child(process, complaints, began)
    finally:
        _end(process)
        complaints.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Let a process end by the end of its input, or by force."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def python(module: str, *arguments: str) -> list[str]:
    """Return the command that runs one of our modules."""
    return [sys.executable, "-m", module, *arguments]
