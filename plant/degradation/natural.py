"""Let every machine wear in the ordinary way, whatever else is wrong with it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plant.degradation.curves import Curves
from plant.degradation.law import DegradationLaw, draw_life_s
from plant.laws.first_order import Array

_FIRST_PROGRESS = 0.02  # a plant begins nearly new, so that healthy readings are those of the name plate
_MEAN_STRESS_S = 3600.0  # assumption: the last hour of running tells how hard a machine works


class NaturalWear:
    """Progress and life of every way of wearing of every machine, one row per mode as in `Columns.damage`.

    Progress grows by dt / life * stress while the machine runs. `mean_stress` is the stress of the last hour of
    running, which is what the remaining life is reckoned with.
    """

    def __init__(self, laws: Sequence[Sequence[DegradationLaw]], rows: int, rng: np.random.Generator) -> None:
        """Draw a life for each mode of each machine.

        Args:
            laws: The laws of each machine's modes, in the order of its rows.
            rows: Height of the grids.
            rng: The plant's only source of chance.
        """
        self._laws, self._rng = laws, rng
        known = list({law.name: law for each in laws for law in each}.values())
        index = {law.name: number for number, law in enumerate(known)}
        self._curves = Curves(known)
        n = len(laws)
        self.life_s: Array = np.full((rows, n), np.inf)
        self.progress: Array = np.zeros((rows, n))
        self.mean_stress: Array = np.ones((rows, n))
        self._law: NDArray[np.intp] = np.zeros((rows, n), dtype=np.intp)
        for position, each in enumerate(laws):
            for row, law in enumerate(each):
                self._law[row, position] = index[law.name]
        for law in known:
            has_law = (self._law == index[law.name]) & (
                np.arange(rows)[:, None] < np.array([len(each) for each in laws])
            )
            self.life_s[has_law] = draw_life_s(law, int(has_law.sum()), rng)
        is_used = np.isfinite(self.life_s)
        self.progress[is_used] = rng.uniform(0.0, _FIRST_PROGRESS, int(is_used.sum()))

    def step(self, dt_s: float, stress: Array, running: NDArray[np.bool_]) -> None:
        """Let the machines that run use up life for `dt_s` at this stress."""
        self.progress += stress * (dt_s / self.life_s) * running
        share = -np.expm1(-dt_s / _MEAN_STRESS_S)
        self.mean_stress += (stress - self.mean_stress) * (share * running)

    def damage(self) -> Array:
        """Return the damage of every mode, 0..1."""
        return self._curves.damage(self._law, self.progress)

    def renew(self, position: int) -> None:
        """Fit new parts: no progress, and a new life for each mode."""
        for row, law in enumerate(self._laws[position]):
            self.life_s[row, position] = draw_life_s(law, 1, self._rng)[0]
            self.progress[row, position] = 0.0
