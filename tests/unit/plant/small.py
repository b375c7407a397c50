"""Small plants cut out of the shipped one."""

from dataclasses import replace

import resources
from plant.definition import DeviceDefinition, Family, PlantDefinition, load_plant
from plant.engine import Engine

FACTORY = load_plant(resources.path("plants", "factory.toml"))


def first_of(family: Family) -> DeviceDefinition:
    return next(device for device in FACTORY.devices if device.family is family)


def small_plant(*families: Family, copies: int = 1) -> PlantDefinition:
    """Return the factory with `copies` running machines of each family, all families by default."""
    devices = [
        replace(first_of(family), tag=f"{first_of(family).tag[:-3]}{number:03}", running=True)
        for family in families or [family for family in Family if family is not Family.REPLAY]
        for number in range(1, copies + 1)
    ]
    return replace(FACTORY, devices=tuple(devices))


def small_engine(*families: Family, copies: int = 1, seed: int = 1) -> Engine:
    return Engine(small_plant(*families, copies=copies), seed=seed)


def value(engine: Engine, device: str, name: str) -> float:
    return float(engine.values[column(engine, device, name)])


def status(engine: Engine, device: str, name: str) -> int:
    return int(engine.status[column(engine, device, name)])


def column(engine: Engine, device: str, name: str) -> int:
    return next(tag.index for tag in engine.tags if (tag.device, tag.definition.name) == (device, name))


def run(engine: Engine, seconds: float, dt_s: float = 1.0) -> None:
    for _ in range(round(seconds / dt_s)):
        engine.step(dt_s)
