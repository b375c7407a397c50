"""Decode publish responses into numpy columns instead of a Python object per value.

Wire format: OPC UA Part 6, 5.2 (built-in types), Part 4, 5.13.5 (Publish) and 7.25.2 (DataChangeNotification).
Numbers are read as `records` finds them; what is no plain number (texts, arrays) is left to asyncua's decoder.
"""

import struct
from dataclasses import dataclass

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import extensionobject_from_binary, nodeid_from_binary, struct_from_binary

from hmi.link.records import EPOCH_TICKS, Samples, join, read_records

__all__ = ["EPOCH_TICKS", "DataChange", "Samples", "decode_data_change", "decode_publish", "join"]


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
    samples, others = read_records(body)
    return DataChange(samples, tuple(others))


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
