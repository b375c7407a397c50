"""Decode publish responses into numpy columns instead of a Python object per value.

Wire format: OPC UA Part 6, 5.2 (built-in types), Part 4, 5.13.5 (Publish) and 7.25.2 (DataChangeNotification).
A body is walked in runs of equal records (same fields, same type): a long run is one `numpy` view, a short one is
unpacked record by record, and what is not a plain number (texts, arrays) is left to asyncua's decoder.
"""

import struct
from dataclasses import dataclass
from functools import cache

import numpy as np
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import extensionobject_from_binary, nodeid_from_binary, struct_from_binary
from numpy.typing import NDArray

EPOCH_TICKS = 116_444_736_000_000_000  # 1970-01-01 in 100 ns ticks since 1601 (Part 6, 5.2.2.5)
LAST_TICKS = EPOCH_TICKS + (2**63 - 1) // 100  # beyond it nanoseconds leave 64 bits (year 2262)

_HAS_VALUE, _HAS_STATUS, _HAS_SOURCE, _HAS_SERVER, _HAS_SOURCE_PS, _HAS_SERVER_PS = 1, 2, 4, 8, 16, 32
_TIMES = (
    (_HAS_SOURCE, "source", "<i8"),
    (_HAS_SOURCE_PS, "source_ps", "<u2"),
    (_HAS_SERVER, "server", "<i8"),
)
# Numeric built-in types by their id (Part 6, table 1); 0 is the empty Variant.
_NUMERIC = {
    0: "",
    1: "?",
    2: "i1",
    3: "u1",
    4: "<i2",
    5: "<u2",
    6: "<i4",
    7: "<u4",
    8: "<i8",
    9: "<u8",
    10: "<f4",
    11: "<f8",
}
_STRUCT_LETTERS = dict(
    zip(_NUMERIC.values(), ("", "?", "b", "B", "h", "H", "i", "I", "q", "Q", "f", "d"), strict=True)
)
_FIRST_WINDOW = 32  # records compared before a run is believed to be long
_SHORT_RUN = 8  # below this a struct loop is quicker than numpy


@dataclass(frozen=True, slots=True)
class Samples:
    """The numbers of one or more notifications, in the order they came."""

    handles: NDArray[np.uint32]  # the client's own handle of each monitored item
    values: NDArray[np.float64]  # NaN where the server sent none
    status: NDArray[np.uint32]
    source_ns: NDArray[np.int64]  # since 1970 UTC; 0 where absent

    def __len__(self) -> int:
        return len(self.handles)


@dataclass(frozen=True, slots=True)
class DataChange:
    """What one DataChangeNotification holds: numbers as columns, the rest as asyncua's own records."""

    samples: Samples
    others: tuple[ua.MonitoredItemNotification, ...] = ()


def decode_publish(data: Buffer) -> ua.PublishResponse:
    """Decode a whole publish response; its data changes come as `DataChange`.

    Raises:
        Exception: The bytes do not follow Part 6; the caller falls back to asyncua's decoder.
    """
    type_id = nodeid_from_binary(data)
    header = struct_from_binary(ua.ResponseHeader, data)
    if type_id.Identifier != ua.ObjectIds.PublishResponse_Encoding_DefaultBinary:
        return ua.PublishResponse(TypeId=type_id, ResponseHeader=header)
    result = ua.PublishResult()
    (result.SubscriptionId, available) = struct.unpack("<Ii", data.read(8))
    data.skip(4 * max(available, 0))
    (more, sequence) = struct.unpack("<?I", data.read(5))
    data.skip(8)  # PublishTime: the server's clock, which we never judge by
    (count,) = struct.unpack("<i", data.read(4))
    result.MoreNotifications = more
    result.NotificationMessage = ua.NotificationMessage(
        SequenceNumber=sequence, NotificationData=[_notification(data) for _ in range(max(count, 0))]
    )
    return ua.PublishResponse(TypeId=type_id, ResponseHeader=header, Parameters=result)


def decode_data_change(body: bytes) -> DataChange:
    """Decode the body of a DataChangeNotification.

    Raises:
        Exception: The bytes do not follow Part 6.
    """
    (count,) = struct.unpack_from("<i", body)
    position, left = 4, max(count, 0)
    columns = _Columns()
    others: list[ua.MonitoredItemNotification] = []
    while left:
        mask = body[position + 4]
        layout = _layout(mask, body[position + 5] if mask & _HAS_VALUE else 0)
        if layout is None:
            buffer = Buffer(body, position)
            others.append(struct_from_binary(ua.MonitoredItemNotification, buffer))
            position, left = buffer.cur_pos, left - 1
            continue
        length = _run_length(body, position, left, layout)
        columns.add(body, position, length, layout)
        position, left = position + length * layout.size, left - length
    return DataChange(columns.samples(), tuple(others))


def join(parts: list[Samples]) -> Samples:
    """Return all parts as one, in order."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Samples(
            np.empty(0, np.uint32), np.empty(0, np.float64), np.empty(0, np.uint32), np.empty(0, np.int64)
        )
    return Samples(
        np.concatenate([p.handles for p in parts]),
        np.concatenate([p.values for p in parts]),
        np.concatenate([p.status for p in parts]),
        np.concatenate([p.source_ns for p in parts]),
    )


@dataclass(frozen=True, slots=True)
class _Layout:
    """The shape of one kind of record."""

    dtype: np.dtype[np.void]
    record: struct.Struct
    size: int
    head: bytes  # the bytes that every record of a run shares: field mask and type
    value_at: int  # place of the field in `record`; 0 where there is none
    status_at: int
    source_at: int


@cache
def _layout(mask: int, type_id: int) -> _Layout | None:
    """Return the layout of a record, or None where its value is not a plain number."""
    if type_id not in _NUMERIC or mask & ~0x3F:
        return None
    fields = [("handle", "<u4"), ("mask", "u1")]
    if mask & _HAS_VALUE:
        fields.append(("type", "u1"))
        if _NUMERIC[type_id]:
            fields.append(("value", _NUMERIC[type_id]))
    if mask & _HAS_STATUS:
        fields.append(("status", "<u4"))
    fields += [(name, kind) for bit, name, kind in _TIMES if mask & bit]
    if mask & _HAS_SERVER_PS:
        fields.append(("server_ps", "<u2"))
    letters = "<" + "".join(_STRUCT_LETTERS[kind] if kind else "" for _, kind in fields)
    dtype = np.dtype(fields)
    head = bytes([mask, type_id]) if mask & _HAS_VALUE else bytes([mask])
    place = {name: index for index, (name, _) in enumerate(fields)}
    places = [place.get(name, 0) for name in ("value", "status", "source")]
    return _Layout(dtype, struct.Struct(letters), dtype.itemsize, head, *places)


def _run_length(body: bytes, start: int, left: int, layout: _Layout) -> int:
    """Return how many records from `start` on share the first one's layout.

    Each match proves that the next record begins where we look, so the first mismatch is the run's true end.
    """
    size, head = layout.size, layout.head
    possible = min(left, (len(body) - start) // size)
    if possible < 1:
        raise ValueError(f"data change of {len(body)} bytes ends inside a record at {start}")
    known, window = 1, _FIRST_WINDOW
    while known < possible:
        upto = min(known + window, possible)
        if window == _FIRST_WINDOW:
            for index in range(known, upto):
                at = start + index * size + 4
                if body[at : at + len(head)] != head:
                    return index
        else:
            block = np.frombuffer(body, layout.dtype, upto - known, start + known * size)
            same = block["mask"] == head[0]
            if len(head) > 1:
                same &= block["type"] == head[1]
            if not same.all():
                return known + int(np.argmin(same))
        known, window = upto, window * 8
    return known


class _Columns:
    """Gathers runs in order: long ones as numpy views, the short ones between them row by row."""

    def __init__(self) -> None:
        self._parts: list[Samples] = []
        self._rows: list[tuple[int, float, int, int]] = []

    def add(self, body: bytes, start: int, length: int, layout: _Layout) -> None:
        if length >= _SHORT_RUN:
            self._close_rows()
            self._parts.append(_read_run(body, start, length, layout))
            return
        for at in range(start, start + length * layout.size, layout.size):
            record = layout.record.unpack_from(body, at)
            self._rows.append(
                (
                    record[0],
                    float(record[layout.value_at]) if layout.value_at else np.nan,
                    record[layout.status_at] if layout.status_at else 0,
                    record[layout.source_at] if layout.source_at else 0,
                )
            )

    def samples(self) -> Samples:
        self._close_rows()
        return join(self._parts)

    def _close_rows(self) -> None:
        if self._rows:
            handles, values, status, ticks = zip(*self._rows, strict=True)
            self._parts.append(
                Samples(
                    np.array(handles, np.uint32),
                    np.array(values, np.float64),
                    np.array(status, np.uint32),
                    _nanoseconds(np.array(ticks, np.int64)),
                )
            )
            self._rows = []


def _read_run(body: bytes, start: int, length: int, layout: _Layout) -> Samples:
    block = np.frombuffer(body, layout.dtype, length, start)
    values = block["value"].astype(np.float64) if layout.value_at else np.full(length, np.nan)
    status = block["status"].astype(np.uint32) if layout.status_at else np.zeros(length, np.uint32)
    ticks = block["source"].astype(np.int64) if layout.source_at else np.zeros(length, np.int64)
    return Samples(block["handle"].astype(np.uint32), values, status, _nanoseconds(ticks))


def _nanoseconds(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ns since 1970 for 100 ns ticks since 1601; 0 for "no time", held at the ends of 64 bits."""
    clipped = np.clip(ticks, EPOCH_TICKS, LAST_TICKS)
    return (clipped - EPOCH_TICKS) * 100


def _notification(data: Buffer) -> object:
    """Return one entry of NotificationData, a data change as `DataChange`."""
    ahead = data.copy()
    if nodeid_from_binary(ahead).Identifier != ua.ObjectIds.DataChangeNotification_Encoding_DefaultBinary:
        return extensionobject_from_binary(data)
    encoding, length = struct.unpack("<Bi", ahead.read(5))
    if encoding != 1:
        raise ValueError(f"data change in encoding {encoding}, expected 1 (binary)")
    body = bytes(ahead.read(length))
    data.skip(len(data) - len(ahead))
    return decode_data_change(body)
