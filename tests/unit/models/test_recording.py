"""Reading recordings, with what they are labelled as."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.errors import RecordingError
from models.labels import EARLY, FAULTY, HEALTHY, LEFT_OUT, episodes, label_rows
from models.recording import load_recording
from tests.unit.models.recordings_made import FAILED_ROW, FAULT_ROW, recording, write


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("recording") / "made.npz", recording(5, wears=True))


def changed(file: Path, out: Path, **arrays: object) -> Path:
    with np.load(file) as archive:
        parts = {name: archive[name] for name in archive.files}
    parts |= {name: np.asarray(array) for name, array in arrays.items() if array is not None}
    np.savez(out, **{name: array for name, array in parts.items() if arrays.get(name, 0) is not None})
    return out


def test_that_a_written_recording_is_read_back(file: Path) -> None:
    read, made = load_recording(file), recording(5, wears=True)

    np.testing.assert_array_equal(read.values, made.values)
    assert read.layout.to_dict() == made.layout.to_dict()
    assert (read.seed, read.is_healthy) == (5, False)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("fault", None, "fault is missing"),
        ("values", np.zeros((3, 3)), r"values has shape \(3, 3\)"),
        ("time_s", np.zeros(600), "time_s does not rise"),
    ],
)
def test_that_a_recording_with_a_wrong_part_is_refused_by_its_name(
    file: Path, tmp_path: Path, name: str, array: object, message: str
) -> None:
    wrong = changed(file, tmp_path / "wrong.npz", **{name: array})

    with pytest.raises(RecordingError, match=message):
        load_recording(wrong)


def test_that_a_fault_runs_from_its_onset_to_its_failure(file: Path) -> None:
    found = episodes(load_recording(file))

    assert [episode.device for episode in found] == [1, 3, 5, 7]
    assert {(episode.first_row, episode.failed_row) for episode in found} == {(FAULT_ROW, FAILED_ROW)}


def test_that_a_fault_counts_from_a_third_of_its_way(file: Path) -> None:
    labels = label_rows(load_recording(file))[:, 1]

    assert set(labels[:FAULT_ROW]) == {HEALTHY}
    assert labels[FAULT_ROW] == LEFT_OUT
    assert labels[FAULT_ROW + 50] == EARLY
    assert set(labels[FAULT_ROW + 120 : FAILED_ROW]) == {FAULTY}
    assert set(labels[FAILED_ROW:]) == {LEFT_OUT}


def test_that_a_lost_sensor_is_no_failing_machine_but_a_stuck_one_is_left_out() -> None:
    made = replace(recording(5), fault_names=("sensor_dropout", "sensor_stuck"))
    made.fault[100:200, 0] = 0
    made.fault[100:200, 1] = 1
    labels = label_rows(made)

    assert episodes(made) == []
    assert labels[150, 0] == HEALTHY
    assert labels[150, 1] == LEFT_OUT
