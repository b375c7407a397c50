"""A small plant for the tests of the alarm core: descriptions, an engine, and values to feed it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np

import resources
from opcua_server.alarms import (
    AlarmDefinition,
    AlarmEngine,
    DeviceDescription,
    TagDescription,
    Transition,
    build_definitions,
    load_rules,
)

START = datetime(2026, 1, 5, 6, 0, 0, tzinfo=UTC)
GOOD = 0
BAD = 0x80310000
RULES = load_rules(resources.path("alarms", "rules.toml"))


def tag(name: str, unit: str, high: float, precision: int = 1, **limits: float) -> TagDescription:
    """Return a tag with a scale of 0..high; its display name is the name in words."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip().capitalize()
    return TagDescription(
        name=name, display_name=words, unit_symbol=unit, precision=precision, low=0.0, high=high, **limits
    )


PROC = DeviceDescription(
    tag="PROC-001",
    family="process_machine",
    tags=(
        tag("Temperature", "°C", 150.0, hihi=110.0),
        tag("Vibration", "m/s²", 20.0, 2),
        tag("Pressure", "bar", 150.0),
        tag("Power", "kW", 50.0, hi=40.0),
    ),
)
GEN = DeviceDescription(
    tag="GEN-001",
    family="generator",
    tags=(tag("Speed", "rpm", 2000.0, 0, hi=1600.0), tag("OilPressure", "bar", 10.0, 2, lo=2.5, lolo=2.0)),
)
CNC = DeviceDescription(
    tag="CNC-014",
    family="cnc",
    tags=(
        tag("SpindleTemperature", "°C", 120.0, hi=68.0, hihi=78.0),
        tag("GripperPressure", "bar", 10.0, lolo=4.0, lo=4.6, hi=8.0, hihi=9.0),
    ),
)
RIG = DeviceDescription(tag="RIG-001", family="replay", tags=(tag("Temperature", "°C", 150.0, 2),))
DEVICES = (PROC, GEN, CNC, RIG)

NORMAL = {
    ("PROC-001", "Temperature"): 65.0,
    ("PROC-001", "Vibration"): 2.0,
    ("PROC-001", "Pressure"): 60.0,
    ("PROC-001", "Power"): 20.0,
    ("GEN-001", "Speed"): 1500.0,
    ("GEN-001", "OilPressure"): 4.5,
    ("CNC-014", "SpindleTemperature"): 40.0,
    ("CNC-014", "GripperPressure"): 6.0,
    ("RIG-001", "Temperature"): 90.0,
}
COLUMNS = {point: index for index, point in enumerate(NORMAL)}


class Bench:
    """An engine with a plant of four devices, a clock that stands still until told, and values one can set."""

    def __init__(self, definitions: Iterable[AlarmDefinition] | None = None) -> None:
        self.definitions = (
            tuple(definitions) if definitions is not None else build_definitions(DEVICES, RULES)
        )
        self.engine = AlarmEngine(self.definitions, COLUMNS)
        self.values = np.array(list(NORMAL.values()))
        self.status = np.zeros(len(NORMAL), dtype=np.uint32)
        self.mono_s = 100.0

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.mono_s - 100.0)

    def put(self, device: str, name: str, value: float, status: int = GOOD) -> None:
        column = COLUMNS[device, name]
        self.values[column] = value
        self.status[column] = status

    def tick(self, seconds: float = 1.0) -> list[Transition]:
        self.mono_s += seconds
        return self.engine.tick(self.values, self.status, self.now, self.mono_s)

    def run(self, seconds: int) -> list[Transition]:
        return [transition for _ in range(seconds) for transition in self.tick()]

    def detect(self, key: str, active: bool = True, message: str = "Bearing is failing") -> list[Transition]:
        return self.engine.detect(key, active, message, ("Vibration 3.1 mm/s",), self.now, self.mono_s)

    def listed(self) -> set[str]:
        """Return the keys of the alarms that are in the list."""
        return {record.key for record in self.engine.retained()}


def normal_bench() -> Bench:
    """Return a bench whose first tick is over."""
    bench = Bench()
    assert bench.tick() == []
    return bench
