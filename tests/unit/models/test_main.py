"""The command line of the detectors."""

import json
from pathlib import Path

import pytest

from models.__main__ import main
from tests.unit.models.recordings_made import recording, write

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("command", ["train", "evaluate", "predict"])
def test_that_help_says_in_a_sentence_what_the_command_does(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])

    lines = capsys.readouterr().out.split("\n\n")
    assert lines[1].strip().endswith(".")


def test_that_a_file_that_is_no_recording_is_refused_in_one_sentence(
    tmp_path: Path, bundle_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.npz"
    wrong.write_text("no archive")

    assert main(["evaluate", "--data", str(wrong), "--bundle", str(bundle_folder)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_that_a_missing_bundle_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "{}", "--bundle", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_that_a_judgement_comes_as_one_json_object(
    tmp_path: Path, bundle_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "made.npz", recording(3001, wears=True))

    assert main(["evaluate", "--data", str(path), "--bundle", str(bundle_folder), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["detectors"]["faults"] == 4
    assert result["detectors"]["found_share"] == 1.0
    assert result["detectors"]["false_alarms"] == 0
    assert result["source_rules"]["found_share"] == 0.0


def test_that_the_source_systems_sample_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    sample = '{"Temperature_C":72.5,"Humidity_%":40,"Sound_Volume_dB":62,"Vibration_mm_s":5.3}'

    assert main(["predict", sample]) == 0
    assert json.loads(capsys.readouterr().out)["Is_Anomaly"] == 1
