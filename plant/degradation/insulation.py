"""Windings: insulation that ages with temperature."""

import numpy as np

from plant.degradation.law import DegradationLaw, power
from plant.laws.first_order import Array
from plant.number import number

_PER_K = number(float(np.log(2.0) / 10.0))


def insulation_stress(temperature_degc: Array, nominal_degc: float) -> Array:
    """Return how many times faster insulation ages: 2^((T - T0) / 10).

    T winding temperature, T0 the one at which life is quoted (degC): life halves for every ten kelvin,
    L = L0 2^((T0 - T) / 10). Source: the ten-degree rule, V. M. Montsinger, Loading transformers by temperature, Trans.
    AIEE 49 (1930); thermal classes: IEC 60085.
    """
    found: Array = np.exp((temperature_degc - nominal_degc) * _PER_K)
    return found


def insulation_mohm(new_mohm: Array | float, temperature_degc: Array, damage: Array) -> Array:
    """Return the insulation resistance (Mohm): R = R40 2^(-(T - 40) / 10) (1 - d)^2.

    R40 when new at 40 degC (500 to 5,000 Mohm), T temperature (degC), d damage 0..1. Source: resistance halves for every
    ten kelvin and is referred to 40 degC, IEEE 43 (which asks for at least 5 Mohm below 1 kV). Assumption: the square.
    """
    sound = 1.0 - damage
    found: Array = new_mohm * np.exp((40.0 - temperature_degc) * _PER_K) * sound * sound
    return found


INSULATION = DegradationLaw(
    name="insulation",
    title="Ageing of winding insulation",
    equation="stress = 2^((T - T0) / 10); d = p^1.5",
    source="Montsinger 1930; 20,000 h at class temperature: IEC 60216 and IEC 60085. Assumption: slope 2, exponent 1.5.",
    life_h=20000.0,
    weibull_shape=2.0,
    shape=power(1.5),
)
