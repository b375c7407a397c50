"""The newest readings of every device, for `LatestReadings`."""

from collections import deque
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
    """Keeps the last published frames and answers for one device."""

    def __init__(self, engine: Engine) -> None:
        self._frames: deque[tuple[datetime, NDArray[np.float64]]] = deque(maxlen=KEPT)
        self._columns = _find_columns(engine)

    def add(self, at: datetime, values: NDArray[np.float64], status: NDArray[np.uint32]) -> None:
        """Keep one frame; bad values are kept as NaN."""
        self._frames.append((at, np.where(status & _BAD, np.nan, values)))

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
        frames = list(self._frames)[-count:]
        columns = self._columns[device]
        times = [at for at, _ in frames]
        values = [
            [float(row[index]) if index >= 0 else float("nan") for _, row in frames] for index in columns
        ]
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
