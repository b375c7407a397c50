"""Rolling bearings: fatigue life after ISO 281."""

from plant.degradation.law import DegradationLaw, power
from plant.laws.first_order import Array
from plant.number import number

BALL, ROLLER = 3.0, 10.0 / 3.0
_SLOPE = 1.5
# L10 is outlived by 90 %: exp(-(L10 / eta)^beta) = 0.9 gives eta = L10 / 0.10536^(1/beta) = 4.48 L10.
ETA_PER_L10 = (1.0 / 0.1053605) ** (1.0 / _SLOPE)
_PRELOAD = 0.65
_ALWAYS = number(_PRELOAD)
_LOAD_RATIO, _RPM = 9.0, 1500.0


def rating_life_h(load_ratio: float, rpm: float, exponent: float = BALL) -> float:
    """Return the basic rating life (h): L10h = 1e6 / (60 n) (C / P)^p.

    C / P dynamic load rating over equivalent load, n speed (rpm), p = 3 for balls, 10/3 for rollers; 90 % of bearings
    outlive it. Source: ISO 281:2007, basic rating life, as quoted by SKF (skf.com, Basic rating life).
    """
    return float(1e6 / (60.0 * rpm) * load_ratio**exponent)


def bearing_stress(speed: Array, load: Array, nominal_load: float) -> Array:
    """Return how many times faster a bearing ages: (n / n0) (P / P0)^3, P / P0 = 0.65 + 0.35 u / u0.

    n / n0 speed over nominal, u load 0..1, u0 the load at which life is quoted. Source: ISO 281:2007 (life goes with
    1 / n and with P^-3). Assumption: preload, weight and belt pull make 65 % of the equivalent load at nominal work.
    """
    equivalent = _ALWAYS + load * ((1.0 - _PRELOAD) / nominal_load)
    found: Array = speed * (equivalent * equivalent * equivalent)
    return found


BEARING = DegradationLaw(
    name="bearing",
    title="Rolling bearing fatigue",
    equation="stress = (n / n0) (P / P0)^3; d = p^1.5",
    source="Stress and L10: ISO 281:2007. Weibull slope 1.5 and eta = L10 / 0.10536^(1/1.5) = 4.48 L10 follow from 90 % "
    "reliability at L10. Assumption: C / P = 9 at 1,500 rpm, an L10 of 8,100 h as is usual for machine tools; damage shows by a power law after onset.",
    life_h=rating_life_h(_LOAD_RATIO, _RPM) * ETA_PER_L10,
    weibull_shape=_SLOPE,
    shape=power(1.5),
)
