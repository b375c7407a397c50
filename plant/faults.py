"""Keep the injected faults and the ground truth about them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from plant.laws.first_order import Array
from plant.laws.wear import age, damage


class FaultKind(StrEnum):
    """What a fault acts on."""

    MACHINE = "machine"
    SENSOR = "sensor"
    COMMUNICATION = "communication"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultMode:
    """A way in which a device can go wrong.

    `exponent` bends the course of damage (1 is a straight line); `life_s` bounds the life drawn when none is asked for.
    """

    name: str
    description: str
    kind: FaultKind = FaultKind.MACHINE
    exponent: float = 1.5
    life_s: tuple[float, float] = (1800.0, 10800.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultTruth:
    """What is truly wrong with a device: never read by the server's own detectors."""

    device: str
    fault: str
    severity: float
    onset_s: float  # simulated time
    damage: float  # 0..1, failure at 1
    failed_at_s: float | None


COMMON_FAULTS = (
    FaultMode(name="sensor_stuck", description="A sensor repeats its last value", kind=FaultKind.SENSOR),
    FaultMode(
        name="sensor_dropout",
        description="A sensor stops answering: last value for 5 s, then no communication",
        kind=FaultKind.SENSOR,
    ),
    FaultMode(
        name="sensor_out_of_range",
        description="A sensor reads beyond the end of its scale",
        kind=FaultKind.SENSOR,
    ),
    FaultMode(
        name="sensor_failure", description="A sensor reports that it has failed", kind=FaultKind.SENSOR
    ),
    FaultMode(
        name="offline", description="The device no longer communicates at all", kind=FaultKind.COMMUNICATION
    ),
)


@dataclass(slots=True, kw_only=True)
class ActiveFault:
    """One injected fault; `row` is the damage row of a machine fault, `code` its number among all faults, `tag` the tag of a sensor fault."""

    device: str
    position: int  # the device's place in the columns
    mode: FaultMode
    row: int
    code: int
    tag: str
    severity: float
    onset_s: float
    life_s: float
    failed_at_s: float | None = None


FaultFilter = Callable[[ActiveFault], bool]


class FaultBook:
    """All machine faults of the plant, grown together each step."""

    def __init__(self, grid: Array, rng: np.random.Generator) -> None:
        """Write damage into `grid`, shape (fault row, machine)."""
        self._grid, self._rng = grid, rng
        self._faults: list[ActiveFault] = []
        self._progress: Array = np.zeros(0)
        self._rebuild()

    @property
    def active(self) -> tuple[ActiveFault, ...]:
        return tuple(self._faults)

    def add(self, fault: ActiveFault) -> None:
        """Add a fault; one of the same name on the same device is replaced."""
        self.remove(lambda other: other.position == fault.position and other.mode.name == fault.mode.name)
        self._faults.append(fault)
        self._progress = np.append(self._progress, 0.0)
        self._rebuild()

    def remove(self, chosen: FaultFilter) -> None:
        """Take faults away, and their damage with them."""
        keep = [index for index, fault in enumerate(self._faults) if not chosen(fault)]
        for fault in self._faults:
            self._grid[fault.row, fault.position] = 0.0
        self._faults = [self._faults[index] for index in keep]
        self._progress = self._progress[keep]
        self._rebuild()
        self._write()

    def step(self, dt_s: float, time_s: float, running: NDArray[np.bool_]) -> list[ActiveFault]:
        """Grow the damage of machines that run; return the faults that reached failure in this step."""
        if not self._faults:
            return []
        grows = (self._onset_s <= time_s) & running[self._position]
        self._progress += age(np.where(grows, dt_s * self._rate, 0.0), self._rng)
        self._write()
        ended = (self._progress >= 1.0) & (self._severity >= 1.0) & ~self._has_failed
        failures = [self._faults[index] for index in np.flatnonzero(ended)]
        for fault in failures:
            fault.failed_at_s = time_s
        self._has_failed |= ended
        return failures

    def damage_of(self, fault: ActiveFault) -> float:
        """Return the damage done so far."""
        return float(self._grid[fault.row, fault.position])

    def label(self, time_s: float, found: NDArray[np.int16]) -> None:
        """Write for each machine the code of the fault at work on it."""
        at_work = self._onset_s <= time_s
        found[self._position[at_work]] = self._code[at_work]

    def _write(self) -> None:
        self._grid[self._row, self._position] = damage(self._progress, self._exponent, self._severity)

    def _rebuild(self) -> None:
        faults = self._faults
        self._row = np.array([fault.row for fault in faults], dtype=np.intp)
        self._position = np.array([fault.position for fault in faults], dtype=np.intp)
        self._code = np.array([fault.code for fault in faults], dtype=np.int16)
        self._onset_s = np.array([fault.onset_s for fault in faults], dtype=np.float64)
        self._rate = np.array([1.0 / fault.life_s for fault in faults], dtype=np.float64)
        self._exponent = np.array([fault.mode.exponent for fault in faults], dtype=np.float64)
        self._severity = np.array([fault.severity for fault in faults], dtype=np.float64)
        self._has_failed = np.array([fault.failed_at_s is not None for fault in faults], dtype=np.bool_)
