"""Model vibration: a part that follows load and speed, and the parts that faults add."""

import numpy as np

from plant.laws.first_order import Array
from plant.number import number

_GAUSSIAN = 3.0  # kurtosis of normally distributed vibration
_SINE = 1.5  # kurtosis of a pure tone
_EMPTY, _LADEN = number(0.7), number(0.5)  # weights of load
_PER_HZ = number(2e-3 * np.pi)


def velocity_mm_s(base: Array, load: Array, speed: Array, fault_square: Array) -> Array:
    """Return velocity RMS (mm/s, 10 to 1000 Hz): v = v0 n sqrt((0.7 + 0.5 u)^2 + f).

    v0 at nominal speed and middle load (mm/s), n speed over nominal, u load 0..1, f the sum of the faults' squared shares
    of v0. Source: independent sources add in power; on a mount softer than its speed a rotor moves by its eccentricity, so
    that velocity goes with speed, as the balance grades of ISO 21940-11 take it. Assumption: the weights of load.
    """
    found = _LADEN * load
    found += _EMPTY
    found *= found
    found += fault_square
    return base * speed * np.sqrt(found)


def unbalance_mm_s(eccentricity_um: Array | float, omega_rad_s: Array | float, gain: float) -> Array:
    """Return velocity RMS of an unbalanced rotor (mm/s): v = 1e-3 e w k / sqrt2.

    e eccentricity of the centre of mass (um), w angular speed (rad/s), k gain of the mount, 0.2 to 1. The amplitude e w is
    the balance quality grade: G2.5 and G6.3 are 2.5 and 6.3 mm/s.

    Source: definition of the grade, ISO 21940-11; the ratio of amplitude to RMS of a sine. Assumption: the gain.
    """
    found: Array = np.asarray(1e-3 * eccentricity_um * omega_rad_s * gain / np.sqrt(2.0))
    return found


def bearing_share(damage: Array) -> Array:
    """Return what a worn rolling bearing adds, as a share of v0: exp(3 d) - 1.

    d damage 0..1. Assumption: exponential growth, because RMS climbs ever faster towards the end in runs to failure
    such as those of the NASA IMS bearing data set; the factor 3 is a choice.
    """
    return np.expm1(3.0 * damage)


def kurtosis(bearing_damage: Array, tone: Array | float = 0.0) -> Array:
    """Return the kurtosis of the vibration: 3 when healthy, about 11 at half damage, 4.5 at the end.

    K = 3 + 32 d (1 - d)^1.2 + 1.5 d^2, d damage of the bearing 0..1; a tone of share s (chatter) draws it towards 1.5.

    The crest factor goes the same way (3.5 to 8 and back to 5), so that one of the two tells all there is.

    Source: a spall's periodic impulses raise kurtosis and crest factor first, and as the RMS grows with spreading damage
    they fall again, C. Pachaud, R. Salvetat, C. Fray, Crest factor and kurtosis contributions to identify defects
    inducing periodical impulsive forces, MSSP 11 (1997), pp. 903-916. Assumption: the curve through the levels.
    """
    impulsive = 32.0 * bearing_damage * (1.0 - bearing_damage) ** 1.2 + 1.5 * bearing_damage * bearing_damage
    found: Array = (_GAUSSIAN + impulsive) * (1.0 - tone) + _SINE * tone
    return found


def bearing_tones_hz(
    shaft_hz: float, balls: int, ball_mm: float, pitch_mm: float, contact_deg: float
) -> tuple[float, float]:
    """Return the frequencies (Hz) at which balls pass a defect of the outer and of the inner race.

    BPFO = z / 2 f_r (1 - d / D cos a), BPFI = z / 2 f_r (1 + d / D cos a): z balls, d ball and D pitch diameter (mm),
    a contact angle (deg), f_r shaft frequency (Hz).

    Source: R. B. Randall and J. Antoni, Rolling element bearing diagnostics - a tutorial, MSSP 25 (2011), section 2.
    """
    ratio = ball_mm / pitch_mm * float(np.cos(np.radians(contact_deg)))
    return 0.5 * balls * shaft_hz * (1.0 - ratio), 0.5 * balls * shaft_hz * (1.0 + ratio)


def acceleration_m_s2(velocity: Array, dominant_hz: Array | float) -> Array:
    """Return acceleration RMS (m/s2) of a velocity RMS (mm/s) that one frequency carries: a = 2 pi f v.

    Source: derivative of a harmonic motion, ISO 2041 (definitions).
    """
    return velocity * _PER_HZ * dominant_hz
