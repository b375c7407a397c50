"""Model robot arms: joints with friction, a gripper on plant air."""

from collections.abc import Sequence

import numpy as np

from plant.columns import Block
from plant.degradation.abrasion import ABRASION, GEAR, gear_stress, sliding_stress
from plant.degradation.chance import BATTERY
from plant.degradation.leak import LEAK, seal_stress
from plant.entities import DeviceDefinition, Family
from plant.families.base import Actuator, FamilyModel, StepContext, brake, drive
from plant.faults import FaultMode
from plant.laws.first_order import Array, Lag
from plant.laws.joint import backlash_error_mm, warm_friction
from plant.number import ONE, number

_GEARBOX, _GRIPPER, _BRAKE, _BATTERY = range(4)
_HOLDS = Actuator(name="GripperValve", stopped=1.0, starting=1.0, running=1.0, stopping=1.0, safe=1.0)
_WORK_LOAD, _WORK_SPEED = 0.62, 1.0
_COULOMB, _VISCOUS = 0.1, number(0.04)
_STANDING, _WORKING, _AIR_USED, _PLAYS = number(0.5), number(0.6), number(0.02), number(4.0)
_REACH_MM = 700.0
_PLAY_ARCMIN, _WORN_PLAY_ARCMIN = 0.5, 5.0
_GRIP_LOST_AT = 0.75
_JUMPS_PER_S, _JUMP_MM, _JUMP_TAU_S = 1.0 / 40.0, 0.35, 4.0


class RobotArm(FamilyModel):
    """Robot arms: shaft power P = n (0.08 + 0.55 u + F_c + F_v n) P_r over all joints, friction staying in them as heat.

    The mean over a motion of tau = (J + J_load) a + m g l cos q + F_v w + F_c sign(w), torque of each joint: inertia times
    acceleration and gravity go with the load u, F_v = 0.04 is viscous and F_c = 0.1 g (1 + d) Coulomb friction, g falling by
    30 % as the grease warms, d gear wear. Motor current is tau / (k_t N eta), which the drive's power gives.
    Path error is p n (0.5 + 0.6 u) plus half the backlash (0.5 arcmin when new, 5 when worn) times 0.7 m. Signatures: gear wear in path error and current; a gripper leak in its air, and in lost
    parts (load falls) once three quarters gone; a dragging brake in current and heat without path error; a flat
    encoder battery in jumps of path error without current.

    Source: J. J. Craig, Introduction to Robotics, manipulator dynamics (torque with viscous and Coulomb friction); its fall
    with warmth as named in `plant.laws.joint`; backlash in the range of strain wave and
    cycloidal gears. Assumption: friction of 10 % of rated torque within the 5 to 15 % of robot gears, a brake that drags
    with 25 % of rated power at worst, jumps of 0.35 mm every 40 s at worst, corrected within 4 s.
    """

    family = Family.ROBOT_ARM
    stop_category = 1
    speed_follows_setpoint = True
    no_load, full_load = 0.08, 0.55
    actuators = (drive("AxisDrives"), brake("Brakes"), _HOLDS)
    faults = (
        FaultMode(
            name="gearbox_wear",
            law=GEAR,
            description="A joint gearbox wears: path error and current rise",
        ),
        FaultMode(
            name="gripper_leak", law=LEAK, description="The gripper loses air: its pressure falls, parts drop"
        ),
        FaultMode(
            name="brake_drag",
            law=ABRASION,
            description="A brake drags: the joint heats and takes more current",
        ),
        FaultMode(
            name="encoder_battery",
            law=BATTERY,
            description="An encoder's battery runs flat: the path jumps now and then",
        ),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        self._coulomb = np.full(self.n, _COULOMB)
        self._brake = np.zeros(self.n)
        self._play_mm = np.zeros(self.n)
        self._air = np.ones(self.n)
        self._jump_mm = np.zeros(self.n)
        self._jump_lag = Lag(_JUMP_TAU_S)
        self._is_flat = False

    def degrade(self) -> None:
        """Turn damage into friction, play, lost parts and lost counts."""
        b, damage = self.block, self.block.damage
        self._coulomb[:] = _COULOMB * (1.0 + damage[_GEARBOX])
        self._brake[:] = 0.25 * damage[_BRAKE]
        self._play_mm[:] = backlash_error_mm((_WORN_PLAY_ARCMIN - _PLAY_ARCMIN) * damage[_GEARBOX], _REACH_MM)
        self._air[:] = 1.0 - 0.6 * damage[_GRIPPER]
        dropped = np.minimum(np.maximum((damage[_GRIPPER] - _GRIP_LOST_AT) * 10.0, 0.0), 1.0)
        b.shaft_gain[:] = 1.0 - 0.4 * dropped
        self._is_flat = bool((damage[_BATTERY] > 0.01).any() or self._jump_mm.any())

    def turn(self, step: StepContext) -> None:
        """Friction of the joints: F_c, falling as they warm, plus F_v n and a dragging brake."""
        b = self.block
        drag = self._coulomb * warm_friction(b.outer_degc)
        drag += b.speed * _VISCOUS
        np.add(drag, self._brake, b.drag)

    def stress(self, step: StepContext) -> None:
        """Speed and torque age the gears, air and warmth the gripper, speed the brake's lining."""
        b = self.block
        torque = (0.5 + b.load * b.shaft_gain) / (0.5 + _WORK_LOAD)
        b.stress[_GEARBOX] = gear_stress(b.speed, torque)
        b.stress[_GRIPPER] = seal_stress(step.utilities.air_bar / 6.0, step.utilities.ambient_degc, 22.0)
        b.stress[_BRAKE] = sliding_stress(1.0 + self._brake, b.speed)

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        work = b.load * b.speed
        out[0] = b.inner_degc
        air = ONE - _AIR_USED * work
        air *= self._air
        np.multiply(air, step.utilities.air_bar * self._parameters["air_share"], out[1])
        path_mm = _STANDING * b.speed
        path_mm += _WORKING * work
        path_mm *= self._parameters["following_error_mm"]
        path_mm += self._play_mm * np.minimum(b.speed * _PLAYS, ONE)
        out[2] = path_mm
        if self._is_flat:
            self._jump(step)
            out[2] += self._jump_mm
        out[3] = b.current_a
        out[4] = b.power_kw

    def _jump(self, step: StepContext) -> None:
        """Let the encoder lose counts at random moments; the control takes each error back within seconds."""
        b = self.block
        rate = b.damage[_BATTERY] * (_JUMPS_PER_S * step.dt_s) * (b.speed > 0.05)
        lost = step.rng.poisson(rate)
        age_s = step.rng.uniform(0.0, step.dt_s, self.n)  # when within the step it happened
        self._jump_mm *= 1.0 - self._jump_lag.share(step.dt_s)
        self._jump_mm += _JUMP_MM * lost * np.exp(-age_s / _JUMP_TAU_S)
        self._jump_mm[self._jump_mm < 1e-4] = 0.0
