"""Load a plant from its TOML file."""

from dataclasses import replace
from pathlib import Path

from plant.entities import (
    DeviceDefinition,
    Family,
    Group,
    PlantDefinition,
    ReplayDefinition,
    TagDefinition,
)
from plant.errors import DefinitionError
from plant.parsing import parse_plant
from plant.toml_reader import read_toml

__all__ = [
    "DefinitionError",
    "DeviceDefinition",
    "Family",
    "Group",
    "PlantDefinition",
    "ReplayDefinition",
    "TagDefinition",
    "load_plant",
    "merge_plants",
]


def load_plant(path: Path | str) -> PlantDefinition:
    """Return the plant that a TOML file describes.

    Raises:
        DefinitionError: One sentence with file, key, value and bound.
    """
    return parse_plant(read_toml(Path(path)))


def merge_plants(base: PlantDefinition, added: PlantDefinition) -> PlantDefinition:
    """Return `base` with the devices of `added` behind its own.

    Raises:
        DefinitionError: Both plants hold a device of the same tag.
    """
    taken = {device.tag for device in base.devices}
    for device in added.devices:
        if device.tag in taken:
            raise DefinitionError(
                f"{added.id}: devices: {device.tag}: plant {base.id} has this device already"
            )
    return replace(base, devices=base.devices + added.devices)
