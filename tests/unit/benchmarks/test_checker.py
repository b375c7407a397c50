"""The load client sees every loss and every wrong value: a benchmark that cannot tell would prove nothing."""

import numpy as np
import pytest

from hmi.link.decode import Samples
from tests.benchmarks.peers.checker import Checker, Tally
from tests.benchmarks.peers.workload import BAD, STATUS_FRAMES, statuses, values

TAGS = 100
HZ = 10
FIRST = 17_000_000_000


def frame(number: int, tags: int = TAGS) -> Samples:
    """Return what a client gets of a frame when nothing is lost; a Bad status that lasts is not told again."""
    status = statuses(tags, number)
    shown = np.where(status == BAD, np.nan, values(tags, number))
    told = np.flatnonzero(~((status == BAD) & (statuses(tags, number - 1) == BAD)))
    source_ns = np.full(len(told), number * (1_000_000_000 // HZ), np.int64)
    return Samples((told + 1).astype(np.uint32), shown[told], status[told], source_ns)


def without(samples: Samples, row: int) -> Samples:
    return Samples(*(np.delete(getattr(samples, name), row) for name in Samples.__slots__))


def check(frames: list[Samples]) -> Tally:
    checker, tally = Checker(np.arange(TAGS), HZ), Tally()
    checker.begin(FIRST / HZ - 1)
    for samples in frames:
        checker.take(samples, FIRST / HZ, tally)
    return tally


def frames(count: int = 4 * STATUS_FRAMES) -> list[Samples]:
    return [frame(FIRST + index) for index in range(count)]


def test_that_a_whole_stream_has_no_fault() -> None:
    tally = check(frames())
    assert (tally.lost, tally.wrong) == (0, 0)
    assert tally.received == sum(map(len, frames()))


def test_that_each_value_that_is_left_out_is_a_loss() -> None:
    stream = frames()
    stream[5] = without(stream[5], 40)
    stream[25] = without(without(stream[25], 41), 0)
    assert check(stream).lost == 3


def test_that_a_frame_that_is_left_out_is_a_loss_of_each_item_that_wants_every_change() -> None:
    stream = frames()
    left_out = int(np.count_nonzero((stream[12].handles - 1) % 20 != 19))  # every 20th is sampled at 2 Hz
    del stream[12]
    assert check(stream).lost == left_out


@pytest.mark.parametrize("fault", ["value", "status", "twice", "order"])
def test_that_what_is_wrong_is_told(fault: str) -> None:
    stream = frames()
    good = int(np.flatnonzero(stream[7].status == 0)[3])
    if fault == "value":
        stream[7].values[good] += 1.0
    elif fault == "status":
        stream[7].status[good] = 0x80000000
    elif fault == "twice":
        stream.insert(8, stream[7])
    else:
        stream[7], stream[8] = stream[8], stream[7]
    assert check(stream).wrong > 0


def test_that_items_that_fall_silent_are_counted() -> None:
    checker, tally = Checker(np.arange(TAGS), HZ), Tally()
    checker.begin(FIRST / HZ - 1)
    checker.take(frame(FIRST), FIRST / HZ, tally)
    assert checker.silent(FIRST / HZ + 1.0) == 0
    assert checker.silent(FIRST / HZ + 3.0) == TAGS
