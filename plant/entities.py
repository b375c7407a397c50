"""Describe a plant on paper: its devices, tags, units and limits, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Family(StrEnum):
    """Kinds of device; the value is what plant files write."""

    CNC = "cnc"
    ROBOT_ARM = "robot_arm"
    PRESS = "press"
    DRILL = "drill"
    CONVEYOR = "conveyor"
    GENERATOR = "generator"
    PUMP = "pump"
    PROCESS_MACHINE = "process_machine"
    COMPONENT_CELL = "component_cell"
    EDGE_GATEWAY = "edge_gateway"
    REPLAY = "replay"


class Group(StrEnum):
    """Groups of tags that the engine fills."""

    MEASUREMENTS = "Measurements"
    SETPOINTS = "Setpoints"
    STATE = "State"
    COUNTERS = "Counters"
    PLAYBACK = "Playback"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagDefinition:
    """One point of a device.

    `low`..`high` is the scale (EURange), `normal_low`..`normal_high` the band where the value normally is.
    `precision` counts decimals. Limits that make no sense for the tag are None.
    """

    name: str
    display_name: str
    description: str
    unit: str
    group: Group
    low: float
    high: float
    normal_low: float
    normal_high: float
    precision: int
    lolo: float | None = None
    lo: float | None = None
    hi: float | None = None
    hihi: float | None = None
    writable: bool = False
    data_type: str = "Double"
    channel: str | None = None  # the recording's column, replay devices only
    novelty: bool = False  # the novelty detector looks at it, replay devices only
    initial: float = 0.0  # a setpoint's value at start

    @property
    def limits(self) -> dict[str, float]:
        """Return the limits that are set, lowest first."""
        pairs = (("lolo", self.lolo), ("lo", self.lo), ("hi", self.hi), ("hihi", self.hihi))
        return {name: value for name, value in pairs if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayDefinition:
    """Where a replay device's values come from and how they are played."""

    file: str  # relative to the recordings folder
    time_column: str
    delimiter: str = ";"
    speed: float = 1.0  # recorded seconds per simulated second, 0.1..100
    loop: bool = True
    gap_s: float = 5.0  # a longer hole in the recorded time makes the values Uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDefinition:
    """One device: name plate, place, tags, and the physics parameters of its family."""

    tag: str
    family: Family
    area: str
    line: str
    display_name: str
    manufacturer: str
    model: str
    serial: str
    tags: tuple[TagDefinition, ...]
    parameters: Mapping[str, float] = field(default_factory=dict)
    replay: ReplayDefinition | None = None
    running: bool = True  # what it does when the plant starts

    @property
    def setpoints(self) -> tuple[TagDefinition, ...]:
        """Return its setpoints in order."""
        return tuple(tag for tag in self.tags if tag.group is Group.SETPOINTS)

    @property
    def measurements(self) -> tuple[TagDefinition, ...]:
        """Return its measurements in order."""
        return tuple(tag for tag in self.tags if tag.group is Group.MEASUREMENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantDefinition:
    """A whole plant as its file describes it."""

    id: str
    name: str
    seed: int
    physics_hz: float
    publish_hz: float
    devices: tuple[DeviceDefinition, ...]
