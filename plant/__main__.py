"""Record a plant, or check its files, from the command line."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import resources
from plant.definition import load_plant
from plant.engine import Engine
from plant.errors import DefinitionError, PlantError
from plant.record import Record, record, write_csv_folder, write_npz
from plant.scenarios import Scenario, load_scenario

_SHIPPED = ("healthy", "training", "first-run", "demo")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _record(options) if options.command == "record" else _check(options)
    except (DefinitionError, PlantError, ValueError, OSError) as error:
        print(f"plant {options.command}: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m plant", description="Simulate a plant without a server.")
    commands = parser.add_subparsers(dest="command", required=True)
    recorder = commands.add_parser(
        "record", help="record a plant with its ground truth, to train and judge detectors"
    )
    recorder.add_argument("--plant", type=Path, help="plant file; default: the shipped factory")
    recorder.add_argument("--hours", type=float, required=True, help="how many simulated hours")
    recorder.add_argument(
        "--out", type=Path, required=True, help="FILE.npz, or a folder for one CSV per device"
    )
    recorder.add_argument("--seed", type=int, help="default: the plant file's own")
    recorder.add_argument(
        "--scenario", default="healthy", help=f"a TOML file, or one of {', '.join(_SHIPPED)}"
    )
    recorder.add_argument("--step", type=float, default=1.0, help="simulated seconds per step, default 1")
    recorder.add_argument("--every", type=float, help="seconds between rows; default: every step")
    recorder.add_argument("--recordings", type=Path, help="folder with the files of replay devices")
    checker = commands.add_parser("check", help="say whether plant files are right")
    checker.add_argument("files", type=Path, nargs="+", help="plant files")
    return parser


def _record(options: argparse.Namespace) -> int:
    if options.out.suffix not in ("", ".npz"):
        raise ValueError(f"out: {options.out} is neither a .npz file nor a folder")
    plant = load_plant(options.plant or resources.path("plants", "factory.toml"))
    began = time.perf_counter()
    engine = Engine(plant, seed=options.seed, recordings=options.recordings)
    engine.schedule(_scenario(options.scenario))
    every_s = options.step if options.every is None else options.every
    kept = record(engine, duration_s=options.hours * 3600.0, step_s=options.step, every_s=every_s)
    _write(options.out, engine, kept)
    seconds = time.perf_counter() - began
    print(f"{options.out}: {len(kept.time_s)} rows of {len(engine.tags)} tags, {seconds:.1f} s")
    return 0


def _write(out: Path, engine: Engine, kept: Record) -> None:
    if out.suffix == ".npz":
        write_npz(out, engine, kept)
    else:
        write_csv_folder(out, engine, kept)


def _scenario(name: str) -> Scenario:
    if name in _SHIPPED:
        return load_scenario(resources.path("plants", "scenarios", f"{name}.toml"))
    return load_scenario(Path(name))


def _check(options: argparse.Namespace) -> int:
    for file in options.files:
        plant = load_plant(file)
        print(f"{file}: {plant.name}, {len(plant.devices)} devices")
    return 0


if __name__ == "__main__":
    sys.exit(main())
