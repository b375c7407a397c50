"""Record a plant, check its files, or list what can go wrong, from the command line."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from plant.data_sets import DATA_SETS
from plant.definition import load_plant
from plant.entities import Family
from plant.errors import DefinitionError, PlantError
from plant.families.registry import faults_of
from plant.interrupts import Interrupts
from plant.recording import Order, make
from plant.scaling import MOST_DEVICES
from plant.scenario_files import ScenarioShelf
from plant.scenarios import load_scenario
from plant.toml_reader import read_toml
from plant.utility_faults import UTILITIES, UTILITY_FAULTS

_STOPPED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "record": _record,
        "check": _check,
        "scenarios": _scenarios,
        "faults": _faults,
    }
    try:
        return commands[options.command](options)
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename and problem.strerror else ""
        return _complain(options.command, f"{where}{problem.strerror or problem}")
    except (DefinitionError, PlantError, ValueError) as problem:
        return _complain(options.command, str(problem))
    except KeyboardInterrupt:
        _complain(options.command, "stopped; nothing was written")
        return _STOPPED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m plant", description="Simulate a plant without a server.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_record(
        commands.add_parser(
            "record", help="record a plant with its ground truth, to train and judge detectors"
        )
    )
    checker = commands.add_parser("check", help="say whether plant and scenario files are right")
    checker.add_argument("files", type=Path, nargs="+", help="plant or scenario files")
    scenarios = commands.add_parser("scenarios", help="list the scenarios that can be named")
    scenarios.add_argument("--scenarios", type=Path, metavar="DIR", help="folder with scenarios of your own")
    faults = commands.add_parser("faults", help="list the faults that a family's machines can have")
    faults.add_argument(
        "family", nargs="?", help=f"one of {', '.join(_families())}, {UTILITIES}; default: all"
    )
    return parser


def _add_record(recorder: argparse.ArgumentParser) -> None:
    recorder.add_argument("--plant", type=Path, help="plant file; default: the shipped factory")
    recorder.add_argument("--hours", type=_number, required=True, help="how many simulated hours")
    recorder.add_argument(
        "--out",
        type=Path,
        required=True,
        help="FILE.npz, a new folder for one CSV per device, or FILE.csv with --like; the ground truth lies beside it as "
        "NAME.truth.csv",
    )
    recorder.add_argument(
        "--like", metavar="SET", help=f"a data set in the shape of one of: {', '.join(DATA_SETS)}"
    )
    recorder.add_argument(
        "--devices",
        type=_whole,
        metavar="N",
        help=f"scale the plant to N machines, 1 to {MOST_DEVICES}, in the same proportions",
    )
    recorder.add_argument("--seed", type=_whole, help="default: the plant file's own")
    recorder.add_argument(
        "--scenario",
        help=f"a TOML file, or one of {', '.join(ScenarioShelf().files())}; default: healthy, or training with --like",
    )
    recorder.add_argument(
        "--step", type=_number, default=1.0, help="simulated seconds per step, 0.01 to 10, default 1"
    )
    recorder.add_argument(
        "--every", type=_number, help="seconds between rows; default: every step, or the data set's own"
    )
    recorder.add_argument("--recordings", type=Path, help="folder with the files of replay devices")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def _record(options: argparse.Namespace) -> int:
    order = Order(
        out=options.out,
        hours=options.hours,
        plant=options.plant,
        like=options.like,
        devices=options.devices,
        seed=options.seed,
        scenario=options.scenario,
        step_s=options.step,
        every_s=options.every,
        recordings=options.recordings,
    )
    print(make(order, heed=Interrupts().check))
    return 0


def _check(options: argparse.Namespace) -> int:
    for file in options.files:
        if "plant" in read_toml(file):
            plant = load_plant(file)
            print(f"{file}: {plant.name}, {len(plant.devices)} devices")
        else:
            scenario = load_scenario(file)
            print(f"{file}: {scenario.name}, {len(scenario.events)} events")
    return 0


def _scenarios(options: argparse.Namespace) -> int:
    shelf = ScenarioShelf(options.scenarios)
    for name in shelf.files():
        print(f"{name}: {shelf.load(name).description}")
    return 0


def _faults(options: argparse.Namespace) -> int:
    wanted = [*_families(), UTILITIES] if options.family is None else [options.family]
    for name in wanted:
        if name not in (*_families(), UTILITIES):
            raise DefinitionError(f"family: {name!r} is not one of {', '.join(_families())}, {UTILITIES}")
        for mode in UTILITY_FAULTS if name == UTILITIES else faults_of(Family(name)):
            print(f"{name} {mode.name}: {mode.description}")
    return 0


def _families() -> list[str]:
    return [family.value for family in Family if family is not Family.REPLAY]


def _complain(command: str, sentence: str) -> int:
    print(f"plant {command}: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
