"""Say what the engine asks of a device family."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from plant.columns import MAX_ACTUATORS, Block, parameter
from plant.control.modes import RunningState
from plant.entities import DeviceDefinition, Family
from plant.faults import FaultMode
from plant.laws.first_order import Array
from plant.laws.utilities import Utilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Actuator:
    """One output of a machine's control, with its value in each state; `safe` is the value under emergency stop."""

    name: str
    stopped: float
    starting: float
    running: float
    stopping: float
    safe: float


def drive(name: str) -> Actuator:
    """Return the contact of a main drive: on while starting and running."""
    return Actuator(name=name, stopped=0.0, starting=1.0, running=1.0, stopping=0.0, safe=0.0)


def brake(name: str) -> Actuator:
    """Return a spring-set brake: released while the drive is on, and while it runs down by itself."""
    return Actuator(name=name, stopped=1.0, starting=0.0, running=0.0, stopping=0.0, safe=1.0)


def follows_drive(name: str) -> Actuator:
    """Return an output that is on with the drive and off without it."""
    return drive(name)


@dataclass(slots=True)
class StepContext:
    """What a family may look at during a step."""

    dt_s: float
    time_s: float
    utilities: Utilities
    rng: np.random.Generator
    moves: int = 0  # counts changes of state: actuators stay as they are while it does


class FamilyModel:
    """Physics of all devices of one family; subclasses say what differs from a plain motor-driven machine."""

    family: ClassVar[Family]
    stop_category: ClassVar[int] = 0  # IEC 60204-1: 0 removes power at once, 1 brakes under control first
    actuators: ClassVar[tuple[Actuator, ...]]
    faults: ClassVar[tuple[FaultMode, ...]]
    speed_follows_setpoint: ClassVar[bool] = False
    no_load: ClassVar[float] = 0.08  # shaft power at no load, per unit; assumption
    full_load: ClassVar[float] = 0.85  # what full load adds, per unit; assumption
    water_cooled: ClassVar[float] = 0.0  # of what cools the body, that the cooling water does; assumption
    runs_through: ClassVar[bool] = False  # has work at night and on weekends too
    water_kw: float = 0.0  # heat that the family gives to the cooling water beside what its drives do

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        self.block = block
        self.n = len(devices)
        self._parameters = {name: parameter(devices, name) for name in devices[0].parameters}

    @classmethod
    def actuator_table(cls) -> Array:
        """Return the value of each actuator in each state, shape (state, MAX_ACTUATORS)."""
        table = np.zeros((len(RunningState), MAX_ACTUATORS))
        for row, actuator in enumerate(cls.actuators):
            table[RunningState.STOPPED, row] = actuator.stopped
            table[RunningState.STARTING, row] = actuator.starting
            table[RunningState.RUNNING, row] = actuator.running
            table[RunningState.STOPPING, row] = actuator.stopping
            table[RunningState.EMERGENCY_STOPPED, row] = actuator.safe
        return table

    def turn(self, step: StepContext) -> None:
        """Change the main drive's speed, gain or drag where they are not those of a plain machine."""

    def demand(self, step: StepContext) -> None:
        """Change shaft power and process heat where they do not simply follow the load."""

    def forget_damage(self) -> None:
        """Put back what `degrade` sets."""
        b = self.block
        b.shaft_gain[:] = b.cooling[:] = 1.0
        b.drag[:] = b.heat_fault[:] = b.vibration_fault[:] = 0.0

    def conduct(self, step: StepContext) -> None:
        """Change current and electrical power where the machine is no motor."""

    def degrade(self) -> None:
        """Set shaft gain, drag, cooling, fault heat and fault vibration from the damage; called when it has changed."""

    def stress(self, step: StepContext) -> None:
        """Write how many times faster than at nominal work each mode uses up its life into `block.stress`.

        Called every few simulated seconds; modes that no load hastens stay at 1.
        """

    def measure(self, step: StepContext, out: Array) -> None:
        """Write the true value of each measurement, in the order of `FAMILY_TAGS`, shape (tag, device)."""
        raise NotImplementedError

    def begin(self) -> None:
        """Forget what the warm-up has counted; the clock starts now."""
