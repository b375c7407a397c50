from dataclasses import replace
from pathlib import Path

import pytest

import resources
from plant.definition import Family
from plant.engine import Engine, RunningState
from plant.errors import DefinitionError, PlantError, Refusal
from plant.scenario_files import ScenarioShelf
from plant.scenarios import COMMANDS, PLANT, Scenario, ScenarioEvent, load_scenario
from tests.unit.plant.small import FACTORY, run, small_engine, value

SHIPPED = sorted(resources.path("plants", "scenarios").glob("*.toml"))
SCRIPT = """
name = "Script"
description = "Everything that a script can do."
repeat_every_s = 100.0

[[events]]
time_s = 20.0
device = "PUMP-001"
command = "shutdown"

[[events]]
time_s = 5.0
device = "PUMP-001"
setpoint = "SpeedSetpoint"
value = 1200.0

[[events]]
time_s = 40.0
device = "PUMP-001"
command = "start"

[[events]]
time_s = 60.0
device = "Utilities"
fault = "supply_sag"
severity = 0.5
life_s = 10.0

[[events]]
time_s = 70.0
device = "Plant"
command = "emergency_stop"

[[events]]
time_s = 80.0
device = "Plant"
command = "reset_emergency_stop"
"""


def _script(tmp_path: Path, text: str = SCRIPT) -> Scenario:
    path = tmp_path / "script.toml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


def _event(time_s: float, device: str, **rest: object) -> Scenario:
    event = replace(ScenarioEvent(time_s=time_s, device=device), **rest)  # type: ignore[arg-type]
    return Scenario(name="x", description="x", events=(event,))


def test_that_a_script_sets_commands_and_breaks_at_its_times_and_again(tmp_path: Path) -> None:
    engine = small_engine(Family.PUMP)
    engine.schedule(_script(tmp_path))
    seen = []

    for _ in range(200):
        engine.step(1.0)
        seen.append((engine.running_state("PUMP-001"), engine.latches.plant))

    assert value(engine, "PUMP-001", "SpeedSetpoint") == 1200.0
    states = [state for state, _ in seen]
    assert states[18] is RunningState.RUNNING
    assert states[20] is RunningState.STOPPING
    assert states[40] is RunningState.STARTING
    assert [second + 1 for second, (_, latched) in enumerate(seen) if latched] == [
        *range(70, 80),
        *range(170, 180),
    ]
    assert RunningState.RUNNING not in states[80:138]
    assert [truth.fault for truth, _ in engine.fault_history()] == ["supply_sag", "supply_sag"]
    assert engine.scenarios == {"Script": True}


def test_that_the_same_script_gives_the_same_bytes(tmp_path: Path) -> None:
    scenario = _script(tmp_path)
    one, other = (small_engine(Family.PUMP, Family.ROBOT_ARM) for _ in range(2))
    for engine in (one, other):
        engine.schedule(scenario)

    for _ in range(150):
        one.step(1.0)
        other.step(1.0)
        assert one.values.tobytes() == other.values.tobytes()
        assert one.status.tobytes() == other.status.tobytes()


def test_that_stopping_a_scenario_takes_its_faults_away_and_leaves_others() -> None:
    engine = small_engine(Family.PUMP)
    engine.inject("PUMP-001", "sensor_stuck/Flow")
    engine.schedule(_event(1.0, "PUMP-001", fault="sensor_drift/Flow"))
    engine.schedule(replace(_event(1.0, "PUMP-001", fault="cavitation"), name="y"))
    run(engine, 5.0)
    assert {truth.fault for truth in engine.ground_truth()} == {"sensor_stuck", "sensor_drift", "cavitation"}
    assert engine.scenarios == {"x": False, "y": False}

    assert engine.unschedule("x") == ("x",)

    assert {truth.fault for truth in engine.ground_truth()} == {"sensor_stuck", "cavitation"}
    assert engine.unschedule() == ("y",)
    assert {truth.fault for truth in engine.ground_truth()} == {"sensor_stuck"}
    assert engine.scenarios == {}
    with pytest.raises(PlantError, match="the scenario 'x' does not run; running: none"):
        engine.unschedule("x")


def test_that_a_scenario_runs_once_at_a_time_and_anew_when_it_is_over() -> None:
    engine = small_engine(Family.PUMP)
    scenario = _event(5.0, "PUMP-001", fault="cavitation")
    engine.schedule(scenario)

    with pytest.raises(PlantError, match="runs already: stop it first"):
        engine.schedule(scenario)
    run(engine, 6.0)
    engine.schedule(scenario)
    assert engine.scenarios == {"x": True}


def test_that_what_the_moment_forbids_is_left_out_and_the_rest_goes_on() -> None:
    engine = small_engine(Family.PUMP)
    engine.emergency_stop("PUMP-001")
    events = (
        ScenarioEvent(time_s=1.0, device="PUMP-001", command="start"),
        ScenarioEvent(time_s=2.0, device="PUMP-001", fault="cavitation"),
    )
    engine.schedule(Scenario(name="x", description="x", events=events))

    run(engine, 5.0)

    assert engine.running_state("PUMP-001") is RunningState.EMERGENCY_STOPPED
    assert [truth.fault for truth in engine.ground_truth()] == ["cavitation"]


@pytest.mark.parametrize("command", list(COMMANDS))
def test_that_every_command_can_be_scripted(command: str) -> None:
    engine = small_engine(Family.PUMP)
    engine.schedule(_event(1.0, "PUMP-001", command=command))
    run(engine, 2.0)
    assert engine.scenarios == {"x": False}


@pytest.mark.parametrize(
    ("device", "rest", "reason", "sentence"),
    [
        ("NOPE-001", {"fault": "cavitation"}, Refusal.UNKNOWN_DEVICE, "there is no device NOPE-001"),
        ("PUMP-001", {"fault": "oil_leak"}, Refusal.UNKNOWN_FAULT, "has no fault 'oil_leak'; it can have"),
        ("PUMP-001", {"fault": "sensor_stuck/Nope"}, Refusal.UNKNOWN_TAG, "no measured tag 'Nope'"),
        ("PUMP-001", {"fault": "cavitation", "severity": 2.0}, Refusal.OUT_OF_RANGE, "2 is outside 0 to 1"),
        ("Utilities", {"fault": "cavitation"}, Refusal.UNKNOWN_FAULT, "they can have cooling_water_lost"),
        ("PUMP-001", {"setpoint": "Nope", "value": 1.0}, Refusal.UNKNOWN_TAG, "has no tag Nope"),
        ("PUMP-001", {"setpoint": "SpeedSetpoint", "value": 1e9}, Refusal.OUT_OF_RANGE, "is outside"),
        ("PUMP-001", {"setpoint": "Flow", "value": 1.0}, Refusal.READ_ONLY, "is read-only"),
        (PLANT, {"setpoint": "SpeedSetpoint", "value": 1.0}, Refusal.UNKNOWN_DEVICE, "name one device"),
    ],
)
def test_that_what_can_never_be_is_refused_before_anything_happens(
    device: str, rest: dict[str, object], reason: Refusal, sentence: str
) -> None:
    engine = small_engine(Family.PUMP)
    scenario = _event(1.0, device, place="drill.toml: events[0]", **rest)

    with pytest.raises(PlantError) as refusal:
        engine.schedule(scenario)

    assert refusal.value.reason is reason
    assert sentence in refusal.value.message
    assert refusal.value.message.startswith("drill.toml: events[0]: ")
    assert engine.scenarios == {}


WRONG = [
    (
        'command = "shutdown"',
        'command = "explode"',
        "events[0].command: 'explode' is not one of start, shutdown",
    ),
    ('command = "shutdown"', 'command = "shutdown"\nfault = "x"', "stands beside fault: an event is one of"),
    ("value = 1200.0", "value = nan", "events[1].value: nan is not a finite number"),
    ("value = 1200.0", "", "events[1].value: is missing"),
    ("repeat_every_s = 100.0", "repeat_every_s = 80.0", "80.0 is not above the last event's time_s 80"),
    ("repeat_every_s = 100.0", "drop_sessions_s = 0.1", "drop_sessions_s: 0.1 is below 1"),
    (
        'device = "Plant"\ncommand = "emergency_stop"',
        'device = "Plant"\ncommand = "start"',
        "name one device",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "sentence"), WRONG)
def test_that_a_wrong_script_is_told_with_key_value_and_bound(
    tmp_path: Path, right: str, wrong: str, sentence: str
) -> None:
    with pytest.raises(DefinitionError) as refusal:
        _script(tmp_path, SCRIPT.replace(right, wrong, 1))

    assert str(refusal.value).startswith("script.toml: ")
    assert sentence in str(refusal.value)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_that_each_shipped_scenario_fits_the_shipped_plant(path: Path, factory: Engine) -> None:
    scenario = load_scenario(path)
    factory.schedule(scenario)
    factory.unschedule(scenario.name)


@pytest.fixture(scope="module")
def factory() -> Engine:
    return Engine(FACTORY)


def test_that_names_find_shipped_scenarios_and_a_users_own_before_them(tmp_path: Path) -> None:
    _script(tmp_path)
    (tmp_path / "demo.toml").write_text('name = "Mine"\ndescription = "Mine."\n', encoding="utf-8")
    shelf = ScenarioShelf(tmp_path)

    assert set(shelf.files()) == {path.stem for path in SHIPPED} | {"script"}
    assert shelf.load("demo").name == "Mine"
    assert ScenarioShelf().load("demo").name == "Demonstration"
    assert shelf.find(str(tmp_path / "script.toml")).name == "Script"
    with pytest.raises(DefinitionError, match="'nope' is neither a file nor one of air-lost, alarm-script"):
        shelf.find("nope")
    with pytest.raises(DefinitionError, match=r"nope\.toml: cannot be read"):
        shelf.find("nope.toml")
