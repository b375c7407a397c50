"""The verdicts on a plant, tick by tick."""

from collections.abc import Iterator

import numpy as np
import pytest

from models.bundle import Bundle
from models.recording import Recording
from models.scoring import Scorer, Scores
from tests.unit.models.recordings_made import FAILED_ROW, FAULT_OF, FAULT_ROW, recording, stopped_between

pytestmark = pytest.mark.slow


def verdicts(made: Recording, bundle: Bundle | None) -> Iterator[Scores]:
    scorer = Scorer(made.layout, bundle)
    for row in made.ticks():
        yield scorer.score(
            made.values[row].astype(np.float64), made.status[row], made.running[row], float(made.time_s[row])
        )


@pytest.fixture(scope="module")
def worn() -> Recording:
    return recording(3000, wears=True)


@pytest.fixture(scope="module")
def worn_verdicts(worn: Recording, bundle: Bundle) -> list[Scores]:
    return list(verdicts(worn, bundle))


def test_that_every_wearing_machine_is_found_and_its_fault_named(
    worn: Recording, worn_verdicts: list[Scores]
) -> None:
    for device in (1, 3, 5, 7):
        first = next(row for row, scores in enumerate(worn_verdicts) if scores.anomaly[device])
        assert FAULT_ROW <= first < FAILED_ROW, worn.layout.devices[device]
        assert worn_verdicts[FAILED_ROW - 5].fault_name[device] == FAULT_OF[worn.layout.families[device]]


def test_that_no_sound_machine_is_raised(worn: Recording, worn_verdicts: list[Scores]) -> None:
    sound = (worn.fault < 0).all(axis=0)

    assert not any(scores.anomaly[sound].any() for scores in worn_verdicts)


def test_that_an_anomaly_comes_with_readings_outside_their_normal(worn_verdicts: list[Scores]) -> None:
    scores = worn_verdicts[FAILED_ROW - 5]
    parts = scores.contributions[1]

    assert set(scores.contributions) == set(np.flatnonzero(scores.anomaly))
    assert 0.0 < sum(part.share for part in parts) <= 1.0 + 1e-9
    assert [part.share for part in parts] == sorted((part.share for part in parts), reverse=True)
    assert {part.tag for part in parts} <= {"Temperature", "Vibration", "Current", "Power"}
    assert all(not part.normal_low <= part.value <= part.normal_high for part in parts[:1])


def test_that_the_same_ticks_give_the_same_verdicts(
    worn: Recording, bundle: Bundle, worn_verdicts: list[Scores]
) -> None:
    again = list(verdicts(worn, bundle))

    for one, other in zip(worn_verdicts, again, strict=True):
        np.testing.assert_array_equal(one.failure_probability, other.failure_probability)
        np.testing.assert_array_equal(one.anomaly_score, other.anomaly_score)
        assert repr(one.contributions) == repr(other.contributions)


def test_that_a_stopped_machine_has_no_probability_and_no_anomaly(bundle: Bundle) -> None:
    made = stopped_between(recording(3000, wears=True, rows=500), 1, 480, 500)
    scores = list(verdicts(made, bundle))
    before, after = scores[479], scores[499]

    assert before.anomaly[1]
    assert np.isnan(after.failure_probability[1])
    assert np.isnan(after.anomaly_score[1])
    assert not after.anomaly[1]


def test_that_a_machine_is_learned_for_a_minute_and_then_judged(bundle: Bundle) -> None:
    made = recording(4, rows=120)
    found = list(verdicts(made, bundle))
    learning = np.array([scores.learning for scores in found])
    judged = np.isfinite([scores.failure_probability for scores in found])
    ever = judged.any(axis=0)

    assert ever.any()
    assert learning[0][ever].all()
    assert not (learning & judged).any()
    assert not learning[-1].any()
    first = int(np.argmax(judged[:, np.flatnonzero(ever)[0]]))
    assert 50.0 <= made.time_s[first] - made.time_s[0] <= 70.0


def test_that_without_a_bundle_only_idle_power_is_known() -> None:
    made = recording(3000, rows=60)
    scores = list(verdicts(made, None))[-1]

    assert np.isnan(scores.failure_probability).all()
    assert not scores.anomaly.any()
    assert scores.idle_kw[1] == 0.0
    assert np.isnan(scores.idle_kw[9])  # a cell of this plant has no power tag


def test_that_only_long_pauses_count_as_idle() -> None:
    made = recording(3000)
    made.values[:, 5] = 10.0  # the first machine pauses all the time
    made.values[:, 12] = 10.0
    made.values[::45, 12] = 90.0  # the second works every four and a half minutes
    scores = list(verdicts(made, None))[-1]

    power_kw = float(made.values[:, 3].mean())
    assert scores.idle_kw[0] == pytest.approx(power_kw, rel=0.15)  # less its first five minutes
    assert scores.idle_kw[1] == 0.0


def test_that_arrays_of_another_size_are_refused(bundle: Bundle) -> None:
    made = recording(3000, rows=2)
    scorer = Scorer(made.layout, bundle)

    with pytest.raises(ValueError, match=r"status: shape \(3,\) is not"):
        scorer.score(made.values[0].astype(np.float64), np.zeros(3, np.uint32), made.running[0], 0.0)
