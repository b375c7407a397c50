"""Take faults in, hand the truth about them out."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from plant.entities import DeviceDefinition
from plant.families.registry import MODELS, all_fault_names
from plant.fault_book import FaultBook
from plant.fault_checks import check_numbers, find_mode
from plant.faults import ActiveFault, FaultKind, FaultTruth
from plant.machines import Machines
from plant.sensor_faults import SensorFault, SensorFaultBook
from plant.tag_map import TagMap

_OWN_CHANCE = (
    1  # beside the seed: a fault that is injected must not change what befalls the rest of the plant
)


class FaultDesk:
    """All faults of the plant: those of machines, those of sensors, and who has failed."""

    def __init__(self, machines: Machines | None, tag_map: TagMap, seed: int) -> None:
        self._rng = np.random.default_rng((seed, _OWN_CHANCE))
        self.sensors = SensorFaultBook(tag_map, self._rng)
        self.failed: set[int] = set()
        self.changes = 0  # counts what was injected, and taken away
        self._machines = machines
        self._tag_map = tag_map
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
        mode, row, tag = find_mode(device, fault)
        check_numbers(device.tag, severity, onset_s, life_s)
        self.changes += 1
        position, code = machines.position[device.tag], self._code[mode.name]
        if mode.kind is FaultKind.MACHINE:
            machines.faults.add(
                ActiveFault(
                    device=device.tag,
                    position=position,
                    mode=mode,
                    row=row,
                    code=code,
                    tag="",
                    severity=float(severity),
                    onset_s=time_s + onset_s,
                    life_s=float(self._rng.uniform(*mode.life_s)) if life_s is None else life_s,
                )
            )
            return
        self.sensors.add(
            SensorFault(
                device=device.tag,
                position=position,
                mode=mode,
                code=code,
                tag=tag,
                columns=self._columns(device.tag, tag),
                severity=float(severity),
                onset_s=time_s + onset_s,
                life_s=math.inf if life_s is None else life_s,
            )
        )

    def clear(self, device: str | None) -> None:
        """Take away all faults of a device, or of all."""
        if self._machines is None:
            return
        self.changes += 1
        self._machines.faults.remove(lambda fault: device is None or fault.device == device)
        self.sensors.remove(lambda fault: device is None or fault.device == device)
        self.failed -= set(self.failed) if device is None else {self._machines.position[device]}

    def truth(self, time_s: float) -> tuple[FaultTruth, ...]:
        """Return every injected fault with its true damage."""
        if self._machines is None:
            return ()
        book, sensors = self._machines.faults, self.sensors
        found = [_machine_truth(book, fault) for fault in book.active]
        found += [_sensor_truth(each, time_s) for each in sensors.active]
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
            if fault.is_on(time_s):
                found[fault.position] = fault.code
        if self._machines:
            self._machines.faults.label(time_s, found)
        return found

    def _columns(self, device: str, tag: str) -> tuple[int, ...]:
        """Return the engine's columns of a measured tag, or of all of a device's tags."""
        return tuple(
            column.index for column in self._tag_map.of_device(device) if tag in ("", column.definition.name)
        )


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


def _sensor_truth(fault: SensorFault, time_s: float) -> FaultTruth:
    return FaultTruth(
        device=fault.device,
        fault=fault.mode.name,
        tag=fault.tag,
        severity=fault.severity,
        onset_s=fault.onset_s,
        damage=fault.severity if fault.is_on(time_s) else 0.0,
        failed_at_s=None,
    )
