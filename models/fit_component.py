"""Learn what a component cell's readings normally are."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.component_model import ComponentModel
from models.detectors.training import train_isolation
from models.errors import RecordingError
from models.features import RUNNING
from models.recording import Recording

FAMILY = "component_cell"
TAGS = ("Temperature", "Humidity", "SoundVolume", "Vibration")

_SETPOINTS_DEGC = (69.0, 80.0)  # the range that such an oven is asked to hold; assumption
_MOISTURE_SIGMA = 0.06  # the air's own moisture differs from day to day; assumption
_ROWS = 20_000
_TREES = 60
_BEYOND = 0.05  # of the range: how far a reading may stand outside what was seen

FloatArray = NDArray[np.float64]


def fit_component(recordings: Sequence[Recording], seed: int) -> ComponentModel:
    """Return the model of all healthy component cells in the recordings.

    The recorded cells hold one temperature. Their rows are shifted to other setpoints, with the relative
    humidity that the same moisture has there, so that a warmer cell is not taken for a broken one.

    Raises:
        RecordingError: No recording has a healthy component cell.
    """
    rng = np.random.default_rng(seed)
    parts = [part for recording in recordings for part in _healthy_rows(recording)]
    rows = np.concatenate(parts) if parts else np.zeros((0, len(TAGS)))
    if len(rows) < _ROWS // 20:
        raise RecordingError(f"{len(rows)} healthy rows of a {FAMILY} are too few to learn from")
    rows = rows[rng.integers(len(rows), size=_ROWS)]
    rows = _at_other_setpoints(rows, rng)
    low, high = np.quantile(rows, 0.001, axis=0), np.quantile(rows, 0.999, axis=0)
    beyond = _BEYOND * (high - low)
    forest = train_isolation(rows, n_trees=_TREES, seed=seed, normal_share=0.998)
    return ComponentModel(forest=forest, low=low - beyond, high=high + beyond)


def saturation_hpa(temperature_degc: FloatArray) -> FloatArray:
    """Return the saturation vapour pressure over water.

    Source: Magnus formula with the constants of the plant's own reference (6.112, 17.62, 243.12).
    """
    return np.asarray(6.112 * np.exp(17.62 * temperature_degc / (243.12 + temperature_degc)))


def _healthy_rows(recording: Recording) -> list[FloatArray]:
    layout = recording.layout
    found = []
    for device, family in enumerate(layout.families):
        if family != FAMILY:
            continue
        columns = {
            layout.tag_name[i]: i
            for i in np.flatnonzero(layout.tag_device_index == device)
            if layout.tag_group[i] == "Measurements"
        }
        chosen = (recording.running[:, device] == RUNNING) & (recording.fault[:, device] < 0)
        wanted = [columns[name] for name in TAGS]
        chosen &= (recording.status[:, wanted] >> 30 == 0).all(axis=1)
        found.append(recording.values[chosen][:, wanted].astype(np.float64))
    return found


def _at_other_setpoints(rows: FloatArray, rng: np.random.Generator) -> FloatArray:
    shifted = rows.copy()
    target = rng.uniform(*_SETPOINTS_DEGC, size=len(rows))
    shifted[:, 0] = rows[:, 0] - np.median(rows[:, 0]) + target
    drier = saturation_hpa(rows[:, 0]) / saturation_hpa(shifted[:, 0])
    moisture = np.exp(_MOISTURE_SIGMA * rng.standard_normal(len(rows)))
    shifted[:, 1] = np.clip(rows[:, 1] * drier * moisture, 0.0, 100.0)
    return shifted
