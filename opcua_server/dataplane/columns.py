"""The values of many tags as columns: what was published last of each, one row a tag."""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from asyncua import ua
from numpy.typing import NDArray

from opcua_server.dataplane.ticks import now_ticks

BAD: Final = 0x80000000  # the severity bit of a status code
WAITING: Final = 0x80320000  # BadWaitingForInitialData

_V = ua.VariantType
# Scalars that a double holds exactly, and how each is encoded (OPC 10000-6, 5.2.2). The rest goes the ordinary path.
WIRE: Final[dict[int, str]] = {
    _V.Boolean.value: "?",
    _V.SByte.value: "i1",
    _V.Byte.value: "u1",
    _V.Int16.value: "<i2",
    _V.UInt16.value: "<u2",
    _V.Int32.value: "<i4",
    _V.UInt32.value: "<u4",
    _V.Float.value: "<f4",
    _V.Double.value: "<f8",
}
_IS_WHOLE: Final = ~np.isin(np.arange(32), (_V.Float.value, _V.Double.value))

Marks = NDArray[np.bool_]
Rows = NDArray[np.intp]


class Listener(Protocol):
    """Whoever is told which rows were put."""

    def columns_put(self, marks: Marks) -> None:
        """Look at the rows whose mark is set; the marks are gone when it returns. The last one, -1, is never set."""
        ...

    def ticks_changed(self) -> None:
        """Look at `tick_s` anew."""
        ...


class ColumnStore:
    """All column tags of a server. Rows are never removed."""

    def __init__(self) -> None:
        self.values: NDArray[np.float64] = np.empty(0)
        self.status: NDArray[np.uint32] = np.empty(0, np.uint32)
        self.source: NDArray[np.int64] = np.empty(0, np.int64)  # ticks
        self.server: NDArray[np.int64] = np.empty(0, np.int64)  # ticks
        self.kinds: NDArray[np.uint8] = np.empty(0, np.uint8)  # numbers of the built-in types
        self.tick_s: NDArray[np.float64] = np.empty(0)  # how often a row can change at most
        self._marks: Marks = np.zeros(1, np.bool_)  # one more than rows: the last one is never set
        self._listeners: list[Listener] = []

    def __len__(self) -> int:
        return len(self.values)

    def extend(self, kinds: Sequence[int], tick_s: float) -> int:
        """Add a row for each kind, waiting for its first value; returns the first one's number."""
        first, count = len(self), len(kinds)
        self.values = np.append(self.values, np.full(count, np.nan))
        self.status = np.append(self.status, np.full(count, WAITING, np.uint32))
        self.source = np.append(self.source, np.full(count, now_ticks()))
        self.server = np.append(self.server, np.full(count, now_ticks()))
        self.kinds = np.append(self.kinds, np.asarray(kinds, np.uint8))
        self.tick_s = np.append(self.tick_s, np.full(count, tick_s))
        self._marks = np.zeros(len(self) + 1, np.bool_)
        return first

    def put(
        self,
        rows: Rows,
        values: NDArray[np.float64],
        status: NDArray[np.uint32],
        source: int | NDArray[np.int64],
        server: int,
    ) -> None:
        """Take new values for `rows` (each at most once) and tell whoever listens."""
        self.values[rows] = values
        self.status[rows] = status
        self.source[rows] = source
        self.server[rows] = server
        self._marks[rows] = True
        try:
            for listener in tuple(self._listeners):
                listener.columns_put(self._marks)
        finally:
            self._marks[rows] = False

    def set_tick(self, rows: Rows, tick_s: float) -> None:
        """Say how often rows can change at most."""
        self.tick_s[rows] = tick_s
        for listener in tuple(self._listeners):
            listener.ticks_changed()

    def listen(self, listener: Listener) -> None:
        """Tell `listener` of every put from now on."""
        self._listeners.append(listener)

    def forget(self, listener: Listener) -> None:
        """Tell it no more; one that never listened is no error."""
        if listener in self._listeners:
            self._listeners.remove(listener)


def is_null(
    kinds: NDArray[np.uint8], values: NDArray[np.float64], status: NDArray[np.uint32]
) -> NDArray[np.bool_]:
    """Return where there is no value to send: a Bad status takes it away, and an integer has no NaN and no infinity."""
    return (status >= BAD) | (~np.isfinite(values) & _IS_WHOLE[kinds])
