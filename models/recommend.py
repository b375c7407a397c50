"""Say what an operator should do about a machine's risk or its idle energy."""

from dataclasses import dataclass

HIGH_RISK = "High failure risk: Inspect machine within 24 hours."
HIGH_IDLE = "High idle energy usage: Consider scheduled shutdown."

IDLE_LIMIT_KW = 0.5  # 12 kWh a day: below that a scheduled shutdown is not worth the restart
_HOURS_A_DAY = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """What to do, with what it would save.

    Attributes:
        text: One of the two sentences, or empty.
        idle_kw: Mean power drawn while idle; NaN if unknown.
        idle_eur_per_day: What that costs in a day.
    """

    text: str
    idle_kw: float
    idle_eur_per_day: float


def recommend(*, is_at_risk: bool, idle_kw: float, eur_per_kwh: float) -> Recommendation:
    """Return the advice for one machine; the risk of a failure comes before energy.

    Args:
        is_at_risk: A detector says that the machine is failing.
        idle_kw: Mean power over the last half hour drawn in long pauses; NaN if unknown.
        eur_per_kwh: Price of energy, not negative.

    Raises:
        ValueError: The price is negative or not a number.
    """
    if not eur_per_kwh >= 0.0:
        raise ValueError(f"eur_per_kwh: {eur_per_kwh} is not a price of 0 or more")
    text = HIGH_IDLE if idle_kw >= IDLE_LIMIT_KW else ""
    if is_at_risk:
        text = HIGH_RISK
    return Recommendation(text=text, idle_kw=idle_kw, idle_eur_per_day=idle_kw * _HOURS_A_DAY * eur_per_kwh)
