"""Model conveyors: a drum that pulls a tensioned belt."""

from collections.abc import Sequence

import numpy as np

from plant.columns import Block
from plant.degradation.abrasion import ABRASION, sliding_stress
from plant.degradation.bearing import BEARING, bearing_stress
from plant.degradation.crack import CRACK, cycle_stress
from plant.entities import DeviceDefinition, Family
from plant.families.base import Actuator, FamilyModel, StepContext, brake, drive
from plant.faults import FaultMode
from plant.laws import belt
from plant.laws.first_order import Array
from plant.laws.motor import slip
from plant.number import ONE, number

_SLIP, _IDLER, _TRACK = range(3)
_HOLDS = Actuator(name="TensionerValve", stopped=1.0, starting=1.0, running=1.0, stopping=1.0, safe=1.0)
_FRICTION = 0.025
_EFFICIENCY = 0.92
_WRAP_RAD = 3.5
_GRIP_DRY, _GRIP_OILY = 0.35, 0.15
_TENSION_N_BAR = 240.0
_HALL_POWER = number(float(belt.sound_power(46.0)))
_WORK_LOAD = 0.62
_OFFSET_MM, _WEAVE_MM, _LOST_TRACK_MM = 4.0, 1.0, 55.0
_MOTOR_SHARE, _UNLOADED = number(_EFFICIENCY), number(1.02)
_RAD_PER_TURN, _WEAVE = number(2.0 * np.pi), number(_WEAVE_MM)


class Conveyor(FamilyModel):
    """Conveyors: shaft power P = F v / 0.92, F = f L g (2 m_b + m_r + m_load) + m_load g H, load m_load = u m_full.

    The drum grips up to T2 (exp(mu theta) - 1), T2 = 240 N per bar of the tensioner; beyond it the belt slips, and the power
    F v s stays in the drum. Signatures: lost tension and a glazed lagging slow the belt and heat the drum, under load first;
    seized idlers raise the pull (f x (1 + d)) and the sound (+8 dB); a mistracking belt wanders off and scrubs a little.

    Source: pull, grip and slip as named in `plant.laws.belt`. Assumption: f 0.025, drum
    wrap 3.5 rad, tension falling by 55 % and mu from 0.35 to 0.15, a belt that runs off by 55 mm with f x (1 + 0.3 d),
    weaving by 1 mm with each turn.
    """

    family = Family.CONVEYOR
    speed_follows_setpoint = True
    actuators = (drive("BeltDrive"), brake("BeltBrake"), _HOLDS)
    faults = (
        FaultMode(
            name="belt_slip",
            law=ABRASION,
            description="The belt loses tension and slips: the drum heats",
        ),
        FaultMode(
            name="idler_seizure", law=BEARING, description="Idlers seize: current, pull and sound rise"
        ),
        FaultMode(
            name="mistracking",
            law=CRACK,
            description="The belt runs off its middle and scrubs along the frame",
        ),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        p = self._parameters
        self._pu_per_n = p["nominal_speed"] / (_EFFICIENCY * 1000.0 * p["rated_kw"])
        one, none = np.ones(self.n), np.zeros(self.n)
        sizes = (p["belt_length_m"], p["belt_kg_m"], p["idler_kg_m"])
        self._empty_n = belt.primary_resistance_n(one, *sizes, none)  # per unit of friction factor
        self._rolling_n = belt.primary_resistance_n(one, *sizes, p["load_kg_m"]) - self._empty_n
        self._lift_n = belt.gradient_resistance_n(p["load_kg_m"], p["lift_m"])
        self._friction = np.full(self.n, _FRICTION)
        self._grip_per_bar = np.zeros(self.n)
        self._tension = np.ones(self.n)
        self._sound = np.zeros(self.n)
        self._slip = np.zeros(self.n)
        self._pull_n = self._empty_n * _FRICTION
        self._dt_s, self._turns_per_speed = -1.0, p["belt_length_m"]
        self._air_bar = p["tension_bar"]
        self._off_mm: Array = np.full(self.n, _OFFSET_MM)
        self._turns = np.arange(self.n) * 0.6180339887  # of the belt
        self.degrade()

    def degrade(self) -> None:
        """Turn damage into friction, tension, grip and sound."""
        b, damage = self.block, self.block.damage
        self._friction[:] = _FRICTION * (1.0 + damage[_IDLER]) * (1.0 + 0.3 * damage[_TRACK])
        self._tension[:] = 1.0 - 0.55 * damage[_SLIP]
        lagging = _GRIP_DRY - (_GRIP_DRY - _GRIP_OILY) * damage[_SLIP]
        self._grip_per_bar[:] = belt.grip_n(_TENSION_N_BAR * self._tension, lagging, _WRAP_RAD)
        self._sound[:] = belt.sound_power(self._parameters["sound_db"] + 8.0 * damage[_IDLER])
        b.vibration_fault[:] = (2.0 * damage[_IDLER]) ** 2
        self._off_mm = _OFFSET_MM + _LOST_TRACK_MM * damage[_TRACK]

    def demand(self, step: StepContext) -> None:
        """Shaft power is pull times speed; what slips stays in the drum."""
        b = self.block
        pull = self._friction * (self._empty_n + self._rolling_n * b.load)
        pull += self._lift_n * b.load
        self._air_bar = self._parameters["tension_bar"] * (step.utilities.air_bar / 6.0)
        grip = self._grip_per_bar * self._air_bar
        self._slip = belt.slip_share(pull, grip, b.load)
        self._pull_n = np.minimum(pull, grip)
        np.multiply(self._pull_n * self._pu_per_n, b.speed, b.shaft)
        np.multiply(b.shaft, self._slip * _MOTOR_SHARE, b.friction)

    def stress(self, step: StepContext) -> None:
        """Pull and speed wear lagging and belt, slip far more; load ages idlers and frame."""
        b = self.block
        pull = self._pull_n / (
            self._friction * (self._empty_n + self._rolling_n * _WORK_LOAD) + self._lift_n * _WORK_LOAD
        )
        b.stress[_SLIP] = sliding_stress(pull, b.speed * (1.0 + 10.0 * self._slip))
        b.stress[_IDLER] = bearing_stress(b.speed, b.load, _WORK_LOAD)
        b.stress[_TRACK] = cycle_stress(b.speed, 0.5 + 0.5 * pull)

    def measure(self, step: StepContext, out: Array) -> None:
        b, p = self.block, self._parameters
        out[0] = b.inner_degc
        if step.dt_s != self._dt_s:
            self._dt_s, self._turns_per_speed = step.dt_s, 0.5 * step.dt_s / p["belt_length_m"]
        np.multiply(self._tension, self._air_bar, out[1])
        belt_speed = b.speed * (ONE - self._slip)
        belt_speed *= _UNLOADED - slip(b.shaft, step.utilities.voltage_pu)
        np.multiply(belt_speed, p["nominal_speed"], out[2])
        self._turns += out[2] * self._turns_per_speed
        out[3] = b.current_a
        out[4] = b.power_kw
        weave = np.sin(self._turns * _RAD_PER_TURN)
        weave *= _WEAVE
        np.add(weave, self._off_mm, out[5])
        out[6] = belt.sound_db(self._sound, b.speed, _HALL_POWER)
