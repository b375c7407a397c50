"""Judge a bundle on recordings that it was not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.features import RUNNING
from models.labels import Episode, episodes, is_sound
from models.recording import Recording, load_recording
from models.rules import SourceRules
from models.scoring import Scorer

_DAY_S = 86400.0


@dataclass(slots=True)
class _Tally:
    """Counts of one detector over all recordings."""

    faults: int = 0
    found: int = 0
    false_alarms: int = 0
    healthy_days: float = 0.0
    delays: list[float] = field(default_factory=list)
    named_right: int = 0

    def report(self) -> dict[str, Any]:
        return {
            "faults": self.faults,
            "found_before_failure": self.found,
            "found_share": _ratio(self.found, self.faults),
            "false_alarms": self.false_alarms,
            "false_alarms_per_device_day": _ratio(self.false_alarms, self.healthy_days),
            "median_delay_of_life": round(float(np.median(self.delays)), 3) if self.delays else None,
            "named_right_share": _ratio(self.named_right, self.found),
        }


def evaluate(paths: Sequence[Path], bundle: Bundle) -> dict[str, Any]:
    """Return how the bundle does on recordings, beside the source rules, as plain JSON types.

    A fault counts when it ended in failure; it is found when an alarm was standing at some moment between
    its onset and its failure. A false alarm is a rise while the machine has no fault; a
    broken sensor is no fault of the machine.

    Raises:
        RecordingError: A recording is unreadable.
    """
    detectors, rules = _Tally(), _Tally()
    by_family: dict[str, _Tally] = {}
    for path in paths:
        recording = load_recording(path)
        verdicts = _run(recording, bundle)
        _count(recording, verdicts.anomaly, verdicts.fault, detectors, by_family)
        _count(recording, verdicts.rules, None, rules, {})
    return {
        "bundle": bundle.name,
        "limit": bundle.limit,
        "recordings": [path.name for path in paths],
        "detectors": detectors.report(),
        "source_rules": rules.report(),
        "by_family": {family: tally.report() for family, tally in sorted(by_family.items())},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdicts:
    anomaly: NDArray[np.bool_]
    rules: NDArray[np.bool_]
    fault: list[tuple[str, ...]]


def _run(recording: Recording, bundle: Bundle) -> _Verdicts:
    scorer, rules = Scorer(recording.layout, bundle), SourceRules(recording.layout)
    anomaly = np.zeros(recording.running.shape, dtype=np.bool_)
    fired, names = anomaly.copy(), []
    for row in recording.ticks():
        values = recording.values[row].astype(np.float64)
        scores = scorer.score(
            values, recording.status[row], recording.running[row], float(recording.time_s[row])
        )
        anomaly[row] = scores.anomaly
        names.append(scores.fault_name)
        fired[row] = rules.fire(values) & (recording.running[row] == RUNNING)
    return _Verdicts(anomaly=anomaly, rules=fired, fault=names)


def _count(
    recording: Recording,
    alarms: NDArray[np.bool_],
    names: list[tuple[str, ...]] | None,
    total: _Tally,
    by_family: dict[str, _Tally],
) -> None:
    families = recording.layout.families
    for episode in episodes(recording):
        if episode.failed_row is not None:
            for tally in (total, by_family.setdefault(families[episode.device], _Tally())):
                _count_fault(episode, alarms, names, tally)
    healthy = is_sound(recording)
    rises = alarms & ~np.vstack((np.zeros_like(alarms[:1]), alarms[:-1]))
    step_s = float(np.median(np.diff(recording.time_s)))
    days = ((recording.running == RUNNING) & healthy).sum(axis=0) * step_s / _DAY_S
    for device, family in enumerate(families):
        for tally in (total, by_family.setdefault(family, _Tally())):
            tally.false_alarms += int((rises & healthy)[:, device].sum())
            tally.healthy_days += float(days[device])


def _count_fault(
    episode: Episode, alarms: NDArray[np.bool_], names: list[tuple[str, ...]] | None, tally: _Tally
) -> None:
    assert episode.failed_row is not None
    tally.faults += 1
    standing = np.flatnonzero(alarms[episode.first_row : episode.failed_row, episode.device])
    if not standing.size:
        return
    tally.found += 1
    tally.delays.append(float(standing[0]) / max(episode.failed_row - episode.first_row, 1))
    if names is not None:
        tally.named_right += names[episode.first_row + int(standing[0])][episode.device] == episode.fault


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
