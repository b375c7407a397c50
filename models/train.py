"""Train a bundle from recordings."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import xgboost
from numpy.typing import NDArray

from models import bundle as files
from models.bundle import Bundle, load_bundle, npz_bytes, write_bundle
from models.detectors.boosting import Booster
from models.detectors.training import train_classifier, train_forest, train_isolation, train_namer
from models.errors import RecordingError
from models.expected import Expectation
from models.features import FeatureState
from models.fit_component import fit_component
from models.fit_expected import fit_expectation
from models.isolation_rows import isolation_rows
from models.labels import EARLY, FAULTY, HEALTHY, LEFT_OUT, label_rows
from models.recording import Recording, load_recording
from models.scoring import failure_probability

TUNE_SEEDS = range(2000, 3000)  # these set the limit; no tree sees them
FROZEN_SEEDS = range(9000, 10000)  # these judge; no training code reads them

_EVERY_S = 30.0  # neighbouring rows are nearly the same
_MOST_ROWS = 120_000  # more rows train longer and no better
_PREDICT_ROWS = 100  # ticks that are scored in one call where no tick waits for it
_LEAST_LIMIT = 0.5
_LIMIT_MARGIN = 0.5  # in logits above the worst healthy machine of the tuning recordings
_ISOLATION_ROWS = 20_000
_ISOLATION_TREES = 50

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Training rows: features, label (HEALTHY, EARLY or FAULTY), family, and the name of the fault."""

    matrix: NDArray[np.float32]
    label: NDArray[np.int8]
    family: NDArray[np.str_]
    fault: NDArray[np.str_]


def train(paths: Sequence[Path], folder: Path, *, seed: int = 0) -> Bundle:
    """Train on recordings, write the bundle into `folder` and return it as a scorer would load it.

    Recordings with a seed of 2000..2999 only set the limit; all others are trained on.

    Raises:
        RecordingError: A recording is unreadable or frozen, or the recordings do not suffice.
    """
    recordings = [_admitted(load_recording(path)) for path in paths]
    training = [recording for recording in recordings if recording.seed not in TUNE_SEEDS]
    tuning = [recording for recording in recordings if recording.seed in TUNE_SEEDS and recording.is_healthy]
    if not training or not tuning:
        raise RecordingError("training needs recordings to learn from and healthy ones of seeds 2000 to 2999")
    law = fit_expectation(training)
    rows = _stack([_rows(recording, law) for recording in training])
    faults = tuple(sorted(set(rows.fault[rows.label == FAULTY].tolist())))
    if not faults or not (rows.label == HEALTHY).any():
        raise RecordingError("training needs healthy machines and machines that failed")
    content = _fit(rows, faults, law, seed)
    content[files.COMPONENT] = npz_bytes(fit_component(training, seed).to_arrays())
    facts = _facts(rows, faults, recordings, seed)
    write_bundle(folder, content, {**facts, "limit": _LEAST_LIMIT})
    limit = _limit(load_bundle(folder), tuning)
    write_bundle(folder, content, {**facts, "limit": limit})
    return load_bundle(folder)


def _admitted(recording: Recording) -> Recording:
    if recording.seed in FROZEN_SEEDS:
        raise RecordingError(f"{recording.name}: seed {recording.seed} is kept for judging, not for training")
    return recording


def _rows(recording: Recording, law: Expectation) -> Rows:
    state = FeatureState(recording.layout, law)
    labels = label_rows(recording)
    stride = max(1, round(_EVERY_S / float(np.diff(recording.time_s[:2])[0])))
    names = np.array([*recording.fault_names, ""])
    families = np.array(recording.layout.families)
    matrices, label, family, fault = [], [], [], []
    for row in recording.ticks():
        frame = state.update(
            recording.values[row].astype(np.float64),
            recording.status[row],
            recording.running[row],
            float(recording.time_s[row]),
        )
        if row % stride:
            continue
        chosen = frame.ready & (labels[row] != LEFT_OUT)
        matrices.append(frame.matrix[chosen])
        label.append(labels[row][chosen])
        family.append(families[chosen])
        fault.append(names[recording.fault[row][chosen]])
    return Rows(
        matrix=np.concatenate(matrices),
        label=np.concatenate(label),
        family=np.concatenate(family),
        fault=np.concatenate(fault),
    )


def _stack(parts: Sequence[Rows]) -> Rows:
    return Rows(
        matrix=np.concatenate([part.matrix for part in parts]),
        label=np.concatenate([part.label for part in parts]),
        family=np.concatenate([part.family for part in parts]),
        fault=np.concatenate([part.fault for part in parts]),
    )


def _fit(rows: Rows, faults: tuple[str, ...], law: Expectation, seed: int) -> dict[str, bytes]:
    rng = np.random.default_rng(seed)
    healthy = np.flatnonzero(rows.label == HEALTHY)
    asked = _some(np.flatnonzero(rows.label != EARLY), _MOST_ROWS, rng)
    matrix, faulty = rows.matrix[asked], rows.label[asked] == FAULTY
    named = _some(np.flatnonzero(rows.label != HEALTHY), _MOST_ROWS, rng)
    named = named[np.isin(rows.fault[named], faults)]
    code = np.searchsorted(np.array(faults), rows.fault[named])
    isolation = train_isolation(
        isolation_rows(rows.matrix[_some(healthy, _ISOLATION_ROWS, rng)]),
        n_trees=_ISOLATION_TREES,
        seed=seed,
        normal_share=0.999,
    )
    return {
        files.CLASSIFIER: _ubj(train_classifier(matrix, faulty, seed)),
        files.FOREST: _ubj(train_forest(matrix, faulty, seed)),
        files.NAMER: _ubj(train_namer(rows.matrix[named], code, len(faults), seed)),
        files.EXPECTATION: npz_bytes({field.name: getattr(law, field.name) for field in fields(law)}),
        files.ISOLATION: npz_bytes(isolation.to_arrays()),
    }


def _some(rows: NDArray[np.intp], most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    return rng.choice(rows, size=most, replace=False) if len(rows) > most else rows


def _ubj(model: Booster) -> bytes:
    return bytes(model.save_raw(raw_format="ubj"))


def _limit(bundle: Bundle, tuning: Sequence[Recording]) -> float:
    """Return the limit that no healthy machine of the tuning recordings comes near."""
    worst = max(_worst(bundle, recording) for recording in tuning)
    logit = np.log(worst / (1.0 - worst)) + _LIMIT_MARGIN
    return round(float(max(_LEAST_LIMIT, 1.0 / (1.0 + np.exp(-logit)))), 4)


def _worst(bundle: Bundle, recording: Recording) -> float:
    state = FeatureState(recording.layout, bundle.expectation)
    worst, waiting = 1e-6, []
    for row in recording.ticks():
        frame = state.update(
            recording.values[row].astype(np.float64),
            recording.status[row],
            recording.running[row],
            float(recording.time_s[row]),
        )
        waiting.append(frame.matrix[frame.ready])
        if len(waiting) == _PREDICT_ROWS or row == len(recording.time_s) - 1:
            verdicts = failure_probability(bundle, np.concatenate(waiting))
            worst = max(worst, float(verdicts.max(initial=0.0)))
            waiting = []
    return min(worst, 1.0 - 1e-6)


def _facts(
    rows: Rows, faults: tuple[str, ...], recordings: Sequence[Recording], seed: int
) -> Mapping[str, Any]:
    faulty = rows.label == FAULTY
    families = sorted(set(rows.family[faulty].tolist()))
    return {
        "faults": list(faults),
        "family_faults": {
            family: sorted(set(rows.fault[faulty & (rows.family == family)].tolist())) for family in families
        },
        "libraries": {
            "numpy": np.__version__,
            "python": ".".join(platform.python_version_tuple()[:2]),
            "scikit-learn": sklearn.__version__,
            "xgboost": xgboost.__version__,
        },
        "seed": seed,
        "training": {
            "recordings": [{"name": r.name, "seed": r.seed, "rows": len(r.time_s)} for r in recordings],
            "healthy_rows": int((rows.label == HEALTHY).sum()),
            "faulty_rows": int(faulty.sum()),
        },
    }
