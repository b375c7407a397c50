"""Model conveyors: a drum that pulls a tensioned belt."""

from plant.degradation.catalogue import ABRASION, BEARING
from plant.entities import Family
from plant.families.base import Actuator, FamilyModel, StepContext, brake, drive
from plant.faults import FaultMode
from plant.laws.first_order import Array

_SLIP, _IDLER = range(2)
_CREEP = 0.005  # assumption: elastic creep of a healthy belt
_HOLDS = Actuator(name="TensionerValve", stopped=1.0, starting=1.0, running=1.0, stopping=1.0, safe=1.0)


class Conveyor(FamilyModel):
    """Conveyors. Lost tension lets the belt slip, and slip heats the drum."""

    family = Family.CONVEYOR
    speed_follows_setpoint = True
    no_load, full_load = 0.2, 0.7
    actuators = (drive("BeltDrive"), brake("BeltBrake"), _HOLDS)
    faults = (
        FaultMode(
            name="belt_slip", law=ABRASION, description="The belt loses tension and slips: the drum heats"
        ),
        FaultMode(
            name="idler_seizure", law=BEARING, description="Idlers seize: current and drum temperature rise"
        ),
    )

    def degrade(self) -> None:
        """Assumption: seized idlers nearly double the pull; slip power stays in the drum."""
        b, damage = self.block, self.block.damage
        b.shaft_gain[:] = 1.0 + 0.8 * damage[_IDLER] - 0.15 * damage[_SLIP]
        b.heat_fault[:] = 1.8 * damage[_SLIP] + 1.0 * damage[_IDLER]
        b.vibration_fault[:] = (2.0 * damage[_IDLER]) ** 2

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        out[0] = b.inner_degc
        out[1] = (
            self._parameters["tension_bar"] * (step.utilities.air_bar / 6.0) * (1.0 - 0.55 * b.damage[_SLIP])
        )
        out[2] = (
            b.speed
            * self._parameters["nominal_speed"]
            * (1.0 - _CREEP * (1.0 + b.load) - 0.3 * b.damage[_SLIP])
        )
        out[3] = b.current_a
        out[4] = b.power_kw
