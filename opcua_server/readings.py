"""The newest readings of every device, for `LatestReadings`."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from asyncua import ua
from numpy.typing import NDArray

from opcua_server.services.caller import Caller
from opcua_server.services.methods import MethodRefusedError
from plant.definition import Group
from plant.engine import Engine

KEPT = 600
DEFAULT_COUNT = 10
# quantity -> what a tag's name ends with, the first that a device has
_QUANTITIES = {"Temperature": ("Temperature",), "Vibration": ("Vibration",), "Pressure": ("Pressure",)}
_BAD = 0x80000000


class LatestReadings:
    """Keeps the last published readings and answers for one device."""

    def __init__(self, engine: Engine) -> None:
        self._columns = _find_columns(engine)
        self._devices = {device: row for row, device in enumerate(self._columns)}
        # (device, quantity) -> place in the frame, -1 where the device has no such quantity
        self._places = np.array(list(self._columns.values()), dtype=np.intp).reshape(-1, len(_QUANTITIES))
        # A ring at its full size from the start, so that memory stays flat.
        self._values = np.full((KEPT, *self._places.shape), np.nan)
        self._times: list[datetime | None] = [None] * KEPT
        self._count = 0

    def add(self, at: datetime, values: NDArray[np.float64], status: NDArray[np.uint32]) -> None:
        """Keep one frame; bad values are kept as NaN."""
        slot = self._count % KEPT
        known = (self._places >= 0) & (status[self._places] & _BAD == 0)
        self._values[slot] = np.where(known, values[self._places], np.nan)
        self._times[slot] = at
        self._count += 1

    async def handle(self, _: Caller, __: ua.NodeId, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        """Handle `LatestReadings(Device, Count)`."""
        device, count = arguments[0].Value, arguments[1].Value or DEFAULT_COUNT
        if device not in self._columns:
            raise MethodRefusedError(
                ua.StatusCodes.BadInvalidArgument, f"Device: there is no device {device!r}.", argument=0
            )
        if not 1 <= count <= KEPT:
            raise MethodRefusedError(
                ua.StatusCodes.BadInvalidArgument, f"Count: {count} is outside 1 to {KEPT}.", argument=1
            )
        newest = range(max(self._count - min(count, KEPT), 0), self._count)
        slots = [number % KEPT for number in newest]
        times = [self._times[slot] for slot in slots]
        values = self._values[slots, self._devices[device]].T.tolist()
        return [
            ua.Variant(times, ua.VariantType.DateTime, is_array=True),
            *(ua.Variant(column, ua.VariantType.Double, is_array=True) for column in values),
        ]


def _find_columns(engine: Engine) -> dict[str, tuple[int, ...]]:
    """Return, for each device, the columns of temperature, vibration and pressure; -1 where it has none."""
    found: dict[str, dict[str, int]] = {device.tag: {} for device in engine.definition.devices}
    for column in engine.tags:
        if column.group != Group.MEASUREMENTS:
            continue
        for quantity, endings in _QUANTITIES.items():
            if column.definition.name.endswith(endings):
                found[column.device].setdefault(quantity, column.index)
    return {
        device: tuple(columns.get(quantity, -1) for quantity in _QUANTITIES)
        for device, columns in found.items()
    }
