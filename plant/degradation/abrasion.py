"""Sliding parts and gears: wear after Archard, gear life after the makers' rating."""

from plant.degradation.law import DegradationLaw, power
from plant.laws.first_order import Array


def sliding_stress(pressure: Array, speed: Array) -> Array:
    """Return how many times faster a sliding part wears: (p / p0) (v / v0).

    From dh/dt = k p v: h depth of wear (m), k specific wear rate (1e-16 to 1e-14 m2/N lubricated, 1e-14 to 1e-12 dry), p
    contact pressure (Pa), v sliding speed (m/s); p0, v0 their nominal values.

    Source: J. F. Archard, Contact and rubbing of flat surfaces, J. Appl. Phys. 24 (1953), in the form of pressure and speed.
    """
    return pressure * speed


def gear_stress(speed: Array, torque: Array) -> Array:
    """Return how many times faster a gear unit ages: (n / n_N) (T / T_N)^3.

    n / n_N input speed and T / T_N torque over their nominal values. Source: life of strain wave gears,
    L50 = L_n (n_N / n_av) (T_N / T_av)^3, Harmonic Drive SE, project planning manual CSD-2A, equation 20.2.
    """
    found: Array = speed * (torque * torque * torque)
    return found


ABRASION = DegradationLaw(
    name="abrasion",
    title="Sliding wear",
    equation="stress = (p / p0) (v / v0); d = p^1.2",
    source="Archard 1953 for stress. Assumption: 12,000 h, Weibull slope 2 (wear-out), and a play that runs ahead of wear.",
    life_h=12000.0,
    weibull_shape=2.0,
    shape=power(1.2),
)

GEAR = DegradationLaw(
    name="gear",
    title="Gear wear with growing backlash",
    equation="stress = (n / n0) (T / T0)^3; d = p^1.4",
    source="Harmonic Drive SE, CSD-2A manual (life and its 35,000 h). Assumption: slope 2 and exponent 1.4.",
    life_h=35000.0,
    weibull_shape=2.0,
    shape=power(1.4),
)
