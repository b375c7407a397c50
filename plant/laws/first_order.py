"""Advance first-order lags exactly, for any step length."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Lag:
    """The share of the way that a first-order state goes in one step.

    x += (x_inf - x) * (1 - exp(-dt / tau)) is the exact solution of tau dx/dt = x_inf - x for a constant x_inf,
    hence stable for every dt. The share is kept until dt changes.

    Source: textbook solution of a linear first-order equation.
    """

    def __init__(self, tau_s: Array | float) -> None:
        self._tau_s = np.asarray(tau_s, dtype=np.float64)
        self._dt_s = -1.0
        self._share: Array = np.zeros_like(self._tau_s)

    def share(self, dt_s: float) -> Array:
        """Return 1 - exp(-dt / tau)."""
        if dt_s != self._dt_s:
            self._dt_s = dt_s
            self._share = np.asarray(-np.expm1(-dt_s / self._tau_s))
        return self._share

    def advance(self, state: Array, target: Array | float, dt_s: float) -> None:
        """Move `state` in place towards `target`."""
        way = target - state
        way *= self._share if dt_s == self._dt_s else self.share(dt_s)
        state += way
