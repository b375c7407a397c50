"""Load scenarios: which faults, setpoints and commands come when."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plant.toml_reader import Table, read_toml

PLANT: Final = "Plant"  # the device of an event that concerns all
# What a scenario can ask of a device, and whether it can ask it of all.
COMMANDS: Final[Mapping[str, bool]] = {
    "start": False,
    "shutdown": False,
    "restart": False,
    "maintain": False,
    "emergency_stop": True,
    "reset_emergency_stop": True,
    "clear_faults": True,
}
DROP_RANGE_S: Final = (1.0, 86400.0)
_MAX_TIME_S: Final = 366 * 86400.0
_KINDS: Final = ("fault", "setpoint", "command")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioEvent:
    """One thing that a scenario does; times are simulated seconds since its start.

    Just one of `fault`, `setpoint` and `command` is given. `place` says where it stands, for messages.
    """

    time_s: float
    device: str
    fault: str = ""  # `name`, or `name/Tag` for a sensor
    severity: float = 1.0
    life_s: float | None = None
    setpoint: str = ""
    value: float = 0.0
    command: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomFaults:
    """A random known fault for every machine, again and again once it has been repaired."""

    first_onset_s: tuple[float, float]
    life_s: tuple[float, float]
    repair_s: tuple[float, float]
    sensor_share: float  # share of faults that are sensor faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named course of events.

    Attributes:
        repeat_every_s: The events come again after this; None for once.
        drop_sessions_s: Mean time after which a server drops one of its clients' sessions; None for never.
    """

    name: str
    description: str
    events: tuple[ScenarioEvent, ...] = ()
    random: RandomFaults | None = None
    repeat_every_s: float | None = None
    drop_sessions_s: float | None = None


def load_scenario(path: Path | str) -> Scenario:
    """Return the scenario that a TOML file describes.

    Raises:
        DefinitionError: One sentence with file, key, value and bound.
    """
    return parse_scenario(read_toml(Path(path)))


def parse_scenario(top: Table) -> Scenario:
    """Return the scenario of a whole file, every key of it used.

    Raises:
        DefinitionError: One sentence with file, key, value and bound.
    """
    events = [_parse_event(each) for each in top.tables("events")] if "events" in top else []
    scenario = Scenario(
        name=top.text("name"),
        description=top.text("description"),
        events=tuple(sorted(events, key=lambda event: event.time_s)),
        random=_parse_random(top.table("random")) if "random" in top else None,
        repeat_every_s=top.optional_number("repeat_every_s", 1.0, _MAX_TIME_S),
        drop_sessions_s=top.optional_number("drop_sessions_s", *DROP_RANGE_S),
    )
    if scenario.repeat_every_s is not None:
        last = max((event.time_s for event in events), default=0.0)
        if scenario.repeat_every_s <= last:
            top.refuse(
                "repeat_every_s", scenario.repeat_every_s, f"is not above the last event's time_s {last:g}"
            )
    top.close()
    return scenario


def _parse_event(table: Table) -> ScenarioEvent:
    kinds = [kind for kind in _KINDS if kind in table]
    if len(kinds) > 1:
        table.refuse(
            kinds[1],
            table.text(kinds[1]),
            f"stands beside {kinds[0]}: an event is one of {', '.join(_KINDS)}",
        )
    kind = kinds[0] if kinds else "fault"
    time_s, device = table.number("time_s", 0.0, _MAX_TIME_S), table.text("device")
    place = table.whereabouts
    if kind == "fault":
        event = ScenarioEvent(
            time_s=time_s,
            device=device,
            fault=table.text("fault"),
            severity=table.number("severity", 0.01, 1.0, 1.0),
            life_s=table.optional_number("life_s", 0.1, _MAX_TIME_S),
            place=place,
        )
    elif kind == "setpoint":
        event = ScenarioEvent(
            time_s=time_s,
            device=device,
            setpoint=table.text("setpoint"),
            value=table.number("value"),
            place=place,
        )
    else:
        command = table.choice("command", list(COMMANDS))
        if device == PLANT and not COMMANDS[command]:
            table.refuse("device", device, f"cannot be asked to {command}: name one device")
        event = ScenarioEvent(time_s=time_s, device=device, command=command, place=place)
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
