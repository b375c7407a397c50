"""Model vibration: a part that follows load and speed, and the parts that faults add."""

import numpy as np

from plant.laws.first_order import Array


def velocity_mm_s(base: Array, load: Array, speed: Array, fault_square: Array) -> Array:
    """Return velocity RMS in mm/s.

    v = v0 n sqrt((0.7 + 0.5 u)^2 + f), with f the sum of the faults' squared shares of v0.
    Assumption: independent sources add in squares, and all shrink with speed.
    """
    healthy = 0.7 + 0.5 * load
    return base * speed * np.sqrt(healthy * healthy + fault_square)


def bearing_share(damage: Array) -> Array:
    """Return what a worn bearing adds, as a share of v0: exp(3 d) - 1.

    Assumption: exponential growth of a spall's signature.
    """
    return np.expm1(3.0 * damage)


def acceleration_m_s2(velocity: Array, dominant_hz: Array | float) -> Array:
    """Return acceleration RMS (m/s2) of a velocity RMS (mm/s) that one frequency carries: a = 2 pi f v.

    Source: derivative of a harmonic motion (textbook).
    """
    return velocity * (2e-3 * np.pi) * dominant_hz
