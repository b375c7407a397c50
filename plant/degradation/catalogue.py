"""The laws of degradation that families use for their modes."""

from plant.degradation.law import DegradationLaw, power

BEARING = DegradationLaw(
    name="bearing",
    equation="stress = (n / n0) (P / P0)^3;  d = p^1.5",
    source="ISO 281",
    life_h=20000.0,
    weibull_shape=1.5,
    shape=power(1.5),
)
TOOL = DegradationLaw(name="tool", equation="", source="", life_h=2000.0, weibull_shape=2.5, shape=power(1.3))
ABRASION = DegradationLaw(
    name="abrasion", equation="", source="", life_h=12000.0, weibull_shape=2.0, shape=power(1.2)
)
GEAR = DegradationLaw(
    name="gear", equation="", source="", life_h=20000.0, weibull_shape=2.0, shape=power(1.4)
)
LEAK = DegradationLaw(
    name="leak", equation="", source="", life_h=10000.0, weibull_shape=1.5, shape=power(1.0), scatter=0.005
)
INSULATION = DegradationLaw(
    name="insulation", equation="", source="", life_h=20000.0, weibull_shape=2.0, shape=power(1.5)
)
CAVITATION = DegradationLaw(
    name="cavitation", equation="", source="", life_h=10000.0, weibull_shape=2.0, shape=power(1.2)
)
FOULING = DegradationLaw(
    name="fouling", equation="", source="", life_h=6000.0, weibull_shape=2.0, shape=power(1.2)
)
CRACK = DegradationLaw(
    name="crack", equation="", source="", life_h=20000.0, weibull_shape=2.0, shape=power(1.5)
)
RANDOM = DegradationLaw(
    name="random", equation="", source="", life_h=30000.0, weibull_shape=1.0, shape=power(1.2)
)
