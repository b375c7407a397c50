"""Model an induction motor: slip, losses, power, power factor, current, inrush."""

import numpy as np

from plant.laws.first_order import Array
from plant.number import ONE, number

SQRT3 = 3.0**0.5
LINE_VOLTAGE_V = 400.0
NO_LOAD_LOSS = 0.04  # iron and friction, per unit of rated shaft power
COPPER_LOSS = 0.05  # at rated current and 80 degC, per unit of rated shaft power
RATED_LOSS = NO_LOAD_LOSS + COPPER_LOSS  # the unit of heat
RATED_SLIP = 0.02
_RATED_CURRENT_PU = 1.09 / 0.9277  # electrical_power(1) / power_factor(1): rated current in these units
_INRUSH_TAU_S = 1.5
_COPPER_PER_K = 0.00393
_QUOTED_AT_K = 60.0  # rated copper loss is quoted at 80 degC
_QUOTED = COPPER_LOSS / (1.0 + _COPPER_PER_K * _QUOTED_AT_K)
_SLIP, _IRON, _COPPER = number(RATED_SLIP), number(NO_LOAD_LOSS), number(COPPER_LOSS)
_COPPER_SLOPE, _COPPER_COLD = number(_QUOTED * _COPPER_PER_K), number(_QUOTED * (1.0 - 20.0 * _COPPER_PER_K))
_FACTOR, _FACTOR_LOST, _FACTOR_BEND = number(0.98), number(0.86), number(-2.8)


def slip(shaft_pu: Array, voltage_pu: float) -> Array:
    """Return slip: s = s_r u / V^2, so that the shaft turns at n = n_s (1 - s), n_s = 120 f / p.

    f supply frequency (Hz), p number of poles, n_s synchronous speed (rpm), u torque over rated torque, V supply voltage over its nominal value, s_r = 0.02 slip at rated load.

    Source: on the linear part of the torque curve torque goes with s V^2, hence s2 / s1 = V1^2 / V2^2 at equal torque
    (Physics Forums, thread 756587 "Slip in induction motor", reply of 8 June 2014; same in Fitzgerald et al., Electric
    Machinery). Assumption: s_r = 0.02, within the 0.01 to 0.04 of name plates of small motors.
    """
    return _SLIP * shaft_pu / (voltage_pu * voltage_pu)


def electrical_power(shaft_pu: Array) -> Array:
    """Return electrical power of a warm motor at nominal voltage, per unit of rated shaft power: P = u + 0.04 + 0.05 u^2.

    u shaft power over rated. The same as P = u / eta with eta = u / (u + 0.04 + 0.05 u^2): no-load, shaft and load loss.

    Source: segregation of losses into constant and load losses as in IEC 60034-2-1. Assumption: 4 % and 5 %,
    which give 91.7 % at rated load, the efficiency that IEC 60034-30-1 asks of class IE3 about 11 kW.
    """
    return shaft_pu * (ONE + _COPPER * shaft_pu) + _IRON


def power_factor(shaft_pu: Array) -> Array:
    """Return the power factor, 0.12 at no load and 0.93 at rated load: pf = 0.86 (1 - exp(-2.8 u)) + 0.12.

    Assumption: a fit with the two ends and the bend of catalogue curves of four-pole motors; no source gives the formula.
    """
    return _FACTOR - _FACTOR_LOST * np.exp(_FACTOR_BEND * shaft_pu)


def current_pu(electrical_pu: Array, factor: Array, voltage_pu: float) -> Array:
    """Return current per unit of rated current: I = P / (sqrt3 V pf); a lower voltage asks for more current.

    Source: definition of active power in a balanced three-phase system, IEC 60050-131.
    """
    return electrical_pu / (factor * (voltage_pu * _RATED_CURRENT_PU))


def copper_loss(current: Array, temperature_degc: Array) -> Array:
    """Return copper loss per unit of rated shaft power: P_cu = P_cu0 (I / I_r)^2 (1 + alpha (T - 20)).

    I / I_r current over rated current, T temperature of the winding (degC), alpha = 0.00393 1/K, P_cu0 = 0.05 at 80 degC.

    Source: Joule's law; alpha of annealed copper at 20 degC is 0.00393 1/K, IEC 60028.
    """
    found: Array = current * current * (temperature_degc * _COPPER_SLOPE + _COPPER_COLD)
    return found


def slip_loss(shaft_pu: Array, voltage_pu: float) -> Array:
    """Return the rotor loss that a voltage off its nominal value adds, per unit: u (s(V) - s(1)) = s_r u^2 (1 / V^2 - 1).

    Source: the rotor's copper loss is slip times air-gap power, Fitzgerald et al., Electric Machinery (power in the
    equivalent circuit); the loss at nominal voltage is in the copper loss already.
    """
    found: Array = shaft_pu * shaft_pu * (RATED_SLIP * (1.0 / (voltage_pu * voltage_pu) - 1.0))
    return found


def rated_current_a(rated_kw: Array) -> Array:
    """Return the current at rated shaft power and nominal voltage (A): I_r = P_r / (eta sqrt3 V pf), eta 0.917, pf 0.93.

    Source: definition of active power in a balanced three-phase system.
    """
    return rated_kw * 1000.0 * _RATED_CURRENT_PU / (SQRT3 * LINE_VOLTAGE_V)


def inrush_factor(since_start_s: Array, inrush: Array) -> Array:
    """Return how much higher the current is, this long after the contactor closed: 1 + (k - 1) exp(-t / 1.5 s).

    k starting over rated current. Source: 5 to 7 times rated current when started directly on the line, H. W. Beaty and
    J. L. Kirtley, Electric Motor Handbook (starting). Assumption: an exponential decay within seconds; drives with soft
    starter or converter have k of 1.2 to 2.6 in the plant file.
    """
    return 1.0 + (inrush - 1.0) * np.exp(-since_start_s / _INRUSH_TAU_S)
