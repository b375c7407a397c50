"""Software that keeps what it should give back."""

from plant.degradation.law import DegradationLaw, power
from plant.laws.first_order import Array


def memory_stress(requests: Array, nominal: Array) -> Array:
    """Return how many times faster memory leaks: requests answered over nominal (both 1/s).

    Source: leaked memory grows with the work done, A. Avritzer and E. J. Weyuker, Monitoring smoothly degrading systems
    for increased dependability, Empirical Software Engineering 2 (1997).
    """
    found: Array = requests / nominal
    return found


MEMORY = DegradationLaw(
    name="memory",
    title="Memory leak",
    equation="stress = requests / nominal requests; d = p",
    source="Avritzer and Weyuker 1997 for stress. Assumption: 4,000 h, Weibull slope 2, each request leaks the same.",
    life_h=4000.0,
    weibull_shape=2.0,
    shape=power(1.0),
)
