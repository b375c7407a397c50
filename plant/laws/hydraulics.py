"""Model oil and water: viscosity, gear pumps, centrifugal pumps, humidity of air."""

import numpy as np

from plant.laws.first_order import Array

GRAVITY = 9.80665  # m/s2, standard acceleration of free fall (ISO 80000-3)
WATER_KG_M3 = 998.0  # at 20 degC (textbook)
_VISCOSITY_PER_K = 0.03  # assumption: exponential fall of viscosity with temperature


def viscosity_ratio(temperature_degc: Array, reference_degc: float) -> Array:
    """Return oil viscosity over its value at the reference: exp(-0.03 (T - T0)).

    Assumption: an exponential law with 3 % per kelvin.
    """
    return np.exp(-_VISCOSITY_PER_K * (temperature_degc - reference_degc))


def gear_pump_bar(rated_bar: Array, speed: Array, viscosity: Array, relief_bar: Array) -> Array:
    """Return pressure of a gear pump behind its relief valve: proportional to speed and viscosity.

    Assumption: laminar leakage, so pressure follows viscosity.
    """
    return np.minimum(rated_bar * speed * viscosity, relief_bar)


def operating_flow(head_m: Array, static_m: Array, pump_loss: Array, system_loss: Array) -> Array:
    """Return flow (m3/s) where the pump's curve H = H0 - a Q^2 meets the system's H = Hs + R Q^2.

    Source: intersection of two quadratic curves (textbook); curves of this form are an assumption.
    """
    return np.sqrt(np.maximum(head_m - static_m, 0.0) / (pump_loss + system_loss))


def head_to_bar(head_m: Array) -> Array:
    """Return the pressure of a column of water, p = rho g H, in bar."""
    return head_m * (WATER_KG_M3 * GRAVITY * 1e-5)


def saturation_pressure_hpa(temperature_degc: Array) -> Array:
    """Return the saturation vapour pressure over water (hPa): Magnus form 6.112 exp(17.62 T / (243.12 + T)).

    Source: WMO-No. 8, Guide to Instruments and Methods of Observation, annex 4.B (coefficients as there).
    """
    return 6.112 * np.exp(17.62 * temperature_degc / (243.12 + temperature_degc))
