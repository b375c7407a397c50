"""Publish one frame of plant columns a tick: what changed becomes values on the wire."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from asyncua import ua
from asyncua.server.address_space import AddressSpace
from numpy.typing import NDArray

_log = logging.getLogger(__name__)

_SLICE = 250  # writes between two breaths, so that a command never waits for a whole pass
_BAD = 0x80000000


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The plant's columns at one moment. Arrays have one row a tag, in the engine's order."""

    values: NDArray[np.float64]
    status: NDArray[np.uint32]  # OPC UA status codes
    source_time: datetime  # UTC


class Publisher:
    """Holds what was published last, and writes only what differs.

    This is the seam of the data plane: what is behind `publish` may change, its callers may not notice.
    """

    def __init__(
        self, aspace: AddressSpace, nodes: Sequence[ua.NodeId], kinds: Sequence[ua.VariantType]
    ) -> None:
        self._aspace = aspace
        self._nodes = tuple(nodes)
        self._kinds = tuple(kinds)
        self._casts = tuple(_CASTS[kind] for kind in kinds)
        self._values: NDArray[np.float64] = np.full(len(self._nodes), np.nan)
        self._status: NDArray[np.uint32] = np.full(len(self._nodes), 0xFFFFFFFF, dtype=np.uint32)
        self._codes: dict[int, ua.StatusCode] = {}

    async def publish(self, frame: Frame, only: NDArray[np.intp] | None = None) -> int:
        """Write every tag whose value or status changed, or those of the columns `only`; returns how many."""
        changed = self._changed(frame)
        if only is not None:
            changed = np.intersect1d(changed, only, assume_unique=True)
        self._values[changed] = frame.values[changed]
        self._status[changed] = frame.status[changed]
        for count, index in enumerate(changed.tolist(), start=1):
            value = self._casts[index](float(frame.values[index]))
            await self._write(
                self._nodes[index], value, self._kinds[index], int(frame.status[index]), frame.source_time
            )
            if count % _SLICE == 0:
                await asyncio.sleep(0)
        return len(changed)

    async def put(
        self,
        node: ua.NodeId,
        value: object,
        kind: ua.VariantType,
        *,
        status: int = 0,
        at: datetime | None = None,
    ) -> None:
        """Write one value that is in no column."""
        await self._write(node, value, kind, status, at or datetime.now(UTC))

    def _changed(self, frame: Frame) -> NDArray[np.intp]:
        same_value = (frame.values == self._values) | (np.isnan(frame.values) & np.isnan(self._values))
        return np.flatnonzero(~same_value | (frame.status != self._status))

    async def _write(
        self, node: ua.NodeId, value: object, kind: ua.VariantType, status: int, source_time: datetime
    ) -> None:
        variant = (
            ua.Variant(None, ua.VariantType.Null)
            if status & _BAD or value is None
            else ua.Variant(value, kind)
        )
        data = ua.DataValue(
            Value=variant,
            StatusCode=self._code(status),
            SourceTimestamp=source_time,
            ServerTimestamp=datetime.now(UTC),
        )
        attribute = self._aspace[node].attributes[ua.AttributeIds.Value]
        attribute.value = data
        for handle, callback in list(attribute.datachange_callbacks.items()):
            try:
                await callback(handle, data)
            except Exception:  # noqa: BLE001  # one client's subscription must not end the plant's publishing
                _log.exception("a subscription of %s could not take a value", node)

    def _code(self, status: int) -> ua.StatusCode:
        if status not in self._codes:
            self._codes[status] = ua.StatusCode(status)
        return self._codes[status]


def _whole(value: float) -> int | None:
    return int(value) if np.isfinite(value) else None


def _moment(value: float) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if np.isfinite(value) else None


_CASTS: dict[ua.VariantType, Callable[[float], object]] = {
    ua.VariantType.Double: float,
    ua.VariantType.Int32: _whole,
    ua.VariantType.UInt32: _whole,
    ua.VariantType.Boolean: bool,
    ua.VariantType.DateTime: _moment,
}
