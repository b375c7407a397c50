"""What the twin may know of each machine: its mode, its load, its setpoint, and the plant's utilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plant.columns import TagColumn
from plant.control.modes import RunningState
from plant.entities import DeviceDefinition, Family, Group
from plant.laws.first_order import Array

BAD = np.uint32(0x80000000)  # the severity bit of a status code, OPC 10000-4, 7.39.1
_PERCENT = 100.0


@dataclass(slots=True, kw_only=True)
class Inputs:
    """One moment's commands and surroundings; arrays have one entry per machine."""

    mode: NDArray[np.int8]
    load: Array  # 0..1
    setpoint: Array  # in the setpoint's unit
    utilities: Array  # in the order and units of `UTILITY_TAGS`

    def repeated(self, times: int) -> "Inputs":
        """Return the same for so many copies of all machines, one copy after the other."""
        return Inputs(
            mode=np.tile(self.mode, times),
            load=np.tile(self.load, times),
            setpoint=np.tile(self.setpoint, times),
            utilities=self.utilities,
        )


class InputColumns:
    """Where the inputs stand among the plant's tags."""

    def __init__(self, devices: Sequence[DeviceDefinition], tags: Sequence[TagColumn]) -> None:
        """Find the columns of `devices`, which are machines, in the order of the inputs."""
        at = {(tag.device, tag.group, tag.definition.name): tag.index for tag in tags}
        state, setpoints = Group.STATE.value, Group.SETPOINTS.value
        self._mode = np.array([at[d.tag, state, "RunningState"] for d in devices], dtype=np.intp)
        self._load = np.array([at[d.tag, state, "Load"] for d in devices], dtype=np.intp)
        first = [at[d.tag, setpoints, d.setpoints[0].name] if d.setpoints else -1 for d in devices]
        self._setpoint = np.array(first, dtype=np.intp)
        self._has_setpoint = self._setpoint >= 0

    def read(self, values: Array, utilities: Array, last: Inputs | None) -> Inputs:
        """Return what the tags say; of machines that cannot be reached, what they said last."""
        mode = values[self._mode].astype(np.int8)
        load = values[self._load] / _PERCENT
        setpoint = np.where(self._has_setpoint, values[self._setpoint], 0.0)
        away = mode == RunningState.OFFLINE
        if away.any():
            mode[away] = RunningState.STOPPED if last is None else last.mode[away]
            load[away] = 0.0 if last is None else last.load[away]
            if last is not None:
                setpoint[away] = last.setpoint[away]
        return Inputs(mode=mode, load=load, setpoint=setpoint, utilities=utilities)


def machines_of(devices: Sequence[DeviceDefinition]) -> tuple[DeviceDefinition, ...]:
    """Return the devices that have a twin: all but recordings."""
    return tuple(device for device in devices if device.family is not Family.REPLAY)
