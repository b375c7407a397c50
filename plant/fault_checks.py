"""Refuse faults that cannot be: each refusal names the key, the value and the bound."""

import math
from collections.abc import Sequence

from plant.entities import DeviceDefinition, Group, TagDefinition
from plant.errors import PlantError, Refusal
from plant.families.registry import faults_of
from plant.faults import FaultKind, FaultMode
from plant.laws.utilities import UTILITY_TAGS
from plant.sensor_modes import UTILITY_SENSOR_FAULTS, WHOLE_DEVICE
from plant.utility_faults import UTILITIES, UTILITY_FAULTS

LONGEST_S = 1e9
# What an instrument reads; states and setpoints are the control's own, and no sensor can spoil them.
_MEASURED = (Group.MEASUREMENTS, Group.COUNTERS)
_MEASURED_STATE = ("Load",)


def find_mode(device: DeviceDefinition, fault: str) -> tuple[FaultMode, int, str]:
    """Return the mode that `fault` or `fault/Tag` names, its row among the device's modes, and the tag ("" for none).

    Raises:
        PlantError: The device cannot have the fault, or has no such tag.
    """
    name, slash, tag = fault.partition("/")
    modes = faults_of(device.family)
    row = next((row for row, mode in enumerate(modes) if mode.name == name), None)
    if row is None:
        known = ", ".join(mode.name for mode in modes)
        raise PlantError(Refusal.UNKNOWN_FAULT, f"{device.tag} has no fault {name!r}; it can have {known}")
    mode = modes[row]
    if slash and mode.kind is FaultKind.MACHINE:
        raise PlantError(
            Refusal.UNKNOWN_TAG, f"{device.tag}: {name} is a fault of the machine, not of a tag {tag!r}"
        )
    if slash or (mode.kind is not FaultKind.MACHINE and name not in WHOLE_DEVICE):
        tag = _measured(device, tag if slash else device.measurements[0].name).name
    return mode, row, tag


def find_utility_mode(fault: str) -> tuple[FaultMode, str]:
    """Return what the utilities can lack, or what can be wrong with their instruments, and with which ("" for none).

    Raises:
        PlantError: There is no such fault, or no such tag.
    """
    name, slash, tag = fault.partition("/")
    modes = (*UTILITY_FAULTS, *UTILITY_SENSOR_FAULTS)
    mode = next((each for each in modes if each.name == name), None)
    if mode is None:
        known = ", ".join(each.name for each in modes)
        raise PlantError(Refusal.UNKNOWN_FAULT, f"{UTILITIES} have no fault {fault!r}; they can have {known}")
    if mode.kind is FaultKind.UTILITY:
        if slash:
            raise PlantError(Refusal.UNKNOWN_TAG, f"{UTILITIES}: {name} is no fault of a tag {tag!r}")
        return mode, ""
    tags = [each.name for each in UTILITY_TAGS]
    tag = tag if slash else tags[0]
    if tag not in tags:
        raise PlantError(
            Refusal.UNKNOWN_TAG, f"{UTILITIES} have no measured tag {tag!r}; they have {', '.join(tags)}"
        )
    return mode, tag


def measured_tags(device: DeviceDefinition) -> tuple[TagDefinition, ...]:
    """Return the tags that an instrument reads."""
    return tuple(
        tag
        for tag in device.tags
        if tag.group in _MEASURED or (tag.group is Group.STATE and tag.name in _MEASURED_STATE)
    )


def check_numbers(device: str, severity: float, onset_s: float, life_s: float | None) -> None:
    """Refuse a severity outside 0..1, an onset in the past, a life that is too short, and whatever is no number.

    Raises:
        PlantError: One of them is so.
    """
    check_bounds(
        device,
        (
            ("severity", severity, 0.0, 1.0),
            ("onset_s", onset_s, 0.0, LONGEST_S),
            ("life_s", 1.0 if life_s is None else life_s, 0.1, LONGEST_S),
        ),
    )


def check_bounds(owner: str, numbers: Sequence[tuple[str, float, float, float]]) -> None:
    """Refuse (name, value, low, high) where the value is outside.

    Raises:
        PlantError: One is.
    """
    for name, value, low, high in numbers:
        if not math.isfinite(value):
            raise PlantError(Refusal.NOT_A_NUMBER, f"{owner} {name}: {value} is not a finite number")
        if not low <= value <= high:
            raise PlantError(
                Refusal.OUT_OF_RANGE, f"{owner} {name}: {value:g} is outside {low:g} to {high:g}"
            )


def _measured(device: DeviceDefinition, name: str) -> TagDefinition:
    tags = measured_tags(device)
    for tag in tags:
        if tag.name == name:
            return tag
    known = ", ".join(tag.name for tag in tags)
    raise PlantError(Refusal.UNKNOWN_TAG, f"{device.tag} has no measured tag {name!r}; it has {known}")
