"""Model centrifugal pumps against a system of static head and friction."""

from collections.abc import Sequence

import numpy as np

from plant.columns import Block
from plant.degradation.catalogue import BEARING, CAVITATION, LEAK
from plant.entities import DeviceDefinition, Family
from plant.families.base import Actuator, FamilyModel, StepContext, drive
from plant.faults import FaultMode
from plant.laws.first_order import Array, Lag
from plant.laws.hydraulics import GRAVITY, WATER_KG_M3, head_to_bar, operating_flow
from plant.laws.motor import slip
from plant.laws.vibration import bearing_share

_CAVITATION, _BEARING, _SEAL = range(3)
_MEAN_LOAD = 0.65  # demand at which the nominal flow runs
_PUMP_SHARE = 0.35  # assumption: of the head lost to flow at nominal, this share is lost inside the pump
_EFFICIENCY = 0.72  # assumption: at the best point of a pump of this size
_NO_FLOW_SHARE = 0.25  # assumption: shaft power at closed valve over rated power
_FLOW_TAU_S = 0.8  # assumption: water in the pipe
_CHECK_VALVE = Actuator(name="CheckValve", stopped=0.0, starting=1.0, running=1.0, stopping=0.0, safe=0.0)


class Pump(FamilyModel):
    """Pumps. Flow settles where the pump's curve meets the system's; supply sags slow it through slip."""

    family = Family.PUMP
    speed_follows_setpoint = True
    actuators = (drive("PumpMotor"), _CHECK_VALVE)
    faults = (
        FaultMode(
            name="cavitation",
            law=CAVITATION,
            description="The pump cavitates: head falls, flow jitters, vibration rises",
        ),
        FaultMode(
            name="bearing_wear",
            law=BEARING,
            description="A bearing wears: vibration and bearing temperature rise",
        ),
        FaultMode(
            name="seal_leak",
            law=LEAK,
            description="The shaft seal leaks: flow and pressure fall, the bearing warms",
        ),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        p = self._parameters
        flow = p["nominal_flow_m3_h"] / 3600.0
        lost = (p["shutoff_head_m"] - p["static_head_m"]) / (flow * flow)
        self._pump_loss, self._system_loss = _PUMP_SHARE * lost, (1.0 - _PUMP_SHARE) * lost
        self._flow = np.zeros(self.n)
        self._head = np.zeros(self.n)
        self._lag = Lag(_FLOW_TAU_S)

    def demand(self, step: StepContext) -> None:
        """Shaft power is what the water takes, rho g Q H / eta (textbook), on top of the no-flow power."""
        b, p = self.block, self._parameters
        turn = b.speed * (1.0 - slip(b.shaft, step.utilities.voltage_pu))
        head = p["shutoff_head_m"] * turn * turn * (1.0 - 0.22 * b.damage[_CAVITATION])
        demand = np.maximum(b.load, 0.05) / _MEAN_LOAD
        flow = operating_flow(
            head, p["static_head_m"], self._pump_loss, self._system_loss / (demand * demand)
        )
        self._lag.advance(self._flow, flow, step.dt_s)
        self._head[:] = np.maximum(head - self._pump_loss * self._flow * self._flow, 0.0)
        water_kw = WATER_KG_M3 * GRAVITY * 1e-3 * self._flow * self._head / _EFFICIENCY
        b.shaft[:] = (water_kw / p["rated_kw"] + _NO_FLOW_SHARE * turn**3) * b.shaft_gain

    def degrade(self) -> None:
        """Assumption: cavitation more than doubles vibration; a worn bearing at its end doubles the heat."""
        b, damage = self.block, self.block.damage
        b.shaft_gain[:] = 1.0 + 0.1 * damage[_BEARING]
        b.heat_fault[:] = 1.8 * damage[_BEARING] + 0.5 * damage[_SEAL]
        bearing = 0.45 * bearing_share(damage[_BEARING])
        b.vibration_fault[:] = bearing * bearing + (4.2 * damage[_CAVITATION]) ** 2

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        leak = 1.0 - 0.15 * b.damage[_SEAL]
        out[0] = head_to_bar(self._head) * leak * leak
        out[1] = self._flow * 3600.0 * leak
        cavitation = b.damage[_CAVITATION]
        if cavitation.any():
            out[1] *= 1.0 + 0.12 * cavitation * step.rng.standard_normal(self.n)
        out[2] = b.inner_degc
        out[3] = b.vibration
        out[4] = b.current_a
        out[5] = b.power_kw
