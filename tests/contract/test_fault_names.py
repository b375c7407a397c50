"""What the plant calls a sensor's fault, the detectors' training knows."""

from models.labels import FALSE_READINGS, NOT_MACHINE_FAULTS
from plant.sensor_modes import COMMON_FAULTS


def test_that_training_knows_every_fault_that_is_none_of_the_machine() -> None:
    assert set(NOT_MACHINE_FAULTS) == {mode.name for mode in COMMON_FAULTS}


def test_that_training_knows_what_no_status_tells_of() -> None:
    told = {mode.name for mode in COMMON_FAULTS if mode.description.endswith(": Good")}
    assert set(FALSE_READINGS) == told
