"""Wetted surfaces: deposits that insulate or clog, and erosion by cavitation."""

import numpy as np

from plant.degradation.law import DegradationLaw, power
from plant.laws.first_order import Array

_BEND = 0.8


def fouling_share(progress: Array) -> Array:
    """Return the deposit over the one that ends a life: (1 - exp(-0.8 p)) / (1 - exp(-0.8)).

    Source: deposition against removal tends to a limit, R_f = R_f* (1 - exp(-b t)), D. Q. Kern and R. E. Seaton, A
    theoretical analysis of thermal surface fouling, Brit. Chem. Eng. 4 (1959); T. R. Bott, Fouling of Heat Exchangers,
    chapter 4. Assumption: a life ends at 55 % of the limit.
    """
    found: Array = np.expm1(-_BEND * progress) / np.expm1(-_BEND)
    return found


def fouling_stress(flow: Array | float) -> Array:
    """Return how many times faster a surface fouls: the flow over nominal.

    Source: deposition goes with concentration times velocity, T. R. Bott, Fouling of Heat Exchangers, chapter 4.
    """
    found: Array = np.asarray(flow)
    return found


def cavitation_stress(speed: Array) -> Array:
    """Return how many times faster cavitation erodes: (n / n0)^6, n / n0 speed over nominal.

    Source: C. E. Brennen, Hydrodynamics of Pumps, chapter 6.
    """
    squared = speed * speed
    found: Array = squared * squared * squared
    return found


FOULING = DegradationLaw(
    name="fouling",
    title="Fouling and clogging",
    equation="stress = flow / nominal flow; d = (1 - exp(-0.8 p)) / (1 - exp(-0.8))",
    source="Kern and Seaton 1959. Assumption: 6,000 h between cleanings, slope 2.",
    life_h=6000.0,
    weibull_shape=2.0,
    shape=fouling_share,
)

CAVITATION = DegradationLaw(
    name="cavitation",
    title="Cavitation erosion",
    equation="stress = (n / n0)^6; d = p^1.2",
    source="Erosion goes with about the sixth power of speed, C. E. Brennen, Hydrodynamics of Pumps, chapter 6. "
    "Assumption: 10,000 h, slope 2, exponent 1.2.",
    life_h=10000.0,
    weibull_shape=2.0,
    shape=power(1.2),
)
