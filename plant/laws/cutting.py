"""Cut metal: specific cutting force, power, torque, chatter."""

import numpy as np

from plant.laws.first_order import Array
from plant.number import ONE, number

_FORCE_PER_WEAR = 0.5
_NM_RPM_PER_KW = number(9550.0)
_CHATTER_BAND = 0.1
_CHATTER_GAIN = 4.0


def cutting_power_kw(force_n_mm2: Array, removal_cm3_min: Array) -> Array:
    """Return the power of a cut at the spindle (kW): P_c = k_c Q / 6e7.

    k_c specific cutting force (N/mm2; 1,500 to 2,500 in steel), Q removal rate (mm3/min, given in cm3/min); the efficiency of
    the drive is that of its motor.

    Source: Mitsubishi Materials, Formulae for cutting power (a_p f v_c k_c / (60e3 eta), the same with Q = a_p f v_c 1e3).
    """
    return force_n_mm2 * removal_cm3_min * (1e3 / 6e7)


def torque_nm(power_kw: Array, rpm: Array) -> Array:
    """Return torque (Nm): M = 9550 P / n, P power (kW), n speed (rpm; below 1 rpm none is told).

    Source: P = 2 pi n M / 60, definition of power.
    """
    found: Array = _NM_RPM_PER_KW * power_kw / np.maximum(rpm, ONE)
    return found


def worn_force(flank_wear_share: Array) -> Array:
    """Return the cutting force over that of a sharp edge: 1 + 0.5 VB / 0.3 mm.

    Source: force grows nearly in proportion to flank wear, S. K. Sikdar and M. Chen, Relationship between tool flank wear
    area and component forces in single point turning, J. Mater. Process. Technol. 128 (2002), pp. 210-215. Assumption: by
    half at VB = 0.3 mm, the upper end of what is reported.
    """
    return 1.0 + _FORCE_PER_WEAR * flank_wear_share


def chatter_share(load: Array, limit: Array) -> Array:
    """Return how far chatter has set in, 0..1: (u - u_lim) / 0.1.

    u load, as the depth of cut over that of full load; u_lim the limit of stability. Chatter begins where the depth
    passes b_lim = -1 / (2 K_s Re G) and is full a tenth above it: K_s specific cutting force, G flexibility of tool and
    machine, so that a loose joint lowers the limit.

    Source: Y. Altintas et al., Chatter stability of machining operations, J. Manuf. Sci. Eng. 142 (2020) (stability laws
    of Tlusty and Tobias). Assumption: the band of a tenth in place of a jump.
    """
    found: Array = np.minimum(np.maximum((load - limit) * (1.0 / _CHATTER_BAND), 0.0), 1.0)
    return found


def chatter_square(load: Array, share: Array) -> Array:
    """Return what chatter adds to vibration as a squared share of v0: ((1 + 4 c)^2 - 1) (0.7 + 0.5 u)^2.

    c share of chatter 0..1, u load. Assumption: fully grown chatter shakes five times as hard, within the three to six
    times that shops report.
    """
    healthy = 0.7 + 0.5 * load
    gain = 1.0 + _CHATTER_GAIN * share
    found: Array = (gain * gain - 1.0) * (healthy * healthy)
    return found
