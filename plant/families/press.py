"""Model hydraulic presses: a pump that holds pressure, and the heat that pressure costs."""

import math
from collections.abc import Sequence

import numpy as np

from plant.columns import DRIVE, Block
from plant.degradation.catalogue import ABRASION, LEAK
from plant.entities import DeviceDefinition, Family
from plant.families.base import Actuator, FamilyModel, StepContext, drive
from plant.faults import FaultMode
from plant.laws.first_order import Array, Lag
from plant.laws.vibration import bearing_share

_LEAK, _PUMP, _ACCUMULATOR = range(3)
_VENT_ROW, _CLAMP_ROW = 1, 2
_BUILD_TAU_S, _HELD_TAU_S, _VENT_TAU_S = 0.4, 10.0, 0.15  # assumption: quasi-static circuit
_RIPPLE_S = 2.3  # assumption: period of the press stroke
_PRESSURE_HEAT = 0.38  # assumption: share of rated heat that the nominal pressure makes in valves and pump
_VENT = Actuator(name="VentValve", stopped=0.0, starting=0.0, running=0.0, stopping=0.0, safe=1.0)
_CLAMP = Actuator(name="RamBlock", stopped=1.0, starting=0.0, running=0.0, stopping=1.0, safe=1.0)


class Press(FamilyModel):
    """Presses. Pressure heats the oil; a leak lowers pressure and heats it more."""

    family = Family.PRESS
    actuators = (drive("PumpMotor"), _VENT, _CLAMP)
    faults = (
        FaultMode(
            name="internal_leak",
            law=LEAK,
            description="A seal leaks inside: pressure falls and the oil heats",
        ),
        FaultMode(
            name="pump_wear", law=ABRASION, description="The pump wears: vibration rises and pressure droops"
        ),
        FaultMode(
            name="accumulator_loss",
            law=LEAK,
            description="The accumulator loses its charge: pressure swings",
        ),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        self._pressure = block.setpoint * block.speed
        self._phase = np.arange(self.n) * 2.399963  # golden angle: the strokes are spread evenly
        self._build, self._held, self._vent = Lag(_BUILD_TAU_S), Lag(_HELD_TAU_S), Lag(_VENT_TAU_S)

    def demand(self, step: StepContext) -> None:
        """Shaft power follows pressure times flow; the losses of pressure heat the oil."""
        b = self.block
        ratio = self._pressure / self._parameters["nominal_bar"]
        b.shaft[:] = b.speed * (0.1 + 0.72 * b.load * ratio) * b.shaft_gain
        b.heat_process[:] = _PRESSURE_HEAT * ratio * ratio * b.speed

    def degrade(self) -> None:
        """Assumption: a full leak doubles the heat and takes a quarter more power."""
        b, damage = self.block, self.block.damage
        b.shaft_gain[:] = 1.0 + 0.25 * damage[_LEAK] + 0.1 * damage[_PUMP]
        b.heat_fault[:] = 1.1 * damage[_LEAK] + 0.2 * damage[_PUMP]
        worn = 0.4 * bearing_share(damage[_PUMP])
        b.vibration_fault[:] = worn * worn + (1.1 * damage[_ACCUMULATOR]) ** 2

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        self._advance_pressure(step)
        swing = np.sin(2.0 * math.pi * step.time_s / _RIPPLE_S + self._phase)
        out[0] = b.inner_degc
        out[1] = self._pressure * (1.0 + (0.004 + 0.16 * b.damage[_ACCUMULATOR]) * swing * b.speed)
        out[2] = b.vibration
        out[3] = b.current_a
        out[4] = b.power_kw

    def _advance_pressure(self, step: StepContext) -> None:
        b, dt_s = self.block, step.dt_s
        held = np.minimum(b.setpoint, self._parameters["relief_bar"]) * np.minimum(b.speed, 1.0)
        held *= (0.95 + 0.05 * b.load) * (1.0 - 0.3 * b.damage[_LEAK] - 0.15 * b.damage[_PUMP])
        is_vented = b.actuators[_VENT_ROW] > 0.5
        is_driven = b.actuators[DRIVE] > 0.5
        share = np.where(
            is_vented,
            self._vent.share(dt_s),
            np.where(is_driven, self._build.share(dt_s), self._held.share(dt_s)),
        )
        self._pressure += (np.where(is_driven, held, 0.0) - self._pressure) * share
