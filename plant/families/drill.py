"""Model drills: a spindle with coolant fed through the tool."""

from collections.abc import Sequence

import numpy as np

from plant.columns import Block
from plant.degradation.bearing import BEARING, bearing_stress
from plant.degradation.crack import BREAKAGE, cycle_stress
from plant.degradation.fouling import FOULING, fouling_stress
from plant.degradation.tool import STEEL_N, TOOL, tool_stress
from plant.entities import DeviceDefinition, Family
from plant.families.base import FamilyModel, StepContext, brake, drive, follows_drive
from plant.faults import FaultMode
from plant.laws.cutting import torque_nm, worn_force
from plant.laws.first_order import Array
from plant.laws.vibration import bearing_share, kurtosis, unbalance_mm_s
from plant.resting_lag import RestingLag

_BIT, _CHIPS, _BEARING, _BREAK = range(4)
_COOLANT_ROW = 2
_COOLANT_TAU_S = 0.8
_WORK_LOAD = 0.62
_HOLE_S = 14.0
_BROKEN_UM, _MOUNT = 10.0, 0.8
_CLEAN = 0.05  # damage below which clogging is not worth working out


def mean_depth(time_s: float, dt_s: float, phase: Array) -> Array:
    """Return the mean depth 0..1 in the hole over the step that ends at `time_s`, each hole a ramp of 14 s.

    The mean of the saw-tooth over the step is exact for any dt: (F(x1) - F(x0)) / (x1 - x0) with F(x) = (n + r^2) / 2 of
    x = n + r holes. Assumption: feed is steady and a hole takes 14 s.
    """
    end = time_s / _HOLE_S + phase
    start = end - dt_s / _HOLE_S
    whole_end, whole_start = np.floor(end), np.floor(start)
    left, right = start - whole_start, end - whole_end
    area = 0.5 * (whole_end - whole_start + right * right - left * left)
    found: Array = area * (_HOLE_S / dt_s)
    return found


class Drill(FamilyModel):
    """Drills: shaft power P = n (0.08 + 0.85 u k) P_r, k force of a worn bit and of packed chips.

    Packed chips rub the harder the deeper the hole and hold back the coolant. Signatures: a worn bit takes power and shakes;
    clogging raises coolant pressure, and torque as a saw-tooth over depth; a bearing rubs, shakes and knocks (kurtosis); a
    broken bit is a step to no load, a step in unbalance and a fall of coolant pressure.

    Source: laws of cutting and bearings as named in their functions. Assumption: full clogging raises torque by 1.1 at the
    bottom of the hole (0.55 on average) and coolant pressure by 0.95; a third of the extra torque heats the spindle;
    a broken bit shifts the centre of mass by 10 um (mount gain 0.8) and lets 30 % of the coolant pressure go.
    """

    family = Family.DRILL
    stop_category = 1
    speed_follows_setpoint = True
    water_cooled = 0.2
    actuators = (drive("SpindleDrive"), brake("SpindleBrake"), follows_drive("CoolantPump"))
    faults = (
        FaultMode(name="bit_wear", law=TOOL, description="The drill bit wears: load and vibration rise"),
        FaultMode(
            name="chip_clogging",
            law=FOULING,
            description="Chips clog the bore: coolant pressure and torque rise",
        ),
        FaultMode(
            name="spindle_bearing_wear",
            law=BEARING,
            description="The spindle bearing wears: vibration and heat rise",
        ),
        FaultMode(
            name="bit_breakage",
            law=BREAKAGE,
            description="The drill bit breaks: load falls to that of an idle spindle",
        ),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        self._coolant = block.actuators[_COOLANT_ROW].copy()
        self._coolant_lag = RestingLag(_COOLANT_TAU_S)
        self._phase = np.arange(self.n, dtype=np.float64) * 0.6180339887
        self._cut = np.ones(self.n)
        self._rub = np.zeros(self.n)
        self._knock = np.full(self.n, 3.0)
        self._feed = np.ones(self.n)  # coolant pressure over nominal
        self._is_clogged = False
        p = self._parameters
        omega = p["nominal_speed"] * (2.0 * np.pi / 60.0)
        self._unbalance = (unbalance_mm_s(_BROKEN_UM, omega, _MOUNT) / p["vibration_mm_s"]) ** 2

    def degrade(self) -> None:
        """Turn damage into force, friction and vibration."""
        b, damage = self.block, self.block.damage
        broken = damage[_BREAK] > 0.5
        self._cut[:] = np.where(broken, 0.0, worn_force(damage[_BIT]))
        b.shaft_gain[:] = self._cut
        self._rub[:] = 0.1 * damage[_BEARING]
        b.drag[:] = self._rub
        bearing = 0.45 * bearing_share(damage[_BEARING])
        b.vibration_fault[:] = (
            bearing * bearing + (2.0 * damage[_BIT]) ** 2 + np.where(broken, self._unbalance, 0.0)
        )
        self._is_clogged = bool((damage[_CHIPS] > _CLEAN).any())
        self._knock[:] = kurtosis(damage[_BEARING])
        self._feed[:] = (1.0 + 0.95 * damage[_CHIPS]) * np.where(broken, 0.7, 1.0)
        self._coolant_lag.wake()

    def turn(self, step: StepContext) -> None:
        """Let packed chips rub the harder the deeper the hole: torque x (1 + 1.1 d depth)."""
        if not self._is_clogged:
            return
        b = self.block
        depth = mean_depth(step.time_s, step.dt_s, self._phase)
        extra = 1.1 * b.damage[_CHIPS] * depth * self._cut
        b.shaft_gain[:] = self._cut + extra * (2.0 / 3.0)
        b.drag[:] = self._rub + extra * b.load * (self.full_load / 3.0)

    def stress(self, step: StepContext) -> None:
        """Load and speed age the bit, the bearing and the web of the bit; chips come with what is cut."""
        b = self.block
        b.stress[_BIT] = tool_stress(b.speed, b.load, _WORK_LOAD, STEEL_N)
        b.stress[_CHIPS] = fouling_stress(b.speed * b.load / _WORK_LOAD)
        b.stress[_BEARING] = bearing_stress(b.speed, b.load * b.shaft_gain, _WORK_LOAD)
        b.stress[_BREAK] = cycle_stress(b.speed, 0.5 + b.load * b.shaft_gain * (0.5 / _WORK_LOAD))

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        out[0] = b.inner_degc
        if self._coolant_lag.is_moving(self._coolant, b.actuators[_COOLANT_ROW], step.moves, step.dt_s):
            np.multiply(self._coolant * self._feed, self._parameters["coolant_bar"], out[1])
        out[2] = b.vibration
        out[3] = b.current_a
        out[4] = b.power_kw
        out[5] = self._knock
        p = self._parameters
        out[6] = torque_nm(b.shaft * p["rated_kw"], b.speed * p["nominal_speed"])
