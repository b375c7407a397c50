import csv
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from plant.__main__ import main
from plant.data_sets import DATA_SETS
from plant.definition import Family
from plant.recording import Order, make
from plant.truth_file import COLUMNS, truth_path, write_truth
from plant.unfinished import unfinished_file, unfinished_folder
from tests.support.servers import ROOT, wait_until
from tests.unit.plant.small import run, small_engine

pytestmark = pytest.mark.slow  # simulates hours: `make check` leaves it out

HEADS = {
    "process-monitoring": "timestamp,device,family,temperature,vibration,pressure,state,fault,",
    "energy-tracking": "timestamp,device,family,temperature,vibration,pressure,current,power,energy,load,state,",
    "predictive-maintenance": "timestamp,device,family,temperature,vibration,pressure,cpu_usage,state,",
    "smart-generator": "timestamp,device,family,rpm,voltage_l1,voltage_l2,voltage_l3,current_l1,",
    "component-production": "timestamp,device,family,Temperature_C,Humidity_%,Sound_Volume_dB,Vibration_mm_s,state,",
}
LIVE = """
name = "Live"
description = "A leak that ends, and a sensor."
[[events]]
time_s = 5.0
device = "GEN-001"
fault = "oil_leak"
life_s = 20.0
[[events]]
time_s = 10.0
device = "PROC-001"
fault = "sensor_dropout/Temperature"
life_s = 60.0
[[events]]
time_s = 15.0
device = "Utilities"
fault = "air_lost"
life_s = 10.0
"""


def _live(folder: Path) -> str:
    path = folder / "live.toml"
    path.write_text(LIVE, encoding="utf-8")
    return str(path)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_that_the_truth_lies_beside_a_recording(tmp_path: Path) -> None:
    out = tmp_path / "run.npz"
    said = make(Order(out=out, hours=0.03, devices=12, scenario=_live(tmp_path)))

    assert "108 rows of" in said
    assert {path.name for path in tmp_path.iterdir()} == {"live.toml", "run.npz", "run.truth.csv"}
    rows = _table(tmp_path / "run.truth.csv")
    assert tuple(rows[0]) == COLUMNS
    leak, dropout, air = rows[:3]
    assert (leak["device"], leak["fault"], leak["onset_s"], leak["rul_s"]) == (
        "GEN-001",
        "oil_leak",
        "5.000",
        "0.000",
    )
    assert 20.0 < float(leak["failed_at_s"]) < 40.0
    assert leak["damage"] == "1.0000"
    assert leak["law"]
    assert (dropout["fault"], dropout["tag"], dropout["failed_at_s"]) == ("sensor_dropout", "Temperature", "")
    assert (air["device"], air["ended_s"]) == ("Utilities", "25.000")
    natural = [row for row in rows if row["natural"] == "1"]
    assert len({row["device"] for row in natural}) == 12
    assert all(float(row["rul_s"]) > 0.0 for row in natural)


def test_that_the_rows_carry_labels_and_the_life_that_is_left(tmp_path: Path) -> None:
    make(Order(out=tmp_path / "run.npz", hours=0.03, devices=12, scenario=_live(tmp_path)))

    with np.load(tmp_path / "run.npz") as file:
        names = [*file["fault_names"].tolist(), ""]
        generator, process = (file["device"].tolist().index(tag) for tag in ("GEN-001", "PROC-001"))
        failed = file["failed"][:, generator]
        left = file["rul_h"][:, generator]
        assert (left[failed] == 0.0).all()
        assert left[3] > 10.0  # before the onset there is ordinary wear alone
        assert left[6] == pytest.approx(19.0 / 3600.0, rel=0.3)
        labels = [names[code] for code in file["sensor_fault"][:, process]]
        assert [labels[row] for row in (8, 9, 60, 68, 69)] == [
            "",
            "sensor_dropout",
            "sensor_dropout",
            "sensor_dropout",
            "",
        ]
        assert set(file["sensor_fault"][:, generator].tolist()) == {-1}
        air = file["utility_name"].tolist().index("AirPressure")
        assert file["utilities"][23, air] < file["utilities"][10, air] - 0.5  # they lose it from 15 s to 25 s


@pytest.mark.parametrize("name", list(DATA_SETS))
def test_that_each_data_set_has_its_columns_rate_and_labels(name: str, tmp_path: Path) -> None:
    data_set = DATA_SETS[name]
    out = tmp_path / "set.csv"
    make(Order(out=out, hours=0.05, like=name, scenario="healthy"))

    head, *lines = out.read_text(encoding="utf-8").splitlines()
    assert head.startswith(HEADS[name])
    assert head.endswith("true_fault,is_anomaly,failed,rul_h")
    rows = _table(out)
    machines = len({row["device"] for row in rows})
    assert len(lines) == round(180.0 / data_set.every_s) * machines
    stamps = sorted({row["timestamp"] for row in rows})
    assert stamps[0] == f"2026-01-01 00:00:{round(data_set.every_s):02}"
    assert {row["family"] for row in rows} == {family.value for family in data_set.families}
    assert {row["is_anomaly"] for row in rows} == {"0"}
    wanted = [column for column in data_set.columns if len(column.tags) >= len(data_set.families)]
    assert all(row[column.name] for row in rows for column in wanted)
    assert (tmp_path / "set.truth.csv").exists()


def test_that_a_rule_labels_its_rows_as_it_says(tmp_path: Path) -> None:
    make(Order(out=tmp_path / "leak.csv", hours=0.03, like="smart-generator", scenario=_leak(tmp_path)))

    rows = _table(tmp_path / "leak.csv")
    by_rule = [float(row["rpm"]) > 500.0 and float(row["oil_pressure"]) < 2.0 for row in rows]
    assert [row["critical_oil_leak"] == "1" for row in rows] == by_rule
    assert any(by_rule)
    assert not all(by_rule)
    first = next(row["timestamp"] for row in rows if row["true_fault"] == "oil_leak")
    assert first == "2026-01-01 00:00:05"


def _leak(folder: Path) -> str:
    path = folder / "leak.toml"
    path.write_text(
        'name = "L"\ndescription = "L"\n[[events]]\ntime_s = 5.0\ndevice = "GEN-001"\nfault = "oil_leak"\nlife_s = 60.0\n',
        encoding="utf-8",
    )
    return str(path)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ((78.2, 3.2, 60.5), False),
        ((80.0, 4.0, 90.0), False),
        ((80.1, 0.0, 0.0), True),
        ((0.0, 4.1, 0.0), True),
        ((0.0, 0.0, 90.1), True),
    ],
)
def test_that_the_three_thresholds_are_exact(row: tuple[float, float, float], fault: bool) -> None:
    rule = DATA_SETS["process-monitoring"].rule
    assert rule is not None
    read = dict(zip(("temperature", "vibration", "pressure"), (np.array([x]) for x in row), strict=True))
    assert rule(read).tolist() == [fault]


def test_that_a_lost_reading_is_an_empty_cell(tmp_path: Path) -> None:
    scenario = tmp_path / "lost.toml"
    head, _, lost, _ = LIVE.split("[[events]]")
    scenario.write_text(f"{head}[[events]]{lost}", encoding="utf-8")
    make(Order(out=tmp_path / "set.csv", hours=0.02, like="process-monitoring", scenario=str(scenario)))

    rows = [row for row in _table(tmp_path / "set.csv") if row["device"] == "PROC-001"]
    assert [row["temperature"] == "" for row in rows] == [14.5 < 2.0 * (n + 1) < 69.5 for n in range(36)]
    assert rows[10]["true_fault"] == "sensor_dropout"


WRONG = [
    (["--hours", "0"], "hours: 0 is outside 1e-06 to 100000"),
    (["--hours", "nan"], "hours: nan is outside"),
    (["--step", "60"], "step: 60 is outside 0.01 to 10"),
    (["--every", "0"], "every: 0 is outside 0.01 to 86400"),
    (["--every", "1.5"], "every: 1.5 s is no whole multiple of the step of 1 s"),
    (["--devices", "0"], "devices: 0 is outside 1 to 20000"),
    (["--devices", "1000000"], "devices: 1000000 is outside"),
    (["--seed", "-1"], "seed: -1 is below 0"),
    (["--scenario", "nope"], "scenario: 'nope' is neither a file nor one of"),
    (["--like", "nope"], "like: 'nope' is not one of process-monitoring,"),
    (["--like", "smart-generator"], "is not a .csv file, which a data set is"),
    (["--plant", "nope.toml"], "nope.toml: cannot be read"),
]


@pytest.mark.parametrize(
    ("words", "sentence"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_that_a_senseless_order_is_told_in_a_sentence(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", "--hours", "0.01", "--out", str(tmp_path / "x.npz"), *words]) == 2

    said = capsys.readouterr().err
    assert said.startswith("plant record: ")
    assert sentence in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--hours", "soon"], ["--devices", "many"], ["--seed", "1.5"]])
def test_that_a_word_for_a_number_is_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["record", "--hours", "1", "--out", "x.npz", *words])
    assert f"argument {words[0]}: {words[1]!r} is not a" in capsys.readouterr().err


def test_that_the_command_line_lists_scenarios_and_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios"]) == 0
    assert "cooling-water-lost: The cooling water stops" in capsys.readouterr().out
    assert main(["faults", "pump"]) == 0
    found = capsys.readouterr().out
    assert "pump cavitation: " in found
    assert "pump sensor_drift: " in found
    assert main(["faults"]) == 0
    assert "Utilities supply_sag: " in capsys.readouterr().out
    assert main(["faults", "nope"]) == 2
    assert "family: 'nope' is not one of cnc" in capsys.readouterr().err


@contextmanager
def _recorder(out: Path, most_bytes: int | None = None) -> Iterator["subprocess.Popen[str]"]:
    """Record for a thousand hours, or until somebody ends it."""
    command = [
        sys.executable,
        "-m",
        "plant",
        "record",
        "--devices",
        "12",
        "--hours",
        "1000",
        "--out",
        str(out),
    ]

    def limit() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # who runs in the background is deaf to it
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=limit) as process:  # noqa: PLW1509
        try:
            yield process
        finally:
            process.kill()


def _writes(process: "subprocess.Popen[str]", out: Path) -> bool:
    """Return whether the recorder has put rows onto the disk."""
    folder = Path(f"/proc/{process.pid}/fd")
    for link in folder.iterdir():
        try:
            if link.stat().st_size > 50_000 and str(link.readlink()).startswith(str(out.parent)):
                return True
        except OSError:
            continue
    return False


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")
@pytest.mark.parametrize("name", ["run.npz", "folder"])
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGKILL, -9)]
)
def test_that_an_interrupted_recording_leaves_nothing(
    name: str, number: signal.Signals, status: int, tmp_path: Path
) -> None:
    with _recorder(tmp_path / name) as process:
        wait_until(lambda: _writes(process, tmp_path / name), 30.0, "rows")
        process.send_signal(number)
        _, said = process.communicate(timeout=20)

    assert process.returncode == status
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in said
    if number is signal.SIGINT:
        assert said == "plant record: stopped; nothing was written\n"


@pytest.mark.parametrize("name", ["run.npz", "folder"])
def test_that_a_full_disk_leaves_nothing_and_is_told(name: str, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: it fails in the same place, in the same way."""
    with _recorder(tmp_path / name, most_bytes=20_000) as process:
        _, said = process.communicate(timeout=60)

    assert process.returncode == 2
    assert list(tmp_path.iterdir()) == []
    assert said == "plant record: File too large\n"


def test_that_a_recording_that_the_disk_cannot_hold_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["record", "--hours", "90000", "--devices", "10000", "--out", str(tmp_path / "run.npz")]
    # The plant of the factory is enough: the check needs its number of tags alone.
    assert main([*words[:3], "--devices", "108", *words[5:]]) == 2
    assert "GB are needed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_that_a_folder_with_something_in_it_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["record", "--hours", "0.01", "--devices", "12", "--out", str(tmp_path)]) == 2
    assert "is there already: name a new folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_that_a_folder_in_the_place_of_a_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.npz").mkdir()
    assert main(["record", "--hours", "0.01", "--devices", "12", "--out", str(tmp_path / "run.npz")]) == 2
    assert "run.npz is a folder, and a file is to be written" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]


def test_that_what_a_dead_recorder_left_elsewhere_is_cleared_away(tmp_path: Path) -> None:
    """Where the system knows no unnamed files, an unfinished one has a hidden name."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, alive = tmp_path / f".run.npz.{dead.pid}.part", tmp_path / ".run.npz.1.part"
    left.write_bytes(b"half")
    alive.write_bytes(b"half")

    with unfinished_file(tmp_path / "run.npz") as file:
        file.write(b"whole")

    assert {path.name for path in tmp_path.iterdir()} == {"run.npz", alive.name}


def _write_half(folder: Path) -> None:
    with unfinished_folder(folder, ["a"]) as files:
        files["a"].write(b"a")
        raise FileExistsError


def test_that_without_unnamed_files_it_works_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plant.unfinished._FLAG", 0)
    with unfinished_file(tmp_path / "run.npz") as file:
        file.write(b"whole")
    with unfinished_folder(tmp_path / "set", ["a", "b"]) as files:
        files["a"].write(b"a")
    with pytest.raises(FileExistsError):
        _write_half(tmp_path / "other")

    assert {path.name for path in tmp_path.iterdir()} == {"run.npz", "set"}
    assert (tmp_path / "run.npz").read_bytes() == b"whole"
    assert (tmp_path / "set" / "a").read_bytes() == b"a"


def test_that_the_truth_keeps_faults_that_were_repaired_or_replaced(tmp_path: Path) -> None:
    engine = small_engine(Family.PUMP)
    engine.inject("PUMP-001", "cavitation", life_s=100.0, severity=0.9)
    run(engine, 10.0)
    engine.inject("PUMP-001", "cavitation", life_s=200.0)
    run(engine, 10.0)
    engine.clear_faults("PUMP-001")
    run(engine, 10.0)

    write_truth(truth_path(tmp_path / "x.npz"), engine)

    first, second = _table(tmp_path / "x.truth.csv")[:2]
    assert [first[key] for key in ("severity", "onset_s", "ended_s")] == ["0.9", "0.000", "10.000"]
    assert [second[key] for key in ("severity", "onset_s", "ended_s")] == ["1", "10.000", "20.000"]
    assert float(second["rul_s"]) == pytest.approx(190.0, rel=0.1)
