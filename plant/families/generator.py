"""Model 3-phase generator sets: engine, governor, voltage regulator, oil, coolant, winding."""

import math
from collections.abc import Sequence

import numpy as np

from plant.columns import DRIVE, Block
from plant.degradation.abrasion import sliding_stress
from plant.degradation.catalogue import ABRASION, FOULING, INSULATION, LEAK
from plant.degradation.fouling import fouling_stress
from plant.degradation.insulation import insulation_mohm, insulation_stress
from plant.degradation.leak import seal_stress
from plant.entities import DeviceDefinition, Family
from plant.families.base import Actuator, FamilyModel, StepContext, drive
from plant.faults import FaultMode
from plant.laws.cadence import SLOW_S, Cadence
from plant.laws.first_order import Array
from plant.laws.generator_set import Coolant, Lubrication, Swing, reactive_power
from plant.laws.motor import RATED_LOSS, SQRT3, copper_loss
from plant.number import ONE, ZERO, number

_OIL_LEAK, _WINDING, _COOLING, _GOVERNOR = range(4)
_BREAKER_ROW, _LUBRICATION_ROW, _EXCITATION_ROW = 1, 2, 3
_LOAD_TAU_S = 0.5  # assumption: how fast the plant takes over load
_RATED_FACTOR = 0.8  # rated power factor (IEC 60034-1 takes 0.8 as usual)
_STEP_SINE = 0.5  # assumption: sine of the angle of the load that is switched
_NOMINAL_LOAD = 0.72
_NOMINAL_OIL_DEGC = 94.0
_NOMINAL_WINDING_DEGC = 62.0  # at nominal load in a hall of 22 degC
_NEW_MOHM = 500.0  # assumption: insulation resistance when new, at 40 degC
_HALF, _LOAD_SHARE, _REST_SHARE = number(0.5), number(0.1), number(0.9)
_LEAST_POWER, _LEAST_SPEED = number(1e-9), number(0.05)
_HUNT_S, _HUNT_PU = 3.7, 0.03  # assumption: period and amplitude of a governor that hunts
_MIN_FIELD_SPEED = number(0.2)  # assumption: below it the regulator holds no voltage
_PER_KNEE = number(1.0 / 0.95)  # assumption: below this speed the regulator lets voltage fall with frequency
_PHASES = np.array([0.000, -0.004, 0.003])[:, None]  # assumption: healthy unbalance
_WINDING_UNBALANCE = np.array([-0.03, -0.02, 0.09])[:, None]  # assumption: a partly shorted phase takes more


class Generator(FamilyModel):
    """Generator sets. Under emergency stop the breaker opens, fuel is cut, lubrication stays on.

    Shaft, governor, load and regulator are one linear system (`Swing`); frequency f = p n / 120, torque P / w, phase
    current I = S / (3 V), power factor P / S with S^2 = P^2 + Q^2; revenue is the integral of power times price.

    Source: definitions of balanced three-phase power, IEC 60050-131, and of synchronous speed, IEC 60050-411.
    """

    family = Family.GENERATOR
    runs_through = True
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
        self._phase_v = p["rated_v"] / SQRT3
        self._least_v = 0.5 * self._phase_v
        self._rated_a = p["rated_kw"] * 1000.0 / (_RATED_FACTOR * SQRT3 * p["rated_v"])
        self._hz_per_speed = p["poles"] * p["nominal_speed"] / 120.0
        self._kw_per_nm = p["nominal_speed"] * (2e-3 * math.pi / 60.0)  # at nominal speed
        lags = {name: p[f"{name}_s"] for name in ("inertia", "governor", "reset", "avr")}
        lags["load"] = np.full(self.n, _LOAD_TAU_S)
        self._swing = Swing(lags, p["droop"], p["reactance"] * _STEP_SINE)
        self._slow, self._is_warmed = Cadence(SLOW_S), True
        self._insulation_mohm: Array = np.full(self.n, _NEW_MOHM)
        self._eur_per_pu_s = p["rated_kw"] * p["price_eur_kwh"] / 3600.0
        self._dt_s, self._eur_per_pu = -1.0, self._eur_per_pu_s
        self._va_per_pu = p["rated_kw"] * (1000.0 / 3.0)
        self._volt_share, self._amp_share = 1.0 + _PHASES, 1.0 + 2.0 * _PHASES
        self._swing.settle(block.setpoint * self._pu_per_kw * block.actuators[_BREAKER_ROW])
        self._mean_load: Array = self._swing.load.copy()  # over the last step
        self._coolant = Coolant(p["coolant_degc"])
        self._oil = Lubrication(p["oil_bar"], p["relief_bar"])
        self._factor: Array = np.ones(self.n)
        self._voltage_v = self._phase_v.copy()
        self._phase_a: Array = np.zeros(self.n)
        self._revenue_eur = np.zeros(self.n)

    def turn(self, step: StepContext) -> None:
        """On the breaker the shaft swings with load and governor; else it runs up or coasts as any drive does."""
        b = self.block
        breaker = b.actuators[_BREAKER_ROW]
        wanted = b.setpoint * self._pu_per_kw * (_REST_SHARE + _LOAD_SHARE * b.load)
        self._mean_load = self._swing.advance(wanted, breaker, step.dt_s)
        way = ONE + self._swing.deviation
        way += _HUNT_PU * math.sin(2.0 * math.pi * step.time_s / _HUNT_S) * b.damage[_GOVERNOR]
        way -= b.speed
        way *= breaker
        b.speed += way

    def demand(self, step: StepContext) -> None:
        self.block.shaft[...] = self._swing.load

    def conduct(self, step: StepContext) -> None:
        """Work out voltage, power factor and current from the load, and set what the winding carries."""
        b, load = self.block, self._swing.load
        field = b.actuators[_EXCITATION_ROW] * (b.speed > _MIN_FIELD_SPEED)
        held = np.minimum(b.speed * _PER_KNEE, ONE) * (ONE + self._swing.dip)
        self._voltage_v = self._phase_v * held * field
        apparent = np.hypot(load, reactive_power(load) * b.actuators[_BREAKER_ROW])
        self._factor = load / np.maximum(apparent, _LEAST_POWER)
        volts = np.maximum(self._voltage_v, self._least_v)
        self._phase_a = apparent * self._va_per_pu / volts
        current = self._phase_a / self._rated_a
        elapsed_s = self._slow.due(step.dt_s)
        if elapsed_s:
            self._warm(current, step.utilities.ambient_degc, elapsed_s)
        b.current_pu[...] = current
        b.current_a[...] = self._phase_a
        np.multiply(load, self._parameters["rated_kw"], b.power_kw)

    def _warm(self, current: Array, ambient_degc: float, elapsed_s: float) -> None:
        """Advance what is slow: coolant, oil, insulation; the drive train has reckoned with a motor's current."""
        self._is_warmed = True
        b, load = self.block, self._swing.load
        motors, own = copper_loss(b.current_pu, b.inner_degc), copper_loss(current, b.inner_degc)
        b.heat_process[:] = (own - motors) * (1.0 / RATED_LOSS)
        self._coolant.step(load, b.actuators[DRIVE], b.damage[_COOLING], ambient_degc, elapsed_s)
        self._oil.warm(self._coolant.temperature_degc, load, elapsed_s)
        self._insulation_mohm = insulation_mohm(_NEW_MOHM, b.inner_degc, b.damage[_WINDING])

    def degrade(self) -> None:
        """Set the heat that faults add.

        Assumption: partly shorted turns add a quarter of the rated heat, some 15 K; warm air from a fouled radiator a
        seventh.
        """
        b, damage = self.block, self.block.damage
        b.heat_fault[:] = 0.25 * damage[_WINDING] + 0.15 * damage[_COOLING]
        shorted = _WINDING_UNBALANCE * damage[_WINDING]
        self._volt_share = 1.0 + _PHASES - 0.4 * shorted
        self._amp_share = 1.0 + 2.0 * _PHASES + shorted
        self._oil.spring(damage[_OIL_LEAK])

    def stress(self, step: StepContext) -> None:
        b = self.block
        b.stress[_OIL_LEAK] = seal_stress(b.speed, self._oil.oil_degc, _NOMINAL_OIL_DEGC)
        b.stress[_WINDING] = insulation_stress(b.inner_degc, _NOMINAL_WINDING_DEGC)
        b.stress[_COOLING] = fouling_stress(b.speed)
        b.stress[_GOVERNOR] = sliding_stress(b.speed, 0.5 + 0.5 * self._swing.load / _NOMINAL_LOAD)

    def begin(self) -> None:
        self._revenue_eur[:] = 0.0

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        if step.dt_s != self._dt_s:
            self._dt_s, self._eur_per_pu = step.dt_s, self._eur_per_pu_s * step.dt_s
        self._revenue_eur += self._mean_load * self._eur_per_pu
        self._oil.step(b.speed, b.actuators[_LUBRICATION_ROW], step.dt_s)
        np.multiply(b.speed, self._parameters["nominal_speed"], out[0])
        np.multiply(self._voltage_v, self._volt_share, out[1:4])
        np.multiply(self._phase_a, self._amp_share, out[4:7])
        np.multiply(b.speed, self._hz_per_speed * (self._voltage_v > ZERO), out[7])
        out[8] = self._factor
        out[9] = self._oil.pressure_bar
        out[11] = b.inner_degc
        out[12] = b.power_kw
        np.divide(b.power_kw, np.maximum(b.speed, _LEAST_SPEED) * self._kw_per_nm, out[13])
        out[14] = self._revenue_eur
        if self._is_warmed:
            self._is_warmed = False
            out[10] = self._coolant.temperature_degc
            out[15] = self._oil.level_percent
            out[16] = self._insulation_mohm
