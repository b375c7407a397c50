"""Model component cells: a heated, humidified room with a circulation fan."""

from collections.abc import Sequence

import numpy as np

from plant.columns import Block
from plant.degradation.catalogue import CRACK, LEAK, RANDOM
from plant.entities import DeviceDefinition, Family
from plant.families.base import Actuator, FamilyModel, StepContext, follows_drive
from plant.faults import FaultMode
from plant.laws.first_order import Array, Lag
from plant.laws.heater import TemperatureControl
from plant.laws.hydraulics import saturation_pressure_hpa

_FAN_FAULT, _HEATER_FAULT, _HUMIDITY = range(3)
_HEATER_ROW, _HUMIDIFIER_ROW = 1, 2
_HUMIDITY_TAU_S = 240.0  # assumption
_HALL_RH = 0.45  # assumption: relative humidity of the hall
_MIXING_K = 0.7  # assumption: how unevenly the air mixes about the sensors
_MIXING_RH = 2.2  # assumption
_MIXING_TAU_S = 400.0  # assumption
_HALL_DB = 46.0  # assumption: sound in the hall
_FAN = Actuator(name="Fan", stopped=0.0, starting=1.0, running=1.0, stopping=0.0, safe=1.0)


class ComponentCell(FamilyModel):
    """Cells. The fan keeps running under emergency stop, so that the heater cannot overheat the part."""

    family = Family.COMPONENT_CELL
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
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        p = self._parameters
        self._cell = TemperatureControl(block.setpoint, p["heater_rise_k"], p["cell_tau_s"])
        self._vapour_hpa = saturation_pressure_hpa(block.setpoint) * p["humidity_percent"] / 100.0
        self._vapour_lag = Lag(_HUMIDITY_TAU_S)
        self._mixing = np.zeros((2, self.n))
        self._mixing_lag = Lag(_MIXING_TAU_S)

    def degrade(self) -> None:
        """Assumption: a fan near its end shakes five times harder."""
        b = self.block
        b.vibration_fault[:] = (4.5 * b.damage[_FAN_FAULT]) ** 2

    def measure(self, step: StepContext, out: Array) -> None:
        b, ambient = self.block, step.utilities.ambient_degc
        stuck = np.minimum(1.6 * b.damage[_HEATER_FAULT], 1.0)
        duty = self._cell.step(b.setpoint, b.actuators[_HEATER_ROW], stuck, ambient, step.dt_s)
        b.power_kw += duty * self._parameters["heater_kw"]
        self._mix(step)
        out[0] = self._cell.temperature_degc + _MIXING_K * self._mixing[0]
        out[1] = self._humidity_percent(step)
        out[2] = self._sound_db()
        out[3] = b.vibration
        out[4] = b.power_kw

    def _mix(self, step: StepContext) -> None:
        """Let the air about each sensor wander: an Ornstein-Uhlenbeck process of unit variance while the fan runs."""
        share = self._mixing_lag.share(step.dt_s)
        noise = step.rng.standard_normal((2, self.n)) * self.block.speed
        self._mixing += np.sqrt(share * (2.0 - share)) * noise - share * self._mixing

    def _humidity_percent(self, step: StepContext) -> Array:
        """Relative humidity is vapour pressure over its saturation value (definition)."""
        b = self.block
        saturated = saturation_pressure_hpa(self._cell.temperature_degc)
        held = saturated * (self._parameters["humidity_percent"] * 0.01 * (1.0 + 0.04 * (b.load - 0.6)))
        hall = (
            _HALL_RH
            * 6.112
            * np.exp(17.62 * step.utilities.ambient_degc / (243.12 + step.utilities.ambient_degc))
        )
        self._vapour_lag.advance(
            self._vapour_hpa, np.where(b.actuators[_HUMIDIFIER_ROW] > 0.5, held, hall), step.dt_s
        )
        np.minimum(self._vapour_hpa, saturated, out=self._vapour_hpa)
        held_percent = 100.0 * self._vapour_hpa / saturated + _MIXING_RH * self._mixing[1]
        percent: Array = np.minimum(held_percent * (1.0 + 0.75 * b.damage[_HUMIDITY]), 100.0)
        return percent

    def _sound_db(self) -> Array:
        """Add the levels of hall and fan: L = 10 log10(sum 10^(L_i / 10)) (textbook)."""
        b = self.block
        fan = self._parameters["sound_db"] + 4.0 * (b.load - 0.6) + 20.0 * b.damage[_FAN_FAULT]
        level: Array = 10.0 * np.log10(10.0 ** (_HALL_DB / 10.0) + b.speed * b.speed * 10.0 ** (fan / 10.0))
        return level
