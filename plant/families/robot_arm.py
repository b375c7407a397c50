"""Model robot arms: joints with friction, a gripper on plant air."""

from plant.degradation.catalogue import ABRASION, GEAR, LEAK
from plant.entities import Family
from plant.families.base import Actuator, FamilyModel, StepContext, brake, drive
from plant.faults import FaultMode
from plant.laws.first_order import Array

_GEARBOX, _GRIPPER, _BRAKE = range(3)
_HOLDS = Actuator(name="GripperValve", stopped=1.0, starting=1.0, running=1.0, stopping=1.0, safe=1.0)


class RobotArm(FamilyModel):
    """Robot arms. Gear wear shows as friction and path error; the gripper holds its part under emergency stop."""

    family = Family.ROBOT_ARM
    stop_category = 1
    speed_follows_setpoint = True
    no_load, full_load = 0.15, 0.7
    actuators = (drive("AxisDrives"), brake("Brakes"), _HOLDS)
    faults = (
        FaultMode(
            name="gearbox_wear",
            law=GEAR,
            description="A joint gearbox wears: path error and current rise",
        ),
        FaultMode(name="gripper_leak", law=LEAK, description="The gripper loses air: its pressure falls"),
        FaultMode(
            name="brake_drag",
            law=ABRASION,
            description="A brake drags: the joint heats and takes more current",
        ),
    )

    def degrade(self) -> None:
        """Assumption: friction up to doubles with gear wear; a dragging brake heats more than it loads."""
        b, damage = self.block, self.block.damage
        b.shaft_gain[:] = 1.0 + 0.6 * damage[_GEARBOX] + 0.35 * damage[_BRAKE]
        b.heat_fault[:] = 0.3 * damage[_GEARBOX] + 1.8 * damage[_BRAKE]

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        error = self._parameters["following_error_mm"] * b.speed * (0.5 + 0.6 * b.load)
        out[0] = b.inner_degc
        out[1] = step.utilities.air_bar * self._parameters["air_share"] * (1.0 - 0.02 * b.load * b.speed)
        out[1] *= 1.0 - 0.6 * b.damage[_GRIPPER]
        out[2] = error * (1.0 + 9.0 * b.damage[_GEARBOX])
        out[3] = b.current_a
        out[4] = b.power_kw
