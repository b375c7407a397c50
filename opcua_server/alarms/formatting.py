"""Write numbers with their units as an operator reads them."""

import math

_MOST_DECIMALS = 9


def number(value: float, decimals: int) -> str:
    """Return a number with a space between thousands: 1 498, 0.05, -12.5; NaN and infinities in words."""
    if math.isnan(value):
        return "no value"
    if math.isinf(value):
        return "beyond all bounds" if value > 0 else "below all bounds"
    text = f"{value:,.{decimals}f}".replace(",", " ")
    return text.lstrip("-") if float(text.replace(" ", "")) == 0 else text


def quantity(value: float, decimals: int, unit: str) -> str:
    """Return a number with its unit: 1.62 bar."""
    text = number(value, decimals)
    return f"{text} {unit}" if unit and math.isfinite(value) else text


def beyond(value: float, bound: float, decimals: int, unit: str) -> str:
    """Return `value` with as many decimals as it takes to look different from `bound`.

    80.04 against a bound of 80 reads 80.04, not 80.0, for "80.0 above 80" would look like a mistake.
    """
    while decimals < _MOST_DECIMALS and value != bound and round(value, decimals) == round(bound, decimals):
        decimals += 1
    return quantity(value, decimals, unit)
