"""Items in columns do what single items do, whatever happens to them and in whatever order."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from asyncua import ua
from hypothesis import given, settings
from hypothesis import strategies as st

from opcua_server.dataplane.columns import ColumnStore
from opcua_server.dataplane.encode import HAS_SERVER, HAS_SOURCE
from opcua_server.dataplane.items import ItemSettings, ItemTable
from opcua_server.dataplane.runs import DISABLED, REPORTING, SAMPLING
from opcua_server.dataplane.sampling import STATUS, STATUS_VALUE, STATUS_VALUE_TIMESTAMP, Sampler
from opcua_server.dataplane.ticks import to_ticks
from tests.examples import examples
from tests.unit.opcua_server.dataplane.slow_model import BAD, Reading, SlowItem
from tests.unit.opcua_server.dataplane.wire import decoded

ROWS = 3
TICK_S = 0.5
FIRST_SOURCE = 132_000_000_000_000_000
BOTH = HAS_SOURCE | HAS_SERVER
VALUES = (0.0, 0.4, 1.0, 1.5, -7.0, float("nan"), float("inf"), float("-inf"))
STATUSES = (0, 0, 0, 0x40000000, 0x80310000, 0x80000000)

Told = tuple[float | None, int, int]


class Bench:
    """A store, a table of items, a slow model of each item, and a clock that stands until told.

    With `others` there are more subscriptions before and behind this one, whose items are sampled together with its own.
    """

    def __init__(self, asked: list[ItemSettings], others: int = 0) -> None:
        self.now = 100.0
        self.store = ColumnStore()
        self.store.extend([ua.VariantType.Double.value] * ROWS, TICK_S)
        self.calls: list[Callable[[], None]] = []
        sampler = Sampler(self.store, lambda: self.now, lambda _, call: self.calls.append(call))
        self.others = [ItemTable(sampler) for _ in range(others)]
        self.table = ItemTable(sampler)
        self.others += [ItemTable(sampler) for _ in range(others)]
        self.source = FIRST_SOURCE
        self.put([0, 1, 2], [0.0, 0.0, 0.0], [0, 0, 0])
        self.rows = [index % ROWS for index in range(len(asked))]
        ids = [10 * index + 7 for index in range(len(asked))]
        self.items = {number: SlowItem(each) for number, each in zip(ids, asked, strict=True)}
        for other in self.others[::2]:
            other.add(ids, self.rows, asked)
        self.table.add(ids, self.rows, asked)
        for other in self.others[1::2]:
            other.add(ids, self.rows, asked)
        for number, item in self.items.items():
            if item.settings.mode != DISABLED:
                item.sample(self.reading(number), self.now, self.slack(item))

    def slack(self, item: SlowItem) -> float:
        return min(item.settings.interval_s / 2.0, TICK_S / 2.0)

    def row(self, number: int) -> int:
        return (number // 10) % ROWS

    def reading(self, number: int) -> Reading:
        row = self.row(number)
        return Reading(
            float(self.store.values[row]), int(self.store.status[row]), int(self.store.source[row])
        )

    def put(self, rows: list[int], values: list[float], status: list[int]) -> None:
        self.source += 10
        self.store.put(
            np.array(rows), np.array(values), np.array(status, np.uint32), self.source, self.source + 5
        )
        for number, item in getattr(self, "items", {}).items():
            if self.row(number) in rows:
                item.changed(self.reading(number), self.now, self.slack(item))

    def advance(self, seconds: float) -> None:
        self.now += seconds
        calls, self.calls = self.calls, []
        for call in calls:
            call()
        for number, item in self.items.items():
            item.due(self.reading(number), self.now, self.slack(item))

    def take(self, limit: int = 1_000_000) -> dict[int, list[Told]]:
        for other in self.others:
            other.take(limit)  # those that ask first may have the work of encoding for all
        told: dict[int, list[Told]] = {}
        records, count = self.table.take(limit)
        for each in decoded(records, count):
            value = each.Value.Value.Value
            status = each.Value.StatusCode.value if each.Value.StatusCode else 0
            source = to_ticks(each.Value.SourceTimestamp)
            told.setdefault(each.ClientHandle, []).append((value, status, source))
        return told

    def take_all_of_model(self) -> dict[int, list[Told]]:
        told = {item.settings.handle: item.take() for item in self.items.values()}
        return {handle: [_told(each) for each in readings] for handle, readings in told.items() if readings}


def _told(reading: Reading) -> Told:
    return (None if reading.status >= BAD else reading.value, reading.status, reading.source)


def same(one: dict[int, list[Told]], other: dict[int, list[Told]]) -> bool:
    return repr(one) == repr(other) or (
        one.keys() == other.keys() and all(repr(one[handle]) == repr(other[handle]) for handle in one)
    )


asked_items = st.builds(
    ItemSettings,
    handle=st.just(0),
    mode=st.sampled_from([REPORTING, REPORTING, REPORTING, SAMPLING, DISABLED]),
    stamps=st.just(BOTH),
    trigger=st.sampled_from([STATUS_VALUE, STATUS_VALUE, STATUS, STATUS_VALUE_TIMESTAMP]),
    deadband=st.sampled_from([0.0, 0.0, 0.5, 5.0]),
    interval_s=st.sampled_from([0.0, 0.0, 0.5, 1.0, 3.0]),
    queue_size=st.sampled_from([1, 1, 2, 3, 10]),
    discard_oldest=st.booleans(),
).map(lambda each: replace(each, has_deadband=each.deadband > 0.0))

rows = st.lists(st.integers(0, ROWS - 1), unique=True, min_size=1)
steps = st.one_of(
    st.tuples(st.just("put"), rows, st.lists(st.sampled_from(VALUES), min_size=3, max_size=3),
              st.lists(st.sampled_from(STATUSES), min_size=3, max_size=3)),
    st.tuples(st.just("advance"), st.sampled_from([0.05, 0.3, 0.5, 1.0, 4.0])),
    st.tuples(st.just("take")),
    st.tuples(st.just("mode"), st.integers(0, 5), st.sampled_from([DISABLED, SAMPLING, REPORTING])),
    st.tuples(st.just("remove"), st.integers(0, 5)),
    st.tuples(st.just("leave"), st.integers(0, 3)),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=examples(300), deadline=None)
@given(st.lists(asked_items, min_size=1, max_size=6), st.integers(0, 2), st.lists(steps, max_size=40))
def test_that_columns_do_what_single_items_do(
    asked: list[ItemSettings], others: int, script: list[Any]
) -> None:
    bench = Bench([replace(each, handle=100 + index) for index, each in enumerate(asked)], others)
    for step in [*script, ("take",)]:
        _do(bench, step)


def _do(bench: Bench, step: Any) -> None:
    match step:
        case ("put", at, values, status):
            bench.put(at, values[: len(at)], status[: len(at)])
        case ("advance", seconds):
            bench.advance(seconds)
        case ("take",):
            told, expected = bench.take(), bench.take_all_of_model()
            assert same(told, expected), (told, expected)
        case ("mode", index, mode):
            numbers = list(bench.items)
            if index < len(numbers):
                number = numbers[index]
                item = bench.items[number]
                bench.table.set_mode([number], mode)
                item.set_mode(mode, bench.reading(number), bench.now, bench.slack(item))
        case ("leave", index):
            if index < len(bench.others):
                bench.others.pop(index).close()
        case ("remove", index):
            numbers = list(bench.items)
            if index < len(numbers):
                bench.table.remove([numbers[index]])
                del bench.items[numbers[index]]


def test_that_a_limit_leaves_the_rest_for_the_next_message() -> None:
    asked = [ItemSettings(handle=index, stamps=BOTH, queue_size=10) for index in range(3)]
    bench = Bench(asked)
    for value in (1.0, 2.0, 3.0):
        bench.put([0, 1, 2], [value] * 3, [0, 0x40000000, 0])

    parts = []
    while bench.table.waiting:
        parts.append(bench.take(limit=5))

    joined = {handle: [told for part in parts for told in part.get(handle, [])] for handle in range(3)}
    assert [sum(len(told) for told in part.values()) for part in parts] == [5, 5, 2]
    assert same(joined, bench.take_all_of_model())


def test_that_a_linked_item_is_sent_when_its_trigger_takes_a_sample() -> None:
    trigger = ItemSettings(handle=0, stamps=BOTH)
    linked = ItemSettings(handle=1, stamps=BOTH, mode=SAMPLING, queue_size=10)
    bench = Bench([trigger, linked])
    bench.table.set_trigger(7, is_trigger=True)
    bench.take()
    bench.put([1], [4.0], [0])
    bench.put([1], [5.0], [0])
    assert bench.take() == {}

    bench.put([0], [1.0], [0])
    fired = bench.table.fired
    bench.table.release([17])

    assert fired == {7}
    assert [value for value, _, _ in bench.take()[1]] == [0.0, 4.0, 5.0]


def test_that_present_values_are_sent_again_when_asked_for() -> None:
    bench = Bench([ItemSettings(handle=0, stamps=BOTH), ItemSettings(handle=1, stamps=BOTH, mode=SAMPLING)])
    bench.put([0], [4.0], [0])
    bench.take()

    bench.table.resend()

    assert [(handle, told[0][0]) for handle, told in bench.take().items()] == [(0, 4.0)]


def test_that_a_smaller_queue_is_cut_at_once() -> None:
    asked = ItemSettings(handle=0, stamps=BOTH, queue_size=10)
    bench = Bench([asked])
    for value in (1.0, 2.0, 3.0, 4.0):
        bench.put([0], [value], [0])

    bench.table.modify([7], [replace(asked, queue_size=2)])

    assert [(value, status) for value, status, _ in bench.take()[0]] == [(3.0, 0x480), (4.0, 0)]


@pytest.mark.slow
def test_that_queues_nobody_empties_stay_small() -> None:
    bench = Bench([ItemSettings(handle=0, stamps=BOTH, queue_size=3)])
    for value in range(20_000):
        bench.put([0], [float(value)], [0])

    assert bench.table.waiting < 2_000
    assert [value for value, _, _ in bench.take()[0]] == [19_997.0, 19_998.0, 19_999.0]


def test_that_a_slow_item_of_a_tag_that_goes_on_changing_takes_the_value_of_its_time() -> None:
    bench = Bench([ItemSettings(handle=0, stamps=BOTH, interval_s=3.0)])
    bench.take()

    bench.advance(2.7)
    bench.put([0], [1.0], [0])  # too early
    bench.advance(0.3)
    assert bench.take() == {}
    bench.advance(0.2)
    bench.put([0], [2.0], [0])

    assert [value for value, _, _ in bench.take()[0]] == [2.0]


def test_that_a_change_put_off_is_told_when_no_other_comes() -> None:
    bench = Bench([ItemSettings(handle=0, stamps=BOTH, interval_s=3.0)])
    bench.take()
    bench.advance(2.7)
    bench.put([0], [1.0], [0])

    bench.advance(0.3 + TICK_S / 2.0)

    assert [value for value, _, _ in bench.take()[0]] == [1.0]
