"""Cutting edges: life after Taylor, damage as the growth of flank wear."""

import numpy as np

from plant.degradation.law import DegradationLaw
from plant.laws.first_order import Array

CARBIDE_N, STEEL_N = 0.25, 0.2
_FEED_EXPONENT = 0.75
_RUN_IN, _RUN_IN_SHARE, _STEADY, _RUSH, _RUSH_FROM, _RUSH_SHARE = 0.10, 0.08, 0.5, 0.40, 0.85, 0.09


def tool_stress(speed: Array, load: Array, nominal_load: float, exponent: float = CARBIDE_N) -> Array:
    """Return how many times faster an edge wears: T0 / T = (V / V0)^(1/n) (f / f0)^0.75.

    From Taylor's V T^n = C, T = (C / V)^(1/n): V cutting speed (m/min), T tool life (min), C the speed that gives one minute;
    f / f0 feed over nominal, taken as load over its nominal value.

    Source: F. W. Taylor, On the art of cutting metals, Trans. ASME 28 (1907), extended by feed and depth V T^n D^x f^y = C;
    end of life at VB = 0.3 mm, ISO 3685. Assumption: n = 0.25 for carbide and 0.2 for drills, within 0.2 to 0.3;
    y / n = 0.75.
    """
    found: Array = speed ** (1.0 / exponent) * (load / nominal_load) ** _FEED_EXPONENT
    return found


def flank_wear_share(progress: Array) -> Array:
    """Return flank wear over its limit, VB / 0.3 mm, after a share p of tool life.

    VB = a (1 - exp(-p / b)) + c p + e exp((p - p3) / g): quick run-in, steady wear, rush at the end; scaled to 1 at p = 1.

    Source: three stages of flank wear up to VB = 0.3 mm, ISO 3685 (annex on wear curves). Assumption: a 0.10, b 0.08,
    c 0.5, e 0.40 at the end of life, p3 0.85, g 0.09.
    """
    run_in = _RUN_IN * -np.expm1(-progress / _RUN_IN_SHARE)
    rush = _RUSH * np.exp((progress - 1.0) / _RUSH_SHARE)
    at_start, at_end = _RUSH * np.exp(-1.0 / _RUSH_SHARE), _RUN_IN * -np.expm1(-1.0 / _RUN_IN_SHARE)
    worn: Array = run_in + _STEADY * progress + rush - at_start
    worn /= at_end + _STEADY + _RUSH - at_start
    return worn


TOOL = DegradationLaw(
    name="tool",
    title="Flank wear of a cutting edge",
    equation="stress = (V / V0)^(1/n) (f / f0)^0.75; d = VB / 0.3 mm",
    source="Taylor 1907; ISO 3685. Assumption: the tool changer replaces single edges within minutes unseen; the life "
    "here is that of a tool set without exchange, Weibull slope 2.5 as wear-out, 2,000 h.",
    life_h=2000.0,
    weibull_shape=2.5,
    shape=flank_wear_share,
)
