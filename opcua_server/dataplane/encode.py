"""Samples as bytes: the records of a DataChangeNotification (OPC 10000-4, 7.25.2; OPC 10000-6, 5.2.2.17)."""

import struct
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from asyncua import ua
from numpy.typing import NDArray

from opcua_server.dataplane.columns import BAD, WIRE, is_null
from opcua_server.dataplane.samples import Samples

# A record's layout as one byte: the built-in type's number, then what else is there.
_KIND: Final = 0x1F
HAS_STATUS: Final = 0x20
HAS_SOURCE: Final = 0x40
HAS_SERVER: Final = 0x80
_MASK_OF: Final = {
    HAS_STATUS: 0x02,
    HAS_SOURCE: 0x04,
    HAS_SERVER: 0x08,
}  # bits of a DataValue's encoding mask
_HAS_VALUE: Final = 0x01
_FLOATS: Final = (ua.VariantType.Float.value, ua.VariantType.Double.value)

STAMPS: Final[dict[ua.TimestampsToReturn, int]] = {
    ua.TimestampsToReturn.Source: HAS_SOURCE,
    ua.TimestampsToReturn.Server: HAS_SERVER,
    ua.TimestampsToReturn.Both: HAS_SOURCE | HAS_SERVER,
    ua.TimestampsToReturn.Neither: 0,
}
RECORD_BYTES: Final = 34  # of the longest record
_NO_DIAGNOSTICS: Final = struct.pack("<i", 0)


class Piece(NamedTuple):
    """Records of one layout."""

    places: NDArray[np.intp] | None  # of their samples, rising; None where it is all of them
    data: bytes
    size: int  # bytes a record


class RecordEncoder:
    """Encodes samples of some items. What never changes of an item's records is made once."""

    def __init__(
        self, handles: NDArray[np.uint32], kinds: NDArray[np.uint8], stamps: NDArray[np.uint8]
    ) -> None:
        """All arrays have one entry a slot; `stamps` are those of `STAMPS`."""
        self._handles = handles
        self._kinds = kinds
        self._codes: NDArray[np.uint8] = kinds | stamps
        codes = np.unique(self._codes[kinds != 0]).tolist()
        self._only_code: int | None = codes[0] if len(codes) == 1 else None
        self._all_floats = all(code & _KIND in _FLOATS for code in codes)
        self._scratches: dict[int, NDArray[np.void]] = {}

    def encode(self, samples: Samples) -> bytes:
        """Return the MonitoredItemNotifications of a round: samples of different items, in no order of their own."""
        pieces = self.pieces(samples, samples["slot"])
        return pieces[0].data if len(pieces) == 1 else b"".join([piece.data for piece in pieces])

    def pieces(self, samples: Samples, slots: NDArray[np.intp]) -> list[Piece]:
        """Return the same layout by layout."""
        status = samples["status"]
        all_good = not np.count_nonzero(status)
        if all_good and self._all_floats and self._only_code is not None:
            records = self._records(self._only_code, samples, slots)
            return [Piece(None, records.tobytes(), records.itemsize)]
        codes = (
            self._codes[slots]
            if all_good and self._all_floats
            else self._codes_with_status(samples, status, slots)
        )
        found = []
        for code in np.bincount(codes, minlength=256).nonzero()[0].tolist():
            places = (codes == code).nonzero()[0]
            records = self._records(code, samples[places], slots[places])
            found.append(Piece(places, records.tobytes(), records.itemsize))
        return found

    def _codes_with_status(
        self, samples: Samples, status: NDArray[np.uint32], slots: NDArray[np.intp]
    ) -> NDArray[np.uint8]:
        codes = self._codes[slots]
        null = status >= BAD if self._all_floats else is_null(self._kinds[slots], samples["value"], status)
        codes[null] &= ~_KIND & 0xFF
        codes[status != 0] |= HAS_STATUS
        return codes

    def _records(self, code: int, samples: Samples, slots: NDArray[np.intp]) -> NDArray[np.void]:
        """Return samples of one layout as they go on the wire; good until the next call."""
        if len(slots) == len(self._handles) and slots[0] == 0 and slots[-1] == len(slots) - 1:
            records = self._scratch(code)
        else:
            records = np.empty(len(slots), _layout(code))
            records["handle"] = self._handles[slots]
            records["head"] = _head(code)
        if code & _KIND:
            records["value"] = samples["value"]
        if code & HAS_STATUS:
            records["status"] = samples["status"]
        if code & HAS_SOURCE:
            records["source"] = samples["source"]
        if code & HAS_SERVER:
            records["server"] = samples["server"]
        return records

    def _scratch(self, code: int) -> NDArray[np.void]:
        """Return a record of every slot in turn, to be written over again and again."""
        records = self._scratches.get(code)
        if records is None:
            records = np.zeros(len(self._handles), _layout(code))
            records["handle"] = self._handles
            records["head"] = _head(code)
            self._scratches[code] = records
        return records


def data_change(records: Sequence[bytes], count: int) -> bytes:
    """Return the body of a DataChangeNotification of `count` records."""
    return b"".join((struct.pack("<i", count), *records, _NO_DIAGNOSTICS))


@cache
def _head(code: int) -> int:
    """Return the two bytes in front of a value: which fields there are, and the type."""
    mask = _HAS_VALUE | sum(bit for flag, bit in _MASK_OF.items() if code & flag)
    return mask | (code & _KIND) << 8


@cache
def _layout(code: int) -> np.dtype[np.void]:
    fields = [("handle", "<u4"), ("head", "<u2")]
    if code & _KIND:
        fields.append(("value", WIRE[code & _KIND]))
    for flag, name, wire in (
        (HAS_STATUS, "status", "<u4"),
        (HAS_SOURCE, "source", "<i8"),
        (HAS_SERVER, "server", "<i8"),
    ):
        if code & flag:
            fields.append((name, wire))
    return np.dtype(fields)
