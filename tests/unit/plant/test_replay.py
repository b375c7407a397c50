from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import resources
from plant.definition import DeviceDefinition, Family, PlantDefinition, load_plant, merge_plants
from plant.engine import Engine, ReplayRows, RunningState
from plant.errors import DefinitionError, PlantError, Refusal
from plant.quality import StatusCode
from tests.unit.plant.small import run, small_plant, status, value

RIG = load_plant(resources.path("plants", "testbed.toml"))
HEADER = "datetime;Current;Label\n"


def _rig(*, loop: bool = False, speed: float = 1.0) -> PlantDefinition:
    """Return the rig with one mapped column."""
    device: DeviceDefinition = RIG.devices[0]
    assert device.replay is not None
    tags = tuple(tag for tag in device.tags if tag.name == "Current" or tag.channel is None)
    played = replace(device.replay, file="rig.csv", loop=loop, speed=speed)
    return replace(RIG, devices=(replace(device, tags=tags, replay=played),))


def _rows(seconds: list[int]) -> str:
    return HEADER + "".join(f"2020-02-08 16:{s // 60:02}:{s % 60:02};{s / 100};9\n" for s in seconds)


def _engine(tmp_path: Path, text: str, *, loop: bool = False, speed: float = 1.0) -> Engine:
    (tmp_path / "rig.csv").write_text(text, encoding="utf-8")
    return Engine(_rig(loop=loop, speed=speed), recordings=tmp_path)


def _drained(engine: Engine) -> list[ReplayRows]:
    return list(engine.drain_replay_rows())


def test_that_rows_become_due_as_simulated_time_passes(tmp_path: Path) -> None:
    engine = _engine(tmp_path, _rows([0, 1, 2, 3, 4, 5]))
    assert value(engine, "RIG-001", "Current") == 0.0

    run(engine, 3.0, 0.1)

    assert value(engine, "RIG-001", "Current") == 0.03
    assert value(engine, "RIG-001", "Position") == 3
    assert value(engine, "RIG-001", "RecordedTime_s") == 1581177600.0 + 3  # 2020-02-08T16:00:03Z
    assert value(engine, "RIG-001", "Playing") == 1.0
    assert engine.running_state("RIG-001") is RunningState.RUNNING
    assert [tag.definition.name for tag in engine.tags if tag.group == "Measurements"] == ["Current"]


@pytest.mark.parametrize("speed", [0.1, 1.0, 20.0, 100.0])
def test_that_every_row_is_drained_once_whatever_the_speed(tmp_path: Path, speed: float) -> None:
    engine = _engine(tmp_path, _rows(list(range(300))), speed=speed)
    found: list[float] = []

    for _ in range(int(400 / speed)):
        engine.step(1.0)
        for rows in _drained(engine):
            assert rows.channels == ("Current",)
            assert rows.first_row == len(found)
            found += rows.values[:, 0].tolist()

    assert found == [second / 100 for second in range(300)]


def test_that_a_recording_played_once_ends_and_can_be_played_again(tmp_path: Path) -> None:
    engine = _engine(tmp_path, _rows([0, 1, 2]))

    run(engine, 10.0)
    assert value(engine, "RIG-001", "Playing") == 0.0
    assert value(engine, "RIG-001", "Position") == 2
    assert engine.running_state("RIG-001") is RunningState.STOPPED
    _drained(engine)

    engine.play("RIG-001")
    run(engine, 1.0)
    assert value(engine, "RIG-001", "Position") == 1
    assert _drained(engine)[0].first_row == 0


def test_that_a_loop_begins_again_and_marks_the_jump(tmp_path: Path) -> None:
    engine = _engine(tmp_path, _rows([0, 1, 2]), loop=True)

    run(engine, 4.0)

    rows = _drained(engine)
    assert np.concatenate([each.values[:, 0] for each in rows]).tolist() == [0.0, 0.01, 0.02, 0.0, 0.01]
    assert np.concatenate([each.after_gap for each in rows]).tolist() == [False, False, False, True, False]
    assert value(engine, "RIG-001", "Playing") == 1.0


def test_that_a_hole_makes_the_values_uncertain_until_the_next_row(tmp_path: Path) -> None:
    engine = _engine(tmp_path, _rows([0, 1, 2, 20, 21]))

    run(engine, 2.0)
    assert status(engine, "RIG-001", "Current") == StatusCode.GOOD
    run(engine, 17.0)
    assert status(engine, "RIG-001", "Current") == StatusCode.UNCERTAIN_LAST_USABLE_VALUE
    assert value(engine, "RIG-001", "Current") == 0.02
    run(engine, 1.0)
    assert status(engine, "RIG-001", "Current") == StatusCode.GOOD
    flags = np.concatenate([rows.after_gap for rows in _drained(engine)])
    assert flags.tolist() == [False, False, False, True]


def test_that_a_hole_of_five_seconds_is_none(tmp_path: Path) -> None:
    engine = _engine(tmp_path, _rows([0, 1, 2, 7, 8]))

    run(engine, 6.0)

    assert status(engine, "RIG-001", "Current") == StatusCode.GOOD


def test_that_pause_holds_and_speed_changes_the_pace(tmp_path: Path) -> None:
    engine = _engine(tmp_path, _rows(list(range(60))))
    engine.pause("RIG-001")
    run(engine, 10.0)
    assert value(engine, "RIG-001", "Position") == 0
    assert value(engine, "RIG-001", "Playing") == 0.0

    engine.play("RIG-001")
    engine.set_speed("RIG-001", 10.0)
    run(engine, 2.0)

    assert value(engine, "RIG-001", "Position") == 20
    assert value(engine, "RIG-001", "Speed") == 10.0


@pytest.mark.parametrize(
    ("speed", "reason"),
    [
        (0.09, Refusal.OUT_OF_RANGE),
        (101.0, Refusal.OUT_OF_RANGE),
        (float("nan"), Refusal.NOT_A_NUMBER),
        ("2", Refusal.NOT_A_NUMBER),
    ],
)
def test_that_a_senseless_speed_is_refused(tmp_path: Path, speed: object, reason: Refusal) -> None:
    engine = _engine(tmp_path, _rows([0, 1, 2]))

    with pytest.raises(PlantError) as refusal:
        engine.set_speed("RIG-001", speed)

    assert refusal.value.reason is reason
    engine.step(0.1)
    assert value(engine, "RIG-001", "Speed") == 1.0


def test_that_a_replayed_device_takes_no_commands_and_is_named_by_the_plant_stop(tmp_path: Path) -> None:
    (tmp_path / "rig.csv").write_text(_rows([0, 1, 2]), encoding="utf-8")
    engine = Engine(merge_plants(small_plant(Family.CNC), _rig()), recordings=tmp_path)

    for attempt in (
        engine.start,
        engine.shutdown,
        engine.restart,
        engine.maintain,
        engine.emergency_stop,
        engine.reset_emergency_stop,
        engine.actuators,
    ):
        with pytest.raises(PlantError) as refusal:
            attempt("RIG-001")
        assert refusal.value.reason is Refusal.NOT_CONTROLLABLE
    report = engine.emergency_stop_all()
    assert (report.stopped, report.not_controllable) == (("CNC-001",), ("RIG-001",))
    with pytest.raises(PlantError, match="CNC-001 is a machine"):
        engine.play("CNC-001")
    run(engine, 2.0)
    assert value(engine, "RIG-001", "Position") == 2  # plays on


WRONG_FILES = {
    "ragged": (
        HEADER + "2020-02-08 16:00:00;1;9\n2020-02-08 16:00:01;1\n",
        "line 3: 2 fields where the header has 3",
    ),
    "not numeric": (HEADER + "2020-02-08 16:00:00;abc;9\n", "line 2: Current: 'abc' is not a finite number"),
    "not a number": (HEADER + "2020-02-08 16:00:00;nan;9\n", "line 2: Current: 'nan' is not a finite number"),
    "empty field": (HEADER + "2020-02-08 16:00:00;;9\n", "line 2: Current: '' is not a finite number"),
    "no time": (HEADER + "yesterday;1;9\n", "line 2: 'yesterday' is not a time stamp"),
    "unsorted": (_rows([0, 2, 1]), "line 4: time '2020-02-08 16:00:01' is not after the line before"),
    "repeated time": (_rows([0, 1, 1]), "line 4: time '2020-02-08 16:00:01' is not after the line before"),
    "missing column": ("datetime;Label\n2020-02-08 16:00:00;9\n", "line 1: column 'Current' is missing"),
    "double column": (
        "datetime;Current;Current\n2020-02-08 16:00:00;1;1\n",
        "column 'Current' appears 2 times",
    ),
    "only a header": (HEADER, "holds no rows of data"),
    "empty": ("", "holds no rows of data"),
}


@pytest.mark.parametrize(("text", "sentence"), WRONG_FILES.values(), ids=WRONG_FILES.keys())
def test_that_a_wrong_recording_is_refused_with_line_and_value(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(DefinitionError) as refusal:
        _engine(tmp_path, text)

    assert str(refusal.value).startswith("rig.csv: ")
    assert sentence in str(refusal.value)


def test_that_an_absent_recording_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"rig\.csv: cannot be read"):
        Engine(_rig(), recordings=tmp_path)
    with pytest.raises(DefinitionError, match="no recordings folder was given"):
        Engine(_rig())


def test_that_commas_and_plain_seconds_are_read_too(tmp_path: Path) -> None:
    definition = _rig().devices[0]
    assert definition.replay is not None
    device = replace(definition, replay=replace(definition.replay, delimiter=","))
    (tmp_path / "rig.csv").write_text("datetime,Current\n100,0.5\n101.5,0.7\n", encoding="utf-8")

    engine = Engine(replace(RIG, devices=(device,)), recordings=tmp_path)
    run(engine, 2.0)

    assert value(engine, "RIG-001", "Current") == 0.7
    assert value(engine, "RIG-001", "RecordedTime_s") == 101.5
