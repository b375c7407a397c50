"""Keep the faults of sensors, clocks and lines; the machines behind them know nothing of it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plant import sensor_modes as modes
from plant.entities import TagDefinition
from plant.faults import FaultMode
from plant.laws.first_order import Array
from plant.quality import StatusCode
from plant.sensor_effects import EFFECTS, Columns, Moment, Scales, Spoiled


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorFault:
    """One fault of a sensor, of a clock, or of a device's line; `tag` is "" where it acts on the whole device."""

    device: str
    position: int  # the device's place among the machines
    mode: FaultMode
    code: int
    tag: str
    columns: tuple[int, ...]  # of the engine's arrays
    severity: float
    onset_s: float
    life_s: float  # inf: until it is repaired

    def is_on(self, time_s: float) -> bool:
        """Return whether the fault is in force."""
        return self.onset_s <= time_s < self.onset_s + self.life_s


class SensorFaultBook:
    """Faults in force and to come. Their chance is their own: the plant behind them goes on as it would without them."""

    def __init__(self, tags: Sequence[TagDefinition], rng: np.random.Generator) -> None:
        """Take the tags of the columns that can be falsified, in their order."""
        self.offline: frozenset[int] = frozenset()
        self.time_offset_s: Array | None = None  # what clocks are wrong by, per tag; None where all are right
        self._rng = rng
        self._scales = Scales(tags)
        self._faults: tuple[SensorFault, ...] = ()
        self._groups: dict[str, Spoiled] = {}
        self._touched: Columns = np.zeros(0, dtype=np.intp)  # whose status the last step changed
        self._next_s = math.inf  # when something begins or ends
        self._position: Columns = np.zeros(0, dtype=np.intp)  # of what is at work
        self._code: NDArray[np.int16] = np.zeros(0, dtype=np.int16)

    @property
    def active(self) -> tuple[SensorFault, ...]:
        """All faults, those to come too."""
        return self._faults

    @property
    def is_at_work(self) -> bool:
        """Whether any fault was in force at the last update."""
        return bool(self._groups or self.offline)

    def add(self, fault: SensorFault) -> None:
        """Add a fault; the same on the same tag is replaced."""
        kept = (each for each in self._faults if _key(each) != _key(fault))
        self._faults = (*kept, fault)
        self._next_s = -math.inf

    def remove(self, chosen: Callable[[SensorFault], bool]) -> None:
        """Repair what is chosen."""
        self._faults = tuple(each for each in self._faults if not chosen(each))
        self.offline &= {fault.position for fault in self._faults if fault.mode.name == modes.OFFLINE}
        self._next_s = -math.inf

    def update(self, status: NDArray[np.uint32], time_s: float) -> None:
        """Find out what is at work at this time, and free the status of what the last step had spoiled."""
        if self._touched.size:
            status[self._touched] = StatusCode.GOOD
        if time_s >= self._next_s:
            self._regroup(time_s)

    def spoil(self, values: Array, status: NDArray[np.uint32], time_s: float, dt_s: float) -> None:
        """Falsify the readings of this step, in place."""
        if not self._groups:
            return
        at = Moment(values, status, time_s, dt_s, self._scales, self._rng)
        for name, spoiled in self._groups.items():
            EFFECTS[name](at, spoiled)

    def label(self, found: NDArray[np.int16]) -> None:
        """Write for each machine the code of the fault at work on its sensors or its line."""
        found[self._position] = self._code

    def _regroup(self, time_s: float) -> None:
        working = [fault for fault in self._faults if fault.is_on(time_s)]
        moments = [fault.onset_s for fault in self._faults]
        moments += [fault.onset_s + fault.life_s for fault in self._faults]
        self._next_s = min((moment for moment in moments if moment > time_s), default=math.inf)
        self._position = np.array([fault.position for fault in working], dtype=np.intp)
        self._code = np.array([fault.code for fault in working], dtype=np.int16)
        before, self._groups = self._groups, {}
        for name in EFFECTS:
            rows = [
                (column, fault.severity, fault.onset_s, fault.life_s)
                for fault in working
                if fault.mode.name == name
                for column in fault.columns
            ]
            if rows:
                self._groups[name] = _remembering(Spoiled.of(rows), before.get(name))
        columns = [spoiled.column for spoiled in self._groups.values()]
        self._touched = np.unique(np.concatenate(columns)) if columns else np.zeros(0, dtype=np.intp)
        self.offline = frozenset(fault.position for fault in working if fault.mode.name == modes.OFFLINE)
        self.time_offset_s = self._offsets([fault for fault in working if fault.mode.name == modes.CLOCK])

    def _offsets(self, slow: list[SensorFault]) -> Array | None:
        if not slow:
            return None
        offsets = np.zeros(len(self._scales.low))
        for fault in slow:
            offsets[list(fault.columns)] = -modes.CLOCK_S * fault.severity
        return offsets


def _remembering(spoiled: Spoiled, before: Spoiled | None) -> Spoiled:
    """Return the group with what it held before another fault came or went."""
    if before is None:
        return spoiled
    rows = {
        key: row for row, key in enumerate(zip(before.column.tolist(), before.since_s.tolist(), strict=True))
    }
    for row, key in enumerate(zip(spoiled.column.tolist(), spoiled.since_s.tolist(), strict=True)):
        if key in rows:
            old = rows[key]
            spoiled.held[row] = before.held[old]
            spoiled.until_s[row], spoiled.size[row] = before.until_s[old], before.size[old]
    return spoiled


def _key(fault: SensorFault) -> tuple[str, str, str]:
    return fault.device, fault.tag, fault.mode.name
