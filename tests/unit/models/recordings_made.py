"""Small recordings of an invented plant, made here so that these tests need no simulator."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.layout import Layout
from models.recording import Recording

ROWS, STEP_S = 600, 6.0
FAULT_ROW, FAILED_ROW = 200, 530
TAGS = (
    ("Measurements", "Temperature", "degC"),
    ("Measurements", "Vibration", "mm/s"),
    ("Measurements", "Current", "A"),
    ("Measurements", "Power", "kW"),
    ("Setpoints", "SpeedSetpoint", "rpm"),
    ("State", "Load", "percent"),
    ("Counters", "RunHours", "h"),
)
CELL_TAGS = (
    ("Measurements", "Temperature", "degC"),
    ("Measurements", "Humidity", "percent"),
    ("Measurements", "SoundVolume", "dB"),
    ("Measurements", "Vibration", "mm/s"),
    ("State", "Load", "percent"),
)
FAMILIES = (
    "cnc",
    "cnc",
    "cnc",
    "cnc",
    "press",
    "press",
    "press",
    "press",
    "component_cell",
    "component_cell",
)
FAULTS = ("pump_wear", "tool_wear")
FAULT_OF = {"cnc": "tool_wear", "press": "pump_wear"}


def layout() -> Layout:
    tags = [(i, tag) for i, family in enumerate(FAMILIES) for tag in _tags(family)]
    return Layout(
        devices=tuple(f"{family.upper()}-{i:03}" for i, family in enumerate(FAMILIES)),
        families=FAMILIES,
        tag_device_index=np.array([device for device, _ in tags], dtype=np.int32),
        tag_group=tuple(tag[0] for _, tag in tags),
        tag_name=tuple(tag[1] for _, tag in tags),
        tag_unit=tuple(tag[2] for _, tag in tags),
        normal_low=np.full(len(tags), np.nan),
        normal_high=np.full(len(tags), np.nan),
    )


def recording(seed: int, *, wears: bool = False, rows: int = ROWS) -> Recording:
    """Return an hour of ten machines; where it wears, every second machine goes from its onset to failure."""
    rng = np.random.default_rng(seed)
    plan = layout()
    time_s = STEP_S * np.arange(1, rows + 1, dtype=np.float64)
    fault = np.full((rows, len(FAMILIES)), -1, dtype=np.int16)
    failed = np.zeros(fault.shape, dtype=np.bool_)
    running = np.full(fault.shape, 2, dtype=np.int8)
    parts = []
    for device, family in enumerate(FAMILIES):
        load = 60.0 + 25.0 * np.sin(time_s / 300.0 + device) + rng.normal(size=rows)
        damage = np.zeros(rows)
        if wears and device % 2 and family in FAULT_OF:
            damage = np.clip((np.arange(rows) - FAULT_ROW) / (FAILED_ROW - FAULT_ROW), 0.0, 1.0)
            fault[FAULT_ROW:, device] = FAULTS.index(FAULT_OF[family])
            failed[FAILED_ROW:, device] = True
            running[FAILED_ROW:, device] = 0
        parts.append(_cell(load, rng) if family == "component_cell" else _machine(family, load, damage, rng))
    values = np.concatenate(parts, axis=1).astype(np.float32)
    return Recording(
        name=f"made-{seed}.npz",
        layout=plan,
        time_s=np.asarray(time_s, dtype=np.float64),
        values=values,
        status=np.zeros(values.shape, dtype=np.uint32),
        running=running,
        fault=fault,
        failed=failed,
        fault_names=FAULTS,
        seed=seed,
    )


def write(path: Path, made: Recording) -> Path:
    """Write a recording as `python -m plant record` does."""
    plan = made.layout
    np.savez(
        path,
        time_s=made.time_s,
        values=made.values,
        status=made.status,
        running=made.running,
        fault=made.fault,
        failed=made.failed,
        fault_names=np.array(made.fault_names),
        seed=np.array([made.seed]),
        tag_device=np.array([plan.devices[i] for i in plan.tag_device_index]),
        tag_group=np.array(plan.tag_group),
        tag_name=np.array(plan.tag_name),
        tag_unit=np.array(plan.tag_unit),
        tag_normal_low=plan.normal_low,
        tag_normal_high=plan.normal_high,
        device=np.array(plan.devices),
        family=np.array(plan.families),
    )
    return path


def stopped_between(made: Recording, device: int, first: int, last: int) -> Recording:
    """Return the recording with one device at rest for some rows."""
    running = made.running.copy()
    running[first:last, device] = 0
    return replace(made, running=running)


def _tags(family: str) -> tuple[tuple[str, str, str], ...]:
    return CELL_TAGS if family == "component_cell" else TAGS


def _machine(
    family: str, load: NDArray[np.float64], damage: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    noise = rng.normal(size=(4, len(load)))
    heat, shake = (6.0, 1.0) if family == "cnc" else (15.0, 0.4)
    temperature = 30.0 + 0.2 * load + heat * damage + 0.2 * noise[0]
    vibration = 1.0 + 0.003 * load + shake * damage + 0.05 * noise[1]
    current = 2.0 + 0.1 * load * (1.0 + 0.3 * damage) + 0.1 * noise[2]
    hours = 100.0 + STEP_S * np.arange(len(load)) / 3600.0
    steady = np.full(len(load), 1000.0)
    return np.stack((temperature, vibration, current, 0.6 * current, steady, load, hours), axis=1)


def _cell(load: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    noise = rng.normal(size=(4, len(load)))
    temperature = 72.0 + 0.5 * noise[0]
    humidity, sound = 44.0 + noise[1], 61.0 + 0.7 * noise[2]
    return np.stack((temperature, humidity, sound, 2.2 + 0.15 * noise[3], load), axis=1)
