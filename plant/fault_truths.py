"""Say what is true of each fault, as the plant alone knows it."""

from plant.families.registry import MODELS
from plant.faults import ActiveFault, FaultTruth
from plant.machines import Machines
from plant.sensor_faults import SensorFault


def wear_truths(machines: Machines) -> tuple[FaultTruth, ...]:
    """Return the natural wear of every mode of every machine, with its true remaining life."""
    left, natural = machines.faults.natural_remaining_s(), machines.faults.natural
    damage = natural.damage()
    return tuple(
        FaultTruth(
            device=device.tag,
            fault=mode.name,
            severity=1.0,
            onset_s=0.0,
            damage=float(damage[row, position]),
            failed_at_s=None,
            law=mode.degradation.name,
            progress=float(natural.progress[row, position]),
            rul_s=float(left[row, position]),
            natural=True,
        )
        for position, device in enumerate(machines.devices)
        for row, mode in enumerate(MODELS[device.family].faults)
    )


def machine_truth(
    fault: ActiveFault, damage: float, progress: float, remaining_s: float | None
) -> FaultTruth:
    """Return what is true of a fault of a machine, given its state in the book."""
    return FaultTruth(
        device=fault.device,
        fault=fault.mode.name,
        severity=fault.severity,
        onset_s=fault.onset_s,
        damage=damage,
        failed_at_s=fault.failed_at_s,
        law=fault.mode.degradation.name,
        progress=progress,
        rul_s=remaining_s,
        natural=fault.is_natural,
    )


def sensor_truth(fault: SensorFault, time_s: float) -> FaultTruth:
    """Return what is true of a fault of a sensor, a clock or a line at this time; it has no remaining life."""
    return FaultTruth(
        device=fault.device,
        fault=fault.mode.name,
        tag=fault.tag,
        severity=fault.severity,
        onset_s=fault.onset_s,
        damage=fault.severity if fault.is_on(time_s) else 0.0,
        failed_at_s=None,
    )
