"""Model hydraulic presses: a pump that holds pressure against load and leak, and heats its oil."""

import math
from collections.abc import Sequence

import numpy as np

from plant.columns import DRIVE, Block
from plant.degradation.abrasion import ABRASION, sliding_stress
from plant.degradation.leak import LEAK, seal_stress
from plant.entities import DeviceDefinition, Family
from plant.families.base import Actuator, FamilyModel, StepContext, drive
from plant.faults import FaultMode
from plant.laws import press_circuit
from plant.laws.first_order import Array, Lag
from plant.laws.hydraulics import viscosity_ratio
from plant.laws.motor import slip
from plant.laws.vibration import bearing_share
from plant.number import ONE, number

_LEAK, _PUMP, _ACCUMULATOR = range(3)
_VENT_ROW, _CLAMP_ROW = 1, 2
_BUILD_TAU_S, _HELD_TAU_S, _VENT_TAU_S = 0.4, 10.0, 0.15
_STROKE_S = 2.3
_OIL_DEGC = 45.0
_IDLE_POWER, _POWER_PER_FLOW = number(0.1), number(0.73)
_THROTTLED, _RAM_FLOW = number(0.15), number(press_circuit.RAM_FLOW)
_WORK_LOAD = 0.62
_VENT = Actuator(name="VentValve", stopped=0.0, starting=0.0, running=0.0, stopping=0.0, safe=1.0)
_CLAMP = Actuator(name="RamBlock", stopped=1.0, starting=0.0, running=0.0, stopping=1.0, safe=1.0)


class Press(FamilyModel):
    """Presses: shaft power P = (0.1 n + 0.73 p q) P_r, p pressure and q flow (ram 0.8 u, pump leak, system leak) over nominal.

    Leaks and throttling (15 % of the ram's power) stay in the oil; warm oil is thin and leaks more, so that pressure, heat
    and viscosity go round. Pressure droops where ram and leaks ask for more than the pump gives. A slower motor (slip, sag)
    pumps less. Signatures: an inner leak heats the oil and lets pressure droop under load, without vibration; a worn pump
    heats and shakes; a lost gas charge lets pressure swing with the stroke.

    Source: flows, leaks and accumulator as named in `plant.laws.press_circuit`. Assumption: power at no flow 10 %, pressure
    built up within 0.4 s, held for 10 s without pump, vented within 0.15 s; strokes of 2.3 s.
    """

    family = Family.PRESS
    water_cooled = 0.4
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
        p = self._parameters
        self._pressure = block.setpoint / p["nominal_bar"] * block.speed  # over nominal
        self._limit = p["relief_bar"] / p["nominal_bar"]
        self._wanted_per_bar = 1.0 / p["nominal_bar"]
        self._phase = np.arange(self.n) * 2.399963  # golden angle: the strokes are spread evenly
        self._ripple = press_circuit.ripple_share(np.zeros(self.n))
        self._tight = press_circuit.pump_leak(np.zeros(self.n)) + press_circuit.system_leak(np.zeros(self.n))
        self._leaks = self._tight.copy()
        self._share = (-1, -1.0, self._pressure)
        self._build, self._held, self._vent = Lag(_BUILD_TAU_S), Lag(_HELD_TAU_S), Lag(_VENT_TAU_S)

    def degrade(self) -> None:
        """Turn damage into leaks of warm oil, vibration and ripple."""
        b, damage = self.block, self.block.damage
        self._tight[:] = press_circuit.pump_leak(damage[_PUMP]) + press_circuit.system_leak(damage[_LEAK])
        worn = 0.4 * bearing_share(damage[_PUMP])
        b.vibration_fault[:] = worn * worn + (1.1 * damage[_ACCUMULATOR]) ** 2
        self._ripple[:] = press_circuit.ripple_share(damage[_ACCUMULATOR])

    def demand(self, step: StepContext) -> None:
        """Balance the flows, then power and heat follow pressure times flow."""
        b = self.block
        turning = b.speed * (ONE - slip(b.shaft, step.utilities.voltage_pu))
        self._leaks = leaks = self._tight / viscosity_ratio(b.inner_degc, _OIL_DEGC)
        self._advance_pressure(step, turning, leaks)
        p = self._pressure * turning
        ram = (_RAM_FLOW * b.load) * p
        lost = leaks * (p * self._pressure)
        np.add(_IDLE_POWER * b.speed, _POWER_PER_FLOW * (ram + lost), b.shaft)
        np.multiply(_POWER_PER_FLOW, _THROTTLED * ram + lost, b.friction)

    def stress(self, step: StepContext) -> None:
        """Pressure and warmth age seals and membrane, pressure and speed the pump."""
        b = self.block
        b.stress[_LEAK] = seal_stress(self._pressure * (0.4 + b.load / _WORK_LOAD) / 1.4, b.inner_degc, 42.0)
        b.stress[_PUMP] = sliding_stress(self._pressure, b.speed)
        b.stress[_ACCUMULATOR] = seal_stress(self._pressure, b.inner_degc, 42.0)

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        swing = np.sin(2.0 * math.pi * step.time_s / _STROKE_S + self._phase)
        swing *= self._ripple
        swing *= b.speed
        swing += ONE
        swing *= self._pressure
        out[0] = b.inner_degc
        np.multiply(swing, self._parameters["nominal_bar"], out[1])
        out[2] = b.vibration
        out[3] = b.current_a
        out[4] = b.power_kw
        cycle_s = press_circuit.cycle_s(b.speed, self._leaks, self._pressure, _STROKE_S)
        np.multiply(cycle_s, b.actuators[DRIVE], out[5])

    def _advance_pressure(self, step: StepContext, turning: Array, leaks: Array) -> None:
        b = self.block
        wanted = np.minimum(b.setpoint * self._wanted_per_bar, self._limit)
        held = press_circuit.held_pressure(wanted * np.minimum(b.speed, ONE), turning, b.load, leaks)
        held *= b.actuators[DRIVE]
        moves, dt_s, share = self._share
        if moves != step.moves or dt_s != step.dt_s:
            share = self._take_share(step)
        held -= self._pressure
        held *= share
        self._pressure += held

    def _take_share(self, step: StepContext) -> Array:
        """Work out how fast pressure goes its way, which hangs on pump, vent and the length of the step alone."""
        b, dt_s = self.block, step.dt_s
        is_vented, is_driven = b.actuators[_VENT_ROW], b.actuators[DRIVE]
        built, kept = float(self._build.share(dt_s)), float(self._held.share(dt_s))
        share: Array = is_driven * (built - kept)
        share += kept
        share += is_vented * (float(self._vent.share(dt_s)) - share)
        self._share = (step.moves, dt_s, share)
        return share
