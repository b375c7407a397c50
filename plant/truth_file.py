"""Write down what was truly wrong: for trainers and judges, in a file of its own that no detector reads."""

import csv
import io
from pathlib import Path
from typing import Final

from plant.engine import Engine
from plant.faults import FaultTruth
from plant.unfinished import unfinished_file

SUFFIX: Final = ".truth.csv"
COLUMNS: Final = (
    "device", "fault", "tag", "law", "severity", "onset_s", "failed_at_s", "ended_s", "rul_s", "damage", "progress",
    "natural",
)  # fmt: skip


def truth_path(recording: Path) -> Path:
    """Return where the truth about a recording lies: `day.npz` or a folder `day` has `day.truth.csv` beside it."""
    name = recording.name.removesuffix(".npz").removesuffix(".csv")
    return recording.with_name(f"{name}{SUFFIX}")


def truth_text(engine: Engine) -> str:
    """Return every fault with its onset, failure, end and remaining life (simulated s), and each machine's natural wear.

    `ended_s` is when it was repaired, empty while it is there. `rul_s` is running time at the stress of the last hour, as it
    was at the end; empty where no failure comes.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    rows = sorted(engine.fault_history(), key=lambda row: (row[0].onset_s, row[0].device, row[0].fault))
    writer.writerows(_cells(truth, ended_s) for truth, ended_s in rows)
    writer.writerows(_cells(truth, None) for truth in engine.wear_truth())
    return text.getvalue()


def write_truth(path: Path, engine: Engine) -> None:
    """Write the truth into a file, which is whole at every moment.

    Raises:
        OSError: It cannot be written.
    """
    with unfinished_file(path) as file:
        file.write(truth_text(engine).encode("utf-8"))


def _cells(truth: FaultTruth, ended_s: float | None) -> tuple[str, ...]:
    return (
        truth.device,
        truth.fault,
        truth.tag,
        truth.law,
        f"{truth.severity:g}",
        f"{truth.onset_s:.3f}",
        _optional(truth.failed_at_s),
        _optional(ended_s),
        _optional(truth.rul_s),
        f"{truth.damage:.4f}",
        f"{truth.progress:.4f}",
        str(int(truth.natural)),
    )


def _optional(time_s: float | None) -> str:
    return "" if time_s is None else f"{time_s:.3f}"
