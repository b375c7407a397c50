"""Count the attacks that are refused: each is a test."""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.benchmarks.report import ROOT, Result

FOLDER = ROOT / "tests" / "attacks"
FILES = (
    "test_availability.py",
    "test_rights.py",
)  # the rest are mutations: `python -m tests.benchmarks.badinput`
TIMEOUT_S = 300


def measure() -> list[Result]:
    """Run the attacks; one that is not refused is a test that fails."""
    if not FOLDER.is_dir():
        return []
    with tempfile.TemporaryDirectory(prefix="andon-bench-") as folder:
        report = Path(folder) / "attacks.xml"
        files = [str(FOLDER / name) for name in FILES]
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--junitxml={report}",
            *files,
        ]
        try:
            subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return [_result(0.0, 0.0, f"the attacks did not end within {TIMEOUT_S} s")]
        suite = next(ET.parse(report).iter("testsuite"))
    total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    refused = total - skipped - int(suite.get("failures", 0)) - int(suite.get("errors", 0))
    note = f"{skipped} skipped" if skipped else ""
    return [_result(refused, total, note), Result(name="attacks_total", value=total, unit="", goal="")]


def _result(refused: float, total: float, note: str) -> Result:
    return Result(name="attacks_refused", value=refused, unit="", goal=f">= {max(total, 1):g}", note=note)
