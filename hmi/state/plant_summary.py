"""Sum the plant up line by line for the overview."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hmi.link.types import DeviceInfo, TagInfo
from hmi.state.catalogue import Metric
from hmi.state.device_columns import DeviceColumns, Running
from hmi.state.families import GENERATOR

SUMMABLE: Final = 1e100  # 1e308 twice is infinite
_WORD: Final = {
    Metric.TEMPERATURE: ("Temp.", "Temp."),
    Metric.VIBRATION: ("Vibration", "Vibr."),
    Metric.PRESSURE: ("Pressure", "Press."),
    Metric.POWER: ("Power", "Power"),
}
GENERATOR_TAGS: Final = {
    "Speed": ("Speed", "Speed"),
    "VoltageL1": ("Voltage", "Volt."),
    "PowerFactor": ("PF", "PF"),
    "WindingTemperature": ("Winding", "Wind."),
    "OilPressure": ("Oil press.", "Oil"),
    "CoolantTemperature": ("Coolant", "Cool."),
}


@dataclass(frozen=True, slots=True)
class LineSummary:
    """One line of the plant."""

    area: str
    line: str
    devices: tuple[DeviceInfo, ...]
    rows: tuple[int, ...]  # places in the device columns

    @property
    def generator(self) -> DeviceInfo | None:
        """The line's generator, if it has one."""
        return next((d for d in self.devices if d.type_name == GENERATOR), None)


@dataclass(frozen=True, slots=True)
class PlantCounts:
    """How many devices do what."""

    total: int
    running: int
    stopped: int
    offline: int
    in_alarm: int


def line_summaries(columns: DeviceColumns) -> tuple[LineSummary, ...]:
    """Return the plant's lines, the one with the generator first."""
    made = [
        LineSummary(area, line, members, tuple(columns.catalogue.index(d.tag) for d in members))
        for (area, line), members in columns.catalogue.lines()
    ]
    return tuple(sorted(made, key=lambda s: s.generator is None))


def counts(columns: DeviceColumns) -> PlantCounts:
    """Return how many devices do what."""
    running = columns.running
    return PlantCounts(
        total=len(columns),
        running=int((running == Running.RUNNING).sum()),
        stopped=int(((running == Running.STOPPED) | (running == Running.LATCHED)).sum()),
        offline=int((running == Running.OFFLINE).sum()),
        in_alarm=sum(b is not None for b in columns.badges),
    )


def highest(columns: DeviceColumns, summary: LineSummary, metric: Metric) -> TagInfo | None:
    """Return the tag that a line's indicator shows: of the device in alarm, else the highest.

    Values of another unit than the line's first device of that metric are left out, so that mm/s and
    m/s² are never compared.
    """
    ids = [(r, int(columns.metric_ids[metric][r])) for r in summary.rows]
    tags = [(r, t) for r, i in ids if (t := columns.catalogue.tag(i)) is not None]
    blamed = [(columns.priority[r], t) for r, t in tags if columns.worst_source[r] == t.name]
    if blamed:
        return min(blamed, key=lambda pair: int(pair[0]))[1]
    alike = [(r, t) for r, t in tags if t.unit == tags[0][1].unit]
    values = columns.metrics[metric]
    known = [(float(values[r]), t) for r, t in alike if columns.trusted[metric][r] and np.isfinite(values[r])]
    return max(known, key=lambda pair: pair[0])[1] if known else (alike[0][1] if alike else None)


@dataclass(frozen=True, slots=True)
class PowerSum:
    """The electrical power of a group of devices, kW."""

    total: float
    low: float
    high: float
    normal_low: float
    normal_high: float
    missing: int  # devices whose power is not known now


def power_sum(columns: DeviceColumns, rows: tuple[int, ...]) -> PowerSum:
    """Return the power drawn by devices; generators, which give power, are left out."""
    total = low = high = normal_low = normal_high = 0.0
    missing = 0
    for row in rows:
        tag = columns.catalogue.tag(int(columns.metric_ids[Metric.POWER][row]))
        if tag is None or columns.catalogue.devices[row].type_name == GENERATOR:
            continue
        value = float(columns.metrics[Metric.POWER][row])
        usable = bool(columns.trusted[Metric.POWER][row]) and abs(value) < SUMMABLE
        total += value if usable else 0.0
        missing += not usable
        high += tag.high if np.isfinite(tag.high) else 0.0
        normal_low += tag.normal_low if np.isfinite(tag.normal_low) else 0.0
        normal_high += tag.normal_high if np.isfinite(tag.normal_high) else 0.0
    return PowerSum(total, low, high, normal_low, normal_high, missing)


def metric_words(metric: Metric) -> tuple[str, str]:
    """Return a metric's label, and one for narrow places."""
    return _WORD[metric]
