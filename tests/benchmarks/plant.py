"""The plant without a server: how fast it steps, looks ahead and records, and how much it is like a real one.

Run as `python -m tests.benchmarks.plant [--json] [--only step|twin|whatif|speedup|record|likeness] [--quick]`.
"""

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import resources
from plant.definition import PlantDefinition, load_plant
from plant.engine import Engine
from plant.record import Plan, blocks
from plant.record_npz import write_npz
from plant.scaling import scaled
from plant.twin.twin import Twin
from plant.what_if import Change, Question, WhatIf
from tests.benchmarks.plant_likeness import rules_found, two_sample
from tests.benchmarks.report import Result, parser, publish
from tests.support.servers import data_dir

TICK_S = 0.1  # what the server steps by
HOUR_S = 3600.0
WARM_CALLS = 20
STRETCH = 100  # steps of 1 s measured in one go
PARTS = ("step", "twin", "whatif", "speedup", "record", "likeness")


def main() -> None:
    """Run the benchmark."""
    arguments = parser(__doc__)
    arguments.add_argument("--quick", action="store_true", help="fewer steps, while developing")
    arguments.add_argument("--only", choices=PARTS, help="measure one part")
    options = arguments.parse_args()
    publish("plant", measure(options), as_json=options.json)


def measure(options: argparse.Namespace) -> list[Result]:
    """Return every result of the parts that are wanted."""
    few = 4 if options.quick else 1
    found: list[Result] = []
    measures: dict[str, Callable[[], Sequence[Result]]] = {
        "step": lambda: [step_ms(1_000, 800 // few), step_ms(10_000, 120 // few)],
        "twin": lambda: [twin_ms(10_000, 120 // few)],
        "whatif": lambda: [what_if_ms(12 // few)],
        "speedup": lambda: [speedup(8_000 // few)],
        "record": lambda: [record_day(200, 24.0 / few)],
        "likeness": lambda: [rules_found(factory(108)), two_sample(factory(108), data_dir() / "skab")],
    }
    for name, measure_part in measures.items():
        if options.only in (None, name):
            found += measure_part()
    return found


def factory(devices: int) -> PlantDefinition:
    """Return the shipped plant with so many machines."""
    return scaled(load_plant(resources.path("plants", "factory.toml")), devices)


def times_ms(work: Callable[[], object], count: int) -> list[float]:
    """Return how long each of `count` calls took; those before it warm the caches."""
    for _ in range(WARM_CALLS):
        work()
    return [1e3 * _seconds(work) for _ in range(count)]


def processor_ms(work: Callable[[], object], count: int) -> float:
    """Return the processor time of one call: what it costs on a machine that others keep busy."""
    began = time.process_time()
    for _ in range(count):
        work()
    return (time.process_time() - began) * 1e3 / count


def step_ms(devices: int, steps: int) -> Result:
    """Measure one step of all families and sensors at the server's tick."""
    engine = Engine(factory(devices))
    took = times_ms(lambda: engine.step(TICK_S), steps)
    cost = processor_ms(lambda: engine.step(TICK_S), steps)
    return Result(
        name=f"step_{devices // 1000}k_ms",
        value=statistics.median(took),
        unit="ms",
        goal="<= 1" if devices <= 1000 else "<= 5",
        note=f"{_spread(took, 'ms')}; processor time {cost:.3g} ms",
    )


def twin_ms(devices: int, looks: int) -> Result:
    """Measure one look of the twin: expected values, residuals and normal ranges of all measurements."""
    engine = Engine(factory(devices))
    twin = Twin(engine.definition.devices, engine.tags)
    shared = engine.utilities
    assert shared is not None
    look = partial(twin.look, engine.values, engine.status, shared.values, 1.0)
    took = times_ms(look, looks)
    cost = processor_ms(look, looks)
    return Result(
        name="twin_10k_ms",
        value=statistics.median(took),
        unit="ms",
        goal="<= 3",
        note=f"{len(twin.tags):,} tags; {_spread(took, 'ms')}; processor time {cost:.3g} ms",
    )


def what_if_ms(times: int) -> Result:
    """Measure a question from its asking to the answer: two forks, 10 minutes ahead, both branches."""
    engine = Engine(factory(108))
    change = Change(device="CNC-001", setpoint="SpindleSpeedSetpoint", value=9_000.0)
    question = Question(minutes=10.0, changes=(change,))
    took = [1e3 * _seconds(lambda: WhatIf(engine, question).run()) for _ in range(times)]
    cost = processor_ms(lambda: WhatIf(engine, question).run(), 1)
    return Result(
        name="whatif_10min_ms",
        value=statistics.median(took),
        unit="ms",
        goal="<= 1000",
        note=f"steps of 2 s; {_spread(took, 'ms')}; processor time {cost:.0f} ms",
    )


def speedup(steps: int) -> Result:
    """Measure how many simulated seconds a second the shipped plant runs, at steps of 1 s."""
    engine = Engine(factory(108))
    took = times_ms(lambda: _stretch(engine), steps // STRETCH)
    rates = [STRETCH / ms * 1e3 for ms in took]
    cost = processor_ms(lambda: engine.step(1.0), steps // 2)
    return Result(
        name="speedup_108",
        value=statistics.median(rates),
        unit="s/s",
        goal=">= 2000",
        note=f"{_spread(rates, 's/s')}; by processor time {1e3 / cost:.0f} s/s",
    )


def record_day(devices: int, hours: float) -> Result:
    """Measure a labelled recording from the first step to the file on the disk; steps of 1 s, a row each 10 s."""
    with tempfile.TemporaryDirectory(prefix="andon-bench-") as folder:
        began = time.perf_counter()
        engine = Engine(factory(devices))
        plan = Plan(duration_s=hours * HOUR_S, step_s=1.0, every_s=10.0)
        path = Path(folder) / "day.npz"
        write_npz(path, engine, blocks(engine, plan), plan.rows)
        took = time.perf_counter() - began
        size_mb = path.stat().st_size / 1e6
    said = f"{plan.rows:,} rows of {len(engine.tags):,} tags, {size_mb:.0f} MB"
    if not math.isclose(hours, 24.0):
        said += f"; scaled up from {hours:g} h"
    return Result(name="record_day_200_s", value=took * 24.0 / hours, unit="s", goal="<= 60", note=said)


def _stretch(engine: Engine) -> None:
    for _ in range(STRETCH):
        engine.step(1.0)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _spread(found: Sequence[float], unit: str) -> str:
    return f"lowest {min(found):.3g}, highest {max(found):.3g} {unit}, median of {len(found)}"


if __name__ == "__main__":
    main()
