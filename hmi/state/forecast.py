"""Read a prediction: which curve tells most, what the two futures differ in, whether the new one ends in a trip."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from hmi.link.types import Forecast, ForecastCurve, ForecastEvent, ForecastPair, TagInfo
from hmi.state.catalogue import MEASUREMENTS, Catalogue
from hmi.theme.numbers import MISSING, duration, number

MINUTES: Final = 10.0
_FIGURES: Final = (
    ("DevicesEnergy_kWh", "Energy of the device", "kWh", 2),
    ("DevicesCost_EUR", "Its cost", "€", 2),
    ("PlantEnergy_kWh", "Energy of the plant", "kWh", 1),
)
_LIMIT_WORDS: Final = {"LowLow": "low-low", "Low": "low", "High": "high", "HighHigh": "high-high"}
Title = Callable[[str], str]
_FOREVER_H: Final = 1e5  # beyond eleven years nobody plans


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the comparison, in words."""

    label: str
    nothing: str
    proposed: str
    is_worse: bool = False


def curves_of(
    forecast: Forecast, catalogue: Catalogue, device: str, aimed_at: str = ""
) -> tuple[tuple[ForecastCurve, TagInfo], ...]:
    """Return a device's curves with their tags, the one that changes most on its own scale first.

    The measurement that the setpoint aims at comes last: that it follows is no news.
    """
    found = []
    for curve in forecast.curves:
        owner, _, name = curve.tag.partition("/")
        tag = catalogue.find(owner, MEASUREMENTS, name)
        if owner == device and tag is not None:
            found.append((curve, tag))
    return tuple(sorted(found, key=lambda pair: (pair[1].name == aimed_at, -_change(*pair))))


def comparison(forecast: Forecast, device: str, title: Title = str) -> tuple[Compared, ...]:
    """Return what the two futures of a device differ in; `title` says what an operator calls a tag.

    What happens to other devices either way is left out.
    """
    rows = [
        _figure(label, forecast.figures[name], unit, digits)
        for name, label, unit, digits in _FIGURES
        if name in forecast.figures
    ]
    if forecast.lives:
        name, pair = min(forecast.lives, key=lambda life: (life[1].proposed, life[1].nothing))
        mode = name.partition(" ")[2].replace("_", " ")
        rows.append(
            Compared(
                f"Remaining life ({mode})" if mode else "Remaining life",
                _life(pair.nothing),
                _life(pair.proposed),
                pair.proposed < 0.8 * pair.nothing,
            )
        )
    for label, events in (("Alarms", forecast.alarms), ("Trips", forecast.trips)):
        rows.append(_events(label, tuple(e for e in events if _concerns(e, device)), title))
    return tuple(rows)


def new_trip(forecast: Forecast) -> ForecastEvent | None:
    """Return the first trip that the new value would bring, or bring sooner; None where there is none."""
    worse = [
        trip
        for trip in forecast.trips
        if math.isfinite(trip.proposed_s)
        and not (math.isfinite(trip.nothing_s) and trip.nothing_s <= trip.proposed_s)
    ]
    return min(worse, key=lambda trip: trip.proposed_s, default=None)


def event_words(event: ForecastEvent, at_s: float, title: Title = str) -> str:
    """Return an alarm or trip as "Spindle temperature high in 4:10"."""
    what = _LIMIT_WORDS.get(event.what, event.what.replace("_", " "))
    source = title(event.source)
    return f"{source} {what} in {duration(at_s)}".replace("  ", " ")


def _concerns(event: ForecastEvent, device: str) -> bool:
    comes_once = math.isfinite(event.nothing_s) != math.isfinite(event.proposed_s)
    return comes_once or event.source.partition("/")[0] == device


def _change(curve: ForecastCurve, tag: TagInfo) -> float:
    scale = tag.high - tag.low
    if not (math.isfinite(scale) and scale > 0) or not curve.proposed.size:
        return 0.0
    difference = np.abs(curve.proposed - curve.nothing)
    return float(np.nanmean(difference)) / scale if np.isfinite(difference).any() else 0.0


def _figure(label: str, pair: ForecastPair, unit: str, digits: int) -> Compared:
    def text(value: float) -> str:
        return f"{number(value, digits)} {unit}" if math.isfinite(value) else MISSING

    return Compared(label, text(pair.nothing), text(pair.proposed))


def _life(hours: float) -> str:
    if math.isnan(hours):
        return MISSING
    return f"{number(hours, 0 if hours >= 10 else 1)} h" if hours < _FOREVER_H else "no wear seen"


def _events(label: str, events: tuple[ForecastEvent, ...], title: Title) -> Compared:
    before = [event_words(e, e.nothing_s, title) for e in events if math.isfinite(e.nothing_s)]
    after = [event_words(e, e.proposed_s, title) for e in events if math.isfinite(e.proposed_s)]
    is_worse = any(math.isfinite(e.proposed_s) and not math.isfinite(e.nothing_s) for e in events)
    return Compared(label, _listed(before), _listed(after), is_worse)


def _listed(words: list[str]) -> str:
    if not words:
        return "none"
    return words[0] if len(words) == 1 else f"{words[0]}, {len(words) - 1} more"
