"""Load scenarios: which faults come when."""

from dataclasses import dataclass
from pathlib import Path

from plant.toml_reader import Table, read_toml

_MAX_TIME_S = 366 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioEvent:
    """One fault that a scenario injects; times are simulated seconds since the start."""

    time_s: float
    device: str
    fault: str
    severity: float = 1.0
    life_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomFaults:
    """A random known fault for every machine, again and again once it has been repaired."""

    first_onset_s: tuple[float, float]
    life_s: tuple[float, float]
    repair_s: tuple[float, float]
    sensor_share: float  # share of faults that are sensor faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named course of events."""

    name: str
    description: str
    events: tuple[ScenarioEvent, ...] = ()
    random: RandomFaults | None = None


def load_scenario(path: Path | str) -> Scenario:
    """Return the scenario that a TOML file describes.

    Raises:
        DefinitionError: One sentence with file, key, value and bound.
    """
    top = read_toml(Path(path))
    scenario = Scenario(
        name=top.text("name"),
        description=top.text("description"),
        events=tuple(_parse_event(each) for each in top.tables("events")) if "events" in top else (),
        random=_parse_random(top.table("random")) if "random" in top else None,
    )
    top.close()
    return scenario


def _parse_event(table: Table) -> ScenarioEvent:
    event = ScenarioEvent(
        time_s=table.number("time_s", 0.0, _MAX_TIME_S),
        device=table.text("device"),
        fault=table.text("fault"),
        severity=table.number("severity", 0.01, 1.0, 1.0),
        life_s=table.optional_number("life_s", 0.1, _MAX_TIME_S),
    )
    table.close()
    return event


def _parse_random(table: Table) -> RandomFaults:
    random = RandomFaults(
        first_onset_s=_times(table, "first_onset_s", 0.0),
        life_s=_times(table, "life_s", 0.1),
        repair_s=_times(table, "repair_s", 0.0),
        sensor_share=table.number("sensor_share", 0.0, 1.0, 0.0),
    )
    table.close()
    return random


def _times(table: Table, key: str, lowest: float) -> tuple[float, float]:
    pair = table.pair(key)
    if pair[0] < lowest or pair[1] > _MAX_TIME_S:
        table.refuse(key, list(pair), f"is outside {lowest:g}..{_MAX_TIME_S:g}")
    return pair
