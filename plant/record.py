"""Run a plant and take down what it shows, with the ground truth beside it: block by block, so that any length fits."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from plant.engine import Engine
from plant.laws.utilities import UTILITY_TAGS

_BLOCK_VALUES = 2_000_000  # 16 MB of float32 with its status
_BLOCK_ROWS = 600  # what a recording can lose or has to wait for
HOUR_S = 3600.0


@dataclass(slots=True, kw_only=True)
class Record:
    """Rows of a recording; rows are moments, columns tags or devices in the engine's order."""

    time_s: NDArray[np.float64]
    values: NDArray[np.float32]
    status: NDArray[np.uint32]
    fault: NDArray[
        np.int16
    ]  # index into the engine's fault names, -1 for none; a machine fault hides a sensor fault
    sensor_fault: NDArray[np.int16]  # the same, of sensors, clocks and lines alone
    failed: NDArray[np.bool_]
    running: NDArray[np.int8]
    utilities: NDArray[np.float32]  # what the plant measures of them, in the order of `UTILITY_TAGS`
    rul_h: NDArray[
        np.float32
    ]  # running hours to the first failure of a machine; inf for a recording played back


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long to record, in which steps, and how often to keep a row."""

    duration_s: float
    step_s: float = 1.0
    every_s: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: One sentence with key, value and bound.
        """
        for key, value, low, high in (
            ("step", self.step_s, 0.01, 10.0),
            ("every", self.every_s, 0.01, 86400.0),
            ("hours", self.duration_s / HOUR_S, 1e-6, 100_000.0),
        ):
            if not low <= value <= high:
                raise ValueError(f"{key}: {value:g} is outside {low:g} to {high:g}")
        if not math.isclose(self.stride * self.step_s, self.every_s, rel_tol=1e-9) or self.stride < 1:
            raise ValueError(
                f"every: {self.every_s:g} s is no whole multiple of the step of {self.step_s:g} s"
            )
        if self.rows < 1:
            raise ValueError(
                f"hours: {self.duration_s / HOUR_S:g} h is shorter than one row of {self.every_s:g} s"
            )

    @property
    def stride(self) -> int:
        """Steps between two rows."""
        return round(self.every_s / self.step_s)

    @property
    def rows(self) -> int:
        return int(self.duration_s / self.every_s + 1e-9)


def blocks(engine: Engine, plan: Plan) -> Iterator[Record]:
    """Step the engine, and return what it showed, some rows at a time."""
    size = max(1, min(plan.rows, _BLOCK_ROWS, _BLOCK_VALUES // max(1, len(engine.tags))))
    modes = _mode_columns(engine)
    left = plan.rows
    while left:
        block = _empty(min(size, left), len(engine.tags), len(engine.definition.devices))
        for row in range(len(block.time_s)):
            for _ in range(plan.stride):
                engine.step(plan.step_s)
            block.time_s[row] = engine.time_s
            block.values[row] = engine.values
            block.status[row] = engine.status
            block.fault[row], block.failed[row] = engine.fault_labels()
            block.sensor_fault[row] = engine.sensor_fault_labels()
            block.rul_h[row] = engine.remaining_life_s() / HOUR_S
            block.running[row] = engine.values[modes]
            shared = engine.utilities
            block.utilities[row] = np.nan if shared is None else shared.values
        left -= len(block.time_s)
        yield block


def record(engine: Engine, *, duration_s: float, step_s: float = 1.0, every_s: float = 1.0) -> Record:
    """Return a short recording as a whole.

    Raises:
        ValueError: `every_s` is no whole multiple of `step_s`, or the duration is shorter than a row.
    """
    found = list(blocks(engine, Plan(duration_s=duration_s, step_s=step_s, every_s=every_s)))
    return Record(
        **{
            each.name: np.concatenate([getattr(block, each.name) for block in found])
            for each in fields(Record)
        }
    )


def _empty(rows: int, tags: int, devices: int) -> Record:
    return Record(
        time_s=np.empty(rows, dtype=np.float64),
        values=np.empty((rows, tags), dtype=np.float32),
        status=np.empty((rows, tags), dtype=np.uint32),
        fault=np.empty((rows, devices), dtype=np.int16),
        sensor_fault=np.empty((rows, devices), dtype=np.int16),
        failed=np.empty((rows, devices), dtype=np.bool_),
        running=np.empty((rows, devices), dtype=np.int8),
        utilities=np.empty((rows, len(UTILITY_TAGS)), dtype=np.float32),
        rul_h=np.empty((rows, devices), dtype=np.float32),
    )


def _mode_columns(engine: Engine) -> NDArray[np.intp]:
    found = {tag.device: tag.index for tag in engine.tags if tag.definition.name == "RunningState"}
    return np.array([found[device.tag] for device in engine.definition.devices], dtype=np.intp)
