"""Move a robot's joints: torque, friction that falls as grease warms, backlash."""

import numpy as np

from plant.laws.first_order import Array
from plant.number import ONE, ZERO, number

_ARCMIN_RAD = np.pi / (180.0 * 60.0)
_COLD_DEGC, _PER_WARM_K, _FALL = number(20.0), number(1.0 / 25.0), number(0.3)


def warm_friction(temperature_degc: Array) -> Array:
    """Return friction over its value when cold: 1 - 0.3 (T - 20) / 25, between 0.7 and 1.

    T temperature of the gear's housing (degC). Source: friction of robot joints falls as they warm, A. C. Bittencourt et
    al., An extended friction model to capture load and temperature effects in robot joints, IROS 2010 (report
    LiTH-ISY-R-2948). Assumption: by 30 % over 25 K, in place of their exponential.
    """
    share = np.minimum(np.maximum((temperature_degc - _COLD_DEGC) * _PER_WARM_K, ZERO), ONE)
    found: Array = ONE - _FALL * share
    return found


def backlash_error_mm(backlash_arcmin: Array, reach_mm: float) -> Array:
    """Return the path error of a play in the gear (mm): half the play times the reach.

    `backlash_arcmin` play at the output (arcmin; 0.5 when new, 5 when worn), `reach_mm` distance of the tool from the joint.
    Source: geometry of small angles.
    """
    return backlash_arcmin * (0.5 * reach_mm * _ARCMIN_RAD)
