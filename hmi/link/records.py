"""Find the records of a data change, and read the numbers among them as columns.

A record's field mask and type tell its size (OPC 10000-6, 5.2.2.17), so where the next one begins is known only when this
one has been looked at. Three ways, the quickest that fits: all records alike, which two numbers prove; the shape of an
earlier body of the same length, whose heads prove it anew; and a walk in runs of alike records.
"""

import re
import struct
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary
from numpy.typing import NDArray

EPOCH_TICKS: Final = 116_444_736_000_000_000  # 1970-01-01 in 100 ns ticks since 1601 (Part 6, 5.2.2.5)
LAST_TICKS: Final = EPOCH_TICKS + (2**63 - 1) // 100  # beyond it nanoseconds leave 64 bits (year 2262)

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
_FIRST_AT: Final = 4  # behind the array's length
_FEW: Final = 24  # below it a struct loop is quicker than numpy
_REMEMBERED: Final = 8  # shapes: a console has three subscriptions, of which one is large

_Row = tuple[int, float, int, int]  # handle, value, status, ticks


@dataclass(frozen=True, slots=True)
class Samples:
    """The numbers of one or more notifications, in the order they came."""

    handles: NDArray[np.uint32]  # the client's own handle of each monitored item
    values: NDArray[np.float64]  # NaN where the server sent none
    status: NDArray[np.uint32]
    source_ns: NDArray[np.int64]  # since 1970 UTC; 0 where absent

    def __len__(self) -> int:
        return len(self.handles)


def join(parts: list[Samples]) -> Samples:
    """Return all parts as one, in order."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return _empty(0)
    return Samples(
        np.concatenate([p.handles for p in parts]),
        np.concatenate([p.values for p in parts]),
        np.concatenate([p.status for p in parts]),
        np.concatenate([p.source_ns for p in parts]),
    )


def read_records(body: bytes) -> tuple[Samples, list[ua.MonitoredItemNotification]]:
    """Read the body of a DataChangeNotification: its numbers, and the records that hold something else.

    Raises:
        Exception: The bytes do not follow Part 6.
    """
    (count,) = struct.unpack_from("<i", body)
    if count < _FEW:
        return _read_few(body, max(count, 0))
    shape = _uniform(body, count) or _remembered(body, count)
    if shape is not None:
        return _read(body, shape), []
    shape, others = _walk(body, count)
    if not others:
        _remember(body, shape)
    return _read(body, shape), others


@dataclass(frozen=True, slots=True)
class _Layout:
    """What all records with the same field mask and type have in common."""

    dtype: np.dtype[np.void]
    record: struct.Struct
    size: int
    mask: int
    type_id: int | None  # None where there is no value
    run: re.Pattern[bytes]  # as many records of this layout as there are in a row
    value_at: int  # place of the field in `record`; 0 where there is none
    status_at: int
    source_at: int


@cache
def _layout(mask: int, type_id: int | None) -> _Layout | None:
    """Return the layout of a record, or None where its value is not a plain number."""
    if mask & ~0x3F or (type_id is not None and type_id not in _NUMERIC):
        return None
    fields = [("handle", "<u4"), ("mask", "u1")]
    if type_id is not None:
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
    head = bytes([mask]) if type_id is None else bytes([mask, type_id])
    rest = dtype.itemsize - 4 - len(head)
    run = re.compile(b"(?:.{4}" + re.escape(head) + b".{%d})*+" % rest, re.DOTALL)
    place = {name: index for index, (name, _) in enumerate(fields)}
    places = [place.get(name, 0) for name in ("value", "status", "source")]
    return _Layout(dtype, struct.Struct(letters), dtype.itemsize, mask, type_id, run, *places)


def _layout_at(body: bytes, position: int) -> _Layout | None:
    mask = body[position + 4]
    return _layout(mask, body[position + 5] if mask & _HAS_VALUE else None)


# ---- few records: one by one -----------------------------------------------------------------------------------------


def _read_few(body: bytes, count: int) -> tuple[Samples, list[ua.MonitoredItemNotification]]:
    rows: list[_Row] = []
    others: list[ua.MonitoredItemNotification] = []
    position = _FIRST_AT
    for _ in range(count):
        layout = _layout_at(body, position)
        if layout is None:
            other, position = _read_other(body, position)
            others.append(other)
            continue
        record = layout.record.unpack_from(body, position)
        rows.append(
            (
                record[0],
                float(record[layout.value_at]) if layout.value_at else np.nan,
                record[layout.status_at] if layout.status_at else 0,
                record[layout.source_at] if layout.source_at else 0,
            )
        )
        position += layout.size
    if not rows:
        return _empty(0), others
    handles, values, status, ticks = zip(*rows, strict=True)
    samples = Samples(
        np.array(handles, np.uint32),
        np.array(values, np.float64),
        np.array(status, np.uint32),
        _nanoseconds(np.array(ticks, np.int64)),
    )
    return samples, others


def _read_other(body: bytes, position: int) -> tuple[ua.MonitoredItemNotification, int]:
    """Return a record that is no number, and where the next one begins."""
    buffer = Buffer(body, position)
    return struct_from_binary(ua.MonitoredItemNotification, buffer), buffer.cur_pos


# ---- many records: by their shape ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Group:
    """The records of one layout."""

    layout: _Layout
    offsets: NDArray[np.intp]  # where each begins
    rows: NDArray[np.intp]  # the place of each among all numbers


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where the numbers of a body are; of one layout throughout where `groups` is empty."""

    count: int
    only: _Layout | None
    groups: tuple[_Group, ...] = ()


_shapes: dict[tuple[int, int], _Shape] = {}  # (records, bytes) -> shape, the newest last


def _uniform(body: bytes, count: int) -> _Shape | None:
    """Return the shape if all records are alike: then each head stands where the first record's size says."""
    layout = _layout_at(body, _FIRST_AT)
    if layout is None or _FIRST_AT + count * layout.size > len(body):
        return None
    block = np.frombuffer(body, layout.dtype, count, _FIRST_AT)
    if not (block["mask"] == layout.mask).all():
        return None
    if layout.type_id is not None and not (block["type"] == layout.type_id).all():
        return None
    return _Shape(count, layout)


def _remembered(body: bytes, count: int) -> _Shape | None:
    """Return the shape of an earlier body if it is this one's too.

    The first record begins where that one's did, and each head that agrees says that the next record does as well.
    """
    shape = _shapes.get((count, len(body)))
    if shape is None:
        return None
    octets = np.frombuffer(body, np.uint8)
    for group in shape.groups:
        heads = group.offsets + 4
        if not (octets[heads] == group.layout.mask).all():
            return None
        if group.layout.type_id is not None and not (octets[heads + 1] == group.layout.type_id).all():
            return None
    return shape


def _remember(body: bytes, shape: _Shape) -> None:
    key = (shape.count, len(body))
    _shapes.pop(key, None)
    _shapes[key] = shape
    if len(_shapes) > _REMEMBERED:
        del _shapes[next(iter(_shapes))]


def _walk(body: bytes, count: int) -> tuple[_Shape, list[ua.MonitoredItemNotification]]:
    runs: dict[_Layout, list[tuple[int, int, int]]] = {}  # layout -> (offset, row, length)
    others: list[ua.MonitoredItemNotification] = []
    position, row, left = _FIRST_AT, 0, count
    while left:
        layout = _layout_at(body, position)
        if layout is None:
            other, position = _read_other(body, position)
            others.append(other)
            left -= 1
            continue
        match = layout.run.match(body, position)
        length = min((match.end() - position) // layout.size, left) if match is not None else 0
        if not length:
            raise ValueError(f"data change of {len(body)} bytes ends inside a record at {position}")
        runs.setdefault(layout, []).append((position, row, length))
        position, row, left = position + length * layout.size, row + length, left - length
    groups = tuple(_group(layout, found) for layout, found in runs.items())
    return _Shape(row, None, groups), others


def _group(layout: _Layout, runs: list[tuple[int, int, int]]) -> _Group:
    offsets, rows, lengths = np.array(runs, np.intp).T
    total = int(lengths.sum())
    inside = np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return _Group(
        layout, np.repeat(offsets, lengths) + inside * layout.size, np.repeat(rows, lengths) + inside
    )


def _read(body: bytes, shape: _Shape) -> Samples:
    if shape.only is not None:
        return _columns(np.frombuffer(body, shape.only.dtype, shape.count, _FIRST_AT), shape.only)
    found = _empty(shape.count)
    for group in shape.groups:
        size = group.layout.size
        # A view that begins at every byte; picking from it copies whole records.
        everywhere: NDArray[np.void] = np.ndarray(
            (len(body) - size + 1,), np.dtype(f"V{size}"), body, strides=(1,)
        )
        part = _columns(everywhere[group.offsets].view(group.layout.dtype), group.layout)
        found.handles[group.rows] = part.handles
        found.values[group.rows] = part.values
        found.status[group.rows] = part.status
        found.source_ns[group.rows] = part.source_ns
    return found


def _columns(block: NDArray[np.void], layout: _Layout) -> Samples:
    length = len(block)
    values = block["value"].astype(np.float64) if layout.value_at else np.full(length, np.nan)
    status = block["status"].astype(np.uint32) if layout.status_at else np.zeros(length, np.uint32)
    ticks = block["source"].astype(np.int64) if layout.source_at else np.zeros(length, np.int64)
    return Samples(block["handle"].astype(np.uint32), values, status, _nanoseconds(ticks))


def _empty(count: int) -> Samples:
    return Samples(
        np.empty(count, np.uint32),
        np.empty(count, np.float64),
        np.empty(count, np.uint32),
        np.empty(count, np.int64),
    )


def _nanoseconds(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ns since 1970 for 100 ns ticks since 1601; 0 for "no time", held at the ends of 64 bits."""
    clipped = np.clip(ticks, EPOCH_TICKS, LAST_TICKS)
    return (clipped - EPOCH_TICKS) * 100
