"""Control the temperature of a heated space with a PI controller."""

import math

import numpy as np

from plant.laws.first_order import Array, Lag
from plant.number import ONE, ZERO, number

_GAIN_PER_K = 0.08
_INTEGRAL_S = 400.0
_PER_K = number(_GAIN_PER_K)
_SUBSTEP_S = 5.0


class TemperatureControl:
    """A heated space under PI control: C dT/dt = P u + Q - (T - T_a) / R, u = K e + (K / T_i) integral of e.

    C heat content, P heater power, u duty 0..1, Q other heat, T_a of the surroundings, R thermal resistance; written
    with the rise at full power P R (K) and the time constant tau = R C (s): tau dT/dt = T_a + P R u + Q R - T. Exact for
    a steady duty; substeps of at most 5 s let the controller act, a tenth of the closed loop's time constant. The
    integral is held between 0 and 1 (anti-windup).

    Source: lumped capacity, F. P. Incropera et al., Fundamentals of Heat and Mass Transfer, section 5.1; PI control
    with a clamped integral, K. J. Astrom and T. Hagglund, PID Controllers, section 3.5. Assumption: K = 0.08 per K and
    T_i = 400 s, the tuning that holds ovens of these time constants without overshoot.
    """

    def __init__(self, setpoint_degc: Array, rise_k: Array, tau_s: Array) -> None:
        self.temperature_degc: Array = setpoint_degc.copy()
        self._rise_k = rise_k
        self._integral: Array = np.minimum((setpoint_degc - 22.0) / rise_k, 1.0)
        self._lag = Lag(tau_s)

    def step(
        self,
        setpoint_degc: Array,
        is_on: Array,
        stuck_duty: Array,
        ambient_degc: float,
        dt_s: float,
        *,
        other_rise_k: Array | float = 0.0,
        power_share: float = 1.0,
    ) -> Array:
        """Advance by one step and return the heater's mean duty, 0..1.

        `stuck_duty` is what a leaking contactor forces, `other_rise_k` what other heat would raise the temperature by,
        `power_share` the heater's power over rated (the square of its voltage).
        """
        count = max(1, math.ceil(dt_s / _SUBSTEP_S))
        length_s = dt_s / count
        weight = is_on * (_GAIN_PER_K / _INTEGRAL_S * length_s)
        surroundings = ambient_degc + other_rise_k
        rise_k = self._rise_k * power_share
        mean: Array | None = None
        for _ in range(count):
            error = setpoint_degc - self.temperature_degc
            self._integral += error * weight
            np.minimum(np.maximum(self._integral, ZERO), ONE, out=self._integral)
            wanted = np.minimum(np.maximum(_PER_K * error + self._integral, ZERO), ONE)
            duty = np.maximum(wanted, stuck_duty) * is_on
            self._lag.advance(self.temperature_degc, surroundings + rise_k * duty, length_s)
            mean = duty if mean is None else mean + duty
        assert mean is not None
        return mean if count == 1 else mean / count
