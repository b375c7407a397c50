"""Falsify readings the way broken sensors and broken lines do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plant.faults import ActiveFault, FaultKind
from plant.laws.first_order import Array
from plant.quality import StatusCode

LAST_USABLE_S = 5.0  # how long a silent sensor's last value still counts as usable


@dataclass(slots=True)
class _Spoiled:
    fault: ActiveFault
    column: int
    scale_high: float
    held: float | None = None


class SensorFaultBook:
    """Sensor and communication faults in force; machine physics knows nothing of them."""

    def __init__(self) -> None:
        self._sensors: list[_Spoiled] = []
        self._lines: list[ActiveFault] = []
        self.offline: frozenset[int] = frozenset()

    @property
    def active(self) -> tuple[ActiveFault, ...]:
        return tuple(spoiled.fault for spoiled in self._sensors) + tuple(self._lines)

    def add(self, fault: ActiveFault, column: int, scale_high: float) -> None:
        """Add a fault; the same on the same place is replaced."""
        self._remove_same(fault)
        if fault.mode.kind is FaultKind.COMMUNICATION:
            self._lines.append(fault)
        else:
            self._sensors.append(_Spoiled(fault, column, scale_high))

    def remove(self, device: str | None) -> None:
        """Repair one device, or all."""
        self._sensors = [each for each in self._sensors if device is not None and each.fault.device != device]
        self._lines = [each for each in self._lines if device is not None and each.device != device]
        self.offline = frozenset(line.position for line in self._lines if line.position in self.offline)

    def apply(self, values: Array, status: NDArray[np.uint32], time_s: float) -> None:
        """Falsify what the instruments read, in place."""
        if self._lines:
            self.offline = frozenset(line.position for line in self._lines if _is_on(line, time_s))
        for spoiled in self._sensors:
            if _is_on(spoiled.fault, time_s):
                _spoil(spoiled, values, status, time_s)

    def is_active(self, fault: ActiveFault, time_s: float) -> bool:
        """Return whether the fault is in force."""
        return _is_on(fault, time_s)

    def _remove_same(self, fault: ActiveFault) -> None:
        self._sensors = [
            each
            for each in self._sensors
            if (each.fault.device, each.fault.tag) != (fault.device, fault.tag)
            or fault.mode.kind is not FaultKind.SENSOR
        ]
        if fault.mode.kind is FaultKind.COMMUNICATION:
            self._lines = [each for each in self._lines if each.device != fault.device]


def _is_on(fault: ActiveFault, time_s: float) -> bool:
    return fault.onset_s <= time_s < fault.onset_s + fault.life_s


def _spoil(spoiled: _Spoiled, values: Array, status: NDArray[np.uint32], time_s: float) -> None:
    column = spoiled.column
    if spoiled.held is None:
        spoiled.held = float(values[column])
    values[column] = spoiled.held
    match spoiled.fault.mode.name:
        case "sensor_stuck":
            status[column] = StatusCode.GOOD
        case "sensor_dropout":
            is_usable = time_s - spoiled.fault.onset_s < LAST_USABLE_S
            status[column] = (
                StatusCode.UNCERTAIN_LAST_USABLE_VALUE if is_usable else StatusCode.BAD_NO_COMMUNICATION
            )
        case "sensor_out_of_range":
            values[column] = spoiled.scale_high
            status[column] = StatusCode.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED
        case _:
            status[column] = StatusCode.BAD_SENSOR_FAILURE
