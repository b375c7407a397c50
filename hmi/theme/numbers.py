"""Write numbers as operators read them: grouped, with a true minus, and odd values shown as what they are."""

import math

THIN = "\u2009"
MINUS = "\u2212"
MISSING = "–"
NOT_A_NUMBER = "not a number"
INFINITE = "∞"
_SCIENTIFIC_FROM = 1e7  # nine characters at two decimals: the widest that an indicator can hold


def number(value: float, precision: int = 1) -> str:
    """Return a number as text: "1 498.2", "−5", "∞", "not a number", "1.0e308"."""
    if math.isnan(value):
        return NOT_A_NUMBER
    if math.isinf(value):
        return INFINITE if value > 0 else MINUS + INFINITE
    if abs(value) >= _SCIENTIFIC_FROM:
        return _scientific(value)
    text = f"{abs(value):,.{min(max(precision, 0), 6)}f}".replace(",", THIN)
    negative = value < 0 and any(c in "123456789" for c in text)
    return MINUS + text if negative else text


def _scientific(value: float) -> str:
    mantissa, exponent = f"{abs(value):.1e}".split("e")
    return f"{MINUS if value < 0 else ''}{mantissa}e{int(exponent)}"


def with_unit(value: float, precision: int, unit: str) -> str:
    """Return a number with its unit where it has one."""
    text = number(value, precision)
    return f"{text} {unit}" if unit and not math.isnan(value) else text


def span(low: float, high: float, precision: int, unit: str = "") -> str:
    """Return a range in words: "500 to 4 000 rpm", or what is known of it."""
    if math.isfinite(low) and math.isfinite(high):
        text = f"{number(low, precision)} to {number(high, precision)}"
    elif math.isfinite(low):
        text = f"from {number(low, precision)}"
    elif math.isfinite(high):
        text = f"up to {number(high, precision)}"
    else:
        return "no range given"
    return f"{text} {unit}" if unit else text


def duration(seconds: float) -> str:
    """Return a length of time in one unit and a half: "0.4 s", "42 s", "4:25", "3 h 05 min", "2 d 4 h"."""
    if not math.isfinite(seconds):
        return MISSING
    seconds = max(seconds, 0.0)
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
