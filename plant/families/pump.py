"""Model centrifugal pumps against a system of static head and friction."""

from collections.abc import Sequence

import numpy as np

from plant.columns import Block
from plant.degradation.abrasion import sliding_stress
from plant.degradation.bearing import bearing_stress
from plant.degradation.catalogue import ABRASION, BEARING, CAVITATION, LEAK
from plant.degradation.fouling import cavitation_stress
from plant.degradation.leak import seal_stress
from plant.entities import DeviceDefinition, Family
from plant.families.base import Actuator, FamilyModel, StepContext, drive
from plant.faults import FaultMode
from plant.laws.cadence import SLOW_S, Cadence
from plant.laws.first_order import Array, Lag
from plant.laws.hydraulics import (
    GRAVITY,
    WATER_KG_M3,
    cavitation,
    head_to_bar,
    operating_flow,
    required_suction_head_m,
    suction_head_m,
)
from plant.laws.motor import slip
from plant.laws.vibration import bearing_share
from plant.number import ONE, ZERO, number

_CAVITATION, _BEARING, _SEAL, _RING = range(4)
_MEAN_LOAD = 0.65  # demand at which the nominal flow runs
_PUMP_SHARE = 0.35  # assumption: of the head lost to flow at nominal, this share is lost inside the pump
_EFFICIENCY = 0.72  # assumption: at the best point of a pump of this size
_NO_FLOW_SHARE = 0.25  # assumption: shaft power at closed valve over rated power
_FLOW_TAU_S = 0.8  # assumption: inertia of the water in the pipe
_SUCTION_M = -2.0  # assumption: a suction lift of two metres
_SUCTION_LOSS_M = 1.0  # assumption: at nominal flow, clean strainer
_STILL_M, _FLOWING_M = (
    1.5,
    2.0,
)  # assumption: NPSH required at nominal speed: at no flow, and what nominal flow adds
_CLOGGED = 10.0  # assumption: a strainer at its end loses eleven times as much
_CAVITATION_HEAD, _CAVITATION_JITTER = 0.2, 0.1  # assumption: share of head lost, and of flow that swings
_CAVITATION_VIBRATION = 2.1  # of the healthy share: the variance is five times the healthy one
_LEAK_SHARE, _RING_SHARE = 0.12, 0.12  # assumption: of nominal flow, lost at nominal head
_RING_HEAD, _RING_POWER = 0.18, 0.06  # assumption: worn rings cost this share of head, and ask for more power
_HEAT_INTO_HOUSING = (
    number(0.5)  # of the hydraulic loss: a twentieth, in units of rated loss (9 % of rated power); assumption
)
_LOST_HEAD, _SHAKING, _TURNING = number(_CAVITATION_HEAD), number(_CAVITATION_VIBRATION), number(0.01)
_STILL, _FLOWING = number(_STILL_M), number(_FLOWING_M)
_LEAST_DEMAND, _IDLE_SHARE, _USEFUL = number(0.05), number(_NO_FLOW_SHARE), number(_EFFICIENCY)
_S_PER_H = number(3600.0)
_NOMINAL_DEGC = 43.0  # of the bearing, at nominal load in a hall of 22 degC
_CHECK_VALVE = Actuator(name="CheckValve", stopped=0.0, starting=1.0, running=1.0, stopping=0.0, safe=0.0)


class Pump(FamilyModel):
    """Pumps: flow where the pump's curve meets the system's; head and flow follow speed, which supply sags slow by slip.

    H = H0 n^2 - a Q^2 against Hs + R Q^2 / demand^2; shaft power rho g Q H / eta + P0 n^3 (affinity: Q ~ n, H ~ n^2,
    P ~ n^3). The pump cavitates where the suction head available falls below that required plus half a metre: head falls
    by up to a fifth, flow swings, the variance of vibration grows up to fivefold. A twentieth of the hydraulic loss warms the
    bearing housing, so that pressure and flow move its temperature.

    Source: affinity laws and NPSH, I. J. Karassik et al., Pump Handbook, chapter 2; McNally Institute, Centrifugal pump
    affinity laws; worn rings recirculate flow and lower efficiency, PumpWorks, Wear ring clearances in centrifugal pumps.
    """

    family = Family.PUMP
    runs_through = True
    speed_follows_setpoint = True
    actuators = (drive("PumpMotor"), _CHECK_VALVE)
    faults = (
        FaultMode(
            name="cavitation",
            law=CAVITATION,
            description="The suction clogs and the pump cavitates: head falls, flow jitters, vibration rises",
        ),
        FaultMode(
            name="bearing_wear",
            law=BEARING,
            description="A bearing wears: vibration and bearing temperature rise",
        ),
        FaultMode(
            name="seal_leak",
            law=LEAK,
            description="The shaft seal leaks and runs dry: flow falls, head hardly, the bearing warms",
        ),
        FaultMode(
            name="wear_ring",
            law=ABRASION,
            description="The wear rings wear: head and flow fall together, power rises",
        ),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        p = self._parameters
        flow = p["nominal_flow_m3_h"] / 3600.0
        lost = (p["shutoff_head_m"] - p["static_head_m"]) / (flow * flow)
        self._pump_loss = _PUMP_SHARE * lost
        self._system_loss = (1.0 - _PUMP_SHARE) * lost * _MEAN_LOAD**2  # at full demand
        self._nominal_flow = flow
        nominal_head = p["shutoff_head_m"] - self._pump_loss * flow * flow
        self._leak_flow = flow / np.sqrt(nominal_head)  # per root of head
        self._nominal_head = nominal_head
        self._power_per_lift = WATER_KG_M3 * GRAVITY * 1e-3 / _EFFICIENCY / p["rated_kw"]
        self._flow = np.zeros(self.n)
        self._head: Array = np.zeros(self.n)
        self._cavitates: Array = np.zeros(self.n)
        self._does_any = False
        self._shutoff_m = p["shutoff_head_m"].copy()
        self._slow = Cadence(SLOW_S)
        self._worn_vibration = np.zeros(self.n)
        self._lag = Lag(_FLOW_TAU_S)
        self._lost: Array = np.zeros(self.n)
        self._worn: Array = np.ones(self.n)
        self._clogged: Array = np.full(self.n, _SUCTION_LOSS_M)

    def demand(self, step: StepContext) -> None:
        b, p = self.block, self._parameters
        turn = b.speed * (ONE - slip(b.shaft, step.utilities.voltage_pu))
        squared = turn * turn
        if self._slow.due(step.dt_s):
            self._suck(squared, step.utilities.ambient_degc)
        shutoff = self._shutoff_m * squared
        wanted = np.maximum(b.load, _LEAST_DEMAND)
        system = self._system_loss / (wanted * wanted)
        flow = operating_flow(shutoff, p["static_head_m"], self._pump_loss, system)
        self._lag.advance(self._flow, flow, step.dt_s)
        head = np.maximum(shutoff - self._pump_loss * self._flow * self._flow, ZERO)
        water = self._flow * head * self._power_per_lift
        np.multiply(water + _IDLE_SHARE * squared * turn, b.shaft_gain, b.shaft)
        np.multiply(b.shaft - water * _USEFUL, _HEAT_INTO_HOUSING, b.heat_process)
        self._head = head

    def _suck(self, speed_squared: Array, water_degc: float) -> None:
        """Work out whether the pump cavitates, and what head it has left at nominal speed."""
        b = self.block
        share = self._flow / self._nominal_flow
        available = suction_head_m(_SUCTION_M, self._clogged * share * share, water_degc)
        required = required_suction_head_m(speed_squared, share, _STILL, _FLOWING)
        self._cavitates = cavitation(available, required) * (speed_squared > _TURNING)
        self._does_any = bool(self._cavitates.any())
        left = ONE - _LOST_HEAD * self._cavitates
        self._shutoff_m = self._parameters["shutoff_head_m"] * left * self._worn
        shaken = _SHAKING * self._cavitates
        np.add(self._worn_vibration, shaken * shaken, b.vibration_fault)

    def degrade(self) -> None:
        """Set what wear adds. Assumption: a worn bearing at its end doubles the heat; a dry seal adds half of it."""
        b, damage = self.block, self.block.damage
        b.shaft_gain[:] = 1.0 + 0.08 * damage[_BEARING] + _RING_POWER * damage[_RING]
        b.heat_fault[:] = 1.8 * damage[_BEARING] + 0.55 * damage[_SEAL]
        bearing = 0.45 * bearing_share(damage[_BEARING])
        self._worn_vibration[:] = bearing * bearing
        b.vibration_fault[:] = self._worn_vibration + (_CAVITATION_VIBRATION * self._cavitates) ** 2
        self._clogged = _SUCTION_LOSS_M * (1.0 + _CLOGGED * damage[_CAVITATION])
        self._worn = 1.0 - _RING_HEAD * damage[_RING]
        self._lost = (_LEAK_SHARE * damage[_SEAL] + _RING_SHARE * damage[_RING]) * self._leak_flow

    def stress(self, step: StepContext) -> None:
        b = self.block
        pressure = self._head / self._nominal_head
        b.stress[_CAVITATION] = cavitation_stress(b.speed)
        b.stress[_BEARING] = bearing_stress(b.speed, b.load, _MEAN_LOAD)
        b.stress[_SEAL] = seal_stress(pressure, b.inner_degc, _NOMINAL_DEGC)
        b.stress[_RING] = sliding_stress(pressure, b.speed)

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        out[0] = head_to_bar(self._head)
        np.multiply(np.maximum(self._flow - self._lost * np.sqrt(self._head), ZERO), _S_PER_H, out[1])
        if self._does_any:
            out[1] *= 1.0 + _CAVITATION_JITTER * self._cavitates * step.rng.standard_normal(self.n)
        out[2] = b.inner_degc
        out[3] = b.vibration
        out[4] = b.current_a
        out[5] = b.power_kw
