"""Name the device types of the information model in the operator's words."""

from typing import Final, NamedTuple


class FamilyName(NamedTuple):
    """How a device type is called."""

    short: str  # "CNC", heads a row of squares
    full: str  # "CNC machine"


_NAMES: Final = {
    "CncMachineType": FamilyName("CNC", "CNC machine"),
    "RobotArmType": FamilyName("Robot", "Robot arm"),
    "PressType": FamilyName("Press", "Press"),
    "DrillType": FamilyName("Drill", "Drill"),
    "ConveyorType": FamilyName("Conveyor", "Conveyor"),
    "GeneratorType": FamilyName("Generator", "Generator"),
    "PumpType": FamilyName("Pump", "Pump"),
    "ProcessMachineType": FamilyName("Process", "Process machine"),
    "ComponentCellType": FamilyName("Cell", "Component cell"),
    "EdgeGatewayType": FamilyName("Gateway", "Edge gateway"),
    "ReplayDeviceType": FamilyName("Replay", "Recording, replayed"),
}
REPLAY: Final = "ReplayDeviceType"
GENERATOR: Final = "GeneratorType"


def family(type_name: str) -> FamilyName:
    """Return a type's names; one we do not know keeps its own."""
    plain = type_name.removesuffix("Type") or "Device"
    return _NAMES.get(type_name, FamilyName(plain, plain))
