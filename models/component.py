"""Judge one sample of a component cell: the source system's `Predict`."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.component_model import ComponentModel

FloatArray = NDArray[np.float64]

FIELDS = ("Temperature_C", "Humidity_%", "Sound_Volume_dB", "Vibration_mm_s")
POSSIBLE = {
    "Temperature_C": (-50.0, 500.0),
    "Humidity_%": (0.0, 100.0),
    "Sound_Volume_dB": (0.0, 200.0),
    "Vibration_mm_s": (0.0, 1000.0),
}
"""What an instrument can read at all; beyond it the input is wrong, not the cell."""

_MARGIN = 0.01  # a value just outside its range is anomalous by at least this much
_LOWEST = -0.5  # as far down as an Isolation Forest's own score reaches


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The verdict on one sample.

    Attributes:
        score: Negative is anomalous, positive normal; about -0.5 to 0.5.
        is_anomaly: 1 or 0.
        reason: One sentence for an operator.
    """

    score: float
    is_anomaly: int
    reason: str


class ComponentPredictor:
    """Scores samples with an Isolation Forest; what lies outside the training's ranges is always anomalous."""

    def __init__(self, model: ComponentModel) -> None:
        self._model = model

    def predict(
        self, temperature_c: float, humidity_pct: float, sound_db: float, vibration_mm_s: float
    ) -> Prediction:
        """Return the verdict.

        Raises:
            ValueError: A value is not a finite number or impossible; the message names the field.
        """
        values = (temperature_c, humidity_pct, sound_db, vibration_mm_s)
        sample = {name: _checked(name, value) for name, value in zip(FIELDS, values, strict=True)}
        row = np.array([list(sample.values())], dtype=np.float64)
        score = float(self._model.forest.decision(row)[0])
        outside = self._outside(row[0])
        worst = int(np.argmax(outside))
        if outside[worst] > 0.0:
            score = min(score, -_MARGIN - float(outside[worst]))
        score = max(score, _LOWEST)
        return Prediction(score=score, is_anomaly=int(score < 0.0), reason=self._reason(row[0], score))

    def predict_sample(self, sample: Mapping[str, object]) -> Prediction:
        """Return the verdict on a sample by field names.

        Raises:
            ValueError: A field is missing, unknown, no number, or impossible; the message names it.
        """
        for name in sample:
            if name not in FIELDS:
                raise ValueError(f"{name}: unknown; the fields are {', '.join(FIELDS)}")
        for name in FIELDS:
            if name not in sample:
                raise ValueError(f"{name}: missing")
        return self.predict(*(_checked(name, sample[name]) for name in FIELDS))

    def predict_json(self, text: str) -> Prediction:
        """Return the verdict on a sample given as the text of a JSON object.

        Raises:
            ValueError: The text is no JSON object, names a field twice, or `predict_sample` refuses it.
        """
        try:
            sample = json.loads(text, object_pairs_hook=_without_repetition)
        except (json.JSONDecodeError, RecursionError) as error:
            raise ValueError(f"sample: not JSON: {error}") from error
        if not isinstance(sample, dict):
            raise ValueError("sample: not a JSON object")  # noqa: TRY004  # a wrong argument, not a wrong type of ours
        return self.predict_sample(sample)

    def _outside(self, row: FloatArray) -> FloatArray:
        """Return how far each field is outside its range, in widths of the range; 0 inside."""
        low, high = self._model.low, self._model.high
        return np.asarray(np.maximum(np.maximum(low - row, row - high), 0.0) / (high - low))

    def _reason(self, row: FloatArray, score: float) -> str:
        if score >= 0.0:
            return "All values are in their normal ranges."
        low, high = self._model.low, self._model.high
        outside = self._outside(row)
        middle, half = (low + high) / 2.0, (high - low) / 2.0
        worst = int(np.argmax(outside if outside.max() > 0.0 else np.abs(row - middle) / half))
        band = f"{low[worst]:.1f} to {high[worst]:.1f}"
        if outside[worst] > 0.0:
            return f"{FIELDS[worst]} is {row[worst]:g} where {band} is normal."
        return f"The values are unusual together; {FIELDS[worst]} {row[worst]:g} (normal {band}) stands out most."


def _checked(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating | np.integer):
        raise ValueError(f"{name}: {value!r} is not a number")  # noqa: TRY004  # same
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    low, high = POSSIBLE[name]
    if not math.isfinite(number):
        raise ValueError(f"{name}: {number} is not a finite number")
    if not low <= number <= high:
        raise ValueError(f"{name}: {number:g} is outside {low:g} to {high:g}")
    return number


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    sample: dict[str, object] = {}
    for name, value in pairs:
        if name in sample:
            raise ValueError(f"{name}: given twice")
        sample[name] = value
    return sample
