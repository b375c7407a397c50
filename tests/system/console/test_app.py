"""The console as a process: it ends when it is asked to, and when its launcher is gone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def console(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A console offscreen whose window is up; nobody answers at its address."""
    words = [
        "--url",
        "opc.tcp://127.0.0.1:9",
        "--exit-with-parent",
        "--state",
        str(tmp_path),
        "--page",
        "alarms",
    ]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, "-m", "hmi", "console", *words],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        try:
            wait_for(tmp_path / "console.log", "the window is up")
            yield process
        finally:
            process.kill()


def wait_for(log: Path, text: str, timeout_s: float = 15.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not log.exists() or text not in log.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline_s, f"{text!r} was not logged within {timeout_s} s"
        time.sleep(0.05)


def test_that_it_goes_when_its_launcher_is_gone(console: "subprocess.Popen[bytes]") -> None:
    assert console.stdin is not None

    console.stdin.close()

    assert console.wait(5) == 0


def test_that_a_signal_ends_it_in_good_order(console: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    console.send_signal(signal.SIGTERM)

    assert console.wait(5) == 0
    assert console.stderr is not None
    assert console.stderr.read() == b""
    assert (tmp_path / "console.log").exists()
