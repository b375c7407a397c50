"""One form for the results of every benchmark."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Result:
    """One figure beside its goal."""

    name: str
    value: float
    unit: str
    goal: str  # "<= 5"
    peers: Mapping[str, float] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        if not self.goal:
            return None
        relation, bound = self.goal.split()
        return self.value <= float(bound) if relation == "<=" else self.value >= float(bound)


def machine() -> str:
    """Return the machine in a line."""
    model = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def publish(benchmark: str, results: list[Result], *, as_json: bool) -> None:
    """Print the results and keep them in `bench/`."""
    report = {
        "benchmark": benchmark,
        "machine": machine(),
        "results": [{**asdict(result), "met": result.met} for result in results],
    }
    text = json.dumps(report, indent=2)
    folder = ROOT / "bench"
    folder.mkdir(exist_ok=True)
    (folder / f"{benchmark}.json").write_text(text + "\n", encoding="utf-8")
    if as_json:
        sys.stdout.write(text + "\n")
        return
    sys.stdout.write(f"{benchmark} on {machine()}\n")
    for result in results:
        verdict = {True: "met", False: "MISSED", None: ""}[result.met]
        sys.stdout.write(
            f"  {result.name:24} {result.value:10.3f} {result.unit:6} goal {result.goal or '-':8} {verdict}\n"
        )


def parser(description: str) -> argparse.ArgumentParser:
    """Return the arguments that every benchmark takes."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", action="store_true", help="print the results as JSON")
    return made
