"""The novelty detector on the recorded pump test rig."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.novelty import LEARNING_ROWS, NoveltyDetector

pytestmark = [pytest.mark.recordings, pytest.mark.slow]

REPOSITORY = Path(__file__).parents[3]
LEFT_OUT = {"datetime", "anomaly", "changepoint", "Temperature", "Thermocouple"}  # labels; slow drift
FOUND_AT_LEAST = 13
WITHIN_S = 60.0


@dataclass(frozen=True)
class Outcome:
    """When the first alarm came on one recording, seconds after the fault; NaN where none came."""

    name: str
    fault_row: int
    first_alarm_row: int | None
    delay_s: float


def recordings() -> list[Path]:
    root = Path(os.environ.get("ANDON_DATA", REPOSITORY.parent / "shared" / "data")) / "skab"
    return sorted(root.glob("valve1/*.csv")) + sorted(root.glob("other/*.csv"))


def played(path: Path) -> Outcome:
    frame = pd.read_csv(path, sep=";", parse_dates=["datetime"])
    channels = [name for name in frame.columns if name not in LEFT_OUT]
    rows = NoveltyDetector(channels).feed(frame[channels].to_numpy())
    alarms = [i for i, row in enumerate(rows) if row.alarm]
    fault = int(np.argmax(frame["anomaly"].to_numpy() > 0))
    first = alarms[0] if alarms else None
    delay = float("nan")
    if first is not None:
        delay = (frame["datetime"].iloc[first] - frame["datetime"].iloc[fault]).total_seconds()
    return Outcome(f"{path.parent.name}/{path.name}", fault, first, delay)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    paths = recordings()
    if not paths:
        pytest.skip("no recordings: set ANDON_DATA to the folder that holds skab/")
    return {outcome.name: outcome for outcome in map(played, paths)}


def is_found(outcome: Outcome) -> bool:
    return 0.0 <= outcome.delay_s <= WITHIN_S


def test_that_no_recording_raises_before_its_fault(outcomes: dict[str, Outcome]) -> None:
    early = [
        o.name
        for o in outcomes.values()
        if o.first_alarm_row is not None and LEARNING_ROWS <= o.first_alarm_row < o.fault_row
    ]

    assert early == []


def test_that_most_faults_are_found_within_a_minute(outcomes: dict[str, Outcome]) -> None:
    found = [o.name for o in outcomes.values() if is_found(o)]

    assert len(found) >= FOUND_AT_LEAST, f"{len(found)} of {len(outcomes)}: {found}"


@pytest.mark.parametrize("name", ["other/5.csv", "valve1/8.csv"])
def test_that_the_recordings_of_the_demonstration_are_found(outcomes: dict[str, Outcome], name: str) -> None:
    if name not in outcomes:
        pytest.skip(f"{name} is not among the recordings given")
    assert is_found(outcomes[name]), outcomes[name]
