"""Model 3-phase generator sets: engine, governor, voltage regulator, oil, coolant, winding."""

import math
from collections.abc import Sequence

import numpy as np

from plant.columns import DRIVE, Block
from plant.degradation.catalogue import ABRASION, FOULING, INSULATION, LEAK
from plant.entities import DeviceDefinition, Family
from plant.families.base import Actuator, FamilyModel, StepContext, drive
from plant.faults import FaultMode
from plant.laws.first_order import Array, Lag
from plant.laws.generator_set import Swing
from plant.laws.hydraulics import gear_pump_bar, viscosity_ratio
from plant.laws.motor import SQRT3

_OIL_LEAK, _WINDING, _COOLING, _GOVERNOR = range(4)
_BREAKER_ROW, _LUBRICATION_ROW, _EXCITATION_ROW = 1, 2, 3
_LOAD_TAU_S = 2.0  # assumption: how fast the plant takes over load
_RATED_FACTOR = 0.8  # rated power factor (IEC 60034-1 takes 0.8 as usual)
_POWER_FACTOR = 0.88  # assumption
_REACTIVE_SHARE = 0.5  # sin(phi) at that power factor, rounded
_LOWEST_DIP = -0.2  # assumption
_OIL_REFERENCE_DEGC = 90.0
_PRELUBE_BAR = 2.6  # assumption: electric pump, on whenever the shaft turns without the engine
_OIL_TAU_S = 0.3  # assumption
_COOLANT_TAU_S = 300.0  # assumption
_HUNT_S = 3.7  # assumption: period of a hunting governor
_MIN_FIELD_SPEED = 0.2  # assumption: below it the regulator holds no voltage
_PHASES = np.array([0.000, -0.004, 0.003])[:, None]  # assumption: healthy unbalance
_WINDING_UNBALANCE = np.array([-0.03, -0.02, 0.09])[:, None]  # assumption: a partly shorted phase takes more


class Generator(FamilyModel):
    """Generator sets. Under emergency stop the breaker opens, fuel is cut, lubrication stays on."""

    family = Family.GENERATOR
    actuators = (
        drive("FuelValve"),
        Actuator(name="Breaker", stopped=0.0, starting=0.0, running=1.0, stopping=0.0, safe=0.0),
        Actuator(name="LubricationPump", stopped=0.0, starting=1.0, running=1.0, stopping=1.0, safe=1.0),
        Actuator(name="Excitation", stopped=0.0, starting=1.0, running=1.0, stopping=0.0, safe=0.0),
    )
    faults = (
        FaultMode(name="oil_leak", law=LEAK, description="Lubricating oil leaks: oil pressure collapses"),
        FaultMode(
            name="winding_insulation",
            law=INSULATION,
            description="Winding insulation fails: unbalance and winding heat rise",
        ),
        FaultMode(
            name="cooling_fouling", law=FOULING, description="The radiator fouls: coolant and winding heat"
        ),
        FaultMode(
            name="governor_hunting", law=ABRASION, description="The governor hunts: speed and frequency swing"
        ),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        p = self._parameters
        self._pu_per_kw = 1.0 / p["rated_kw"]
        self._sag_per_step = p["reactance"] * _REACTIVE_SHARE
        self._phase_v = p["rated_v"] / SQRT3
        self._a_per_kw = 1000.0 / 3.0
        self._rated_a = p["rated_kw"] * 1000.0 / (_RATED_FACTOR * SQRT3 * p["rated_v"])
        self._hz_per_speed = p["poles"] * p["nominal_speed"] / 120.0
        self._omega_per_speed = p["nominal_speed"] * (2.0 * math.pi / 60.0)
        self._swing = Swing(p["inertia_s"], p["droop"], p["governor_s"])
        self._power_pu = block.setpoint / p["rated_kw"] * block.actuators[_BREAKER_ROW]
        self._reference = self._power_pu.copy()
        self._dip = np.zeros(self.n)
        self._oil_bar = np.full(self.n, _PRELUBE_BAR)
        self._coolant_degc = p["coolant_degc"].copy()
        self._revenue_eur = np.zeros(self.n)
        self._load_lag, self._reset_lag, self._avr_lag = Lag(_LOAD_TAU_S), Lag(p["reset_s"]), Lag(p["avr_s"])
        self._oil_lag, self._coolant_lag = Lag(_OIL_TAU_S), Lag(_COOLANT_TAU_S)

    def turn(self, step: StepContext) -> None:
        """On the breaker the shaft swings with load and governor; else it runs up or coasts as any drive does."""
        b, dt_s = self.block, step.dt_s
        breaker = b.actuators[_BREAKER_ROW]
        wanted = b.setpoint * self._pu_per_kw * (0.9 + 0.1 * b.load)
        before = self._power_pu
        # An open breaker carries nothing, at once.
        self._power_pu = (before + (wanted - before) * self._load_lag.share(dt_s)) * breaker
        self._reset_lag.advance(self._reference, self._power_pu, dt_s)
        hunting = 1.2 * math.sin(2.0 * math.pi * step.time_s / _HUNT_S) * b.damage[_GOVERNOR]
        self._swing.advance(self._power_pu, self._reference + hunting, breaker, dt_s)
        b.speed += (1.0 + self._swing.deviation - b.speed) * breaker
        self._sag(self._power_pu - before, dt_s)

    def _sag(self, load_step: Array, dt_s: float) -> None:
        """Voltage dips with a load step, dV = -X'd dS sin(phi), and the regulator brings it back (textbook)."""
        self._dip -= self._dip * self._avr_lag.share(dt_s) + self._sag_per_step * load_step
        np.maximum(self._dip, _LOWEST_DIP, out=self._dip)

    def begin(self) -> None:
        self._revenue_eur[:] = 0.0

    def degrade(self) -> None:
        """Assumption: a failing winding or a fouled radiator each add more than the rated heat."""
        b, damage = self.block, self.block.damage
        b.heat_fault[:] = 1.6 * damage[_WINDING] + 0.7 * damage[_COOLING]

    def demand(self, step: StepContext) -> None:
        self.block.shaft[:] = self._power_pu

    def measure(self, step: StepContext, out: Array) -> None:
        b, p = self.block, self._parameters
        kw = self._power_pu * p["rated_kw"]
        self._revenue_eur += kw * p["price_eur_kwh"] * (step.dt_s / 3600.0)
        self._advance_oil(step)
        field = b.actuators[_EXCITATION_ROW] * (b.speed > _MIN_FIELD_SPEED)
        out[0] = b.speed * p["nominal_speed"]
        self._measure_electrical(out, kw, field)
        out[9] = self._oil_bar
        out[10] = self._coolant_degc
        out[11] = b.inner_degc
        out[12] = kw
        out[13] = kw * 1000.0 / (np.maximum(b.speed, 0.05) * self._omega_per_speed)
        out[14] = self._revenue_eur
        b.power_kw[:] = kw

    def _measure_electrical(self, out: Array, kw: Array, field: Array) -> None:
        """P = 3 V I pf (balanced three-phase power, textbook); torque elsewhere is P / omega; f = p n / 120."""
        b = self.block
        phase_v = self._phase_v * np.minimum(b.speed, 1.02) * (1.0 + self._dip) * field
        factor = (_POWER_FACTOR - 0.04) + 0.04 * b.load
        phase_a = self._a_per_kw * kw / (factor * np.maximum(phase_v, 0.5 * self._phase_v))
        out[1:4] = phase_v * (1.0 + _PHASES)
        out[4:7] = phase_a * (1.0 + 2.0 * _PHASES)
        damage = b.damage[_WINDING]
        if damage.any():
            out[1:4] -= phase_v * 0.4 * _WINDING_UNBALANCE * damage
            out[4:7] += phase_a * _WINDING_UNBALANCE * damage
        out[7] = self._hz_per_speed * b.speed * field
        out[8] = factor * b.actuators[_BREAKER_ROW]
        b.current_pu[:] = phase_a / self._rated_a

    def _advance_oil(self, step: StepContext) -> None:
        b, p = self.block, self._parameters
        burning = b.actuators[DRIVE]
        warm = p["coolant_degc"] + 5.0 * (self._power_pu - 0.7) + 0.15 * (step.utilities.ambient_degc - 22.0)
        target = np.where(burning > 0.5, warm + 26.0 * b.damage[_COOLING], step.utilities.ambient_degc)
        self._coolant_lag.advance(self._coolant_degc, target, step.dt_s)
        viscosity = viscosity_ratio(self._coolant_degc, _OIL_REFERENCE_DEGC)
        pumped = gear_pump_bar(p["oil_bar"], b.speed, viscosity, p["relief_bar"])
        supplied = np.maximum(pumped, _PRELUBE_BAR * b.actuators[_LUBRICATION_ROW])
        self._oil_lag.advance(self._oil_bar, supplied * (1.0 - 0.95 * b.damage[_OIL_LEAK]), step.dt_s)
