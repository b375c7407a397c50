"""The plant's columns as the detectors want them described."""

import numpy as np

from models.layout import Layout
from plant.definition import Group
from plant.engine import Engine


def layout_of(engine: Engine) -> Layout:
    """Return the layout of an engine's columns, in their order."""
    devices = engine.definition.devices
    index = {device.tag: position for position, device in enumerate(devices)}
    tags = engine.tags
    return Layout(
        devices=tuple(device.tag for device in devices),
        families=tuple(str(device.family) for device in devices),
        tag_device_index=np.array([index[column.device] for column in tags], dtype=np.int32),
        tag_group=tuple(str(Group(column.group)) for column in tags),
        tag_name=tuple(column.definition.name for column in tags),
        tag_unit=tuple(column.definition.unit for column in tags),
        normal_low=np.array([column.definition.normal_low for column in tags]),
        normal_high=np.array([column.definition.normal_high for column in tags]),
    )
