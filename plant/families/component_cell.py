"""Model component cells: a heated, humidified room with a circulation fan and a vacuum line for the part."""

from collections.abc import Sequence

import numpy as np

from plant.columns import Block
from plant.degradation.catalogue import CRACK, LEAK, RANDOM
from plant.degradation.crack import cycle_stress
from plant.degradation.leak import seal_stress
from plant.entities import DeviceDefinition, Family
from plant.families.base import Actuator, FamilyModel, StepContext, follows_drive
from plant.faults import FaultMode
from plant.laws.cadence import SLOW_S, Cadence
from plant.laws.first_order import Array, Lag
from plant.laws.heater import TemperatureControl
from plant.laws.hydraulics import saturation_pressure_hpa
from plant.laws.sound import add_levels_db
from plant.laws.utilities import Utilities
from plant.laws.vessel import vacuum_bar
from plant.number import ONE, ZERO, number

_FAN_FAULT, _HEATER_FAULT, _HUMIDITY, _VACUUM = range(4)
_FAN_ROW, _HEATER_ROW, _HUMIDIFIER_ROW = 0, 1, 2
_HUMIDITY_TAU_S = 240.0  # assumption: air changes
_MIXING_K = 0.7  # assumption: how unevenly the air mixes about the sensors
_MIXING_RH = 2.2  # assumption
_MIXING_TAU_S = 400.0  # assumption
_HALL_DB = 46.0  # assumption: sound in the hall
_LOAD_DB = 4.0  # assumption: what full work adds to the fan's noise
_HISS_DB = (30.0, 34.0)  # assumption: of a leak at the vacuum line, none and full
_VACUUM_BAR, _LEAK_BAR, _VACUUM_TAU_S = (
    0.03,
    0.5,
    60.0,
)  # assumption: a vane pump's reach, a torn bag, volume over speed
_VACUUM_KW, _VACUUM_MORE_KW = (
    0.25,
    0.5,
)  # assumption: at its reach, and what half an atmosphere at the inlet adds
_LOUDER, _ON, _PERCENT, _UNEVEN_RH = number(_LOAD_DB), number(0.5), number(100.0), number(_MIXING_RH)
_NOMINAL_DEGC = 72.0
_MEAN_LOAD = 0.6
_DAMPER, _USUAL_LOAD = number(0.04), number(_MEAN_LOAD)
_FAN = Actuator(name="Fan", stopped=0.0, starting=1.0, running=1.0, stopping=0.0, safe=1.0)


class ComponentCell(FamilyModel):
    """Cells. The fan keeps running under emergency stop, so that the heater cannot overheat the part.

    Heat balance: heater and fan against the hall. Moisture: vapour pressure e relaxes to what the humidifier holds or,
    without it, to the hall's; relative humidity is e / e_s(T). Vacuum under the part's bag: V dp/dt = Q - S (p - p_u).
    Sound: levels of hall, fan and leak added as powers.

    Source: relative humidity, WMO-No. 8, annex 4.B; the others at their laws.
    """

    family = Family.COMPONENT_CELL
    runs_through = True
    actuators = (_FAN, follows_drive("Heater"), follows_drive("Humidifier"))
    faults = (
        FaultMode(
            name="fan_imbalance",
            law=CRACK,
            description="The fan loses its balance: vibration and sound rise",
        ),
        FaultMode(
            name="heater_runaway",
            law=RANDOM,
            description="A heater zone stays on: the cell overheats and dries",
        ),
        FaultMode(name="humidity_ingress", law=LEAK, description="Moist air leaks in: humidity rises"),
        FaultMode(
            name="vacuum_leak",
            law=LEAK,
            description="The vacuum bag leaks: pressure under it, sound and the pump's power rise",
        ),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        p = self._parameters
        self._cell = TemperatureControl(block.setpoint, p["heater_rise_k"], p["cell_tau_s"])
        self._k_per_fan = p["heater_rise_k"] / p["heater_kw"] * p["rated_kw"]
        self._vapour_hpa = saturation_pressure_hpa(block.setpoint) * p["humidity_percent"] / 100.0
        self._vapour_lag = Lag(_HUMIDITY_TAU_S)
        self._vacuum_bar: Array = np.full(self.n, _VACUUM_BAR)
        self._vacuum_lag = Lag(_VACUUM_TAU_S)
        self._mixing = np.zeros((2, self.n))
        self._mixing_lag = Lag(_MIXING_TAU_S)
        self._slow, self._is_heated = Cadence(SLOW_S), True
        self._full_kw: Array = np.zeros(self.n)  # heater power at nominal voltage
        self._vacuum_kw: Array = np.full(self.n, _VACUUM_KW)
        self._shown_degc = block.setpoint.copy()
        self._wanted_share = p["humidity_percent"] * 0.01
        self._shown_percent = p["humidity_percent"].copy()
        self.degrade()

    def conduct(self, step: StepContext) -> None:
        """Add heater and vacuum pump to what the cell takes."""
        b, voltage = self.block, step.utilities.voltage_pu
        elapsed_s = self._slow.due(step.dt_s)
        if elapsed_s:
            self._heat(step.utilities, elapsed_s)
            self._mix(step.rng, elapsed_s)
            self._moisten(step.utilities.vapour_hpa, elapsed_s)
            self._is_heated = True
        # The contactors let go at once, whenever the controller looks next.
        b.power_kw += self._full_kw * b.actuators[_HEATER_ROW] * (voltage * voltage)
        b.power_kw += self._vacuum_kw * b.actuators[_FAN_ROW]

    def _heat(self, utilities: Utilities, elapsed_s: float) -> None:
        """Advance the cell's heat and vacuum."""
        b, voltage = self.block, utilities.voltage_pu
        duty = self._cell.step(
            b.setpoint,
            b.actuators[_HEATER_ROW],
            self._stuck,
            utilities.ambient_degc,
            elapsed_s,
            other_rise_k=b.shaft * self._k_per_fan,
            power_share=voltage * voltage,
        )
        fan = b.actuators[_FAN_ROW]
        rest = vacuum_bar(_VACUUM_BAR, self._leak_bar, fan)
        self._vacuum_lag.advance(self._vacuum_bar, rest, elapsed_s)
        self._full_kw = duty * self._parameters["heater_kw"]
        self._vacuum_kw = _VACUUM_KW + _VACUUM_MORE_KW * self._vacuum_bar

    def degrade(self) -> None:
        """Set what wear adds. Assumption: a fan near its end shakes five times harder."""
        b = self.block
        b.vibration_fault[:] = (4.5 * b.damage[_FAN_FAULT]) ** 2
        self._fan_db = self._parameters["sound_db"] + 20.0 * b.damage[_FAN_FAULT] - _LOAD_DB * _MEAN_LOAD
        self._hiss_db = _HISS_DB[0] + _HISS_DB[1] * b.damage[_VACUUM]
        self._damp = 1.0 + 0.75 * b.damage[_HUMIDITY]
        self._stuck = np.minimum(1.6 * b.damage[_HEATER_FAULT], 1.0)
        self._leak_bar = _LEAK_BAR * b.damage[_VACUUM]

    def stress(self, step: StepContext) -> None:
        b, warm = self.block, self._cell.temperature_degc
        b.stress[_FAN_FAULT] = cycle_stress(b.speed, (0.7 + 0.5 * b.load) * (1.0 / (0.7 + 0.5 * _MEAN_LOAD)))
        b.stress[_HUMIDITY] = b.stress[_VACUUM] = seal_stress(1.0, warm, _NOMINAL_DEGC)

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        if self._is_heated:
            self._is_heated = False
            out[0], out[1], out[5] = self._shown_degc, self._shown_percent, self._vacuum_bar
        fan_db = self._fan_db + _LOUDER * b.load
        out[2] = add_levels_db(b.speed * b.speed, fan_db, _HALL_DB, self._hiss_db)
        out[3] = b.vibration
        out[4] = b.power_kw

    def _mix(self, rng: np.random.Generator, elapsed_s: float) -> None:
        """Let the air about each sensor wander: an Ornstein-Uhlenbeck process of unit variance while the fan runs."""
        share = self._mixing_lag.share(elapsed_s)
        noise = rng.standard_normal((2, self.n)) * self.block.speed
        self._mixing += np.sqrt(share * (2.0 - share)) * noise - share * self._mixing
        self._shown_degc = self._cell.temperature_degc + _MIXING_K * self._mixing[0]

    def _moisten(self, hall_hpa: float, elapsed_s: float) -> None:
        """Advance the vapour in the cell; what it cannot hold condenses."""
        b = self.block
        saturated = saturation_pressure_hpa(self._cell.temperature_degc)
        held = saturated * (self._wanted_share * (ONE + _DAMPER * (b.load - _USUAL_LOAD)))
        held *= self._damp
        is_held = b.actuators[_HUMIDIFIER_ROW] > _ON
        self._vapour_lag.advance(self._vapour_hpa, np.where(is_held, held, hall_hpa), elapsed_s)
        np.minimum(self._vapour_hpa, saturated, out=self._vapour_hpa)
        percent = _PERCENT * self._vapour_hpa / saturated + _UNEVEN_RH * self._mixing[1]
        self._shown_percent = np.minimum(np.maximum(percent, ZERO), _PERCENT)
