"""Grow damage from its onset to failure."""

import numpy as np

from plant.laws.first_order import Array


def age(life_share: Array, scatter: Array, rng: np.random.Generator) -> Array:
    """Return how much of its life each fault uses up in a step: increments of a gamma process.

    dp ~ Gamma(dt / (L v), v): increments are never negative, their mean is dt / L, and the variance over a whole life
    is the scatter v. The process is exact in dt, as increments of the same scale add up.

    Source: J. M. van Noortwijk, A survey of the application of gamma processes in maintenance, Reliability Engineering
    and System Safety 94 (2009), section 2 (definition).
    """
    increments: Array = rng.gamma(life_share / scatter, scatter)
    return increments
