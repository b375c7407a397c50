"""Grow damage from its onset to failure."""

import numpy as np

from plant.laws.first_order import Array

_SCATTER = 0.002  # assumption: a life ends within about 4 % of the one asked for


def age(life_share: Array, rng: np.random.Generator) -> Array:
    """Return how much of its life each fault uses up in a step: increments of a gamma process.

    The increments are never negative, their mean is dt / life, and the variance over a whole life is 0.002.
    Assumption: a gamma process, as is usual for wear.
    """
    increments: Array = rng.gamma(life_share / _SCATTER, _SCATTER)
    return increments


def damage(progress: Array, exponent: Array, severity: Array) -> Array:
    """Return damage 0..1 after a share of the life: d = progress^b, never above the severity.

    Assumption: power law after onset.
    """
    grown: Array = np.minimum(np.minimum(progress, 1.0) ** exponent, severity)
    return grown
