"""Parts whose failure no load explains: electronics, software, batteries."""

from plant.degradation.law import DegradationLaw, power
from plant.laws.first_order import Array


def depth_of_discharge(progress: Array) -> Array:
    """Return how far a battery's voltage has fallen, 0..1: d = p^4.

    Assumption: lithium cells hold their voltage until nine tenths of the charge are gone; the fourth power does so.
    """
    squared = progress * progress
    found: Array = squared * squared
    return found


RANDOM = DegradationLaw(
    name="random",
    title="Random failure",
    equation="stress = 1; d = p^1.2",
    source="Weibull 1951 with slope 1, the constant hazard of electronics. Assumption: 30,000 h.",
    life_h=30000.0,
    weibull_shape=1.0,
    shape=power(1.2),
)

BATTERY = DegradationLaw(
    name="battery",
    title="Discharge of a buffer battery",
    equation="stress = 1; d = p^4",
    source="Assumption: 18,000 h, slope 4, as makers ask for exchange every second year.",
    life_h=18000.0,
    weibull_shape=4.0,
    shape=depth_of_discharge,
)
