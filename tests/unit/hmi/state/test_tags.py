"""Tests of the tag store: values, status, words, history."""

import math

import numpy as np
import pytest

from hmi.link.types import PlantModel, TagInfo
from hmi.state.frame_clock import memory_mb
from hmi.state.history import History
from hmi.state.quality import Quality, quality, reason
from hmi.state.statistics import WindowMean
from hmi.state.tags import UNKNOWN, TagStore
from tests.fakes.link import BAD_NO_COMMUNICATION, FakeLink

VIBRATION = "CNC-001/Measurements/Vibration"


@pytest.fixture
def store(link: FakeLink) -> TagStore:
    made = TagStore()
    made.replace_model(link.model)
    link.samples_arrived.connect(made.store)
    return made


@pytest.mark.parametrize(
    ("status", "grade", "words"),
    [
        (0, Quality.GOOD, ""),
        (0x00960000, Quality.GOOD, "set by hand"),
        (0x40900000, Quality.UNCERTAIN, "last known value"),
        (0x40940000, Quality.UNCERTAIN, "outside the sensor's range"),
        (0x40000000, Quality.UNCERTAIN, "uncertain value"),
        (0x80310000, Quality.BAD, "no communication"),
        (0x808C0000, Quality.BAD, "sensor failed"),
        (0x80FF0000, Quality.BAD, "bad value"),
        (0xC0000000, Quality.BAD, "bad value"),
    ],
)
def test_that_a_status_says_in_words_why_a_value_is_not_good(status: int, grade: Quality, words: str) -> None:
    assert quality(status) is grade
    assert reason(status) == words


@pytest.mark.parametrize(
    ("value", "status", "text", "shown_good"),
    [
        (1.94, 0, "1.9", True),
        (math.nan, 0, "not a number", False),
        (math.nan, BAD_NO_COMMUNICATION, "–", False),
        (math.inf, 0, "∞", False),
        (-math.inf, 0, "−∞", False),
        (1e308, 0, "1.0e308", True),
        (1.94, 0x40900000, "1.9", False),
    ],
)
def test_that_a_reading_is_shown_as_what_it_is(
    store: TagStore, link: FakeLink, value: float, status: int, text: str, shown_good: bool
) -> None:
    link.send([link.tag(VIBRATION)], [value], [status])

    reading = store.reading(link.tag(VIBRATION))

    assert reading.text == text
    assert reading.is_shown_as_good is shown_good


def test_that_a_tag_that_never_came_says_so(store: TagStore, link: FakeLink) -> None:
    reading = store.reading(link.tag(VIBRATION))

    assert (reading.text, reading.reason) == ("–", "no value yet")
    assert store.reading(None) is UNKNOWN
    assert store.reading(10**6) is UNKNOWN


def test_that_of_a_tag_twice_in_a_batch_the_last_value_stays_and_both_are_recorded(
    store: TagStore, link: FakeLink
) -> None:
    tag = link.tag(VIBRATION)

    link.send([tag, tag, tag], [1.0, 2.0, 3.0])

    assert store.values[tag] == 3.0
    assert list(store.history(tag)[1]) == [1.0, 2.0, 3.0]


def test_that_a_bad_value_leaves_a_gap_in_the_history(store: TagStore, link: FakeLink) -> None:
    tag = link.tag(VIBRATION)

    link.send([tag], [1.0])
    link.send([tag], [7.0], [BAD_NO_COMMUNICATION])

    assert np.isnan(store.history(tag)[1]).tolist() == [False, True]


def test_that_heartbeats_alone_do_not_ask_for_a_repaint(store: TagStore, link: FakeLink) -> None:
    before = store.revision

    link.send([link.tag("Plant/Heartbeat"), link.tag("CNC-001/State/Heartbeat")], [5, 9])
    after_beats = store.revision
    link.send([link.tag(VIBRATION)], [2.0])

    assert after_beats == before
    assert store.revision == before + 1


def test_that_samples_of_unknown_tags_are_left_out(store: TagStore, link: FakeLink) -> None:
    link.send([len(store.tags) + 3], [1.0])

    assert not np.isfinite(store.values).any()


def test_that_the_same_plant_again_keeps_its_history(store: TagStore, link: FakeLink) -> None:
    link.send([link.tag(VIBRATION)], [1.0])

    store.replace_model(link.model)

    assert store.history_count(link.tag(VIBRATION)) == 1


def test_that_another_plant_starts_afresh(store: TagStore, link: FakeLink) -> None:
    link.send([0], [1.0])

    store.replace_model(
        PlantModel(
            plant_name="Other",
            devices=(),
            tags=(
                TagInfo(
                    tag_id=0, node_id="ns=2;i=7", device="A", group="Measurements", name="X", display_name="X"
                ),
            ),
        )
    )

    assert store.reading(0).text == "–"
    assert store.history_count(0) == 0


def test_that_states_are_shown_by_name(store: TagStore, link: FakeLink) -> None:
    running = link.tag("CNC-001/State/RunningState")
    link.send([running], [4])

    assert store.text(running) == "Stopped by e-stop"


def test_that_a_ring_keeps_the_newest_samples_in_order() -> None:
    ring = History(2, capacity=4)
    for i in range(7):
        ring.append(np.array([1]), np.array([float(i)]), np.array([i * 10.0]))

    times, values = ring.read(1)

    assert times.tolist() == [3, 4, 5, 6]
    assert values.tolist() == [30, 40, 50, 60]
    assert ring.read(0)[0].size == 0


def test_that_rings_of_a_large_plant_stay_within_their_budget() -> None:
    assert History(812).capacity == 3600  # the default plant's recorded tags keep an hour at 1 Hz
    assert History(20_000).capacity * 20_000 * 16 <= 64 * 2**20 * 1.01


def test_that_a_mean_weighs_each_value_by_how_long_it_held() -> None:
    mean = WindowMean(1, window_s=600.0)
    for second in range(300):
        mean.add(np.array([10.0 if second < 200 else 40.0]), float(second))

    assert mean.means()[0] == pytest.approx(20.0, abs=0.2)  # 200 s at 10, 100 s at 40


def test_that_the_window_forgets_what_is_older() -> None:
    mean = WindowMean(1, window_s=60.0)
    for second in range(200):
        mean.add(np.array([1000.0 if second < 100 else 5.0]), float(second))

    assert mean.means()[0] == pytest.approx(5.0)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, 1e308])
def test_that_odd_values_count_for_nothing_in_a_mean(odd: float) -> None:
    mean = WindowMean(2, window_s=60.0)
    for second in range(10):
        mean.add(np.array([odd if second == 5 else 4.0, odd]), float(second))

    assert mean.means()[0] == pytest.approx(4.0)
    assert np.isnan(mean.means()[1])


def test_that_a_value_that_stands_still_is_held_to_now_and_to_its_next_sample(
    store: TagStore, link: FakeLink
) -> None:
    still, other = link.tag(VIBRATION), link.tag("CNC-002/Measurements/Vibration")
    link.send([still], [2.0])
    began_s = link.now_s
    link.now_s += 60
    link.send([other], [1.0])
    held = store.history(still)
    link.now_s += 1
    link.send([still], [5.0])

    times, values = store.history(still)

    assert (held[0] - began_s).tolist() == [0.0, 60.0]
    assert held[1].tolist() == [2.0, 2.0]
    assert (times - began_s).tolist() == [0.0, 60.0, 61.0]
    assert values.tolist() == [2.0, 2.0, 5.0]


def test_that_nothing_is_held_across_a_silence(store: TagStore, link: FakeLink) -> None:
    tag = link.tag(VIBRATION)
    link.send([tag], [2.0])
    store.note_silence()
    link.now_s += 60
    link.send([tag], [5.0])

    assert np.isnan(store.history(tag)[1]).tolist() == [False, True, False]


def test_that_settling_takes_the_memory_and_leaves_the_samples() -> None:
    capacity = 12_000  # 38 MB a ring: more than the allocator ever gives from what it has kept
    ring = History(400, capacity=capacity)
    rows = np.arange(400)
    for second in range(3):
        ring.append(rows, np.full(400, 10.0 + second), rows.astype(np.float64))
    before = [ring.read(row) for row in (0, 399)]
    held = memory_mb()

    more = 0
    while ring.settle():
        more += 1

    assert more == 400 * capacity // (256 * 512)
    assert memory_mb() - held > 15.0  # of 77 MB; the kernel may hand out large pages at the first touch
    for (times, values), (times_after, values_after) in zip(
        before, [ring.read(row) for row in (0, 399)], strict=True
    ):
        np.testing.assert_array_equal(times, times_after)
        np.testing.assert_array_equal(values, values_after)


def test_that_a_row_without_samples_has_no_newest() -> None:
    ring = History(2, capacity=4)
    ring.append(np.array([1]), np.array([5.0]), np.array([7.0]))

    times, values = ring.newest(np.array([0, 1]))

    np.testing.assert_array_equal(times, [np.nan, 5.0])
    np.testing.assert_array_equal(values, [np.nan, 7.0])
