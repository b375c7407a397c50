"""Cracks: growth after Paris, to play or to a break."""

import numpy as np

from plant.degradation.law import DegradationLaw
from plant.laws.first_order import Array

_FIRST_MM, _LAST_MM = 0.5, 10.0
_ROOT = float(np.sqrt(_FIRST_MM / _LAST_MM))
_BREAKS_AT = 0.9  # of the life


def crack_share(progress: Array) -> Array:
    """Return the crack's growth over that which ends a life, (a - a0) / (a_c - a0), after a share p of the cycles.

    With m = 3 the law integrates to a = a0 / (1 - p (1 - sqrt(a0 / a_c)))^2. Source: integral of Paris' law (elementary).
    Assumption: a0 = 0.5 mm, a_c = 10 mm, which makes most of the growth come late.
    """
    length = _FIRST_MM / (1.0 - progress * (1.0 - _ROOT)) ** 2
    found: Array = (length - _FIRST_MM) / (_LAST_MM - _FIRST_MM)
    return found


def break_step(progress: Array) -> Array:
    """Return damage of a brittle part: the crack up to 90 % of the life, 1 from then on.

    Assumption: the part breaks when the cross-section left cannot carry the load, at nine tenths of the cycles.
    """
    found: Array = np.where(progress >= _BREAKS_AT, 1.0, 0.3 * crack_share(np.minimum(progress, _BREAKS_AT)))
    return found


def cycle_stress(cycles: Array, stress_range: Array) -> Array:
    """Return how many times faster a crack grows: (N / N0) (ds / ds0)^3.

    From da/dN = C (dK)^m, dK = Y ds sqrt(pi a): a length of the crack (m), N cycles, C 1e-12 to 1e-11 and m = 3 (dK in
    MPa sqrt m), Y shape factor, ds stress range (MPa); N0, ds0 nominal values.

    Source: P. Paris and F. Erdogan, A critical analysis of crack propagation laws, J. Basic Eng. 85 (1963).
    """
    found: Array = cycles * (stress_range * stress_range * stress_range)
    return found


CRACK = DegradationLaw(
    name="crack",
    title="Fatigue crack",
    equation="stress = (N / N0) (ds / ds0)^3; d = (a - a0) / (a_c - a0), a = a0 / (1 - p (1 - sqrt(a0 / a_c)))^2",
    source="Paris and Erdogan 1963. Assumption: 20,000 h, slope 2.",
    life_h=20000.0,
    weibull_shape=2.0,
    shape=crack_share,
)

BREAKAGE = DegradationLaw(
    name="breakage",
    title="Brittle break",
    equation="stress as crack; d = 0.3 (a - a0) / (a_c - a0) up to p = 0.9, then 1",
    source="Paris and Erdogan 1963. Assumption: 3,000 h, slope 1.2: breakage is nearly random.",
    life_h=3000.0,
    weibull_shape=1.2,
    shape=break_step,
)
