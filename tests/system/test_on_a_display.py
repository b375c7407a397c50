"""`andon` on a real X display: a window with something in it, and nothing left behind."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtGui import QImage

from tests.support.servers import ROOT

LIVE = "the first values are shown"
GRAB = (
    "import sys; from PySide6.QtGui import QGuiApplication; app = QGuiApplication(sys.argv);"
    "sys.exit(not app.primaryScreen().grabWindow(0).save(sys.argv[1]))"
)
HEADER = 0x3B444A  # the header's colour in the light palette


@pytest.fixture
def display() -> Iterator[str]:
    """A virtual display of 1600 by 1000."""
    if shutil.which("Xvfb") is None:
        if os.environ.get("CI"):
            pytest.fail("Xvfb is missing; in CI nothing may be skipped")
        pytest.skip("needs Xvfb (make setup installs it)")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(10)


def wait_until(done: Callable[[], bool], seconds: float, what: str) -> None:
    """Look again and again until it is so; another process decides when, so there is nothing to wait on."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"{what} within {seconds} s"
        threading.Event().wait(0.1)


@pytest.mark.xvfb
def test_that_one_command_opens_a_window_with_the_plant_and_ctrl_c_leaves_nothing(
    display: str, tmp_path: Path
) -> None:
    environment = {**os.environ, "DISPLAY": display, "HOME": str(tmp_path)}
    environment.pop("QT_QPA_PLATFORM", None)
    state = tmp_path / "state"
    andon = subprocess.Popen(
        [sys.executable, "-m", "hmi", "--port", "0", "--state", str(state)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    log = state / "console.log"
    wait_until(lambda: log.exists() and LIVE in log.read_text(encoding="utf-8"), 40.0, "live values")
    family = psutil.Process(andon.pid).children(recursive=True)
    picture = tmp_path / "screen.png"

    def shows_the_header() -> bool:
        subprocess.run([sys.executable, "-c", GRAB, str(picture)], env=environment, check=True, timeout=20)
        return (QImage(str(picture)).pixel(700, 6) & 0xFFFFFF) == HEADER

    wait_until(shows_the_header, 20.0, "the header on the screen")
    image = QImage(str(picture))
    seen = {image.pixel(x, y) for x in range(0, 1600, 4) for y in range(0, 1000, 4)}
    assert len(seen) > 50, "the window is blank"

    os.killpg(andon.pid, signal.SIGINT)

    assert andon.wait(20) in (0, 130)
    assert andon.stdout is not None
    andon.stdout.close()
    _, left = psutil.wait_procs(family, timeout=10)
    assert not left
