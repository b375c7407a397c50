"""Model an electrical drive: power, power factor, current, inrush."""

import numpy as np

from plant.laws.first_order import Array

SQRT3 = 3.0**0.5
LINE_VOLTAGE_V = 400.0
_RATED_CURRENT_PU = 1.09 / 0.9277  # electrical_power(1) / power_factor(1): rated current in these units
_INRUSH_TAU_S = 1.5  # assumption: starting current decays in seconds
RATED_SLIP = 0.02  # assumption: within 0.01-0.04 of small induction motors


def electrical_power(shaft_pu: Array) -> Array:
    """Return electrical power per unit of rated shaft power.

    P_e = P_out / eta with eta = u / (u + 0.04 + 0.05 u^2), so P_e = u + 0.04 + 0.05 u^2: no-load, shaft and load loss.
    Assumption: the three coefficients fit a small induction machine.
    """
    return shaft_pu * (1.0 + 0.05 * shaft_pu) + 0.04


def power_factor(shaft_pu: Array) -> Array:
    """Return the power factor, 0.12 at no load and 0.93 at rated load.

    pf = 0.86 (1 - exp(-2.8 u)) + 0.12. Assumption: a fit to typical motor data.
    """
    return 0.98 - 0.86 * np.exp(-2.8 * shaft_pu)


def current_pu(electrical_pu: Array, factor: Array, voltage_pu: float) -> Array:
    """Return current per unit of rated current: I = P_e / (sqrt3 V pf); a lower voltage asks for more current.

    Source: definition of active power in a balanced three-phase system.
    """
    return electrical_pu / (factor * (voltage_pu * _RATED_CURRENT_PU))


def rated_current_a(rated_kw: Array) -> Array:
    """Return the current at rated shaft power and nominal voltage, in A."""
    return rated_kw * 1000.0 * _RATED_CURRENT_PU / (SQRT3 * LINE_VOLTAGE_V)


def inrush_factor(since_start_s: Array, inrush: Array) -> Array:
    """Return how much higher the current is, this long after the contactor closed.

    Assumption: decays exponentially over about a second.
    """
    return 1.0 + (inrush - 1.0) * np.exp(-since_start_s / _INRUSH_TAU_S)


def slip(shaft_pu: Array, voltage_pu: float) -> Array:
    """Return slip: proportional to torque and to 1 / V^2.

    Source: linear part of the induction motor's torque curve (textbook); the rated slip is an assumption.
    """
    return RATED_SLIP * shaft_pu / (voltage_pu * voltage_pu)
