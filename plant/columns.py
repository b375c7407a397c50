"""Hold the state of all machines as numpy columns, grouped by family."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plant.control.modes import RunningState
from plant.entities import DeviceDefinition, TagDefinition
from plant.laws.first_order import Array

MAX_ACTUATORS = 4
MAX_FAULTS = 4
DRIVE = 0  # row of the actuator that feeds the main drive, in every family


@dataclass(frozen=True, slots=True, kw_only=True)
class TagColumn:
    """One column of the engine's arrays."""

    index: int
    device: str
    group: str
    definition: TagDefinition


class Columns:
    """State of n machines; every array is changed in place, so that views of it stay valid.

    `load` is the work asked for (0..1), `speed` the main drive's speed over its nominal one, `shaft` its power over
    rated power, `friction` the part of it that rubs inside the machine. `inner_degc` and `outer_degc` are the two thermal
    nodes. `shaft_gain` (on the work), `drag` (rubbing share of rated power at nominal speed), `cooling` (conductance to
    the surroundings over its nominal one), `heat_fault` and `vibration_fault` are what damage changes. Rows of `actuators`, `damage` and `stress` are the family's own lists; `stress` says how many
    times faster than at nominal work a mode uses up its life.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.mode: NDArray[np.int8] = np.full(n, RunningState.STOPPED, dtype=np.int8)
        self.since_s: Array = np.zeros(n)
        self.load: Array = np.zeros(n)
        self.setpoint: Array = np.zeros(n)
        self.actuators: Array = np.zeros((MAX_ACTUATORS, n))
        self.damage: Array = np.zeros((MAX_FAULTS, n))
        self.stress: Array = np.ones((MAX_FAULTS, n))
        self.speed: Array = np.zeros(n)
        self.shaft: Array = np.zeros(n)
        self.current_pu: Array = np.zeros(n)
        self.power_kw: Array = np.zeros(n)
        self.current_a: Array = np.zeros(n)
        self.inner_degc: Array = np.full(n, 22.0)
        self.outer_degc: Array = np.full(n, 22.0)
        self.vibration: Array = np.zeros(n)
        self.heat_process: Array = np.zeros(n)
        self.shaft_gain: Array = np.ones(n)
        self.friction: Array = np.zeros(n)
        self.drag: Array = np.zeros(n)
        self.cooling: Array = np.ones(n)
        self.heat_fault: Array = np.zeros(n)
        self.vibration_fault: Array = np.zeros(n)

    def block(self, part: slice) -> "Block":
        """Return views on the machines of one family."""
        views = {
            name: value[..., part] for name, value in vars(self).items() if isinstance(value, np.ndarray)
        }
        return Block(**views)


@dataclass(slots=True, kw_only=True)
class Block:
    """Views on one family's share of the columns."""

    mode: NDArray[np.int8]
    since_s: Array
    load: Array
    setpoint: Array
    actuators: Array
    damage: Array
    stress: Array
    speed: Array
    shaft: Array
    current_pu: Array
    power_kw: Array
    current_a: Array
    inner_degc: Array
    outer_degc: Array
    vibration: Array
    heat_process: Array
    shaft_gain: Array
    friction: Array
    drag: Array
    cooling: Array
    heat_fault: Array
    vibration_fault: Array


def parameter(devices: Sequence[DeviceDefinition], name: str) -> Array:
    """Return one physics parameter of each device."""
    return np.array([device.parameters[name] for device in devices], dtype=np.float64)
