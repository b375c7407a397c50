"""Bytes of a DataChangeNotification, decoded by the library: what any client sees."""

import struct
from collections.abc import Sequence

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary

from opcua_server.dataplane.encode import data_change


def decoded(records: Sequence[bytes], count: int) -> list[ua.MonitoredItemNotification]:
    """Return the notifications of a whole body, which must hold neither more nor less."""
    body = data_change(records, count)
    buffer = Buffer(body)
    (told,) = struct.unpack("<i", buffer.read(4))
    assert told == count
    found = [struct_from_binary(ua.MonitoredItemNotification, buffer) for _ in range(count)]
    assert buffer.read(len(buffer)) == b"\0\0\0\0"
    return found
