"""Score all devices of a plant in one batch per tick."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.detectors import boosting
from models.explain import Contribution, Reasons, explain
from models.features import RUNNING, FeatureFrame, FeatureState
from models.idle import IdleMeter
from models.isolation_rows import isolation_rows
from models.layout import Layout
from models.persistence import Persistence
from models.slots import slot_table

FloatArray = NDArray[np.float64]

_REASONS_HOLD_S = 10.0  # reasons change slowly, and cost more than the verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The verdict on every device after one tick; arrays have shape (n_devices,).

    Attributes:
        failure_probability: 0..1 that the machine is on its way to a failure; NaN while that is unknown
            (no bundle, not running, just started, a family without detectors).
        learning: The probability is unknown only because there are too few readings yet; it will be known by itself.
        anomaly_score: Isolation Forest over the readings' changes: negative is unusual, positive usual, NaN unknown.
        anomaly: The failure probability has stayed over its limit, and has not stayed below it since.
        fault_name: The likeliest fault of each device in `anomaly`, "" for the others.
        idle_kw: Mean power over the last half hour drawn in pauses of over five minutes; NaN if unknown.
        contributions: For each device in `anomaly`, the readings that speak most for it, at most 10 s old.
    """

    failure_probability: FloatArray
    learning: NDArray[np.bool_]
    anomaly_score: FloatArray
    anomaly: NDArray[np.bool_]
    fault_name: tuple[str, ...]
    idle_kw: FloatArray
    contributions: dict[int, tuple[Contribution, ...]]


class Scorer:
    """The detectors of one plant with all that they remember."""

    def __init__(self, layout: Layout, bundle: Bundle | None) -> None:
        """Start with nothing learned about the devices; without a bundle only idle power is known."""
        self._layout = layout
        self._bundle = bundle
        self._table = slot_table(layout)
        self._features = FeatureState(layout, bundle.expectation) if bundle else None
        self._persistence = Persistence(layout.n_devices, bundle.limit if bundle else 1.0)
        self._idle = IdleMeter(layout.n_devices)
        self._last_t_s = float("nan")
        self._reasons_held: Reasons = ({}, {})
        self._reasons_age_s = 0.0

    def score(
        self,
        values: FloatArray,
        status: NDArray[np.uint32],
        running_state: NDArray[np.integer],
        t_s: float,
    ) -> Scores:
        """Return the verdict after one more tick.

        Args:
            values: shape (n_tags,), in the layout's order and units.
            status: shape (n_tags,), OPC UA status codes; what is not Good is not looked at.
            running_state: shape (n_devices,), 0 stopped .. 2 running .. 5 offline.
            t_s: Time of the tick in seconds, any origin, never backwards.

        Raises:
            ValueError: An array has not the layout's size.
        """
        self._check(values, status, running_state)
        dt_s = 1.0 if np.isnan(self._last_t_s) else max(t_s - self._last_t_s, 0.0)
        self._last_t_s = t_s
        idle_kw = self._idle.update(values, status, self._table, running_state == RUNNING, dt_s)
        if self._features is None or self._bundle is None:
            return self._unknown(idle_kw)
        frame = self._features.update(values, status, running_state, t_s)
        return self._judge(self._bundle, frame, values, idle_kw, dt_s)

    def _judge(
        self, bundle: Bundle, frame: FeatureFrame, values: FloatArray, idle_kw: FloatArray, dt_s: float
    ) -> Scores:
        ready = np.flatnonzero(frame.ready)
        probability = np.full(self._layout.n_devices, np.nan)
        anomaly_score = probability.copy()
        if ready.size:
            rows = frame.matrix[ready]
            probability[ready] = failure_probability(bundle, rows)
            anomaly_score[ready] = bundle.isolation.decision(isolation_rows(rows))
        anomaly = self._persistence.update(probability, dt_s)
        names, contributions = self._reasons(bundle, frame, values, np.flatnonzero(anomaly), dt_s)
        return Scores(
            failure_probability=probability,
            learning=frame.settling,
            anomaly_score=anomaly_score,
            anomaly=anomaly,
            fault_name=tuple(names.get(device, "") for device in range(self._layout.n_devices)),
            idle_kw=idle_kw,
            contributions=dict(contributions),
        )

    def _reasons(
        self, bundle: Bundle, frame: FeatureFrame, values: FloatArray, who: NDArray[np.intp], dt_s: float
    ) -> Reasons:
        """Return why the devices in `who` are in anomaly, thought over anew when one is added or time has passed."""
        self._reasons_age_s += dt_s
        if self._reasons_age_s >= _REASONS_HOLD_S or set(self._reasons_held[1]) != set(who.tolist()):
            self._reasons_held = explain(bundle, self._layout, self._table, frame, values, who)
            self._reasons_age_s = 0.0
        return self._reasons_held

    def _unknown(self, idle_kw: FloatArray) -> Scores:
        n = self._layout.n_devices
        return Scores(
            failure_probability=np.full(n, np.nan),
            learning=np.zeros(n, dtype=np.bool_),
            anomaly_score=np.full(n, np.nan),
            anomaly=np.zeros(n, dtype=np.bool_),
            fault_name=("",) * n,
            idle_kw=idle_kw,
            contributions={},
        )

    def _check(
        self, values: FloatArray, status: NDArray[np.uint32], running_state: NDArray[np.integer]
    ) -> None:
        n_tags, n_devices = self._layout.n_tags, self._layout.n_devices
        sizes = (
            ("values", values.shape, n_tags),
            ("status", status.shape, n_tags),
            ("running_state", running_state.shape, n_devices),
        )
        for name, shape, size in sizes:
            if shape != (size,):
                raise ValueError(f"{name}: shape {shape} is not ({size},)")


def failure_probability(bundle: Bundle, rows: NDArray[np.float32]) -> FloatArray:
    """Return the mean verdict of the two classifiers on rows of features."""
    return (boosting.probability(bundle.classifier, rows) + boosting.probability(bundle.forest, rows)) / 2.0
