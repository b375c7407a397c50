"""Pull a belt: resistance, the grip of the drum, slip."""

import numpy as np

from plant.laws.first_order import Array
from plant.laws.hydraulics import GRAVITY
from plant.number import ONE, ZERO, number

_CREEP = 0.005
_MOST_SLIP = 0.3
_PER_DB = np.log(10.0) / 10.0
_CREEPS, _SLIPS, _DB = number(_CREEP), number(_MOST_SLIP), number(1.0 / _PER_DB)


def primary_resistance_n(
    friction: Array | float, length_m: Array, belt_kg_m: Array, idler_kg_m: Array, load_kg_m: Array
) -> Array:
    """Return the resistance along the belt (N): F_H = f L g (2 m_b + m_r + m_load).

    f friction factor (0.02 to 0.03), L length (m), m_b belt of one strand, m_r rotating parts of idlers and m_load load, each
    per metre (kg/m). Source: DIN 22101:2002, 6.2 (primary resistances, here level and both strands together).
    """
    found: Array = friction * length_m * GRAVITY * (2.0 * belt_kg_m + idler_kg_m + load_kg_m)
    return found


def gradient_resistance_n(load_kg_m: Array, lift_m: Array) -> Array:
    """Return the resistance of lifting the load (N): F_St = m_load g H, H lift (m). Source: DIN 22101:2002, 6.4."""
    return load_kg_m * lift_m * GRAVITY


def grip_n(slack_tension_n: Array, friction: Array, wrap_rad: float) -> Array:
    """Return the greatest pull that a drum transmits (N): F = T2 (exp(mu theta) - 1).

    T2 tension of the slack strand (N), mu friction of belt on lagging (0.35 dry, 0.15 wet or oily), theta wrap (rad).

    Source: Euler and Eytelwein; DIN 22101:2002, 8.2.2 (tension needed to transmit the pull).
    """
    found: Array = slack_tension_n * np.expm1(friction * wrap_rad)
    return found


def slip_share(pull_n: Array, grip: Array, load: Array) -> Array:
    """Return the slip of belt on drum over the drum's speed: creep 0.005 (1 + u), and 0.3 (F / F_grip - 1) beyond the grip.

    At most 0.3. Source: creep grows with the pull and gross slip begins at the limit of Euler's equation, B. N. J. Persson,
    Conveyor belt drive physics, Tribology Letters 68 (2020) 17. Assumption: the numbers.
    """
    gross = np.minimum(np.maximum(_SLIPS * (pull_n / grip - ONE), ZERO), _SLIPS)
    found: Array = gross + _CREEPS * (ONE + load)
    return found


def sound_power(level_db: Array | float) -> Array:
    """Return the sound power that belongs to a level (dB), over that at 0 dB: 10^(L / 10). Source: ISO 80000-8 (level)."""
    found: Array = np.exp(np.asarray(level_db) * _PER_DB)
    return found


def sound_db(power: Array, speed: Array, hall_power: Array | float) -> Array:
    """Return the sound level beside the belt (dB): L = 10 log10(w_h + n^2 w).

    w_h sound power of the hall, w of the conveyor at nominal speed (`sound_power`), n speed over nominal. Source: powers of
    incoherent sources add, ISO 3744. Assumption: power goes with the square of speed.
    """
    found: Array = np.log(speed * speed * power + hall_power)
    found *= _DB
    return found
