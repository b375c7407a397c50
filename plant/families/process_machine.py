"""Model the process machine: a heated vessel under pressure with a jacket pump and an agitator."""

from collections.abc import Sequence

import numpy as np

from plant.columns import DRIVE, Block
from plant.degradation.bearing import bearing_stress
from plant.degradation.catalogue import BEARING, FOULING, RANDOM
from plant.degradation.fouling import fouling_stress
from plant.entities import DeviceDefinition, Family
from plant.families.base import Actuator, FamilyModel, StepContext, drive, follows_drive
from plant.faults import FaultMode
from plant.laws.cadence import SLOW_S, Cadence
from plant.laws.first_order import Array, Lag
from plant.laws.heater import TemperatureControl
from plant.laws.motor import LINE_VOLTAGE_V, SQRT3
from plant.laws.utilities import Utilities
from plant.laws.vessel import agitator_share, vessel_pressure_share
from plant.laws.vibration import acceleration_m_s2, bearing_share
from plant.number import number

_HEATER_FAULT, _BEARING, _RELIEF = range(3)
_HEATER_ROW, _VENT_ROW = 1, 2
_MEAN_LOAD = 0.62
_AGITATION_BAR = 3.0  # assumption: pressure that full agitation adds by gas release
_PRESSURE_TAU_S, _VENT_TAU_S, _VENTED_BAR = 3.0, 1.0, 1.0  # assumption
_JACKET_SHARE = 0.25  # assumption: conductance to the cooling water in the jacket, over that to the hall
_NO_LOAD, _FULL_LOAD = number(0.15), number(0.75)
_AGITATION, _USUAL_LOAD = number(_AGITATION_BAR), number(_MEAN_LOAD)
_VENT = Actuator(name="VentValve", stopped=0.0, starting=0.0, running=0.0, stopping=0.0, safe=1.0)
_FAN = Actuator(name="CoolingFan", stopped=0.0, starting=0.0, running=0.0, stopping=1.0, safe=1.0)


class ProcessMachine(FamilyModel):
    """A heated, stirred pressure vessel: pressure follows temperature, vibration is acceleration in m/s2.

    Heat balance: heater (its power goes with the square of the supply voltage) and all of the agitator's power against
    losses to the hall and, through the jacket, to the cooling water. Pressure: gas and vapour, times 1 + 0.85 d where the
    relief line clogs.

    Source: energy balance of a stirred vessel, D. Q. Kern, Process Heat Transfer, chapter 20; power of a resistor V^2 / R.
    """

    family = Family.PROCESS_MACHINE
    runs_through = True
    no_load, full_load = float(_NO_LOAD), float(_FULL_LOAD)
    actuators = (drive("AgitatorDrive"), follows_drive("Heater"), _VENT, _FAN)
    faults = (
        FaultMode(
            name="heater_runaway",
            law=RANDOM,
            description="The heater's contactor welds: temperature and pressure run away",
        ),
        FaultMode(
            name="agitator_bearing_wear",
            law=BEARING,
            description="The agitator's bearing wears: vibration rises",
        ),
        FaultMode(name="relief_blockage", law=FOULING, description="The relief line clogs: pressure rises"),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        p = self._parameters
        self._vessel = TemperatureControl(block.setpoint, p["heater_rise_k"], p["vessel_tau_s"])
        self._k_per_shaft = p["heater_rise_k"] / p["heater_kw"] * p["rated_kw"]
        self._kw_per_k = p["heater_kw"] / p["heater_rise_k"]
        self._moves, self._is_vented = -1, False
        self._full_kw: Array = np.zeros(self.n)  # heater power at nominal voltage
        self._held_bar = p["base_bar"].copy()
        self._slow = Cadence(SLOW_S)
        self._blocked: Array = np.ones(self.n)
        self._stuck: Array = np.zeros(self.n)
        self._pressure = p["base_bar"].copy()
        self._pressure_lag, self._vent_lag = Lag(_PRESSURE_TAU_S), Lag(_VENT_TAU_S)

    def demand(self, step: StepContext) -> None:
        """Let the agitator take what stirring costs; the batch thickens and thins with the load."""
        b = self.block
        thickness = _FULL_LOAD * b.load
        thickness += _NO_LOAD
        np.multiply(agitator_share(b.speed, thickness), b.shaft_gain, b.shaft)

    def conduct(self, step: StepContext) -> None:
        """Add the heater to what the machine takes."""
        b, voltage = self.block, step.utilities.voltage_pu
        elapsed_s = self._slow.due(step.dt_s)
        if elapsed_s:
            self._heat(step.utilities, elapsed_s)
        # The contactor lets go at once, whenever the controller looks next.
        heater_kw = self._full_kw * b.actuators[_HEATER_ROW]
        heater_kw *= voltage * voltage
        b.power_kw += heater_kw
        b.current_a += heater_kw * (1000.0 / (SQRT3 * LINE_VOLTAGE_V) / voltage)

    def _heat(self, utilities: Utilities, elapsed_s: float) -> None:
        b, p = self.block, self._parameters
        voltage = utilities.voltage_pu
        jacket = (_JACKET_SHARE * utilities.water_share) * (
            self._vessel.temperature_degc - utilities.water_degc
        )
        self.water_kw = float(jacket @ self._kw_per_k)
        duty = self._vessel.step(
            b.setpoint,
            b.actuators[_HEATER_ROW],
            self._stuck,
            utilities.ambient_degc,
            elapsed_s,
            other_rise_k=b.shaft * self._k_per_shaft - jacket,
            power_share=voltage * voltage,
        )
        self._full_kw = duty * p["heater_kw"]
        self._held_bar = p["base_bar"] * vessel_pressure_share(self._vessel.temperature_degc)

    def degrade(self) -> None:
        """Set what wear adds. Assumption: a bearing near its end shakes several times harder."""
        b, damage = self.block, self.block.damage
        bearing = 0.45 * bearing_share(damage[_BEARING])
        b.vibration_fault[:] = bearing * bearing
        b.shaft_gain[:] = 1.0 + 0.25 * damage[_BEARING]
        self._blocked = 1.0 + 0.85 * damage[_RELIEF]
        self._stuck = np.minimum(1.6 * damage[_HEATER_FAULT], 1.0)

    def stress(self, step: StepContext) -> None:
        b = self.block
        b.stress[_BEARING] = bearing_stress(b.speed, b.load, _MEAN_LOAD)
        b.stress[_RELIEF] = fouling_stress(self._pressure / self._parameters["base_bar"])

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        self._advance_pressure(step)
        out[0] = self._vessel.temperature_degc
        out[1] = acceleration_m_s2(b.vibration, self._parameters["dominant_hz"])
        out[2] = self._pressure
        out[3] = b.current_a
        out[4] = b.power_kw

    def _advance_pressure(self, step: StepContext) -> None:
        b = self.block
        released = _AGITATION * (b.load - _USUAL_LOAD)
        released *= b.actuators[DRIVE]
        target = (self._held_bar + released) * self._blocked
        vent = b.actuators[_VENT_ROW]
        if step.moves != self._moves:
            self._moves, self._is_vented = step.moves, bool(vent.any())
        if not self._is_vented:
            self._pressure_lag.advance(self._pressure, target, step.dt_s)
            return
        is_vented = vent > 0.5
        share = np.where(is_vented, self._vent_lag.share(step.dt_s), self._pressure_lag.share(step.dt_s))
        self._pressure += (np.where(is_vented, _VENTED_BAR, target) - self._pressure) * share
