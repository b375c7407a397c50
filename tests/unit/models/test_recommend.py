"""The advice, in the source system's words."""

import math

import pytest

from models.recommend import recommend


def test_that_a_risk_is_answered_in_the_source_systems_words() -> None:
    advice = recommend(is_at_risk=True, idle_kw=3.0, eur_per_kwh=0.3)

    assert advice.text == "High failure risk: Inspect machine within 24 hours."


def test_that_idle_energy_is_answered_with_what_it_costs_a_day() -> None:
    advice = recommend(is_at_risk=False, idle_kw=2.0, eur_per_kwh=0.25)

    assert advice.text == "High idle energy usage: Consider scheduled shutdown."
    assert advice.idle_kw == 2.0
    assert advice.idle_eur_per_day == pytest.approx(12.0)  # 2 kW x 24 h x 0.25


@pytest.mark.parametrize("idle_kw", [0.0, 0.49, math.nan])
def test_that_little_or_unknown_idle_energy_gives_no_advice(idle_kw: float) -> None:
    assert recommend(is_at_risk=False, idle_kw=idle_kw, eur_per_kwh=0.25).text == ""


@pytest.mark.parametrize("price", [-0.01, math.nan])
def test_that_a_price_that_is_none_is_refused(price: float) -> None:
    with pytest.raises(ValueError, match="eur_per_kwh"):
        recommend(is_at_risk=False, idle_kw=1.0, eur_per_kwh=price)
