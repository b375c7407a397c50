"""Whatever a server sends, the console's decoder takes it or refuses it: at once, within its memory, and without looping."""

import contextlib
import random
import time

import pytest
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_to_binary
from hypothesis import given
from hypothesis import strategies as st

from hmi.link.decode import DataChange, decode_data_change, decode_publish
from hmi.link.runtime import DECODING
from opcua_server.wire.hardening import harden
from tests.attacks.mutations import LENGTHS
from tests.support import raw_ua

PROMPT_S = 1.0
BASE = struct_to_binary(
    ua.PublishResponse(
        Parameters=ua.PublishResult(
            SubscriptionId=ua.UInt32(7),
            AvailableSequenceNumbers=[ua.UInt32(1)],
            NotificationMessage=ua.NotificationMessage(
                SequenceNumber=ua.UInt32(3),
                NotificationData=[
                    ua.DataChangeNotification(
                        MonitoredItems=[
                            ua.MonitoredItemNotification(ua.UInt32(n), ua.DataValue(ua.Variant(n * 1.5)))
                            for n in range(40)
                        ]
                        + [ua.MonitoredItemNotification(ua.UInt32(99), ua.DataValue(ua.Variant("text")))]
                    )
                ],
            ),
        )
    )
)


@pytest.fixture(autouse=True, scope="module")
def hardened() -> None:
    harden(DECODING)


def refuse_or_take(data: bytes) -> None:
    """Decode a publish response and a data change; only memory, recursion and time may fail."""
    began = time.thread_time()  # what others on the machine take does not count
    for decode in (lambda: decode_publish(Buffer(data)), lambda: decode_data_change(data)):
        with contextlib.suppress(Exception):
            try:
                decode()
            except (MemoryError, RecursionError) as problem:
                raise SystemExit(f"{problem!r} is no way to refuse") from problem
    assert time.thread_time() - began < PROMPT_S


@given(st.binary(max_size=400))
def test_that_noise_is_refused_or_taken(data: bytes) -> None:
    refuse_or_take(data)


@given(st.binary(max_size=60), st.integers(0, len(BASE)))
def test_that_a_response_that_turns_into_noise_is_refused_or_taken(data: bytes, at: int) -> None:
    refuse_or_take(BASE[:at] + data + BASE[at + len(data) :])


def test_that_wrong_lengths_anywhere_are_refused_or_taken() -> None:
    for at in range(len(BASE) - 4):
        refuse_or_take(BASE[:at] + raw_ua.i32(random.Random(at).choice(LENGTHS)) + BASE[at + 4 :])


def test_that_records_without_fields_end_with_their_bytes() -> None:
    """A record of five bytes is the least there is: two thousand million announced ones end where the message ends."""
    body = raw_ua.i32(2**31 - 1) + bytes(5) * 1000

    with pytest.raises(Exception, match=r"ends inside a record|out of range"):
        decode_data_change(body)


def test_that_what_is_right_is_still_taken() -> None:
    response = decode_publish(Buffer(BASE))

    (change,) = response.Parameters.NotificationMessage.NotificationData
    assert isinstance(change, DataChange)
    assert len(change.samples) == 40
    assert len(change.others) == 1
