"""Take faults in, hand the truth about them out."""

import math
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from plant.entities import DeviceDefinition
from plant.families.registry import all_fault_names
from plant.fault_checks import check_numbers, find_mode, find_utility_mode
from plant.fault_truths import machine_truth, sensor_truth, wear_truths
from plant.faults import ActiveFault, FaultKind, FaultTruth
from plant.laws.first_order import Array
from plant.laws.utilities import UTILITY_TAGS, UtilityReadings
from plant.machines import Machines
from plant.sensor_faults import SensorFault, SensorFaultBook
from plant.tag_map import TagMap
from plant.utility_faults import UTILITIES, UtilityFault, UtilityFaultBook

_MOST_ENDED = 100_000  # the truth about the past that is kept
_OWN_CHANCE = 1  # beside the seed: what is injected must not change the chance of all else


class FaultDesk:
    """All faults of the plant: those of machines, those of sensors, and who has failed."""

    def __init__(self, machines: Machines | None, tag_map: TagMap, seed: int) -> None:
        self._rng = np.random.default_rng((seed, _OWN_CHANCE))
        self.sensors = SensorFaultBook([column.definition for column in tag_map.columns], self._rng)
        self.utility_sensors = SensorFaultBook(UTILITY_TAGS, self._rng)
        self.utilities = UtilityFaultBook()
        self.failed: set[int] = set()
        self.changes = 0  # counts what was injected, and taken away
        self.ended: deque[tuple[FaultTruth, float]] = deque(maxlen=_MOST_ENDED)
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
        self._retire_same(device.tag, mode.name, tag)
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

    def inject_utility(
        self, fault: str, *, severity: float, onset_s: float, life_s: float | None, time_s: float
    ) -> None:
        """Let a utility be missing from `onset_s` after `time_s` on, for `life_s`.

        Raises:
            PlantError: There is no such loss, or a number is out of range.
        """
        mode, tag = find_utility_mode(fault)
        check_numbers(UTILITIES, severity, onset_s, life_s)
        same = (UTILITIES, mode.name, tag)
        self._retire_where(lambda each: (each.device, each.fault, each.tag) == same)
        self.changes += 1
        if mode.kind is FaultKind.SENSOR:
            self.utility_sensors.add(
                SensorFault(
                    device=UTILITIES,
                    position=-1,
                    mode=mode,
                    code=self._code[mode.name],
                    tag=tag,
                    columns=(next(i for i, each in enumerate(UTILITY_TAGS) if each.name == tag),),
                    severity=float(severity),
                    onset_s=time_s + onset_s,
                    life_s=math.inf if life_s is None else life_s,
                )
            )
            return
        self.utilities.add(
            UtilityFault(
                mode=mode,
                severity=float(severity),
                onset_s=time_s + onset_s,
                life_s=float(self._rng.uniform(*mode.life_s)) if life_s is None else life_s,
            )
        )

    def step(self, time_s: float, dt_s: float) -> None:
        """Let utilities go and come back in the step that ends at `time_s`."""
        if self._machines is not None:
            over = self.utilities.step(self._machines.utilities, time_s, dt_s)
            if over:
                self.ended += [(fault.truth(time_s), fault.end_s) for fault in over]
                self.changes += len(over)

    def spoil_utilities(self, read: UtilityReadings, time_s: float, dt_s: float) -> None:
        """Falsify what the instruments of the utilities read, in place."""
        self.utility_sensors.update(read.status, time_s)
        self.utility_sensors.spoil(read.values, read.status, time_s, dt_s)

    def clear_fault(self, device: str, fault: str) -> None:
        """Take away one fault, `name` or `name/Tag`, if it is there."""
        name, _, tag = fault.partition("/")
        self._retire_where(
            lambda each: each.device == device and each.fault == name and tag in ("", each.tag)
        )
        self.changes += 1
        if self._machines is None:
            return
        if device == UTILITIES:
            self.utilities.remove(self._machines.utilities, lambda each: each == name)
            self.utility_sensors.remove(lambda each: each.mode.name == name and tag in ("", each.tag))
            return
        chosen = (device, name)
        self._machines.faults.remove(lambda each: (each.device, each.mode.name) == chosen)
        self.sensors.remove(lambda each: (each.device, each.mode.name) == chosen and tag in ("", each.tag))
        if not any(
            each.failed_at_s is not None for each in self._machines.faults.active if each.device == device
        ):
            self.failed.discard(self._machines.position[device])

    def clear(self, device: str | None) -> None:
        """Take away all faults of a device, or of all."""
        if self._machines is None:
            return
        self._retire(device)
        self.changes += 1
        self._machines.faults.remove(lambda fault: device is None or fault.device == device)
        self.sensors.remove(lambda fault: device is None or fault.device == device)
        if device in (None, UTILITIES):
            self.utilities.remove(self._machines.utilities, lambda _: True)
            self.utility_sensors.remove(lambda _: True)
        if device is None:
            self.failed.clear()
        elif device != UTILITIES:
            self.failed.discard(self._machines.position[device])

    def truth(self, time_s: float) -> tuple[FaultTruth, ...]:
        """Return every injected fault with its true damage."""
        if self._machines is None:
            return ()
        book, sensors = self._machines.faults, self.sensors
        found = [
            machine_truth(fault, *state) for fault, state in zip(book.active, book.states(), strict=True)
        ]
        found += [sensor_truth(each, time_s) for each in (*sensors.active, *self.utility_sensors.active)]
        found += [each.truth(time_s) for each in self.utilities.active]
        return tuple(found)

    def wear(self) -> tuple[FaultTruth, ...]:
        """Return the natural wear of every mode of every machine, with its true remaining life."""
        return () if self._machines is None else wear_truths(self._machines)

    def renew(self, device: str) -> None:
        """Maintain a machine: no fault, no damage, new parts."""
        self._retire(device)
        if self._machines is not None:
            self._machines.faults.renew(self._machines.position[device])
        self.clear(device)

    def remaining_s(self, time_s: float) -> Array:
        """Return for each machine the running time left to its first failure."""
        return self._machines.faults.first_failure_s(time_s) if self._machines else np.zeros(0)

    def sensor_labels(self) -> NDArray[np.int16]:
        """Return for each machine the code of the fault at work on its sensors, clock or line, -1 for none."""
        found = np.full(len(self._machines.devices) if self._machines else 0, -1, dtype=np.int16)
        self.sensors.label(found)
        return found

    def labels(self, time_s: float) -> NDArray[np.int16]:
        """Return for each machine the code of the fault at work, -1 for none."""
        count = len(self._machines.devices) if self._machines else 0
        found = np.full(count, -1, dtype=np.int16)
        self.sensors.label(found)
        if self._machines:
            self._machines.faults.label(time_s, found)
        return found

    def _retire(self, device: str | None) -> None:
        """Keep the truth about what is about to be taken away: of a device, or all."""
        self._retire_where(lambda each: device in (None, each.device))

    def _retire_where(self, chosen: Callable[[FaultTruth], bool]) -> None:
        if self._machines is not None:
            now_s = self._machines.time_s
            self.ended += [(each, now_s) for each in self.truth(now_s) if chosen(each)]

    def _retire_same(self, device: str, fault: str, tag: str) -> None:
        """Keep the truth about a fault that one of the same name is about to replace."""
        assert self._machines is not None
        active: list[ActiveFault | SensorFault] = [*self._machines.faults.active, *self.sensors.active]
        if any((each.device, each.mode.name, each.tag) == (device, fault, tag) for each in active):
            self._retire_where(lambda each: (each.device, each.fault, each.tag) == (device, fault, tag))

    def _columns(self, device: str, tag: str) -> tuple[int, ...]:
        """Return the engine's columns of a measured tag, or of all of a device's tags."""
        return tuple(
            column.index for column in self._tag_map.of_device(device) if tag in ("", column.definition.name)
        )
