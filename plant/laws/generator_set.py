"""Solve the swing of a generator's shaft with its governor exactly over a step."""

import numpy as np

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
        self._matrix = np.zeros((n, 2, 2))
        self._matrix[:, 0, 0] = -_DAMPING / (2.0 * inertia_s)
        self._matrix[:, 0, 1] = 1.0 / (2.0 * inertia_s)
        self._matrix[:, 1, 0] = -1.0 / (droop * governor_s)
        self._matrix[:, 1, 1] = -1.0 / governor_s
        self._dt_s = -1.0
        self._step: Array = self._matrix
        self._stiffness = 1.0 / droop + _DAMPING
        self._power = np.zeros(n)
        self.deviation: Array = np.zeros(n)  # of speed from nominal, per unit

    def advance(self, electrical: Array, reference: Array, is_coupled: Array, dt_s: float) -> None:
        """Advance the sets that run on the governor (1); the others (0) stay at no deviation."""
        if dt_s != self._dt_s:
            self._dt_s, self._step = dt_s, _matrix_exponential(self._matrix * dt_s)
        rest_w = (reference - electrical) / self._stiffness
        rest_p = electrical + _DAMPING * rest_w
        w, p = self.deviation - rest_w, self._power - rest_p
        step = self._step
        self.deviation = (rest_w + step[0] * w + step[1] * p) * is_coupled
        self._power = (rest_p + step[2] * w + step[3] * p) * is_coupled


def _matrix_exponential(matrices: Array) -> Array:
    """Return exp of each 2x2 matrix, its four entries as rows."""
    values, vectors = np.linalg.eig(matrices)
    diagonal = np.exp(values)[:, :, None] * np.linalg.inv(vectors)
    full = (vectors @ diagonal).real
    return np.ascontiguousarray(full.reshape(len(full), 4).T)
