"""Grow the damage of machines: natural wear everywhere, injected faults where they were injected."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from plant.columns import MAX_FAULTS, Columns
from plant.degradation.curves import Curves
from plant.degradation.natural import NaturalWear
from plant.faults import ActiveFault, FaultMode
from plant.laws.first_order import Array
from plant.laws.wear import age

_NATURAL_EVERY_S = 60.0  # natural wear takes months: its damage need not be worked out each step

FaultFilter = Callable[[ActiveFault], bool]


class FaultBook:
    """All machine faults of the plant, grown together each step.

    An injected fault takes the place of the mode's natural wear: it has its own life, and its damage counts where it is
    the greater one.
    """

    def __init__(
        self,
        columns: Columns,
        names: Sequence[str],
        modes: Sequence[Sequence[FaultMode]],
        codes: Mapping[str, int],
        rng: np.random.Generator,
    ) -> None:
        """Write damage into `columns.damage`, shape (fault row, machine).

        Args:
            columns: State of the machines.
            names: Each machine's tag.
            modes: Each machine's modes, in the order of its rows.
            codes: The number of each fault among all.
            rng: The plant's only source of chance.
        """
        self._columns, self._rng = columns, rng
        self._names, self._modes, self._codes = names, modes, codes
        laws = [[mode.degradation for mode in each] for each in modes]
        self.natural = NaturalWear(laws, MAX_FAULTS, rng)
        self._unseen_s = 0.0
        self._faults: list[ActiveFault] = []
        self._progress: Array = np.zeros(0)
        self._changed: NDArray[np.bool_] = np.ones(columns.n, dtype=np.bool_)
        self._is_changed = True
        self._rebuild()
        self._spread()

    @property
    def active(self) -> tuple[ActiveFault, ...]:
        """Injected faults, and natural ones that have ended a life."""
        return tuple(self._faults)

    def add(self, fault: ActiveFault) -> None:
        """Add a fault; one of the same name on the same device is replaced."""
        self.remove(lambda other: other.position == fault.position and other.mode.name == fault.mode.name)
        self._put(fault, 0.0)

    def remove(self, chosen: FaultFilter) -> None:
        """Take faults away, and their damage with them; natural wear stays."""
        keep = [index for index, fault in enumerate(self._faults) if not chosen(fault)]
        for fault in self._faults:
            if fault.is_natural and chosen(fault):
                self.natural.progress[fault.row, fault.position] = 0.0
        self._faults = [self._faults[index] for index in keep]
        self._progress = self._progress[keep]
        self._rebuild()
        self._spread()

    def renew(self, position: int) -> None:
        """Maintain a machine: new parts with lives of their own, and no fault."""
        self.natural.renew(position)
        self.remove(lambda fault: fault.position == position)

    @property
    def is_changed(self) -> bool:
        """Whether the damage of any machine has changed since `take_changes`."""
        return self._is_changed

    def take_changes(self) -> NDArray[np.bool_]:
        """Return which machines' damage has changed since the last call."""
        self._is_changed = False
        changed, self._changed = self._changed, np.zeros_like(self._changed)
        return changed

    def use_up(self, dt_s: float, time_s: float, running: NDArray[np.bool_]) -> list[ActiveFault]:
        """Let natural wear go on for `dt_s` at the stress in the columns; return lives that ended."""
        self.natural.step(dt_s, self._columns.stress, running)
        self._unseen_s += dt_s
        if self._unseen_s < _NATURAL_EVERY_S:
            return []
        self._unseen_s = 0.0
        failures = self._end_lives(time_s)
        self._spread()
        return failures

    def step(self, dt_s: float, time_s: float, running: NDArray[np.bool_]) -> list[ActiveFault]:
        """Grow the injected faults of machines that run; return those that reached failure in this step."""
        stress = self._columns.stress[self._row, self._position]
        grows = (self._onset_s <= time_s) & running[self._position] & self._is_injected
        self._progress += age(np.where(grows, dt_s * self._rate * stress, 0.0), self._scatter, self._rng)
        self._write()
        ended = (self._progress >= 1.0) & (self._severity >= 1.0) & ~self._has_failed
        failures = [self._faults[index] for index in np.flatnonzero(ended)]
        for fault in failures:
            fault.failed_at_s = time_s
        self._has_failed |= ended
        return failures

    def states(self) -> list[tuple[float, float, float | None]]:
        """Return damage, progress and remaining running time (None where it will not fail) of each of `active`."""
        left = np.maximum(1.0 - self._progress, 0.0) / self._rate
        left /= np.maximum(self.natural.mean_stress[self._row, self._position], 1e-6)
        return [
            (damage, progress, remaining_s if fault.severity >= 1.0 else None)
            for fault, damage, progress, remaining_s in zip(
                self._faults, self._damage().tolist(), self._progress.tolist(), left.tolist(), strict=True
            )
        ]

    def damage_of(self, fault: ActiveFault) -> float:
        """Return the damage that a fault has done so far."""
        return float(self._damage()[self._faults.index(fault)])

    def progress_of(self, fault: ActiveFault) -> float:
        """Return the share of its life that a fault has used up."""
        return float(self._progress[self._faults.index(fault)])

    def remaining_s(self, fault: ActiveFault) -> float | None:
        """Return the running time left at the stress of the last hour; None for a fault that stays below failure."""
        if fault.severity < 1.0:
            return None
        left = max(1.0 - self.progress_of(fault), 0.0) * fault.life_s
        return float(left / self._mean_stress(fault.row, fault.position))

    def natural_remaining_s(self) -> Array:
        """Return the running time left to each mode of each machine's natural wear, inf where there is no mode."""
        left: Array = np.maximum(1.0 - self.natural.progress, 0.0) * self.natural.life_s
        left /= np.maximum(self.natural.mean_stress, 1e-6)
        return left

    def first_failure_s(self, time_s: float) -> Array:
        """Return the running time left to each machine's first failure at the stress of the last hour, 0 once it failed."""
        left = self.natural_remaining_s()
        fails = (self._onset_s <= time_s) & (self._severity >= 1.0)
        row, position = self._row[fails], self._position[fails]
        stress = np.maximum(self.natural.mean_stress[row, position], 1e-6)
        left[row, position] = np.maximum(1.0 - self._progress[fails], 0.0) / (self._rate[fails] * stress)
        soonest: Array = left.min(axis=0)
        return soonest

    def label(self, time_s: float, found: NDArray[np.int16]) -> None:
        """Write for each machine the code of the fault at work on it."""
        at_work = self._onset_s <= time_s
        found[self._position[at_work]] = self._code[at_work]

    def _mean_stress(self, row: int, position: int) -> float:
        return max(float(self.natural.mean_stress[row, position]), 1e-6)

    def _end_lives(self, time_s: float) -> list[ActiveFault]:
        ended = np.argwhere(self.natural.progress >= 1.0)
        failures = []
        for row, position in ended.tolist():
            if any((fault.row, fault.position) == (row, position) for fault in self._faults):
                continue
            mode = self._modes[position][row]
            failure = ActiveFault(
                device=self._names[position],
                position=position,
                mode=mode,
                row=row,
                code=self._codes[mode.name],
                tag="",
                severity=1.0,
                onset_s=time_s,
                life_s=float(self.natural.life_s[row, position]),
                failed_at_s=time_s,
                is_natural=True,
            )
            self._put(failure, 1.0)
            failures.append(failure)
        return failures

    def _put(self, fault: ActiveFault, progress: float) -> None:
        self._faults.append(fault)
        self._progress = np.append(self._progress, progress)
        self._rebuild()

    def _spread(self) -> None:
        """Write all damage afresh."""
        self._natural_damage = self.natural.damage()
        self._columns.damage[:] = self._natural_damage
        self._write()
        self._changed[:] = True
        self._is_changed = True

    def _write(self) -> None:
        natural = self._natural_damage[self._row, self._position]
        self._columns.damage[self._row, self._position] = np.maximum(self._damage(), natural)
        self._changed[self._position] = True
        self._is_changed = True

    def _damage(self) -> Array:
        return np.minimum(self._curves.damage(self._law, self._progress), self._severity)

    def _rebuild(self) -> None:
        faults = self._faults
        laws = {fault.mode.degradation.name: fault.mode.degradation for fault in faults}
        order = {name: index for index, name in enumerate(laws)}
        self._curves = Curves(list(laws.values()))
        self._law = np.array([order[fault.mode.degradation.name] for fault in faults], dtype=np.intp)
        self._row = np.array([fault.row for fault in faults], dtype=np.intp)
        self._position = np.array([fault.position for fault in faults], dtype=np.intp)
        self._code = np.array([fault.code for fault in faults], dtype=np.int16)
        self._onset_s = np.array([fault.onset_s for fault in faults], dtype=np.float64)
        self._rate = np.array([1.0 / fault.life_s for fault in faults], dtype=np.float64)
        self._scatter = np.array([fault.mode.degradation.scatter for fault in faults], dtype=np.float64)
        self._severity = np.array([fault.severity for fault in faults], dtype=np.float64)
        self._is_injected = np.array([not fault.is_natural for fault in faults], dtype=np.bool_)
        self._has_failed = np.array([fault.failed_at_s is not None for fault in faults], dtype=np.bool_)
