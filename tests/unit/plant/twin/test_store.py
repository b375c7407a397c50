"""Calibrations as files, and the command that makes them."""

import json
from pathlib import Path

import pytest

from plant.__main__ import main as plant_main
from plant.errors import DefinitionError
from plant.twin.__main__ import main
from plant.twin.fit import DeviceFit, TagFit
from plant.twin.store import load_fits, save_fits

pytestmark = pytest.mark.slow

TAG = TagFit(gain=1.01, offset=-0.2, r2=0.97, residual_std=0.4, noise=0.2, level=20.0, samples=500)
FIT = DeviceFit(
    device="CNC-001",
    family="cnc",
    samples=500,
    seconds=3600.0,
    parameters={"rise_body_k": 1.1},
    tags={"SpindleTemperature": TAG},
)


def test_that_a_calibration_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    save_fits(tmp_path / "twin", [FIT])

    assert load_fits(tmp_path / "twin", {"CNC-001": "cnc", "CNC-002": "cnc"}) == {"CNC-001": FIT}
    assert load_fits(tmp_path / "nothing", {"CNC-001": "cnc"}) == {}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 2}, "format"),
        ({"device": "CNC-002"}, "device: 'CNC-002' is not 'CNC-001'"),
        ({"family": "pump"}, "family: 'pump' is not 'cnc'"),
        ({"parameters": {"rise_body_k": 99.0}}, "rise_body_k: 99 is outside 0.1 to 10"),
        ({"parameters": {"rise_body_k": "much"}}, "rise_body_k: 'much' is not a finite number"),
        ({"tags": {"Power": {"gain": 1.0}}}, "offset: None is not a finite number"),
        ({"tags": []}, "must be tables"),
    ],
)
def test_that_a_wrong_file_is_named_with_its_key(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    (path,) = save_fits(tmp_path, [FIT])
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **change}), encoding="utf-8")

    with pytest.raises(DefinitionError, match=says) as refused:
        load_fits(tmp_path, {"CNC-001": "cnc"})
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("text", ["", "[1", "[]", "null"])
def test_that_what_is_no_calibration_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "CNC-001.json").write_text(text, encoding="utf-8")

    with pytest.raises(DefinitionError, match="it is no calibration"):
        load_fits(tmp_path, {"CNC-001": "cnc"})


def test_that_a_recording_calibrates_a_device_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording, folder = tmp_path / "healthy.npz", tmp_path / "twin"
    assert (
        plant_main(["record", "--hours", "0.5", "--every", "10", "--step", "5", "--out", str(recording)]) == 0
    )

    code = main(["calibrate", "--recording", str(recording), "--out", str(folder), "--device", "CNC-003"])

    said = capsys.readouterr().out
    assert code == 0
    assert [path.name for path in folder.iterdir()] == ["CNC-003.json"]
    assert "CNC-003" in said
    assert "SpindleTemperature" in said
    fit = load_fits(folder, {"CNC-003": "cnc"})["CNC-003"]
    assert fit.tags["Power"].r2 > 0.9


def test_that_a_file_that_is_no_recording_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.npz"
    wrong.write_bytes(b"nothing")

    assert main(["calibrate", "--recording", str(wrong), "--out", str(tmp_path / "twin")]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith(f"twin calibrate: {wrong}: it is no recording")
    assert "\n" not in said
