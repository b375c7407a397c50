"""Look at this installation and say what is wrong and what to do."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import resources
from hmi.display import has_display, qt_problem
from hmi.launcher import DEFAULT_PORT, is_free
from hmi.settings import default_state_dir

OK, NOTE, WRONG = "ok", "note", "WRONG"
# Package -> the versions that work: from, up to (not included). The reasons stand in pyproject.toml.
_VERSIONS: Final = {
    "PySide6-Essentials": ((6, 11, 3), (6, 12)),
    "pyqtgraph": ((0, 14), (1,)),
    "asyncua": ((2, 1, 0), (2, 1, 1)),
    "numpy": ((2, 2), (3,)),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    subject: str
    verdict: str  # OK, NOTE or WRONG
    text: str


def main(arguments: Sequence[str]) -> int:
    """Run `andon doctor`; returns 1 if anything is wrong."""
    parser = argparse.ArgumentParser(
        prog="andon doctor", description="Say what is wrong with this installation and what to do."
    )
    parser.add_argument("--state", metavar="DIR", type=Path, help="the state directory to look at")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="the port to look at (default 4840)")
    options = parser.parse_args(arguments)
    findings = examine(options.state or default_state_dir(), options.port)
    for finding in findings:
        sys.stdout.write(f"{finding.verdict:<6}{finding.subject}: {finding.text}\n")
    return int(any(finding.verdict == WRONG for finding in findings))


def examine(state: Path, port: int) -> list[Finding]:
    """Return everything looked at."""
    packages = [package(name) for name in _VERSIONS]
    return [_python(), *packages, _qt(), _display(), port_finding(port), state_finding(state), _bundle()]


def package(name: str) -> Finding:
    """Say whether a package is there in a version that works."""
    lowest, below = _VERSIONS[name]
    wanted = f"from {_dotted(lowest)} up to, not including, {_dotted(below)}"
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding(name, WRONG, "not installed: run `make setup`, or install Andon again")
    numbers = tuple(int(part) for part in found.split(".") if part.isdigit())
    if lowest <= numbers < below:
        return Finding(name, OK, found)
    return Finding(name, WRONG, f"{found} does not work, wanted is a version {wanted}: run `make setup`")


def port_finding(port: int) -> Finding:
    """Say whether the server's port is free."""
    if is_free(port):
        return Finding("port", OK, f"{port} is free")
    return Finding("port", NOTE, f"{port} is taken: `andon` uses a free one, `andon server` wants `--port N`")


def state_finding(state: Path) -> Finding:
    """Say whether the state directory can be written."""
    there = state
    while not there.exists() and there != there.parent:
        there = there.parent
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Finding("state directory", OK, f"{state} can be written")
    return Finding(
        "state directory",
        WRONG,
        f"{state} cannot be written: give another one with --state DIR or ANDON_STATE",
    )


def _python() -> Finding:
    return Finding("Python", OK, ".".join(map(str, sys.version_info[:3])))


def _qt() -> Finding:
    problem = qt_problem()
    return Finding("Qt", WRONG, problem) if problem else Finding("Qt", OK, "its libraries are all there")


def _display() -> Finding:
    if has_display():
        names = ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY")
        shown = next((f"{name}={os.environ[name]}" for name in names if os.environ.get(name)), "native")
        return Finding("display", OK, shown)
    return Finding(
        "display", NOTE, "none: `andon` runs the headless demo; set DISPLAY to open the console on a screen"
    )


def _bundle() -> Finding:
    try:
        manifest = resources.path("bundles", "factory", "manifest.json")
    except FileNotFoundError:
        text = "no trained detectors are shipped: rules still raise alarms; run `make bundles`"
        return Finding("detectors", WRONG, text)
    return Finding("detectors", OK, str(manifest.parent))


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
