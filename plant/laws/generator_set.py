"""Solve the swing of a generator's shaft with its governor exactly over a step."""

import numpy as np
from numpy.typing import NDArray

from plant.laws.first_order import Array

_DAMPING = 1.0  # assumption: per-unit damping of the shaft


class Swing:
    """Speed deviation w and mechanical power p_m of each set, all per unit.

    2H dw/dt = p_m - p_e - D w;  tau_g dp_m/dt = p_ref - w / droop - p_m. Linear in (w, p_m), so the step uses the
    matrix exponential and holds for any dt.

    Source: swing equation and droop governor in their textbook per-unit form; D is an assumption.
    """

    def __init__(self, inertia_s: Array, droop: Array, governor_s: Array) -> None:
        n = len(inertia_s)
        self._droop = droop
        self._matrix = np.zeros((n, 2, 2))
        self._matrix[:, 0, 0] = -_DAMPING / (2.0 * inertia_s)
        self._matrix[:, 0, 1] = 1.0 / (2.0 * inertia_s)
        self._matrix[:, 1, 0] = -1.0 / (droop * governor_s)
        self._matrix[:, 1, 1] = -1.0 / governor_s
        self._dt_s = -1.0
        self._step: Array = self._matrix
        self._state = np.zeros((n, 2))
        self._rest = np.zeros((n, 2))

    @property
    def deviation(self) -> Array:
        """Speed deviation from nominal, per unit."""
        column: Array = self._state[:, 0]
        return column

    def advance(
        self, electrical: Array, reference: Array, is_coupled: NDArray[np.bool_], dt_s: float
    ) -> None:
        """Advance the sets that run on the governor; the others stay at no deviation."""
        if dt_s != self._dt_s:
            self._dt_s, self._step = dt_s, _matrix_exponential(self._matrix * dt_s)
        rest = self._rest
        rest[:, 0] = (reference - electrical) / (1.0 / self._droop + _DAMPING)
        rest[:, 1] = electrical + _DAMPING * rest[:, 0]
        moved = rest + np.einsum("nij,nj->ni", self._step, self._state - rest)
        self._state[:] = np.where(is_coupled[:, None], moved, 0.0)


def _matrix_exponential(matrices: Array) -> Array:
    values, vectors = np.linalg.eig(matrices)
    diagonal = np.exp(values)[:, :, None] * np.linalg.inv(vectors)
    return np.ascontiguousarray((vectors @ diagonal).real)
