"""Model a generator set: shaft and governor, voltage regulator, lubricating oil, coolant, insulation."""

import math

import numpy as np

from plant.laws.first_order import Array, Lag
from plant.laws.hydraulics import ENGINE_OIL, gear_pump_bar
from plant.laws.linear import transition
from plant.number import ONE, ZERO, number

_DAMPING = 1.0
_MOST_FUEL = number(1.1)  # assumption: the rack's stop lies 10 % above rated power
_LOWEST_DIP = number(-0.2)  # ISO 8528-5 G2 allows a transient dip of 20 %
_SPEED, _FUEL, _LOAD, _REFERENCE, _DIP = range(5)
_SUBSTEP_S = 10.0
_COOLANT_HEAT_SHARE = (
    number(0.25),
    number(0.75),
)  # assumption: heat into the coolant at no load, and what rated load adds
_RADIATOR_PER_K = number(1.0 / 55.0)  # assumption: holds 95 degC at rated load and 40 degC ambient
_BLOCK_PER_K = number(0.15 * (1.0 / 55.0))  # assumption: what the engine block alone gives off
_COOLANT_S_PER_K = 7.4  # heat content over rated heat flow; gives time constants of 10 to 45 minutes
_OPENS_K, _OPENING_K = (
    number(-6.0),
    number(13.0),
)  # assumption: begins to open and is open, about its nominal temperature
_OIL_REFERENCE_DEGC = 90.0
_OIL_TAU_S = 0.3
_ELECTRIC_BAR = number(2.6)  # assumption: of the electric pump
_FULL_PERCENT, _LOW_PERCENT = 100.0, 20.0
_DRAIN_PERCENT_S, _TOP_UP_S = 2.5, 600.0
_RIPPLE, _RIPPLE_S = 0.3, 0.7
_FOULED, _WARMER_K, _LOADED_K = number(1.5), number(4.0), number(6.0)
_MAGNETISING, _WITH_LOAD = number(0.06), number(0.42)


class Swing:
    """Shaft, governor, load and voltage regulator of each set as one linear system, advanced exactly.

    Per unit of rated power and nominal speed: 2H dw/dt = p_m - p_e - D w (shaft); tau_g dp_m/dt = r - w / R - p_m
    (fuel rack); dr/dt = -w / (R tau_r) (the governor's integral action); tau_l dp_e/dt = u - p_e (the plant takes over
    load); dv/dt = -v / tau_v - k dp_e/dt (voltage dip and regulator). H inertia constant (s), R droop, D damping, u load
    asked for, k = X'd sin(phi) dS/dP. The system is linear in its five states, so that its matrix exponential holds for
    any step.

    Source: swing equation and inertia constant: P. Kundur, Power System Stability and Control (1994), section 3.9;
    droop and integral control with first-order lags for the set's engine and rack: same, section 11.1. Dip of
    X'd dS sin(phi) on a load step: first-order expansion of the voltage behind the transient reactance X'd, same,
    section 5.3; recovery in one exponential is an assumption. Assumption: D = 1, within the 0 to 2 of power system
    studies.
    """

    def __init__(self, lags: dict[str, Array], droop: Array, sag_per_load: Array) -> None:
        """Take `lags`: inertia, governor, reset, load and avr, each in s and of shape (n,)."""
        n = len(droop)
        a = np.zeros((n, 5, 5))  # first the row of the state that changes
        a[:, _SPEED, _SPEED] = -_DAMPING / (2.0 * lags["inertia"])
        a[:, _SPEED, _FUEL] = 1.0 / (2.0 * lags["inertia"])
        a[:, _SPEED, _LOAD] = -a[:, _SPEED, _FUEL]
        a[:, _FUEL, _SPEED] = -1.0 / (droop * lags["governor"])
        a[:, _FUEL, _FUEL] = -1.0 / lags["governor"]
        a[:, _FUEL, _REFERENCE] = 1.0 / lags["governor"]
        a[:, _REFERENCE, _SPEED] = -1.0 / (droop * lags["reset"])
        a[:, _LOAD, _LOAD] = -1.0 / lags["load"]
        a[:, _DIP, _DIP] = -1.0 / lags["avr"]
        a[:, _DIP, _LOAD] = sag_per_load / lags["load"]
        self._matrix, self._load_s = a, lags["load"]
        self._dt_s = -1.0
        self._step: Array = a
        self._pull: Array = a  # towards rest, per unit of the load asked for
        self._steps_per_load: Array = lags["load"]
        self._rest = np.array([0.0, 1.0, 1.0, 1.0, 0.0])[:, None]  # where a steady load leads, per unit of it
        self._state: Array = np.zeros((n, 5, 1))
        self.load: Array = self._state[:, _LOAD, 0]  # electrical power delivered, per unit

    @property
    def deviation(self) -> Array:
        """Speed above nominal, per unit."""
        return self._state[:, _SPEED, 0]

    @property
    def fuel(self) -> Array:
        """Mechanical power of the engine, per unit."""
        return self._state[:, _FUEL, 0]

    @property
    def dip(self) -> Array:
        """Voltage below the regulator's setpoint, per unit; negative is low."""
        return np.maximum(self._state[:, _DIP, 0], _LOWEST_DIP)

    def settle(self, load: Array) -> None:
        """Put the sets at rest under a load."""
        self._state[:] = self._rest * load[:, None, None]

    def advance(self, wanted: Array, is_coupled: Array, dt_s: float) -> Array:
        """Advance the sets on the breaker (1); the others (0) carry nothing. Return the mean load of the step."""
        if dt_s != self._dt_s:
            self._dt_s = dt_s
            self._step, self._steps_per_load = transition(self._matrix, dt_s), self._load_s / dt_s
            self._pull = self._rest - self._step @ self._rest
        before = self.load
        state = self._step @ self._state
        state += self._pull * wanted.reshape(-1, 1, 1)
        state *= is_coupled.reshape(-1, 1, 1)
        self._state, self.load = state, state[:, _LOAD, 0]
        fuel = self.fuel
        np.minimum(np.maximum(fuel, ZERO), _MOST_FUEL, out=fuel)
        mean: Array = wanted + (before - self.load) * self._steps_per_load  # the integral of the exponential
        mean *= is_coupled
        return mean


class Coolant:
    """Temperature of an engine's coolant behind a wax thermostat, degC.

    C dT/dt = Q - (U_b + U_r s(T)) (T - T_a), with Q = 0.25 + 0.75 p per unit of the heat at rated power, U_b of the
    block, U_r of the radiator (fouled: U_r / (1 + 1.5 d)), and the thermostat's opening s from 0 at 6 K below its
    nominal temperature to 1 at 7 K above. Exact for a steady opening; substeps of at most 10 s follow the opening, whose
    closed loop has a time constant above 80 s.

    Source: heat balance of a lumped capacity, F. P. Incropera et al., Fundamentals of Heat and Mass Transfer,
    section 5.1. Assumption: about a third of the fuel's energy goes into the coolant and much of it does at no load, and
    the radiator is sized for 40 degC, as is usual for generating sets.
    """

    def __init__(self, nominal_degc: Array) -> None:
        self._nominal_degc = nominal_degc
        self.temperature_degc: Array = nominal_degc.copy()

    def step(self, load: Array, burning: Array, fouling: Array, ambient_degc: float, dt_s: float) -> None:
        """Advance; `burning` is 1 while the engine runs, `fouling` the damage of the radiator."""
        base, more = _COOLANT_HEAT_SHARE
        heat = (base + more * load) * burning
        radiator = _RADIATOR_PER_K / (ONE + _FOULED * fouling)
        temperature = self.temperature_degc
        count = max(1, math.ceil(dt_s / _SUBSTEP_S))
        for _ in range(count):
            opening = (temperature - self._nominal_degc - _OPENS_K) / _OPENING_K
            per_k = _BLOCK_PER_K + radiator * np.minimum(np.maximum(opening, ZERO), ONE)
            rest = ambient_degc + heat / per_k
            temperature += (temperature - rest) * np.expm1(per_k * (-dt_s / count / _COOLANT_S_PER_K))


class Lubrication:
    """Oil pressure (bar) and level (percent) of an engine with a gear pump on its shaft and an electric one for standstill.

    p = min(p_relief, p_r (n / n_r) nu(T) / nu(90)) (1 - 0.9 d), times L / 20 % below a level L of 20 %, where the pump
    draws air and pressure swings; dL/dt = (100 - L) / tau - q d^3 (an automatic top-up against the leak), so that L
    relaxes to 100 - q tau d^3 and is exact for any step. Oil is 4 K + 6 K u warmer than the coolant.

    p_r pressure at rated speed n_r and 90 degC, nu viscosity (Walther), d damage of the leak, u load.

    Source: gear pump against narrow gaps, `hydraulics.gear_pump_bar`; viscosity: ASTM D341. Pressures of 0.7 to 1.4 bar
    at hot idle and 2.8 to 4.8 bar at rated speed are usual (engineerfix.com, How much oil pressure should a diesel engine
    have). Assumption: the leak's share of flow is linear in damage, its drain goes with the cube (the seal opens with
    both gap and length), q = 2.5 % a second empties the sump of a burst line in 40 s, tau = 10 min.
    """

    def __init__(self, rated_bar: Array, relief_bar: Array) -> None:
        n = len(rated_bar)
        self._rated_bar, self._relief_bar = rated_bar, relief_bar
        self._hot = float(ENGINE_OIL.viscosity(_OIL_REFERENCE_DEGC))
        self._lag, self._level_lag = Lag(_OIL_TAU_S), Lag(_TOP_UP_S)
        self._time_s = 0.0
        self._draws_air = False
        self.pressure_bar: Array = np.full(n, float(_ELECTRIC_BAR))
        self.level_percent: Array = np.full(n, _FULL_PERCENT)
        self.oil_degc: Array = np.full(n, _OIL_REFERENCE_DEGC)
        self._bar_per_speed = rated_bar.copy()
        self._tightness: Array = np.ones(n)
        self._drained: Array = np.full(n, _FULL_PERCENT)

    def spring(self, leak: Array) -> None:
        """Let the oil leak with this damage, 0..1."""
        self._tightness = 1.0 - 0.9 * leak
        self._drained = _FULL_PERCENT - (_DRAIN_PERCENT_S * _TOP_UP_S) * leak**3

    def warm(self, coolant_degc: Array, load: Array, dt_s: float) -> None:
        """Advance what is slow: the oil's temperature, which follows the coolant's, and its level."""
        self.oil_degc = coolant_degc + _WARMER_K + _LOADED_K * load
        self._bar_per_speed = self._rated_bar * (ENGINE_OIL.viscosity(self.oil_degc) * (1.0 / self._hot))
        self._level_lag.advance(self.level_percent, self._drained, dt_s)
        np.maximum(self.level_percent, ZERO, out=self.level_percent)
        self._draws_air = bool(self.level_percent.min() < _LOW_PERCENT)

    def step(self, speed: Array, electric_pump: Array, dt_s: float) -> None:
        """Advance the pressure; `speed` per unit, `electric_pump` 0 or 1."""
        self._time_s += dt_s
        pumped = gear_pump_bar(self._bar_per_speed, speed, self._relief_bar)
        supplied = np.maximum(pumped, _ELECTRIC_BAR * electric_pump) * self._tightness
        if self._draws_air:
            share = np.minimum(self.level_percent * (1.0 / _LOW_PERCENT), 1.0)
            swing = _RIPPLE * np.sin((2.0 * np.pi / _RIPPLE_S) * self._time_s)
            supplied *= share * (1.0 + swing * (1.0 - share))
        self._lag.advance(self.pressure_bar, supplied, dt_s)


def reactive_power(active: Array) -> Array:
    """Return the reactive power that a plant of motors takes, per unit: q = 0.06 + 0.42 p.

    Assumption: magnetising power that is always there and a share that grows with load; the power factor
    pf = p / sqrt(p^2 + q^2) is then 0.78 to 0.92, as plants without compensation have it.
    """
    return _MAGNETISING + _WITH_LOAD * active
