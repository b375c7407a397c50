"""Advance linear systems exactly over a step of any length."""

import math

import numpy as np

from plant.laws.first_order import Array

_TERMS = 14  # of the series; with the norm at most a half the rest is below 1e-15
_NORM = 0.5


def transition(matrices: Array, dt_s: float) -> Array:
    """Return exp(A dt) of each matrix A, shape (n, k, k), in 1/s: the exact step of dx/dt = A x.

    Scaling and squaring: exp(A dt) = (exp(A dt / 2^s))^(2^s), the inner one by its Taylor series.

    Source: C. Moler and C. Van Loan, Nineteen dubious ways to compute the exponential of a matrix, twenty-five years
    later, SIAM Review 45 (2003), method 3.
    """
    norm = float(np.abs(matrices).sum(axis=2).max(initial=0.0)) * dt_s
    squarings = max(0, math.ceil(math.log2(norm / _NORM))) if norm > 0.0 else 0
    scaled = matrices * (dt_s / 2.0**squarings)
    term = np.broadcast_to(np.eye(matrices.shape[1]), matrices.shape).copy()
    total = term.copy()
    for order in range(1, _TERMS + 1):
        term = term @ scaled / order
        total += term
    for _ in range(squarings):
        total = total @ total
    return total
