"""The novelty detector on signals made here."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.novelty import CLEARING_ROWS, LEARNING_ROWS, PERSISTENCE_ROWS, NoveltyDetector

CHANNELS = ("Current", "Pressure", "Voltage")
NORMAL = np.array([1.2, 4.0, 230.0])


def signal(rows: int, seed: int = 7) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return np.asarray(NORMAL + rng.normal(size=(rows, 3)) * [0.05, 0.1, 3.0])


def test_that_the_first_400_rows_are_learned_and_the_401st_is_judged() -> None:
    rows = NoveltyDetector(CHANNELS).feed(signal(LEARNING_ROWS + 1))

    assert [row.learning for row in rows] == [True] * LEARNING_ROWS + [False]
    assert np.isnan(rows[-2].score)
    assert 0.0 < rows[-1].score < rows[-1].limit


def test_that_a_shift_raises_after_five_rows_over_the_limit() -> None:
    table = signal(700)
    table[500:, 0] += 1.0
    rows = NoveltyDetector(CHANNELS).feed(table)

    over = [row.score > row.limit for row in rows]
    first = over.index(True)
    assert first >= 500
    assert [row.alarm for row in rows].index(True) == first + PERSISTENCE_ROWS - 1


def test_that_one_spike_raises_nothing() -> None:
    table = signal(600)
    table[500, 1] += 0.5  # five times the noise

    rows = NoveltyDetector(CHANNELS).feed(table)

    assert not any(row.alarm for row in rows)


def test_that_an_alarm_clears_only_after_30_rows_under_the_limit() -> None:
    table = signal(900)
    table[500:600, 0] += 1.0
    rows = NoveltyDetector(CHANNELS).feed(table)

    last_over = max(i for i, row in enumerate(rows) if row.score > row.limit)
    assert rows[last_over + CLEARING_ROWS - 1].alarm
    assert not rows[last_over + CLEARING_ROWS].alarm


def test_that_the_channel_that_moved_is_named_first_with_value_and_normal() -> None:
    table = signal(700)
    table[500:, 0] += 1.7
    worst = NoveltyDetector(CHANNELS).feed(table)[-1].contributions

    assert worst[0].channel == "Current"
    assert worst[0].value == pytest.approx(2.9, abs=0.1)
    assert worst[0].normal == pytest.approx(1.2, abs=0.02)
    assert sum(part.share for part in worst) == pytest.approx(1.0)


@pytest.mark.parametrize("size", [1, 7, 399, 401])
def test_that_rows_fed_in_batches_of_any_size_give_the_same_verdicts(size: int) -> None:
    table = signal(650)
    table[600:, 2] -= 60.0
    whole = NoveltyDetector(CHANNELS).feed(table)
    detector = NoveltyDetector(CHANNELS)

    parts = [row for at in range(0, len(table), size) for row in detector.feed(table[at : at + size])]

    assert repr(parts) == repr(whole)  # NaN while learning differs from itself; its text does not


def test_that_a_missing_value_keeps_the_channel_where_it_was() -> None:
    table = signal(600)
    table[450:, 1] = np.nan
    rows = NoveltyDetector(CHANNELS).feed(table)

    pressures = {part.value for row in rows[450:] for part in row.contributions if part.channel == "Pressure"}
    assert len(pressures) == 1
    assert not any(row.alarm for row in rows)


def test_that_rows_with_a_missing_value_do_not_count_as_learned() -> None:
    table = signal(LEARNING_ROWS + 20)
    table[100:110, 0] = np.nan
    rows = NoveltyDetector(CHANNELS).feed(table)

    assert sum(row.learning for row in rows) == LEARNING_ROWS + 10


def test_that_a_channel_which_stands_still_does_not_break_the_learning() -> None:
    table = signal(600)
    table[:, 1] = 4.0
    rows = NoveltyDetector(CHANNELS).feed(table)

    assert np.isfinite(rows[-1].score)
    assert not any(row.alarm for row in rows)


def test_that_rows_of_another_width_are_refused_with_both_widths() -> None:
    with pytest.raises(ValueError, match=r"shape \(5, 2\) is not \(n, 3\)"):
        NoveltyDetector(CHANNELS).feed(np.zeros((5, 2)))
