"""Take faults in, hand the truth about them out."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from plant.entities import DeviceDefinition
from plant.errors import PlantError, Refusal
from plant.families.registry import MODELS, all_fault_names, faults_of
from plant.fault_book import FaultBook
from plant.faults import ActiveFault, FaultKind, FaultMode, FaultTruth
from plant.machines import Machines
from plant.sensor_faults import SensorFaultBook


class FaultDesk:
    """All faults of the plant: those of machines, those of sensors, and who has failed."""

    def __init__(self, machines: Machines | None, rng: np.random.Generator) -> None:
        self.sensors = SensorFaultBook()
        self.failed: set[int] = set()
        self._machines = machines
        self._rng = rng
        self._code = {name: code for code, name in enumerate(all_fault_names())}

    @property
    def offline(self) -> frozenset[int]:
        """Positions of machines that cannot be reached."""
        return self.sensors.offline

    def inject(
        self,
        device: DeviceDefinition,
        fault: str,
        *,
        severity: float,
        onset_s: float,
        life_s: float | None,
        time_s: float,
    ) -> None:
        """Let a fault of a machine begin `onset_s` after the simulated time `time_s`.

        Raises:
            PlantError: The device cannot have the fault, or a number is out of range.
        """
        machines = self._machines
        assert machines is not None
        name, _, tag = fault.partition("/")
        mode, row = _find(device, name)
        _check_numbers(device.tag, severity, onset_s, life_s)
        if life_s is None:
            life_s = float(self._rng.uniform(*mode.life_s)) if mode.kind is FaultKind.MACHINE else math.inf
        active = ActiveFault(
            device=device.tag,
            position=machines.position[device.tag],
            mode=mode,
            row=row,
            code=self._code[name],
            tag=tag or device.measurements[0].name,
            severity=float(severity),
            onset_s=time_s + onset_s,
            life_s=life_s,
        )
        if mode.kind is FaultKind.MACHINE:
            machines.faults.add(active)
        else:
            self._add_sensor_fault(machines, device, active)

    def clear(self, device: str | None) -> None:
        """Take away all faults of a device, or of all."""
        if self._machines is None:
            return
        self._machines.faults.remove(lambda fault: device is None or fault.device == device)
        self.sensors.remove(device)
        self.failed -= set(self.failed) if device is None else {self._machines.position[device]}

    def truth(self, time_s: float) -> tuple[FaultTruth, ...]:
        """Return every injected fault with its true damage."""
        if self._machines is None:
            return ()
        book, sensors = self._machines.faults, self.sensors
        found = [_machine_truth(book, fault) for fault in book.active]
        found += [
            _truth(each, each.severity if sensors.is_active(each, time_s) else 0.0) for each in sensors.active
        ]
        return tuple(found)

    def wear(self) -> tuple[FaultTruth, ...]:
        """Return the natural wear of every mode of every machine, with its true remaining life."""
        machines = self._machines
        if machines is None:
            return ()
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

    def renew(self, device: str) -> None:
        """Maintain a machine: no fault, no damage, new parts."""
        if self._machines is not None:
            self._machines.faults.renew(self._machines.position[device])
        self.clear(device)

    def labels(self, time_s: float) -> NDArray[np.int16]:
        """Return for each machine the code of the fault at work, -1 for none."""
        count = len(self._machines.devices) if self._machines else 0
        found = np.full(count, -1, dtype=np.int16)
        for fault in self.sensors.active:
            if self.sensors.is_active(fault, time_s):
                found[fault.position] = fault.code
        if self._machines:
            self._machines.faults.label(time_s, found)
        return found

    def _add_sensor_fault(self, machines: Machines, device: DeviceDefinition, active: ActiveFault) -> None:
        column = machines.measurement_of.get((device.tag, active.tag))
        if column is None:
            raise PlantError(Refusal.UNKNOWN_TAG, f"{device.tag} has no measurement {active.tag}")
        high = next(tag.high for tag in device.measurements if tag.name == active.tag)
        self.sensors.add(active, column, high)


def _find(device: DeviceDefinition, name: str) -> tuple[FaultMode, int]:
    modes = faults_of(device.family)
    for row, mode in enumerate(modes):
        if mode.name == name:
            return mode, row
    known = ", ".join(mode.name for mode in modes)
    raise PlantError(Refusal.UNKNOWN_FAULT, f"{device.tag} has no fault {name}; it can have {known}")


def _machine_truth(book: FaultBook, fault: ActiveFault) -> FaultTruth:
    truth = _truth(fault, book.damage_of(fault))
    return replace(
        truth,
        law=fault.mode.degradation.name,
        progress=book.progress_of(fault),
        rul_s=book.remaining_s(fault),
        natural=fault.is_natural,
    )


def _truth(fault: ActiveFault, damage: float) -> FaultTruth:
    return FaultTruth(
        device=fault.device,
        fault=fault.mode.name,
        severity=fault.severity,
        onset_s=fault.onset_s,
        damage=damage,
        failed_at_s=fault.failed_at_s,
    )


def _check_numbers(device: str, severity: float, onset_s: float, life_s: float | None) -> None:
    for name, value, low, high in (
        ("severity", severity, 0.0, 1.0),
        ("onset_s", onset_s, 0.0, 1e9),
        ("life_s", 1.0 if life_s is None else life_s, 0.1, 1e9),
    ):
        if not math.isfinite(value):
            raise PlantError(Refusal.NOT_A_NUMBER, f"{device} {name}: {value} is not a finite number")
        if not low <= value <= high:
            raise PlantError(
                Refusal.OUT_OF_RANGE, f"{device} {name}: {value:g} is outside {low:g} to {high:g}"
            )
