"""Run every benchmark in turn: `python -m tests.benchmarks`."""

import subprocess
import sys

BENCHMARKS = ("loop", "freshness", "server", "badinput", "plant")

for name in BENCHMARKS:
    subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}", *sys.argv[1:]], check=True)
