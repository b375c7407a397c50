"""Model CNC machines: a spindle that cuts, cooled by a coolant feed."""

from collections.abc import Sequence

import numpy as np

from plant.columns import Block
from plant.degradation.abrasion import ABRASION, sliding_stress
from plant.degradation.bearing import BEARING, bearing_stress
from plant.degradation.crack import CRACK, cycle_stress
from plant.degradation.tool import TOOL, tool_stress
from plant.entities import DeviceDefinition, Family
from plant.families.base import FamilyModel, StepContext, brake, drive, follows_drive
from plant.faults import FaultMode
from plant.laws.cutting import chatter_share, chatter_square, cutting_power_kw, torque_nm, worn_force
from plant.laws.first_order import Array
from plant.laws.vibration import bearing_share, kurtosis
from plant.number import number
from plant.resting_lag import RestingLag

_BEARING, _TOOL, _COOLANT, _JOINT = range(4)
_COOLANT_ROW = 2
_COOLANT_TAU_S = 1.5
_WORK_LOAD = 0.62
_STABLE_LOAD, _LOST_STABILITY = 1.15, 0.8
_GROWTH_MM_PER_K = 0.0015
_GROWTH, _GROWN, _HUNDRED = number(_GROWTH_MM_PER_K), number(20.0 * _GROWTH_MM_PER_K), number(100.0)


class Cnc(FamilyModel):
    """CNC machines: shaft power P = n (0.08 P_r + u k P_c), P_c power of the full cut, k force of a worn edge, u depth and feed.

    The spindle's thermal growth is 0.0015 mm/K of its bearing; coolant flow goes with the root of its pressure. Signatures:
    a bearing rubs (current, heat), shakes and knocks (kurtosis); a worn edge takes power without heating the bearing; a weak
    coolant feed halves the cooling at worst; a loose spindle joint chatters at high load only, as a tone (kurtosis below 3).

    Source: laws of cutting, bearings and coolant as named in their functions. Assumption: a bearing at its
    end rubs with 10 % of rated power and shakes 8.6 times v0; the cooling falls to 1 / (1 + 1.5 d); the stable load falls
    from 1.15 to 0.35 with the joint; growth of 15 um per 10 K, that of some 130 mm of steel.
    """

    family = Family.CNC
    stop_category = 1
    speed_follows_setpoint = True
    water_cooled = 0.35
    actuators = (drive("SpindleDrive"), brake("SpindleBrake"), follows_drive("CoolantPump"))
    faults = (
        FaultMode(
            name="spindle_bearing_wear",
            law=BEARING,
            description="The spindle bearing wears: vibration and heat rise",
        ),
        FaultMode(name="tool_wear", law=TOOL, description="The tool wears: load, current and vibration rise"),
        FaultMode(
            name="coolant_pump_wear",
            law=ABRASION,
            description="The coolant feed loses pressure: the spindle warms",
        ),
        FaultMode(
            name="chatter",
            law=CRACK,
            description="The spindle joint loosens: heavy cuts chatter",
        ),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        self._coolant = block.actuators[_COOLANT_ROW].copy()
        self._coolant_lag = RestingLag(_COOLANT_TAU_S)
        self._limit = np.full(self.n, _STABLE_LOAD)
        self._steady_square = np.zeros(self.n)
        self._knock = np.full(self.n, 3.0)
        self._feed = np.ones(self.n)  # coolant pressure over nominal
        p = self._parameters
        full_cut_kw = cutting_power_kw(p["specific_force_n_mm2"], p["removal_cm3_min"])
        self._sharp = full_cut_kw / (p["rated_kw"] * self.full_load)
        self._is_loose = False

    def degrade(self) -> None:
        """Turn damage into force, friction, cooling and vibration."""
        b, damage = self.block, self.block.damage
        b.shaft_gain[:] = self._sharp * worn_force(damage[_TOOL])
        b.drag[:] = 0.1 * damage[_BEARING]
        b.cooling[:] = 1.0 / (1.0 + 1.5 * damage[_COOLANT])
        bearing = 0.45 * bearing_share(damage[_BEARING])
        self._steady_square[:] = bearing * bearing + (1.6 * damage[_TOOL]) ** 2
        b.vibration_fault[:] = self._steady_square
        self._limit[:] = _STABLE_LOAD - _LOST_STABILITY * damage[_JOINT]
        self._is_loose = bool((self._limit < 1.0).any())
        self._knock[:] = kurtosis(damage[_BEARING])
        self._feed[:] = 1.0 - 0.65 * damage[_COOLANT]
        self._coolant_lag.wake()

    def turn(self, step: StepContext) -> None:
        """Let cuts beyond the limit of stability chatter."""
        if self._is_loose:
            b = self.block
            share = chatter_share(b.load, self._limit)
            b.vibration_fault[:] = self._steady_square + chatter_square(b.load, share)
            self._knock[:] = kurtosis(b.damage[_BEARING], share)

    def stress(self, step: StepContext) -> None:
        """Load and speed age the spindle, the edge and the joint; a weak coolant feed doubles the wear of the edge."""
        b = self.block
        weak = 2.0 - self._feed
        b.stress[_BEARING] = bearing_stress(b.speed, b.load * b.shaft_gain, _WORK_LOAD)
        b.stress[_TOOL] = tool_stress(b.speed, b.load, _WORK_LOAD) * weak
        b.stress[_COOLANT] = sliding_stress(self._feed, b.actuators[_COOLANT_ROW])
        b.stress[_JOINT] = cycle_stress(b.speed, 0.5 + b.load * b.shaft_gain * (0.5 / _WORK_LOAD))

    def measure(self, step: StepContext, out: Array) -> None:
        b, p = self.block, self._parameters
        rpm = np.multiply(b.speed, p["nominal_speed"], out[0])
        np.multiply(b.shaft, _HUNDRED, out[1])
        out[2] = b.inner_degc
        out[3] = b.vibration
        out[5] = b.current_a
        out[6] = b.power_kw
        out[7] = self._knock
        np.subtract(b.inner_degc * _GROWTH, _GROWN, out[9])
        out[10] = torque_nm(b.shaft * p["rated_kw"], rpm)
        if self._coolant_lag.is_moving(self._coolant, b.actuators[_COOLANT_ROW], step.moves, step.dt_s):
            pressure = self._coolant * self._feed
            np.multiply(pressure, p["coolant_bar"], out[4])
            np.multiply(np.sqrt(pressure), p["coolant_l_min"], out[8])
