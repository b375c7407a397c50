from pathlib import Path

import numpy as np
import pytest

import resources
from plant.__main__ import main
from plant.atomic_file import atomic_path
from plant.definition import Family
from plant.engine import RunningState
from plant.errors import DefinitionError, PlantError
from plant.record import Plan, blocks, record
from plant.record_csv import write_csv_folder
from plant.record_npz import write_npz
from plant.scenarios import RandomFaults, Scenario, ScenarioEvent, load_scenario
from tests.unit.plant.small import column, small_engine

SCENARIO = """
name = "Leak"
description = "The generator loses oil."
[[events]]
time_s = 5.0
device = "GEN-001"
fault = "oil_leak"
life_s = 20.0
"""


def test_that_a_recording_reads_back_what_the_engine_showed(tmp_path: Path) -> None:
    engine, twin = small_engine(Family.CNC, Family.PUMP), small_engine(Family.CNC, Family.PUMP)
    engine.inject("PUMP-001", "cavitation", onset_s=10.0, life_s=20.0)
    twin.inject("PUMP-001", "cavitation", onset_s=10.0, life_s=20.0)

    kept = record(engine, duration_s=60.0, step_s=0.5, every_s=2.0)
    write_npz(tmp_path / "run.npz", engine, [kept], 30)
    for _ in range(120):
        twin.step(0.5)

    with np.load(tmp_path / "run.npz") as file:
        assert file["time_s"].tolist() == [2.0 * row for row in range(1, 31)]
        assert file["values"].dtype == np.float32
        assert file["values"][-1].tolist() == twin.values.astype(np.float32).tolist()
        assert file["status"].shape == (30, len(engine.tags))
        place = file["device"].tolist().index("PUMP-001")
        names = [*file["fault_names"].tolist(), ""]
        labels = [names[code] for code in file["fault"][:, place]]
        assert labels[0] == ""
        assert labels[-1] == "cavitation"
        assert file["failed"][:, place].tolist()[0] is False
        assert file["failed"][-1, place]
        assert file["running"][0, place] == RunningState.RUNNING
        assert file["running"][-1, place] in (RunningState.STOPPED, RunningState.STOPPING)
        tag = column(engine, "PUMP-001", "Flow")
        assert (file["tag_device"][tag], file["tag_name"][tag], file["tag_unit"][tag]) == (
            "PUMP-001",
            "Flow",
            "m3/h",
        )
        assert file["family"].tolist() == ["cnc", "pump"]
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]  # nothing unfinished stays


def test_that_the_same_recording_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        engine = small_engine(Family.CNC)
        write_npz(tmp_path / name, engine, blocks(engine, Plan(duration_s=20.0)), 20)

    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_that_a_folder_holds_a_table_per_device(tmp_path: Path) -> None:
    engine = small_engine(Family.CNC, Family.PUMP)

    write_csv_folder(tmp_path / "out", engine, blocks(engine, Plan(duration_s=3.0)))

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["CNC-001.csv", "PUMP-001.csv"]
    lines = (tmp_path / "out" / "PUMP-001.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("time_s,Measurements/DischargePressure [bar],Measurements/Flow [m3/h]")
    assert lines[1].startswith("1.000,")
    assert lines[0].endswith(",fault,sensor_fault,failed,rul_h")
    assert lines[1].split(",")[-4:-1] == ["", "", "0"]
    assert float(lines[1].split(",")[-1]) > 1.0
    assert len({line.split(",", 1)[1] for line in lines}) == 4  # every row has its own values


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ({"duration_s": 10.0, "step_s": 1.0, "every_s": 1.5}, "no whole multiple"),
        ({"duration_s": 0.5, "step_s": 1.0, "every_s": 1.0}, "shorter than one row"),
        ({"duration_s": 1e9, "step_s": 1.0, "every_s": 1.0}, "hours: 277778 is outside"),
        ({"duration_s": 10.0, "step_s": 11.0, "every_s": 11.0}, "step: 11 is outside 0.01 to 10"),
        ({"duration_s": 10.0, "step_s": 1.0, "every_s": float("nan")}, "every: nan is outside"),
    ],
)
def test_that_a_senseless_recording_is_refused(numbers: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        record(small_engine(Family.CNC), **numbers)


def _write_half(path: Path) -> None:
    with atomic_path(path) as unfinished:
        unfinished.write_text("half", encoding="utf-8")
        raise OSError("disk is full")


def test_that_a_file_that_failed_half_way_never_appears(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk is full"):
        _write_half(tmp_path / "run.npz")

    assert list(tmp_path.iterdir()) == []


def test_that_the_command_line_records_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "leak.toml").write_text(SCENARIO, encoding="utf-8")
    out = tmp_path / "deep" / "run.npz"

    code = main(
        [
            "record",
            "--hours",
            "0.01",
            "--seed",
            "4",
            "--out",
            str(out),
            "--scenario",
            str(tmp_path / "leak.toml"),
        ]
    )

    assert code == 0
    assert "36 rows of" in capsys.readouterr().out
    with np.load(out) as file:
        place = file["device"].tolist().index("GEN-001")
        assert file["failed"][-1, place]
        assert int(file["seed"].item()) == 4
    assert main(["check", str(resources.path("plants", "factory.toml"))]) == 0
    assert "Factory, 108 devices" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["record", "--hours", "0.001", "--out", "run.txt"], "neither a .npz file nor a folder"),
        (
            ["record", "--hours", "0.001", "--out", "x.npz", "--scenario", "nowhere.toml"],
            "nowhere.toml: cannot be read",
        ),
        (["check", "nowhere.toml"], "nowhere.toml: cannot be read"),
    ],
)
def test_that_the_command_line_says_what_is_wrong_in_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert sentence in capsys.readouterr().err


def test_that_the_first_run_alarms_within_two_minutes_and_does_not_fail() -> None:
    engine = small_engine(Family.GENERATOR)
    engine.schedule(load_scenario(resources.path("plants", "scenarios", "first-run.toml")))
    oil = column(engine, "GEN-001", "OilPressure")
    below = []

    for second in range(300):
        engine.step(1.0)
        if engine.values[oil] < 2.0:
            below.append(second)

    assert 40 < below[0] < 110
    assert len(below) > 150
    assert engine.running_state("GEN-001") is RunningState.RUNNING


def test_that_random_faults_come_fail_and_come_again_after_repair() -> None:
    engine = small_engine(Family.CNC, Family.PUMP)
    engine.schedule(
        Scenario(
            name="Drill",
            description="Quick wear.",
            random=RandomFaults(
                first_onset_s=(10.0, 20.0), life_s=(20.0, 40.0), repair_s=(5.0, 10.0), sensor_share=0.0
            ),
        )
    )
    failures, was_failed = 0, False

    for _ in range(600):
        engine.step(1.0)
        has_failed = engine.has_failed("CNC-001")
        failures += has_failed and not was_failed
        was_failed = has_failed

    assert failures >= 3


def test_that_a_scenario_of_a_strange_device_or_fault_is_refused() -> None:
    engine = small_engine(Family.CNC)
    for device, fault in (("CNC-099", "tool_wear"), ("CNC-001", "oil_leak")):
        event = ScenarioEvent(time_s=1.0, device=device, fault=fault)
        with pytest.raises(PlantError):
            engine.schedule(Scenario(name="x", description="x", events=(event,)))


WRONG_SCENARIOS = [
    ("life_s = 20.0", "life_s = -1.0", "events[0].life_s: -1.0 is below 0.1"),
    ("life_s = 20.0", "severity = 2.0", "events[0].severity: 2.0 is above 1"),
    ("life_s = 20.0", "lives = 20.0", "events[0].lives: 20.0 belongs to an unknown key"),
    ("time_s = 5.0", 'time_s = "soon"', "events[0].time_s: 'soon' is not a number"),
    ("time_s = 5.0", "time_s = inf", "events[0].time_s: inf is not a finite number"),
    ('device = "GEN-001"', "", "events[0].device: is missing"),
]


@pytest.mark.parametrize(("right", "wrong", "sentence"), WRONG_SCENARIOS)
def test_that_a_wrong_scenario_is_told_with_key_value_and_bound(
    tmp_path: Path, right: str, wrong: str, sentence: str
) -> None:
    path = tmp_path / "leak.toml"
    path.write_text(SCENARIO.replace(right, wrong), encoding="utf-8")

    with pytest.raises(DefinitionError) as refusal:
        load_scenario(path)

    assert str(refusal.value).startswith("leak.toml: ")
    assert sentence in str(refusal.value)
