"""Items in no column do what the book says, as those in columns do."""

from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary
from hypothesis import given, settings
from hypothesis import strategies as st

from opcua_server.dataplane.encode import HAS_SERVER, HAS_SOURCE
from opcua_server.dataplane.items import ItemSettings
from opcua_server.dataplane.runs import DISABLED, REPORTING, SAMPLING
from opcua_server.dataplane.sampling import STATUS, STATUS_VALUE, STATUS_VALUE_TIMESTAMP
from opcua_server.dataplane.ticks import to_moment, to_ticks
from opcua_server.services.subscriptions.object_items import ObjectItem
from tests.examples import examples
from tests.unit.opcua_server.dataplane.slow_model import BAD, Reading, SlowItem

FIRST_SOURCE = 132_000_000_000_000_000
VALUES = (0.0, 0.4, 1.0, 1.5, -7.0, float("nan"), float("inf"))
STATUSES = (0, 0, 0, 0x40000000, 0x80310000)


class Bench:
    """One item, its slow model, and a clock that stands until told."""

    def __init__(self, asked: ItemSettings) -> None:
        self.now = 100.0
        self.reading = Reading(0.0, 0, FIRST_SOURCE)
        self.slow = SlowItem(asked)
        self.item = ObjectItem(1, asked, self._data, lambda _: None)
        self.slack = min(asked.interval_s / 2.0, 0.005)
        if asked.mode != DISABLED:
            self.item.sample(self.now)
            self.slow.sample(self.reading, self.now, self.slack)

    def _data(self) -> ua.DataValue:
        value = None if self.reading.status >= BAD else self.reading.value
        kind = ua.VariantType.Null if value is None else ua.VariantType.Double
        return ua.DataValue(
            ua.Variant(value, kind),
            StatusCode=ua.StatusCode(self.reading.status),
            SourceTimestamp=to_moment(self.reading.source),
        )

    def put(self, value: float, status: int) -> None:
        self.reading = Reading(value, status, self.reading.source + 10)
        self.item.changed(self.now)
        self.slow.changed(self.reading, self.now, self.slack)

    def advance(self, seconds: float) -> None:
        """Let time pass; the item wakes exactly when it said it is due."""
        end = self.now + seconds
        if self.item.due is not None and self.item.due <= end:
            self.now = self.item.due
            self.item.sample(self.now)
            if self.slow.pending and self.now >= self.slow.not_before - self.slack:
                self.slow.sample(self.reading, self.now, self.slack)  # one item has no frame to wait for
        self.now = end

    def take(self) -> list[Any]:
        told = []
        while self.item.waiting:
            found = struct_from_binary(ua.MonitoredItemNotification, Buffer(self.item.take())).Value
            status = found.StatusCode.value if found.StatusCode else 0
            told.append((found.Value.Value, status, to_ticks(found.SourceTimestamp)))
        return told

    def expected(self) -> list[Any]:
        return [
            (None if each.status >= BAD else each.value, each.status, each.source)
            for each in self.slow.take()
        ]


asked_items = st.builds(
    lambda deadband, **asked: ItemSettings(deadband=deadband, has_deadband=deadband > 0.0, **asked),
    handle=st.just(7),
    mode=st.sampled_from([REPORTING, REPORTING, SAMPLING, DISABLED]),
    stamps=st.just(HAS_SOURCE | HAS_SERVER),
    trigger=st.sampled_from([STATUS_VALUE, STATUS_VALUE, STATUS, STATUS_VALUE_TIMESTAMP]),
    deadband=st.sampled_from([0.0, 0.0, 0.5, 5.0]),
    interval_s=st.sampled_from([0.0, 0.5, 1.0]),
    queue_size=st.sampled_from([1, 2, 3, 10]),
    discard_oldest=st.booleans(),
)
steps = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(VALUES), st.sampled_from(STATUSES)),
    st.tuples(st.just("advance"), st.sampled_from([0.001, 0.3, 0.5, 2.0])),
    st.tuples(st.just("take")),
    st.tuples(st.just("mode"), st.sampled_from([DISABLED, SAMPLING, REPORTING])),
)


@settings(max_examples=examples(300), deadline=None)
@given(asked_items, st.lists(steps, max_size=40))
def test_that_a_single_item_does_what_the_book_says(asked: ItemSettings, script: list[Any]) -> None:
    bench = Bench(asked)
    for step in [*script, ("take",)]:
        match step:
            case ("put", value, status):
                bench.put(value, status)
            case ("advance", seconds):
                bench.advance(seconds)
            case ("take",):
                told, expected = bench.take(), bench.expected()
                assert repr(told) == repr(expected)
            case ("mode", mode):
                bench.item.set_mode(mode, bench.now)
                bench.slow.set_mode(mode, bench.reading, bench.now, bench.slack)


def test_that_an_array_moves_when_one_of_its_numbers_does() -> None:
    data = [1.0, 2.0, 3.0]
    asked = ItemSettings(handle=1, deadband=0.5, has_deadband=True, queue_size=10)
    item = ObjectItem(1, asked, lambda: ua.DataValue(ua.Variant(list(data))), lambda _: None)
    item.sample(1.0)
    for index, value in ((0, 1.4), (2, 3.6), (2, 3.7)):
        data[index] = value
        item.changed(2.0)

    assert item.waiting == 2
