"""Map each family to its physics."""

from plant.entities import Family
from plant.families.base import FamilyModel
from plant.families.cnc import Cnc
from plant.families.component_cell import ComponentCell
from plant.families.conveyor import Conveyor
from plant.families.drill import Drill
from plant.families.edge_gateway import EdgeGateway
from plant.families.generator import Generator
from plant.families.press import Press
from plant.families.process_machine import ProcessMachine
from plant.families.pump import Pump
from plant.families.robot_arm import RobotArm
from plant.faults import FaultMode
from plant.sensor_modes import COMMON_FAULTS

MODELS: dict[Family, type[FamilyModel]] = {
    model.family: model
    for model in (
        Cnc,
        RobotArm,
        Press,
        Drill,
        Conveyor,
        Generator,
        Pump,
        ProcessMachine,
        ComponentCell,
        EdgeGateway,
    )
}


def faults_of(family: Family) -> tuple[FaultMode, ...]:
    """Return the faults that a device of this family can have; a replayed device has none."""
    if family is Family.REPLAY:
        return ()
    return MODELS[family].faults + COMMON_FAULTS


def all_fault_names() -> tuple[str, ...]:
    """Return the names of all faults of all families, sorted."""
    return tuple(sorted({mode.name for family in MODELS for mode in faults_of(family)}))
