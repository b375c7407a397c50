"""Keep what calibration has found of one device, and apply it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from plant.columns import TagColumn
from plant.entities import DeviceDefinition
from plant.laws.first_order import Array
from plant.twin.band import Band


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFit:
    """How well the twin follows one tag of one device.

    measured = gain * model + offset + residual. `r2` is the share of the tag's variance that the model explains, below
    zero where a constant would do better; `noise` the standard deviation that the instrument's data sheet gives.
    """

    gain: float
    offset: float  # in the tag's unit
    r2: float
    residual_std: float  # in the tag's unit
    noise: float
    level: float  # mean distance from rest, in the tag's unit
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFit:
    """What calibration has found of one device.

    `parameters` are factors on the name plate's physics parameters.
    """

    device: str
    family: str
    samples: int
    seconds: float
    parameters: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, TagFit] = field(default_factory=dict)


def applied(device: DeviceDefinition, fit: DeviceFit | None) -> DeviceDefinition:
    """Return the device with the parameters that were found for it."""
    if fit is None:
        return device
    found = {name: value * fit.parameters.get(name, 1.0) for name, value in device.parameters.items()}
    return replace(device, parameters=found)


def corrections(fits: Mapping[str, DeviceFit], tags: Sequence[TagColumn], band: Band) -> tuple[Array, Array]:
    """Return gain and offset of each tag, and let the band have the scatter that was found."""
    gain, offset = np.ones(len(tags)), np.zeros(len(tags))
    for row, tag in enumerate(tags):
        fit = fits[tag.device].tags.get(tag.definition.name) if tag.device in fits else None
        if fit is None:
            continue
        gain[row], offset[row] = fit.gain, fit.offset
        band.calibrate(row, max(fit.residual_std**2 - fit.noise**2, 0.0) ** 0.5, fit.level)
    return gain, offset
