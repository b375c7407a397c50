"""`python -m tests [pytest's arguments]`: all tests in two runs, two at a time where time does not matter, then one by one.

Ends with a line a run and one for both; any failure, an error in collection or a run of nothing at all fails the whole.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

ROOT: Final = Path(__file__).resolve().parents[1]
# Whole files go to one of the two workers, so that what the tests of a file share is made once.
RUNS: Final = {
    "two at a time": ("-m", "not alone", "-n", "2", "--dist", "loadfile"),
    "one by one": ("-m", "alone"),
}
NOTHING_FOUND: Final = 5  # pytest's exit status


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How one run of pytest ended."""

    name: str
    status: int
    took_s: float
    tests: int = 0
    failed: tuple[str, ...] = ()
    skipped: int = 0  # expected failures too, as pytest's report has it

    @property
    def is_good(self) -> bool:
        return self.status in (0, NOTHING_FOUND) and not self.failed

    def __str__(self) -> str:
        passed = self.tests - len(self.failed) - self.skipped
        counts = (
            f"{passed} passed, {len(self.failed)} failed, {self.skipped} skipped or expected to fail"
            if self.tests
            else "nothing to run"
        )
        ending = "" if self.is_good else f", pytest ended with {self.status}"
        return f"{self.name}: {counts}, {self.took_s:.0f} s{ending}"


def main(arguments: Sequence[str]) -> int:
    """Run the tests; returns the exit status."""
    runs = [_run(name, [*options, *arguments]) for name, options in RUNS.items()]
    for run in runs:
        print(run)
        for failure in run.failed:
            print(f"  {failure}")
    tests = sum(run.tests for run in runs)
    is_good = tests > 0 and all(run.is_good for run in runs)
    print(f"{tests} tests: {'all is well' if is_good else 'NOT all is well'}")
    return 0 if is_good else 1


def _run(name: str, options: Sequence[str]) -> Run:
    with tempfile.TemporaryDirectory(prefix="andon-tests-") as folder:
        report = Path(folder) / "report.xml"
        began = time.monotonic()
        status = subprocess.run(
            [sys.executable, "-m", "pytest", *options, f"--junitxml={report}"], cwd=ROOT, check=False
        ).returncode
        took_s = time.monotonic() - began
        if not report.exists():
            return Run(name=name, status=status, took_s=took_s)
        return _read(report, name, status, took_s)


def _read(report: Path, name: str, status: int, took_s: float) -> Run:
    cases = list(ET.parse(report).getroot().iter("testcase"))
    failed = {
        f"{case.get('classname', '')}::{case.get('name', '')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    }
    skipped = sum(case.find("skipped") is not None for case in cases)
    return Run(
        name=name,
        status=status,
        took_s=took_s,
        tests=len(cases),
        failed=tuple(sorted(failed)),
        skipped=skipped,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
