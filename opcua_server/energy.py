"""Sum the plant's power up for clients: drawn, idle, generated, and what a kilowatt hour costs."""

from collections.abc import Mapping

import numpy as np
from asyncua import ua
from numpy.typing import NDArray

from opcua_server.dataplane.publish import Publisher
from plant.definition import Family
from plant.engine import Engine

_T = ua.VariantType
_DIGITS = 2


class EnergyNodes:
    """Writes the nodes below `Energy`; only what changed is written.

    A machine whose power is not known now (its status is not Good) counts as drawing nothing, and `Metered` says how
    many machines are in the sum.
    """

    def __init__(
        self, engine: Engine, plantwide: Mapping[str, ua.NodeId], publisher: Publisher, price_eur_kwh: float
    ) -> None:
        self._plantwide = plantwide
        self._publisher = publisher
        self._price_eur_kwh = price_eur_kwh
        families = {device.tag: device.family for device in engine.definition.devices}
        meters = [
            (tag.index, families[tag.device] is Family.GENERATOR)
            for tag in engine.tags
            if tag.group == "Measurements" and tag.definition.name == "Power"
        ]
        self._drawn = np.array([index for index, gives in meters if not gives], dtype=np.intp)
        self._given = np.array([index for index, gives in meters if gives], dtype=np.intp)
        self._written: dict[str, object] = {}

    async def publish(self, values: NDArray[np.float64], status: NDArray[np.uint32], idle_kw: float) -> None:
        """Write the sums of one frame; `idle_kw` is NaN while nobody knows it."""
        is_good = status >> 30 == 0
        await self._put("Price", self._price_eur_kwh, _T.Double)
        await self._put("PowerDrawn", _sum(values, is_good, self._drawn), _T.Double)
        await self._put("PowerGenerated", _sum(values, is_good, self._given), _T.Double)
        await self._put("PowerIdle", round(idle_kw, _DIGITS), _T.Double)
        await self._put("Metered", int(is_good[self._drawn].sum()), _T.UInt32)

    async def _put(self, name: str, value: float, kind: ua.VariantType) -> None:
        # repr, because NaN is not equal to itself and would be written at every tick
        if self._written.get(name) == repr(value):
            return
        self._written[name] = repr(value)
        status = 0 if np.isfinite(value) else ua.StatusCodes.BadNoDataAvailable
        await self._publisher.put(self._plantwide[f"Energy/{name}"], value, kind, status=status)


def _sum(values: NDArray[np.float64], is_good: NDArray[np.bool_], columns: NDArray[np.intp]) -> float:
    return round(float(values[columns[is_good[columns]]].sum()), _DIGITS)
