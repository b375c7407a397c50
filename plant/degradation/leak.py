"""Seals and membranes: leaks that grow as a gamma process, faster when warm and under pressure."""

import numpy as np

from plant.degradation.law import DegradationLaw, power
from plant.laws.first_order import Array
from plant.number import number

_PER_K = number(float(np.log(2.0) / 10.0))


def seal_stress(pressure: Array | float, temperature_degc: Array | float, nominal_degc: float) -> Array:
    """Return how many times faster a seal ages: (p / p0) 2^((T - T0) / 10).

    p / p0 pressure over nominal, T temperature and T0 the one at which life is quoted (degC). Source: extrusion and wear
    go with pressure (Archard 1953); elastomers age after Arrhenius, which the rule of ten kelvin approximates, ISO 11346.
    """
    warmth: Array = np.exp((np.asarray(temperature_degc) - nominal_degc) * _PER_K)
    found: Array = pressure * warmth
    return found


LEAK = DegradationLaw(
    name="leak",
    title="Leak past a seal",
    equation="stress = (p / p0) 2^((T - T0) / 10); dd ~ Gamma(a dt, theta), mean d = p",
    source="Gamma process: J. M. van Noortwijk, Reliability Engineering and System Safety 94 (2009), section 2; ageing: "
    "ISO 11346. Assumption: 10,000 h, slope 1.5; the scatter of one life is 7 %.",
    life_h=10000.0,
    weibull_shape=1.5,
    shape=power(1.0),
    scatter=0.005,
)
