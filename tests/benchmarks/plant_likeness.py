"""How much the plant is like a real one: what fixed rules find of its faults, and whether a classifier knows its pumps."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from xgboost import XGBClassifier

from plant.definition import DeviceDefinition, Family, PlantDefinition
from plant.engine import Engine
from plant.faults import FaultKind
from tests.benchmarks.report import Result

LIFE_S, STEP_S = 3600.0, 5.0
# The source systems' rules by unit: too hot, shaking too much, too much pressure (S0); an engine's oil (S3) stands apart.
HIGH = {"degC": 80.0, "m/s2": 4.0, "mm/s": 4.0, "bar": 90.0}
OIL_BAR, TURNING_RPM = 2.0, 500.0
# Real channel -> the simulated pump's tag; what the rig measures and a pump does not is left out.
CHANNELS = {
    "Accelerometer1RMS": "Vibration",
    "Current": "Current",
    "Pressure": "DischargePressure",
    "Temperature": "BearingTemperature",
    "Volume Flow RateRMS": "Flow",
}
WINDOW, FOLDS, PUMPS = 60, 5, 3

Array = NDArray[np.float64]


def rules_found(plant: PlantDefinition) -> Result:
    """Measure how many fault modes the source systems' rules find before the machine fails.

    One machine for each mode of each family, which wears from new to failure within an hour of nominal work. A rule that
    fires on the same machine while it is healthy finds nothing.
    """
    cases = _cases(plant)
    definition = replace(plant, devices=tuple(device for device, _ in cases))
    healthy, worn = Engine(definition, seed=1), Engine(definition, seed=1)
    rules = _Rules(healthy)
    steps = round(1.5 * LIFE_S / STEP_S)
    cries = np.zeros(len(rules.device), dtype=np.bool_)
    for _ in range(steps):
        healthy.step(STEP_S)
        cries |= rules.fired(healthy.values)
    for device, fault in cases:
        worn.inject(device.tag, fault, life_s=LIFE_S)
    hits = np.zeros(len(cases), dtype=np.bool_)
    for _ in range(steps):
        worn.step(STEP_S)
        fired = np.isin([device.tag for device, _ in cases], rules.device[rules.fired(worn.values) & ~cries])
        hits |= fired & ~np.isin([device.tag for device, _ in cases], list(worn.failed_devices))
    found = [
        f"{device.family.value}/{fault}" for (device, fault), hit in zip(cases, hits, strict=True) if hit
    ]
    return Result(
        name="rules_found_pct",
        value=100.0 * float(hits.mean()),
        unit="%",
        goal="",
        note=f"{int(hits.sum())} of {len(cases)} modes: {', '.join(found)}",
    )


def two_sample(plant: PlantDefinition, skab: Path) -> Result:
    """Measure how well a classifier tells windows of simulated pumps from those of the real rig; 0.5 is not at all."""
    path = skab / "anomaly-free" / "anomaly-free.csv"
    if not path.is_file():
        return Result(name="two_sample_auc", value=math.nan, unit="", goal="", note=f"{path} is not there")
    rig = _rig(path)
    real = _windows(rig)
    simulated = np.concatenate([_windows(each) for each in _pumps(plant, len(rig) // PUMPS)])
    return Result(
        name="two_sample_auc",
        value=_auc(real, simulated),
        unit="",
        goal="",
        note=f"{len(real)} real and {len(simulated)} simulated windows of {WINDOW} s in {FOLDS} blocks",
    )


def _cases(plant: PlantDefinition) -> list[tuple[DeviceDefinition, str]]:
    """Return a machine for each mode of each family."""
    first: dict[Family, DeviceDefinition] = {}
    for device in plant.devices:
        first.setdefault(device.family, device)
    engine = Engine(replace(plant, devices=tuple(first.values())), seed=1)
    return [
        (replace(device, tag=f"{device.tag}-{number}", running=True), mode.name)
        for family, device in first.items()
        for number, mode in enumerate(m for m in engine.faults(family) if m.kind is FaultKind.MACHINE)
    ]


class _Rules:
    """The source systems' rules on whatever measures what they speak of: one row a tag and bound."""

    def __init__(self, engine: Engine) -> None:
        measured = [tag for tag in engine.tags if tag.group == "Measurements"]
        high = [tag for tag in measured if tag.definition.unit in HIGH]
        oil = [tag for tag in measured if tag.definition.name == "OilPressure"]
        speeds = {tag.device: tag.index for tag in measured if tag.definition.unit == "rpm"}
        self.device = np.array([tag.device for tag in (*high, *oil)])
        self._high = np.array([tag.index for tag in high], dtype=np.intp)
        self._bound = np.array([HIGH[tag.definition.unit] for tag in high])
        self._oil = np.array([tag.index for tag in oil], dtype=np.intp)
        self._speed = np.array([speeds[tag.device] for tag in oil], dtype=np.intp)

    def fired(self, values: Array) -> NDArray[np.bool_]:
        leaks = (values[self._oil] < OIL_BAR) & (values[self._speed] > TURNING_RPM)
        return np.concatenate([values[self._high] > self._bound, leaks])


def _rig(path: Path) -> Array:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    return np.array([[float(row[channel]) for channel in CHANNELS] for row in rows])


def _pumps(plant: PlantDefinition, seconds: int) -> list[Array]:
    """Return what some pumps of the plant read each second, once they are past their first minutes."""
    pumps = [each for each in plant.devices if each.family is Family.PUMP and each.running][:PUMPS]
    engine = Engine(replace(plant, devices=tuple(pumps)), seed=1)
    at = {(tag.device, tag.definition.name): tag.index for tag in engine.tags if tag.group == "Measurements"}
    columns = np.array([[at[pump.tag, name] for name in CHANNELS.values()] for pump in pumps])
    for _ in range(600):
        engine.step(1.0)
    rows = np.empty((seconds, *columns.shape))
    for row in rows:
        engine.step(1.0)
        row[:] = engine.values[columns]
    return [rows[:, place] for place in range(len(pumps))]


def _windows(rows: Array) -> Array:
    """Return features of each window of each standardised channel, shape (windows, features)."""
    scaled = (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-9)
    count = len(scaled) // WINDOW
    cut = scaled[: count * WINDOW].reshape(count, WINDOW, -1)
    mean, std = cut.mean(axis=1), cut.std(axis=1)
    centred = (cut - mean[:, None]) / np.maximum(std, 1e-9)[:, None]
    slope = np.tensordot(np.linspace(-1.0, 1.0, WINDOW), cut, axes=(0, 1)) / WINDOW
    neighbours = (centred[:, 1:] * centred[:, :-1]).mean(axis=1)
    together = np.einsum("wti,wtj->wij", centred, centred)[:, *np.triu_indices(rows.shape[1], 1)] / WINDOW
    features = [mean, std, slope, neighbours, (centred**4).mean(axis=1), np.ptp(cut, axis=1), together]
    return np.concatenate(features, axis=1)


def _auc(real: Array, simulated: Array) -> float:
    """Return the area under the curve, each block of time judged by a classifier that never saw it."""
    samples = np.concatenate([real, simulated])
    labels = np.concatenate([np.zeros(len(real)), np.ones(len(simulated))])
    block = np.concatenate([np.arange(len(each)) * FOLDS // len(each) for each in (real, simulated)])
    scores = np.zeros(len(samples))
    for fold in range(FOLDS):
        model = XGBClassifier(n_estimators=150, max_depth=3, learning_rate=0.1, n_jobs=1, random_state=1)
        model.fit(samples[block != fold], labels[block != fold])
        scores[block == fold] = model.predict_proba(samples[block == fold])[:, 1]
    return float(roc_auc_score(labels, scores))
