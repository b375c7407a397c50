"""Publish one frame of plant columns a tick: what changed becomes values on the wire."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from asyncua import ua
from asyncua.server.address_space import AddressSpace
from numpy.typing import NDArray

from opcua_server.dataplane.address_space import ColumnAddressSpace, tell
from opcua_server.dataplane.beat import Beat
from opcua_server.dataplane.columns import BAD, WIRE
from opcua_server.dataplane.ticks import TICKS_PER_S, now_ticks, to_ticks


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The plant's columns at one moment. Arrays have one row a tag, in the engine's order."""

    values: NDArray[np.float64]
    status: NDArray[np.uint32]  # OPC UA status codes
    source_time: datetime  # UTC
    offset_s: NDArray[np.float64] | None = None  # what each tag's own clock is wrong by; None: all are right


class Publisher:
    """Holds what was published last, and writes only what differs.

    This is the seam of the data plane: what is behind `publish` may change, its callers may not notice. In an address
    space with columns the numbers go there in one piece; dates, and everything where there are no columns, go node by
    node.
    """

    def __init__(
        self,
        aspace: AddressSpace,
        nodes: Sequence[ua.NodeId],
        kinds: Sequence[ua.VariantType],
        *,
        tick_s: float = 0.0,
    ) -> None:
        """Take over the values of `nodes`, of the types `kinds`.

        `tick_s` is how often a value can change at most; 0 has it found out from the frames.
        """
        self._aspace = aspace
        self._nodes = tuple(nodes)
        self._kinds = tuple(kinds)
        self._casts = tuple(_CASTS[kind] for kind in kinds)
        self._values: NDArray[np.float64] = np.full(len(self._nodes), np.nan)
        self._status: NDArray[np.uint32] = np.full(len(self._nodes), 0xFFFFFFFF, dtype=np.uint32)
        self._codes: dict[int, ua.StatusCode] = {}
        self._rows: NDArray[np.intp] = np.full(len(self._nodes), -1, dtype=np.intp)  # -1: in no column
        if isinstance(aspace, ColumnAddressSpace):
            columnar = [index for index, kind in enumerate(self._kinds) if kind.value in WIRE]
            first = aspace.make_block(
                [self._nodes[i] for i in columnar], [self._kinds[i] for i in columnar], tick_s
            )
            self._rows[columnar] = np.arange(first, first + len(columnar))
        self._beat = Beat() if tick_s == 0.0 else None

    async def publish(self, frame: Frame, only: NDArray[np.intp] | None = None) -> int:
        """Write every tag whose value or status changed, or those of the columns `only`; returns how many."""
        changed = self._changed(frame)
        if only is not None:
            changed = np.intersect1d(changed, only, assume_unique=True)
        self._values[changed] = frame.values[changed]
        self._status[changed] = frame.status[changed]
        rows = self._rows[changed]
        if isinstance(self._aspace, ColumnAddressSpace):
            if only is None and self._beat is not None and self._beat.frame(time.monotonic()):
                self._aspace.columns.set_tick(self._rows[self._rows >= 0], self._beat.tick_s)
            in_column = rows >= 0
            columnar = changed[in_column]
            self._aspace.columns.put(
                rows[in_column],
                frame.values[columnar],
                frame.status[columnar],
                _source_ticks(frame, columnar),
                now_ticks(),
            )
        for index in changed[rows < 0].tolist():
            value = self._casts[index](float(frame.values[index]))
            source_time = _source_time(frame, index)
            await self._write(
                self._nodes[index], value, self._kinds[index], int(frame.status[index]), source_time
            )
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
            if status & BAD or value is None
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
        await tell(attribute.datachange_callbacks, data)

    def _code(self, status: int) -> ua.StatusCode:
        if status not in self._codes:
            self._codes[status] = ua.StatusCode(status)
        return self._codes[status]


def _source_ticks(frame: Frame, columns: NDArray[np.intp]) -> int | NDArray[np.int64]:
    """Return when the clocks behind these columns say that it was."""
    now = to_ticks(frame.source_time)
    if frame.offset_s is None:
        return now
    return now + np.rint(frame.offset_s[columns] * TICKS_PER_S).astype(np.int64)


def _source_time(frame: Frame, column: int) -> datetime:
    offset_s = 0.0 if frame.offset_s is None else float(frame.offset_s[column])
    return frame.source_time + timedelta(seconds=offset_s)


def _whole(value: float) -> int | None:
    return int(value) if np.isfinite(value) else None


def _moment(value: float) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if np.isfinite(value) else None


_CASTS: dict[ua.VariantType, Callable[[float], object]] = {
    ua.VariantType.Double: float,
    ua.VariantType.Float: float,
    ua.VariantType.SByte: _whole,
    ua.VariantType.Byte: _whole,
    ua.VariantType.Int16: _whole,
    ua.VariantType.UInt16: _whole,
    ua.VariantType.Int32: _whole,
    ua.VariantType.UInt32: _whole,
    ua.VariantType.Int64: _whole,
    ua.VariantType.UInt64: _whole,
    ua.VariantType.Boolean: bool,
    ua.VariantType.DateTime: _moment,
}
