"""Model a closed vessel: the pressure of gas and vapour over its contents, the power of its agitator."""

import numpy as np

from plant.laws.first_order import Array
from plant.number import ONE, number

_BASE_K = 338.15
_VAPOUR_SHARE = 0.26
_ICE_K, _GAS_PER_K = number(273.15), number((1.0 - _VAPOUR_SHARE) / _BASE_K)
_VAPOUR, _HEAT_K, _PER_BASE_K = number(_VAPOUR_SHARE), number(2400.0), number(1.0 / _BASE_K)


def vessel_pressure_share(temperature_degc: Array) -> Array:
    """Return pressure over that at 65 degC: 0.74 T / T0 + 0.26 exp(L / R (1 / T0 - 1 / T)).

    T temperature (K), T0 = 338.15 K, L / R = 2,400 K. The first term is a blanket of gas at constant volume, the second
    the vapour of the contents.

    Source: ideal gas law; Clausius-Clapeyron equation with a constant heat of vaporisation (P. Atkins, Physical
    Chemistry, chapter on physical transformations). Assumption: a quarter of the pressure is vapour, L = 20 kJ/mol as of
    light hydrocarbons.
    """
    kelvin = temperature_degc + _ICE_K
    gas = kelvin * _GAS_PER_K
    vapour = _VAPOUR * np.exp(_HEAT_K * (_PER_BASE_K - ONE / kelvin))
    found: Array = gas + vapour
    return found


def agitator_share(speed: Array, thickness: Array) -> Array:
    """Return an agitator's power over that at nominal speed: P = Po rho N^3 D^5, with Po rho D^5 = `thickness` at N = 1.

    Po power number, rho density (kg/m3), N speed (1/s), D diameter of the impeller (m).

    Source: J. H. Rushton, E. W. Costich, H. J. Everett, Power characteristics of mixing impellers, Chem. Eng. Prog. 46
    (1950), turbulent range, where Po is constant.
    """
    return speed * speed * speed * thickness


def vacuum_bar(pumped_bar: float, leak_bar: Array, running: Array) -> Array:
    """Return the pressure (bar) to which a leaking chamber settles: p = p_u + Q / S, atmosphere without its pump.

    p_u the pump's ultimate pressure (bar), Q leak (bar m3/s) over S pumping speed (m3/s) given as `leak_bar`; the way
    there is V dp/dt = Q - S (p - p_u), a lag of V / S. `running` is 1 where the pump runs.

    Source: pump-down equation, J. F. O'Hanlon, A User's Guide to Vacuum Technology; J. A. Venables, lecture notes, section
    2.2 (venables.asu.edu).
    """
    found: Array = np.minimum(pumped_bar + leak_bar, 1.013) * running + 1.013 * (1.0 - running)
    return found
