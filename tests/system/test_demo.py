"""The headless demo, as `make run` plays it where there is no display."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage

from tests.support.servers import ROOT, data_dir

PAGES = ("overview", "devices", "device", "alarms", "trends", "energy", "simulation", "diagnostics")
WITHIN_S = 90.0


def play(folder: Path, *options: str) -> tuple[int, str]:
    """Play the demo in a home of its own; returns exit status and what it said."""
    environment = {
        k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    environment["HOME"] = str(folder / "home")
    (folder / "home").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "hmi", *options],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def recordings() -> Path:
    found = data_dir() / "skab"
    if not found.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"the recordings are not at {found}; in CI nothing may be skipped")
        pytest.skip(f"needs the SKAB recordings at {found}; set ANDON_DATA to the folder of data sets")
    return found


def colours(picture: Path) -> int:
    """Return how many colours a grid of the picture's pixels shows: a blank one has a handful."""
    image = QImage(str(picture))
    points = ((x, y) for x in range(0, image.width(), 5) for y in range(0, image.height(), 5))
    return len({image.pixel(x, y) for x, y in points})


@pytest.mark.recordings
@pytest.mark.timeout(120)
def test_that_the_demo_plays_to_its_end_and_keeps_pictures_and_a_summary(tmp_path: Path) -> None:
    status, said = play(tmp_path, "--recordings", str(recordings()))

    assert status == 0, said
    assert "no display" in said
    snapshots = tmp_path / "snapshots"
    summary: dict[str, Any] = json.loads((snapshots / "summary.json").read_text(encoding="utf-8"))
    assert all(step["ok"] and step["seconds"] >= 0 for step in summary["steps"])
    assert [step["name"] for step in summary["steps"]][-2:] == ["recorded fault found", "log exported"]
    assert summary["values_received"] > 10_000
    assert summary["commands_ok"] >= 3
    assert summary["alarms_raised"] >= 3
    for page in PAGES:
        picture = snapshots / f"{page}.png"
        assert QImage(str(picture)).width() >= 1280
        assert colours(picture) > 30, f"{page} looks blank"


def test_that_a_demo_whose_server_cannot_start_says_so_and_fails(tmp_path: Path) -> None:
    status, said = play(tmp_path, "demo", "--recordings", str(tmp_path / "nowhere"))

    assert status == 1
    assert "FAIL server started" in said
    assert "nowhere" in said
