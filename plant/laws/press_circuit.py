"""Work out a press's hydraulic circuit: pump, ram, leaks, accumulator."""

import numpy as np

from plant.laws.first_order import Array

PUMP_LEAK, SYSTEM_LEAK, RAM_FLOW = 0.05, 0.06, 0.8


def ram_pressure_bar(force_kn: float, area_cm2: float) -> float:
    """Return the pressure that a force asks for (bar): P = F / A, F force (kN), A piston area (cm2).

    Source: Pascal's law (definition of pressure).
    """
    return force_kn / area_cm2 * 100.0


def pressure_rate_bar_s(modulus_gpa: float, volume_l: float, net_flow_l_min: float) -> float:
    """Return how fast pressure changes (bar/s): dP/dt = beta / V (Q_pump - Q_load - k_l P).

    beta bulk modulus of the oil (1.0 to 1.6 GPa), V volume under pressure (l), flows in l/min. With V of some litres and the
    leak of a press its time constant V / (beta k_l) is a fraction of a second: at the seconds of the plant pressure follows
    the balance of flows, with 0.4 s to build up.

    Source: P. Nachtwey, Modeling pressure changes in hydraulic systems (Power & Motion, 15 February 2021).
    """
    return modulus_gpa * 1e4 / volume_l * net_flow_l_min / 60.0


def pump_leak(viscosity: Array, wear: Array) -> Array:
    """Return the pump's inner leak at nominal pressure, over its nominal flow: 0.05 (1 + 4 w) nu0 / nu.

    w wear 0..1, nu / nu0 oil viscosity over that at 45 degC: volumetric efficiency is 0.95 when new and 0.75 worn.

    Source: laminar leak past narrow gaps, proportional to pressure over viscosity, F. M. White, Fluid Mechanics (flow between
    plates). Assumption: 5 % and a factor of 5.
    """
    found: Array = (PUMP_LEAK * (1.0 + 4.0 * wear)) / viscosity
    return found


def system_leak(viscosity: Array, leak: Array) -> Array:
    """Return the leak behind the pump at nominal pressure, over its nominal flow: k_l (1 + 5 d) nu0 / nu, k_l = 0.06.

    d leak 0..1. Source: as `pump_leak`. Assumption: 6 % when tight and six times that at the end.
    """
    found: Array = (SYSTEM_LEAK * (1.0 + 5.0 * leak)) / viscosity
    return found


def held_pressure(wanted: Array, turning: Array, load: Array, leaks: Array) -> Array:
    """Return the pressure over nominal that the pump can hold: min(P_set, (n - 0.8 u n) / (l_p + l_s)).

    Where ram and leaks ask for more than the pump gives, pressure falls until Q_pump = Q_load + (l_p + l_s) P: `turning` n
    pump speed, `load` u, `leaks` l_p + l_s, all over nominal. Source: continuity (quasi-static balance of flows).
    """
    spare = turning * (1.0 - RAM_FLOW * load)
    return np.minimum(wanted, spare / leaks)


def ripple_share(gas_lost: Array) -> Array:
    """Return how far pressure swings with each stroke, over its mean: 0.004 / (1 - 0.975 d).

    d share of the gas charge lost 0..1. A stroke takes a volume dV from the accumulator, dP / P = n dV / V_gas: the swing goes
    with 1 / V_gas. Source: P V^n = const, polytropic change of the gas (HST Hydrospeichertechnik, Speicherberechnung).
    Assumption: 0.4 % when charged; the oil's own spring leaves 2.5 % of the volume.
    """
    found: Array = 0.004 / (1.0 - 0.975 * gas_lost)
    return found
