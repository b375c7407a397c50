"""Model how a machine warms: an inner node that takes the losses, an outer one that gives them to hall and water."""

import numpy as np

from plant.laws.first_order import Array

_LEAST_BODY = 0.1  # of the whole heat capacity that the outer node keeps, whatever the plant file says


class TwoNodeThermal:
    """Two thermal nodes per machine: winding or bearing inside, body outside.

    C1 dT1/dt = h - (T1 - T2) / R12;  C2 dT2/dt = (T1 - T2) / R12 - (T2 - T_s) g / R2.

    T1, T2 temperatures (degC), h heat (rated loss = 1), T_s temperature of what cools the body, g its conductance over
    the nominal one. The plant file gives R12 and R2 as rises at rated heat (K), and the time constants tau1 = R12 C1 and
    tau2 = R2 (C1 + C2) (s). The step is exact for any dt: T goes to its steady state T_ss by
    exp(A dt) = exp(m dt) (cosh(q dt) I + sinh(q dt) / q (A - m I)), m half the trace of A and q^2 = m^2 - det A.

    Source: A. S. Anuchin and K. G. Fedorova, A two-mass thermal model of the induction motor, Russian Electrical
    Engineering 85 (2014), pp. 83-86; exponential of a 2x2 matrix by the Cayley-Hamilton theorem. Assumption: the values
    per family, within 3 to 10 min, 20 to 60 min and 60 to 80 K of small motors.
    """

    def __init__(
        self, tau_inner_s: Array, tau_outer_s: Array, rise_inner_k: Array, rise_outer_k: Array
    ) -> None:
        self.inner_k, self.outer_k = rise_inner_k, rise_outer_k  # resistances, K per rated heat
        whole = tau_outer_s / rise_outer_k
        self.inner_capacity: Array = np.minimum(tau_inner_s / rise_inner_k, (1.0 - _LEAST_BODY) * whole)
        self.outer_capacity: Array = whole - self.inner_capacity  # rated heat times s per K
        self._outer_now_k = rise_outer_k
        self._dt_s = -1.0
        self._step: tuple[Array, Array, Array, Array] = (self.outer_capacity,) * 4

    def time_constants_s(self) -> tuple[Array, Array]:
        """Return the fast and the slow time constant of the network as it is cooled now."""
        mean, half = self._modes()
        return -1.0 / (mean - half), -1.0 / (mean + half)

    def stored(self, inner: Array, outer: Array) -> Array:
        """Return the heat in both nodes above 0 degC, rated heat times s."""
        return self.inner_capacity * inner + self.outer_capacity * outer

    def given(self, outer: Array, sink_degc: Array) -> Array:
        """Return the heat that flows to the surroundings, rated heat = 1."""
        return (outer - sink_degc) / self._outer_now_k

    def step(self, inner: Array, outer: Array, heat: Array, sink_degc: Array | float, dt_s: float) -> None:
        """Advance both temperatures (degC) in place."""
        if dt_s != self._dt_s:
            self._dt_s = dt_s
            self._work_out()
        rest_outer = heat * self._outer_now_k
        rest_outer += sink_degc
        rest_inner = heat * self.inner_k
        rest_inner += rest_outer
        a, b, c, d = self._step
        off_inner, off_outer = inner - rest_inner, outer - rest_outer
        rest_inner += a * off_inner
        rest_outer += c * off_inner
        b_way = b * off_outer
        off_outer *= d
        np.add(rest_inner, b_way, inner)
        np.add(rest_outer, off_outer, outer)

    def cool(self, cooling: Array) -> None:
        """Set the conductance to the surroundings, the nominal one being 1."""
        self._outer_now_k = self.outer_k / cooling
        self._dt_s = -1.0

    def _modes(self) -> tuple[Array, Array]:
        a, d = -1.0 / (self.inner_k * self.inner_capacity), self._leaving()
        mean = 0.5 * (a + d)
        coupling = 1.0 / (self.inner_k * self.inner_k * self.inner_capacity * self.outer_capacity)
        return mean, np.sqrt((0.5 * (a - d)) ** 2 + coupling)

    def _leaving(self) -> Array:
        found: Array = -(1.0 / self.inner_k + 1.0 / self._outer_now_k) / self.outer_capacity
        return found

    def _work_out(self) -> None:
        mean, half = self._modes()
        slow, fast = np.exp((mean + half) * self._dt_s), np.exp((mean - half) * self._dt_s)
        even, odd = 0.5 * (slow + fast), 0.5 * (slow - fast) / half
        a = -1.0 / (self.inner_k * self.inner_capacity)
        self._step = (
            even + odd * (a - mean),
            odd / (self.inner_k * self.inner_capacity),
            odd / (self.inner_k * self.outer_capacity),
            even + odd * (self._leaving() - mean),
        )
