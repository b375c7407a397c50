"""Model CNC machines: a spindle that cuts, cooled by a coolant feed."""

from collections.abc import Sequence

from plant.columns import Block
from plant.degradation.catalogue import ABRASION, BEARING, TOOL
from plant.entities import DeviceDefinition, Family
from plant.families.base import FamilyModel, StepContext, brake, drive, follows_drive
from plant.faults import FaultMode
from plant.laws.first_order import Array, Lag
from plant.laws.vibration import bearing_share

_BEARING, _TOOL, _COOLANT = range(3)
_COOLANT_ROW = 2
_COOLANT_TAU_S = 1.5  # assumption


class Cnc(FamilyModel):
    """CNC machines. Wear raises cutting force; a weak coolant feed warms the spindle."""

    family = Family.CNC
    stop_category = 1
    speed_follows_setpoint = True
    actuators = (drive("SpindleDrive"), brake("SpindleBrake"), follows_drive("CoolantPump"))
    faults = (
        FaultMode(
            name="spindle_bearing_wear",
            law=BEARING,
            description="The spindle bearing wears: vibration and heat rise",
        ),
        FaultMode(name="tool_wear", law=TOOL, description="The tool wears: load, current and vibration rise"),
        FaultMode(
            name="coolant_pump_wear",
            law=ABRASION,
            description="The coolant feed loses pressure: the spindle warms",
        ),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        self._coolant = block.actuators[_COOLANT_ROW].copy()
        self._coolant_lag = Lag(_COOLANT_TAU_S)

    def degrade(self) -> None:
        """Assumption: full flank wear takes half as much power again; a bearing at its end doubles the heat."""
        b, damage = self.block, self.block.damage
        b.shaft_gain[:] = 1.0 + 0.5 * damage[_TOOL]
        b.heat_fault[:] = 1.4 * damage[_BEARING] + 1.0 * damage[_COOLANT]
        bearing = 0.45 * bearing_share(damage[_BEARING])
        b.vibration_fault[:] = bearing * bearing + (1.6 * damage[_TOOL]) ** 2

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        self._coolant_lag.advance(self._coolant, b.actuators[_COOLANT_ROW], step.dt_s)
        out[0] = b.speed * self._parameters["nominal_speed"]
        out[1] = b.shaft * 100.0
        out[2] = b.inner_degc
        out[3] = b.vibration
        out[4] = self._coolant * self._parameters["coolant_bar"] * (1.0 - 0.65 * b.damage[_COOLANT])
        out[5] = b.current_a
        out[6] = b.power_kw
