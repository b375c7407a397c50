"""Decide whether a command may be given."""

import math

from plant.entities import DeviceDefinition, Group, TagDefinition
from plant.errors import PlantError, Refusal


def setpoint_value(device: DeviceDefinition, name: str, value: object) -> tuple[TagDefinition, float]:
    """Return the setpoint of that name and the value as a number within its range.

    Raises:
        PlantError: The tag is unknown or read-only, the value no finite number, or outside the range.
    """
    tag = _writable_tag(device, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PlantError(Refusal.NOT_A_NUMBER, f"{device.tag} {name}: {value!r} is not a number")
    number = float(value)
    if not math.isfinite(number):
        raise PlantError(Refusal.NOT_A_NUMBER, f"{device.tag} {name}: {number} is not a finite number")
    if not tag.low <= number <= tag.high:
        bounds = f"{tag.low:g} to {tag.high:g} {tag.unit}"
        raise PlantError(Refusal.OUT_OF_RANGE, f"{device.tag} {name}: {number:g} is outside {bounds}")
    return tag, number


def _writable_tag(device: DeviceDefinition, name: str) -> TagDefinition:
    for tag in device.tags:
        if tag.name == name and tag.group is Group.SETPOINTS:
            return tag
    if any(tag.name == name for tag in device.tags):
        raise PlantError(Refusal.READ_ONLY, f"{device.tag} {name} is read-only")
    raise PlantError(Refusal.UNKNOWN_TAG, f"{device.tag} has no tag {name}")
