"""Learn from healthy recordings what each machine should read at its load."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.expected import HALL_TAU_S, N_LOAD_TERMS, N_TERMS, Expectation, LoadHistory, empty_expectation
from models.features import RUNNING
from models.recording import Recording
from models.slots import FAMILIES, SLOTS, TEMPERATURE, pick, slot_table, slot_values
from models.smoothing import Smoother

_EVERY = 5  # rows are so alike that every fifth is enough
_SETTLED_S = 60.0
_RIDGE = 1e-4  # the load terms of neighbouring time constants are nearly parallel
_ENOUGH_ROWS = 200
_RESOLUTION = 1e-4  # of the reading: a quantity that never moves is not taken for noiseless

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Samples:
    """Rows of healthy machines: family (n,), time step (n,), load terms (n, ...), slot values (n, ...)."""

    family: NDArray[np.intp]
    step: NDArray[np.intp]
    terms: FloatArray
    slots: FloatArray
    time_s: FloatArray


def fit_expectation(recordings: Sequence[Recording]) -> Expectation:
    """Return the laws that the recordings' healthy rows obey."""
    samples = [_collect(recording) for recording in recordings]
    law = empty_expectation(len(FAMILIES))
    for family in range(len(FAMILIES)):
        rows = [sample.family == family for sample in samples]
        terms = np.concatenate([s.terms[r] for s, r in zip(samples, rows, strict=True)])
        target = np.concatenate([s.slots[r, TEMPERATURE] for s, r in zip(samples, rows, strict=True)])
        law.hall[family] = _solve(terms, target)
    full = [np.concatenate((s.terms, _hall_column(law, s)[:, np.newaxis]), axis=1) for s in samples]
    for family in range(len(FAMILIES)):
        rows = [sample.family == family for sample in samples]
        terms = np.concatenate([f[r] for f, r in zip(full, rows, strict=True)])
        slots = np.concatenate([s.slots[r] for s, r in zip(samples, rows, strict=True)])
        law.setpoint[family] = _median_setpoint(recordings, family)
        for slot in range(len(SLOTS)):
            _fit_slot(law, family, slot, terms, slots[:, slot])
    return law


def _collect(recording: Recording) -> _Samples:
    table = slot_table(recording.layout)
    loads = LoadHistory(recording.layout.n_devices)
    run_s = np.zeros(recording.layout.n_devices)
    parts: list[tuple[NDArray[np.intp], NDArray[np.intp], FloatArray, FloatArray]] = []
    for row in recording.ticks():
        dt_s = float(recording.time_s[row] - recording.time_s[row - 1]) if row else 1.0
        active = (recording.running[row] == RUNNING) & (table.family >= 0)
        good = recording.status[row] >> 30 == 0
        values = np.where(good, recording.values[row].astype(np.float64), np.nan)
        loads.forget(~active)
        terms = loads.update(np.where(active, pick(values, table.load), np.nan), dt_s)
        run_s = np.where(active & (recording.fault[row] < 0), run_s + dt_s, 0.0)
        if row % _EVERY == 0:
            chosen = np.flatnonzero((run_s > _SETTLED_S) & np.isfinite(terms).all(axis=1))
            slots = slot_values(values, table)[chosen]
            parts.append((table.family[chosen], np.full(len(chosen), row), terms[chosen], slots))
    family, step, all_terms, all_slots = zip(*parts, strict=True)
    return _Samples(
        family=np.concatenate(family),
        step=np.concatenate(step),
        terms=np.concatenate(all_terms),
        slots=np.concatenate(all_slots),
        time_s=recording.time_s,
    )


def _median_setpoint(recordings: Sequence[Recording], family: int) -> float:
    found = []
    for recording in recordings:
        table = slot_table(recording.layout)
        columns = table.setpoint[(table.family == family) & (table.setpoint >= 0)]
        found.append(recording.values[0, columns].astype(np.float64))
    setpoints = np.concatenate(found)
    return float(np.median(setpoints)) if setpoints.size else float("nan")


def _hall_column(law: Expectation, samples: _Samples) -> FloatArray:
    """Return the hall's warmth at each sample, smoothed as the tick smooths it."""
    smoother = Smoother((1,), (HALL_TAU_S,))
    column = np.zeros(len(samples.step))
    last_s = float("nan")
    cuts = np.flatnonzero(np.diff(samples.step)) + 1
    for rows in np.split(np.arange(len(samples.step)), cuts):
        hall_k = law.hall_k(samples.terms[rows], samples.family[rows], samples.slots[rows])
        now_s = float(samples.time_s[samples.step[rows[0]]])
        column[rows] = smoother.update(np.array([hall_k]), 1.0 if np.isnan(last_s) else now_s - last_s)[0, 0]
        last_s = now_s
    return np.nan_to_num(column)


def _fit_slot(law: Expectation, family: int, slot: int, terms: FloatArray, target: FloatArray) -> None:
    solution = _solve(terms, target)
    if np.isnan(solution).any():
        return
    known = np.isfinite(target)
    residual = target[known] - terms[known] @ solution
    floor = _RESOLUTION * float(np.abs(target[known]).mean()) + 1e-9
    law.coefficient[family, slot] = solution
    law.scale[family, slot] = max(float(residual.std()), floor)


def _solve(terms: FloatArray, target: FloatArray) -> FloatArray:
    known = np.isfinite(target)
    width = terms.shape[1]
    assert width in (N_LOAD_TERMS, N_TERMS)
    if int(known.sum()) < _ENOUGH_ROWS:
        return np.full(width, np.nan)
    a, y = terms[known], target[known]
    penalty = _RIDGE * len(a) * np.eye(width)
    penalty[0, 0] = 0.0
    return np.asarray(np.linalg.solve(a.T @ a + penalty, a.T @ y), dtype=np.float64)
