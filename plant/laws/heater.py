"""Control the temperature of a heated space with a PI controller."""

import numpy as np

from plant.laws.first_order import Array, Lag

_GAIN_PER_K = 0.08  # assumption: full heater power at 12.5 K below the setpoint
_INTEGRAL_S = 400.0  # assumption: integral time


class TemperatureControl:
    """A heated space, C dT/dt = P duty - (T - T_a) / R, under PI control with anti-windup.

    Source: first-order heat balance (textbook); gains are assumptions.
    """

    def __init__(self, setpoint_degc: Array, rise_k: Array, tau_s: Array) -> None:
        self.temperature_degc: Array = setpoint_degc.copy()
        self._rise_k = rise_k
        self._integral: Array = np.minimum((setpoint_degc - 22.0) / rise_k, 1.0)
        self._lag = Lag(tau_s)

    def step(
        self, setpoint_degc: Array, is_on: Array, stuck_duty: Array, ambient_degc: float, dt_s: float
    ) -> Array:
        """Advance by one step and return the heater's duty, 0..1; `stuck_duty` is what a welded contactor forces."""
        error = setpoint_degc - self.temperature_degc
        self._integral += error * (_GAIN_PER_K / _INTEGRAL_S * dt_s) * is_on
        np.minimum(np.maximum(self._integral, 0.0), 1.0, out=self._integral)
        wanted = np.minimum(np.maximum(_GAIN_PER_K * error + self._integral, 0.0), 1.0)
        duty: Array = np.maximum(wanted, stuck_duty) * is_on
        self._lag.advance(self.temperature_degc, ambient_degc + self._rise_k * duty, dt_s)
        return duty
