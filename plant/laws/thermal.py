"""Model how a machine warms: an inner node that takes the losses, an outer one that gives them to the hall."""

from plant.laws.first_order import Array, Lag

_COPPER_SHARE = (
    0.75  # assumption: share of rated heat that comes from current, the rest from friction and iron
)
_COPPER_PER_K = 0.00393  # temperature coefficient of copper at 20 degC (IEC 60028 gives 0.00393 1/K)
_COPPER_AT_RATED = 1.0 + _COPPER_PER_K * 60.0  # assumption: rated heat is quoted at 80 degC


class TwoNodeThermal:
    """Two thermal nodes per machine, in cascade.

    outer: tau_b dT_b/dt = T_a + rise_b * h - T_b;  inner: tau_w dT_w/dt = T_b + rise_w * h - T_w, h the heat in units
    of rated heat. The cascade has the exact steady state of the two-node network and its two time constants when the
    inner node is much the faster. Assumption: values per family stand in the plant file.
    """

    def __init__(
        self, tau_inner_s: Array, tau_outer_s: Array, rise_inner_k: Array, rise_outer_k: Array
    ) -> None:
        self._inner_lag, self._outer_lag = Lag(tau_inner_s), Lag(tau_outer_s)
        self._rise_inner_k, self._rise_outer_k = rise_inner_k, rise_outer_k

    def step(self, inner: Array, outer: Array, heat: Array, ambient_degc: float, dt_s: float) -> None:
        """Advance both temperatures (degC) in place."""
        self._outer_lag.advance(outer, self._rise_outer_k * heat + ambient_degc, dt_s)
        self._inner_lag.advance(inner, self._rise_inner_k * heat + outer, dt_s)


def heat(current_pu: Array, speed: Array, inner_degc: Array) -> Array:
    """Return losses per unit of rated loss: copper loss grows with current squared and with its own temperature.

    P_cu = P_cu0 (I / I_r)^2 (1 + alpha (T - 20)).

    Source: Joule's law with the linear resistance of copper (IEC 60028); the split of losses is an assumption.
    """
    copper = (
        current_pu
        * current_pu
        * (1.0 + _COPPER_PER_K * (inner_degc - 20.0))
        * (_COPPER_SHARE / _COPPER_AT_RATED)
    )
    return copper + (1.0 - _COPPER_SHARE) * speed
