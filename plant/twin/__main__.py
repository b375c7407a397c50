"""Calibrate the twin, from the command line: `python -m plant.twin calibrate --recording healthy.npz --out FOLDER`."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import resources
from plant.definition import DeviceDefinition, load_plant
from plant.errors import DefinitionError
from plant.tag_map import TagMap
from plant.twin.calibrate import calibrate
from plant.twin.fit import DeviceFit
from plant.twin.history import load_history
from plant.twin.store import save_fits
from plant.twin.survey import survey


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        plant = load_plant(options.plant or resources.path("plants", "factory.toml"))
        tags = TagMap(plant).columns
        history = load_history(options.recording, tags)
        if options.command == "survey":
            found = survey(plant.devices, tags, history)
            lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(pair)}" for key, pair in found.items())
            options.out.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
            print(f"{options.out}: {len(found)} tags")
            return 0
        fits = calibrate(_chosen(plant.devices, options.device), tags, history)
        save_fits(options.out, fits.values())
    except (DefinitionError, OSError) as problem:
        print(f"twin {options.command}: {problem}", file=sys.stderr)
        return 2
    _tell(fits.values())
    print(f"{options.out}: {len(fits)} devices")
    return 0


def _chosen(devices: Sequence[DeviceDefinition], wanted: Sequence[str] | None) -> Sequence[DeviceDefinition]:
    known = {device.tag: device for device in devices if device.replay is None}
    for device in wanted or ():
        if device not in known:
            raise DefinitionError(f"there is no machine {device}")
    return [known[device] for device in wanted] if wanted else devices


def _tell(fits: Iterable[DeviceFit]) -> None:
    print(f"{'tag':36} {'R2':>7} {'residual std':>12} {'noise':>9} {'rows':>6}")
    for fit in fits:
        moved = ", ".join(f"{name} x{factor:.3f}" for name, factor in fit.parameters.items())
        print(f"{fit.device}: {moved or 'as on its name plate'}")
        for name, tag in fit.tags.items():
            print(f"  {name:34} {tag.r2:7.3f} {tag.residual_std:12.4g} {tag.noise:9.3g} {tag.samples:6}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m plant.twin", description="Fit the twin to healthy history."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text, out in (
        (
            "calibrate",
            "fit each device and say how well the twin then follows it",
            "folder, STATE/twin for a server",
        ),
        ("survey", "find how far healthy machines of each type stray from their twin", "JSON file"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument(
            "--recording", type=Path, required=True, help="healthy history: an .npz of `plant record`"
        )
        command.add_argument("--plant", type=Path, help="plant file; default: the shipped factory")
        command.add_argument("--out", type=Path, required=True, help=out)
        if name == "calibrate":
            command.add_argument("--device", action="append", help="only this one; may be given again")
    return parser


if __name__ == "__main__":
    sys.exit(main())
