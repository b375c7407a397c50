"""Model what all machines share: the hall's air, the supply voltage, the compressed air."""

import math

import numpy as np

_MEAN_AMBIENT_DEGC = 22.0  # assumption: a heated hall
_DAILY_SWING_K = 4.0  # assumption
_DAY_S = 86400.0
_AMBIENT_WANDER_K = 0.3  # assumption
_AMBIENT_TAU_S = 1800.0  # assumption
_SUPPLY_IMPEDANCE = 0.03  # assumption: voltage drop per unit of the plant's mean load
_SUPPLY_WANDER = 0.003  # assumption
_SUPPLY_TAU_S = 20.0  # assumption
_SAG_EVERY_S = 1200.0  # assumption: a short dip of the grid every 20 minutes
_SAG_DEPTH = (0.04, 0.10)  # assumption
_SAG_LENGTH_S = (0.4, 2.0)  # assumption
_AIR_BAR = 6.0  # assumption: common plant air
_AIR_WANDER_BAR = 0.06  # assumption
_AIR_TAU_S = 40.0  # assumption


class Utilities:
    """Ambient temperature (degC), supply voltage (per unit) and plant air (bar), one of each for the plant."""

    def __init__(self, mean_load_kw: float, rng: np.random.Generator) -> None:
        self._rng = rng
        self._mean_load_kw = max(mean_load_kw, 1e-6)
        self._phase = rng.uniform(0.0, 2.0 * math.pi)
        self._ambient_wander = self._supply_wander = self._air_wander = 0.0
        self._next_sag_s = rng.exponential(_SAG_EVERY_S)
        self._sag_left_s = self._sag_depth = 0.0
        self.ambient_degc = _MEAN_AMBIENT_DEGC
        self.voltage_pu = 1.0
        self.air_bar = _AIR_BAR
        self.ambient_offset_k = 0.0  # what a drill or a test adds to the hall's temperature

    def step(self, dt_s: float, time_s: float, load_kw: float) -> None:
        """Advance by one step; `load_kw` is what the plant takes from the grid."""
        noise = self._rng.standard_normal(3)
        self._ambient_wander = _wander(
            self._ambient_wander, _AMBIENT_WANDER_K, _AMBIENT_TAU_S, dt_s, noise[0]
        )
        self._supply_wander = _wander(self._supply_wander, _SUPPLY_WANDER, _SUPPLY_TAU_S, dt_s, noise[1])
        self._air_wander = _wander(self._air_wander, _AIR_WANDER_BAR, _AIR_TAU_S, dt_s, noise[2])
        day = _DAILY_SWING_K * math.sin(2.0 * math.pi * time_s / _DAY_S + self._phase)
        self.ambient_degc = _MEAN_AMBIENT_DEGC + day + self._ambient_wander + self.ambient_offset_k
        droop = _SUPPLY_IMPEDANCE * (load_kw / self._mean_load_kw - 1.0)
        self.voltage_pu = 1.0 - droop + self._supply_wander - self._sag(dt_s)
        self.air_bar = _AIR_BAR + self._air_wander

    def sag(self, depth: float, length_s: float) -> None:
        """Let the supply voltage dip by `depth` (per unit) for `length_s`."""
        self._sag_depth, self._sag_left_s = depth, length_s

    def _sag(self, dt_s: float) -> float:
        self._next_sag_s -= dt_s
        if self._next_sag_s <= 0.0:
            self._next_sag_s = self._rng.exponential(_SAG_EVERY_S)
            self.sag(self._rng.uniform(*_SAG_DEPTH), self._rng.uniform(*_SAG_LENGTH_S))
        if self._sag_left_s <= 0.0:
            return 0.0
        depth = self._sag_depth * min(1.0, self._sag_left_s / dt_s)
        self._sag_left_s -= dt_s
        return depth


def _wander(state: float, sigma: float, tau_s: float, dt_s: float, noise: float) -> float:
    """Return the next value of an Ornstein-Uhlenbeck process, exact for any dt.

    Source: textbook transition density of the process.
    """
    keep = math.exp(-dt_s / tau_s)
    return keep * state + sigma * math.sqrt(1.0 - keep * keep) * noise
