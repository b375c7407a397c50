"""Model the process machine: a heated vessel under pressure with an agitator."""

from collections.abc import Sequence

import numpy as np

from plant.columns import DRIVE, Block
from plant.degradation.catalogue import BEARING, FOULING, RANDOM
from plant.entities import DeviceDefinition, Family
from plant.families.base import Actuator, FamilyModel, StepContext, drive, follows_drive
from plant.faults import FaultMode
from plant.laws.first_order import Array, Lag
from plant.laws.heater import TemperatureControl
from plant.laws.motor import LINE_VOLTAGE_V, SQRT3
from plant.laws.vibration import acceleration_m_s2, bearing_share

_HEATER_FAULT, _BEARING, _RELIEF = range(3)
_HEATER_ROW, _VENT_ROW = 1, 2
_BASE_DEGC = 65.0  # temperature to which base_bar belongs
_VAPOUR_BAR_PER_K = 0.3  # assumption: vapour adds to the gas law
_AGITATION_BAR = 3.0  # assumption: pressure that full agitation adds
_PRESSURE_TAU_S, _VENT_TAU_S, _VENTED_BAR = 3.0, 1.0, 1.0  # assumption
_VENT = Actuator(name="VentValve", stopped=0.0, starting=0.0, running=0.0, stopping=0.0, safe=1.0)
_FAN = Actuator(name="CoolingFan", stopped=0.0, starting=0.0, running=0.0, stopping=1.0, safe=1.0)


class ProcessMachine(FamilyModel):
    """A heated, stirred pressure vessel: pressure follows temperature, vibration is acceleration in m/s2."""

    family = Family.PROCESS_MACHINE
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
        self._pressure = p["base_bar"].copy()
        self._pressure_lag, self._vent_lag = Lag(_PRESSURE_TAU_S), Lag(_VENT_TAU_S)

    def degrade(self) -> None:
        """Assumption: a bearing near its end shakes several times harder."""
        b, damage = self.block, self.block.damage
        bearing = 0.45 * bearing_share(damage[_BEARING])
        b.vibration_fault[:] = bearing * bearing
        b.shaft_gain[:] = 1.0 + 0.25 * damage[_BEARING]

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        stuck = np.minimum(1.6 * b.damage[_HEATER_FAULT], 1.0)
        heater_on = b.actuators[_HEATER_ROW]
        duty = self._vessel.step(b.setpoint, heater_on, stuck, step.utilities.ambient_degc, step.dt_s)
        self._advance_pressure(step)
        heater_kw = duty * self._parameters["heater_kw"]
        out[0] = self._vessel.temperature_degc
        out[1] = acceleration_m_s2(b.vibration, self._parameters["dominant_hz"])
        out[2] = self._pressure
        out[3] = b.current_a + heater_kw * step.utilities.voltage_pu * (1000.0 / (SQRT3 * LINE_VOLTAGE_V))
        b.power_kw += heater_kw
        out[4] = b.power_kw

    def _advance_pressure(self, step: StepContext) -> None:
        """Gas law at constant volume, p ~ T (textbook), with vapour and agitation as linear additions."""
        b, t = self.block, self._vessel.temperature_degc
        target = self._parameters["base_bar"] * (t + 273.15) / (_BASE_DEGC + 273.15) + _VAPOUR_BAR_PER_K * (
            t - _BASE_DEGC
        )
        target += _AGITATION_BAR * (b.load - 0.6) * b.actuators[DRIVE]
        target *= 1.0 + 0.85 * b.damage[_RELIEF]
        is_vented = b.actuators[_VENT_ROW] > 0.5
        share = np.where(is_vented, self._vent_lag.share(step.dt_s), self._pressure_lag.share(step.dt_s))
        self._pressure += (np.where(is_vented, _VENTED_BAR, target) - self._pressure) * share
