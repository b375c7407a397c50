"""Model drills: a spindle with coolant fed through the tool."""

from collections.abc import Sequence

from plant.columns import Block
from plant.degradation.catalogue import BEARING, FOULING, TOOL
from plant.entities import DeviceDefinition, Family
from plant.families.base import FamilyModel, StepContext, brake, drive, follows_drive
from plant.faults import FaultMode
from plant.laws.first_order import Array, Lag
from plant.laws.vibration import bearing_share

_BIT, _CHIPS, _BEARING = range(3)
_COOLANT_ROW = 2
_COOLANT_TAU_S = 0.8  # assumption


class Drill(FamilyModel):
    """Drills. Packed chips raise torque and hold back the coolant, so its pressure rises."""

    family = Family.DRILL
    stop_category = 1
    speed_follows_setpoint = True
    actuators = (drive("SpindleDrive"), brake("SpindleBrake"), follows_drive("CoolantPump"))
    faults = (
        FaultMode(name="bit_wear", law=TOOL, description="The drill bit wears: load and vibration rise"),
        FaultMode(
            name="chip_clogging",
            law=FOULING,
            description="Chips clog the bore: coolant pressure and torque rise",
        ),
        FaultMode(
            name="spindle_bearing_wear",
            law=BEARING,
            description="The spindle bearing wears: vibration and heat rise",
        ),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        self._coolant = block.actuators[_COOLANT_ROW].copy()
        self._coolant_lag = Lag(_COOLANT_TAU_S)

    def degrade(self) -> None:
        """Assumption: a blunt bit and packed chips each raise torque by about half."""
        b, damage = self.block, self.block.damage
        b.shaft_gain[:] = 1.0 + 0.45 * damage[_BIT] + 0.55 * damage[_CHIPS]
        b.heat_fault[:] = 1.4 * damage[_BEARING] + 0.8 * damage[_CHIPS] + 0.3 * damage[_BIT]
        bearing = 0.45 * bearing_share(damage[_BEARING])
        b.vibration_fault[:] = bearing * bearing + (3.2 * damage[_BIT]) ** 2

    def measure(self, step: StepContext, out: Array) -> None:
        b = self.block
        self._coolant_lag.advance(self._coolant, b.actuators[_COOLANT_ROW], step.dt_s)
        out[0] = b.inner_degc
        out[1] = self._coolant * self._parameters["coolant_bar"] * (1.0 + 0.95 * b.damage[_CHIPS])
        out[2] = b.vibration
        out[3] = b.current_a
        out[4] = b.power_kw
