"""Work out a press's hydraulic circuit: pump, ram, leaks, accumulator."""

import numpy as np

from plant.laws.first_order import Array
from plant.number import ONE, number

PUMP_LEAK, SYSTEM_LEAK, RAM_FLOW = 0.05, 0.06, 0.8
_RAM_FLOW = number(RAM_FLOW)
_LEAST_LEFT = number((1.0 - PUMP_LEAK - SYSTEM_LEAK) / 4.0)


def pump_leak(wear: Array) -> Array:
    """Return the pump's inner leak at nominal pressure and 45 degC, over its nominal flow: 0.05 (1 + 4 w).

    w wear 0..1: volumetric efficiency is 0.95 when new and 0.75 worn. At another temperature it is nu0 / nu times that.

    Source: laminar leak past narrow gaps, proportional to pressure over viscosity, F. M. White, Fluid Mechanics (flow between
    plates). Assumption: 5 % and a factor of 5.
    """
    found: Array = PUMP_LEAK * (1.0 + 4.0 * wear)
    return found


def system_leak(leak: Array) -> Array:
    """Return the leak behind the pump at nominal pressure and 45 degC, over its nominal flow: k_l (1 + 5 d), k_l = 0.06.

    d leak 0..1. Source: as `pump_leak`. Assumption: 6 % when tight and six times that at the end.
    """
    found: Array = SYSTEM_LEAK * (1.0 + 5.0 * leak)
    return found


def held_pressure(wanted: Array, turning: Array, load: Array, leaks: Array) -> Array:
    """Return the pressure over nominal that the pump can hold: min(P_set, (n - 0.8 u n) / (l_p + l_s)).

    The ram's force asks for P = F / A; dP/dt = beta / V (Q_pump - Q_load - k_l P) with beta 1.0 to 1.6 GPa and some litres of
    oil has a time constant of 0.1 to 1 s, so that at the seconds of the plant pressure follows the balance of flows. Where ram and leaks ask for more than the pump gives, pressure falls until Q_pump = Q_load + (l_p + l_s) P: `turning` n
    pump speed, `load` u, `leaks` l_p + l_s, all over nominal.

    Source: P. Nachtwey, Modeling pressure changes in hydraulic systems (Power & Motion, 15 February 2021); continuity.
    """
    spare = turning * (ONE - _RAM_FLOW * load)
    return np.minimum(wanted, spare / leaks)


def cycle_s(turning: Array, leaks: Array, pressure: Array, new_s: float) -> Array:
    """Return the time of a stroke (s): t0 (1 - l0) / (n - (l_p + l_s) p), at most four times t0.

    The ram gets what the pump gives less what leaks: t0 stroke when new, l0 its leaks then, p pressure, n pump speed, all over
    nominal. Source: continuity, stroke volume over flow. Assumption: a press gives up at four times its stroke.
    """
    left = np.maximum(turning - leaks * pressure, _LEAST_LEFT)
    found: Array = new_s * (1.0 - PUMP_LEAK - SYSTEM_LEAK) / left
    return found


def ripple_share(gas_lost: Array) -> Array:
    """Return how far pressure swings with each stroke, over its mean: 0.004 / (1 - 0.975 d).

    d share of the gas charge lost 0..1. A stroke takes a volume dV from the accumulator, dP / P = n dV / V_gas: the swing goes
    with 1 / V_gas. Source: P V^n = const, polytropic change of the gas (HST Hydrospeichertechnik, Speicherberechnung).
    Assumption: 0.4 % when charged; the oil's own spring leaves 2.5 % of the volume.
    """
    found: Array = 0.004 / (1.0 - 0.975 * gas_lost)
    return found
