"""One form for the results of every benchmark."""

import argparse
import json
import math
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
    ratios: Mapping[str, float] = field(default_factory=dict)  # peer -> at most this part of its figure
    note: str = ""  # what a reader must know of the figures: a peer that is absent or saturated

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached, ratios included; None where there is none or nothing was measured."""
        if not self.goal or math.isnan(self.value):
            return None
        relation, bound = self.goal.split()
        reached = self.value <= float(bound) if relation == "<=" else self.value >= float(bound)
        return reached and all(
            self.value <= part * self.peers[peer] for peer, part in self.ratios.items() if peer in self.peers
        )


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
        "results": [{**_plain(result), "met": result.met} for result in results],
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
        beside = "".join(f"  {peer} {value:.3f}" for peer, value in result.peers.items())
        sys.stdout.write(
            f"  {result.name:24} {result.value:10.3f} {result.unit:6} goal {_goal(result):28} {verdict:7}{beside}\n"
        )
        if result.note:
            sys.stdout.write(f"      {result.note}\n")


def _plain(result: Result) -> dict[str, object]:
    """Return a result as JSON takes it: NaN, which JSON does not know, as null."""
    found = asdict(result)
    if math.isnan(result.value):
        found["value"] = None
    return found


def _goal(result: Result) -> str:
    parts = [f"<= {part:g} x {peer}" for peer, part in result.ratios.items()]
    return ", ".join([result.goal or "-", *parts])


def parser(description: str) -> argparse.ArgumentParser:
    """Return the arguments that every benchmark takes."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", action="store_true", help="print the results as JSON")
    return made
