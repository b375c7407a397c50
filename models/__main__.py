"""Train, judge or ask the detectors from the command line."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import resources
from models.errors import ModelsError

_BUNDLE = ("bundles", "factory")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0 done, 2 refused in one sentence."""
    options = _parser().parse_args(arguments)
    commands = {"train": _train, "evaluate": _evaluate, "predict": _predict}
    try:
        return commands[options.command](options)
    except (ModelsError, ValueError, OSError) as error:
        print(f"models {options.command}: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m models", description="Train detectors, judge them, or ask one."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    train = _command(commands, "train", "Train a bundle of detectors from recordings of the plant.")
    train.add_argument(
        "--data", type=Path, nargs="+", required=True, help="files of `python -m plant record`"
    )
    train.add_argument("--out", type=Path, required=True, help="folder of the bundle")
    train.add_argument("--seed", type=int, default=0, help="same data and seed give the same bundle")
    judge = _command(commands, "evaluate", "Judge a bundle on recordings that it was not trained on.")
    judge.add_argument(
        "--data", type=Path, nargs="+", required=True, help="files of `python -m plant record`"
    )
    judge.add_argument("--bundle", type=Path, help="folder of the bundle; default: the shipped one")
    judge.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    ask = _command(commands, "predict", "Judge one sample of a component cell.")
    ask.add_argument("sample", help='{"Temperature_C": ..., "Humidity_%%": ..., "Sound_Volume_dB": ..., ...}')
    ask.add_argument("--bundle", type=Path, help="folder of the bundle; default: the shipped one")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, sentence: str
) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=sentence, description=sentence)


def _train(options: argparse.Namespace) -> int:
    from models.train import train  # noqa: PLC0415  # scikit-learn takes a second; other commands do without

    bundle = train(options.data, options.out, seed=options.seed)
    rows = bundle.manifest["training"]
    print(
        f"{options.out}: trained on {rows['healthy_rows']} healthy and {rows['faulty_rows']} faulty rows, "
        f"limit {bundle.limit}"
    )
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from models.bundle import load_bundle  # noqa: PLC0415  # same
    from models.evaluate import evaluate  # noqa: PLC0415  # same

    result = evaluate(options.data, load_bundle(_folder(options)))
    if options.json:
        print(json.dumps(result, indent=1))
        return 0
    print(f"{result['bundle']}, limit {result['limit']}")
    rows = {"detectors": result["detectors"], "source rules": result["source_rules"], **result["by_family"]}
    print(f"{'':16} {'found':>9} {'false/day':>10} {'delay':>6} {'named':>6}")
    for name, row in rows.items():
        found = f"{row['found_before_failure']}/{row['faults']}"
        print(
            f"{name:16} {found:>9} {_cell(row['false_alarms_per_device_day']):>10} "
            f"{_cell(row['median_delay_of_life']):>6} {_cell(row['named_right_share']):>6}"
        )
    return 0


def _predict(options: argparse.Namespace) -> int:
    from models.bundle import load_bundle  # noqa: PLC0415  # same
    from models.component import ComponentPredictor  # noqa: PLC0415  # same

    verdict = ComponentPredictor(load_bundle(_folder(options)).component).predict_json(options.sample)
    print(
        json.dumps(
            {
                "Anomaly_Score": round(verdict.score, 4),
                "Is_Anomaly": verdict.is_anomaly,
                "Reason": verdict.reason,
            }
        )
    )
    return 0


def _folder(options: argparse.Namespace) -> Path:
    return options.bundle if options.bundle is not None else resources.path(*_BUNDLE)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())
