"""The numpy decoder says what asyncua's own decoder says, on any batch."""

import math
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from asyncua import ua
from asyncua.common.utils import Buffer, NotEnoughData
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary
from hypothesis import given, settings
from hypothesis import strategies as st

from hmi.link.decode import EPOCH_TICKS, DataChange, decode_data_change, decode_publish
from tests.examples import examples

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBERS = {
    ua.VariantType.Boolean: st.booleans(),
    ua.VariantType.SByte: st.integers(-128, 127),
    ua.VariantType.Byte: st.integers(0, 255),
    ua.VariantType.Int16: st.integers(-(2**15), 2**15 - 1),
    ua.VariantType.UInt16: st.integers(0, 2**16 - 1),
    ua.VariantType.Int32: st.integers(-(2**31), 2**31 - 1),
    ua.VariantType.UInt32: st.integers(0, 2**32 - 1),
    ua.VariantType.Int64: st.integers(-(2**63), 2**63 - 1),
    ua.VariantType.UInt64: st.integers(0, 2**64 - 1),
    ua.VariantType.Float: st.floats(width=32),
    ua.VariantType.Double: st.floats(),
}
STATUS = st.sampled_from([0, 0x80000000, 0x80310000, 0x408F0000, 0x00960000])
WHEN = st.none() | st.integers(0, 10**9).map(lambda s: EPOCH + timedelta(seconds=s, microseconds=s % 997))


@st.composite
def variants(draw: st.DrawFn) -> ua.Variant | None:
    kind = draw(st.sampled_from(["number", "number", "number", "null", "none", "text", "array"]))
    if kind == "none":
        return None
    if kind == "null":
        return ua.Variant(None, ua.VariantType.Null)
    if kind == "text":
        return ua.Variant(draw(st.text(max_size=8)), ua.VariantType.String)
    if kind == "array":
        return ua.Variant(draw(st.lists(st.floats(), max_size=4)), ua.VariantType.Double, is_array=True)
    number = draw(st.sampled_from(list(NUMBERS)))
    return ua.Variant(draw(NUMBERS[number]), number)


@st.composite
def records(draw: st.DrawFn) -> list[ua.MonitoredItemNotification]:
    """Random records, each repeated some times, so that long runs and single ones both come up."""
    found = []
    for _ in range(draw(st.integers(0, 6))):
        fields: dict[str, Any] = {
            "StatusCode": draw(st.none() | STATUS),
            "SourceTimestamp": draw(WHEN),
            "ServerTimestamp": draw(WHEN),
        }
        if fields["StatusCode"] is not None:
            fields["StatusCode"] = ua.StatusCode(fields["StatusCode"])
        value = ua.DataValue(draw(variants()), **fields)
        handle = draw(st.integers(0, 2**31))
        found += [
            ua.MonitoredItemNotification(ClientHandle=handle + i, Value=value)
            for i in range(draw(st.sampled_from([1, 2, 7, 8, 40, 300])))
        ]
    return found


def rows(change: DataChange) -> list[tuple[Any, ...]]:
    s = change.samples
    return list(
        zip(s.handles.tolist(), s.values.tolist(), s.status.tolist(), s.source_ns.tolist(), strict=True)
    )


def is_number(item: ua.MonitoredItemNotification) -> bool:
    variant = item.Value.Value
    return variant is None or (not variant.is_array and variant.VariantType.value <= 11)


def row(item: ua.MonitoredItemNotification) -> tuple[Any, ...]:
    """Return what asyncua's decoder makes of one record, in our columns."""
    value = item.Value
    number = value.Value.Value if value.Value is not None else None
    when = value.SourceTimestamp
    microseconds = (when - EPOCH) // timedelta(microseconds=1) if when else 0
    status = value.StatusCode.value if value.StatusCode is not None else 0
    return item.ClientHandle, math.nan if number is None else float(number), status, microseconds * 1000


def same(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    return all(x == y or (x != x and y != y) for x, y in zip(a, b, strict=True))


@settings(max_examples=examples(80), deadline=None)
@given(records())
def test_that_it_agrees_with_the_librarys_decoder_on_any_batch(
    items: list[ua.MonitoredItemNotification],
) -> None:
    body = struct_to_binary(ua.DataChangeNotification(MonitoredItems=items))
    expected = struct_from_binary(ua.DataChangeNotification, Buffer(body)).MonitoredItems

    change = decode_data_change(body)

    numbers = [row(i) for i in expected if is_number(i)]
    assert len(rows(change)) == len(numbers)
    assert all(same(a, b) for a, b in zip(rows(change), numbers, strict=True))
    assert [o.ClientHandle for o in change.others] == [i.ClientHandle for i in expected if not is_number(i)]


def test_that_picoseconds_are_read_where_part_6_puts_them() -> None:
    """The library (2.1.0) writes both picosecond fields after both times, so this record is made by hand."""
    source, server = EPOCH_TICKS + 10_000_000, EPOCH_TICKS + 20_000_000
    record = struct.pack("<IBBdIqHqH", 7, 0x3F, 11, 1.5, 0x80000000, source, 11, server, 22)
    body = struct.pack("<i", 2) + record + record + struct.pack("<i", -1)

    change = decode_data_change(body)

    assert rows(change) == [(7, 1.5, 0x80000000, 1_000_000_000)] * 2


def test_that_a_whole_publish_response_keeps_its_other_notifications() -> None:
    change = ua.DataChangeNotification(
        MonitoredItems=[ua.MonitoredItemNotification(9, ua.DataValue(ua.Variant(2.5, ua.VariantType.Double)))]
    )
    events = ua.EventNotificationList(Events=[ua.EventFieldList(3, [ua.Variant("x", ua.VariantType.String)])])
    response = ua.PublishResponse()
    response.Parameters.SubscriptionId = 77
    response.Parameters.AvailableSequenceNumbers = [4, 5]
    response.Parameters.NotificationMessage.SequenceNumber = 5
    response.Parameters.NotificationMessage.NotificationData = [events, change, events]

    decoded = decode_publish(Buffer(struct_to_binary(response))).Parameters

    first, second, third = decoded.NotificationMessage.NotificationData
    assert (decoded.SubscriptionId, decoded.NotificationMessage.SequenceNumber) == (77, 5)
    assert isinstance(second, DataChange)
    assert second.samples.values.tolist() == [2.5]
    assert first.Events[0].EventFields[0].Value == third.Events[0].EventFields[0].Value == "x"


def test_that_times_outside_64_bits_of_nanoseconds_are_held_at_their_ends() -> None:
    body = bytearray(struct_to_binary(_one(EPOCH)))
    at = body.index(EPOCH_TICKS.to_bytes(8, "little"))

    early, late = bytearray(body), bytearray(body)
    early[at : at + 8] = (0).to_bytes(8, "little")
    late[at : at + 8] = (2**63 - 1).to_bytes(8, "little")

    assert decode_data_change(bytes(early)).samples.source_ns.tolist() == [0]
    assert decode_data_change(bytes(late)).samples.source_ns[0] > np.int64(9 * 10**18)


def _one(when: datetime) -> ua.DataChangeNotification:
    fields: dict[str, Any] = {"SourceTimestamp": when}
    value = ua.DataValue(ua.Variant(1.0, ua.VariantType.Double), **fields)
    return ua.DataChangeNotification(MonitoredItems=[ua.MonitoredItemNotification(1, value)])


def _mixed(order: list[int], first: int) -> list[ua.MonitoredItemNotification]:
    """Return a record for each status in `order`, none where it is 0: two sizes of record."""
    return [
        ua.MonitoredItemNotification(
            first + index,
            ua.DataValue(
                ua.Variant(float(first * index), ua.VariantType.Double),
                StatusCode=ua.StatusCode(status) if status else None,
                SourceTimestamp=EPOCH + timedelta(seconds=index),
            ),
        )
        for index, status in enumerate(order)
    ]


def _assert_right(items: list[ua.MonitoredItemNotification]) -> None:
    body = struct_to_binary(ua.DataChangeNotification(MonitoredItems=items))
    assert rows(decode_data_change(body)) == [row(item) for item in items]


def test_that_a_shape_seen_before_is_read_with_the_new_values() -> None:
    order = ([0] * 20 + [0x408F0000]) * 5
    for first in (1, 1000, 70_000):
        _assert_right(_mixed(order, first))


def test_that_an_equally_long_body_of_another_shape_is_not_read_as_the_one_before() -> None:
    order = ([0] * 20 + [0x408F0000]) * 5
    for turned in range(0, len(order), 7):
        _assert_right(_mixed(order[turned:] + order[:turned], 1))


@pytest.mark.parametrize("missing", [1, 9, 30, 200])
def test_that_a_body_that_ends_early_is_refused(missing: int) -> None:
    for order in ([0] * 100, ([0] * 20 + [0x408F0000]) * 5):
        whole = struct_to_binary(ua.DataChangeNotification(MonitoredItems=_mixed(order, 1)))
        with pytest.raises((ValueError, IndexError, struct.error, NotEnoughData)):
            decode_data_change(whole[: -4 - missing])  # the last 4 bytes are the diagnostics' length
