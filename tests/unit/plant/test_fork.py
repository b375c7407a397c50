"""A fork goes on exactly as the original would, and never touches it."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resources
from plant.definition import Family, load_plant, merge_plants
from plant.engine import Engine
from plant.errors import PlantError
from plant.fork import fork
from plant.scenarios import load_scenario
from tests.unit.plant.small import FACTORY, small_engine, small_plant

pytestmark = pytest.mark.slow  # simulates hours: `make check` leaves it out

COMMANDS = (
    "start",
    "shutdown",
    "restart",
    "maintain",
    "emergency_stop",
    "reset_emergency_stop",
    "setpoint",
    "inject",
)
STEPS_S = (0.01, 0.1, 1.0, 7.0, 10.0)


@st.composite
def courses(draw: st.DrawFn) -> list[tuple[str, int, float]]:
    """Return what happens: a command, to which device, and then a step of how many seconds."""
    happening = st.tuples(st.sampled_from(COMMANDS), st.integers(0, 9), st.sampled_from(STEPS_S))
    return draw(st.lists(happening, min_size=3, max_size=25))


def _do(engine: Engine, command: str, place: int) -> None:
    device = engine.definition.devices[place % len(engine.definition.devices)]
    try:
        if command == "setpoint":
            for tag in device.setpoints:
                engine.write_setpoint(device.tag, tag.name, tag.low + (tag.high - tag.low) * 0.6)
        elif command == "inject":
            engine.inject(device.tag, engine.faults(device.family)[place % 3].name, onset_s=2.0)
        else:
            getattr(engine, command)(device.tag)
    except PlantError:
        pass  # refused: the same for both


def _state(engine: Engine) -> bytes:
    return engine.values.tobytes() + engine.status.tobytes()


@settings(max_examples=12, deadline=None)
@given(before=courses(), after=courses())
def test_that_a_fork_gives_the_same_bytes_as_the_original(
    before: list[tuple[str, int, float]], after: list[tuple[str, int, float]]
) -> None:
    engine = small_engine(seed=3)
    for command, place, dt_s in before:
        _do(engine, command, place)
        engine.step(dt_s)
    _do(engine, *before[0][:2])  # accepted and not yet carried out

    other = engine.fork()

    for command, place, dt_s in after:
        for each in (engine, other):
            _do(each, command, place)
            each.step(dt_s)
        assert _state(other) == _state(engine)
        assert other.ground_truth() == engine.ground_truth()
        assert other.latches == engine.latches
        assert other.time_s == engine.time_s


def test_that_a_running_fork_changes_nothing_of_the_original() -> None:
    engine, untouched = small_engine(copies=2, seed=4), small_engine(copies=2, seed=4)
    scenario = load_scenario(resources.path("plants", "scenarios", "training.toml"))
    for each in (engine, untouched):
        each.schedule(scenario)
        each.step(1.0)

    other = engine.fork()
    other.inject("CNC-001", "tool_wear", life_s=60.0)
    other.emergency_stop_all()
    for _ in range(50):
        other.step(10.0)

    for _ in range(50):
        engine.step(1.0)
        untouched.step(1.0)
        assert _state(engine) == _state(untouched)
    assert engine.latches == untouched.latches


SCENARIOS = sorted(resources.path("plants", "scenarios").glob("*.toml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_that_a_scenario_goes_on_alike_in_a_fork(path: Path) -> None:
    engine = Engine(FACTORY, seed=16)
    engine.schedule(load_scenario(path))
    for _ in range(60):
        engine.step(5.0)

    other = engine.fork()

    for _ in range(60):
        engine.step(5.0)
        other.step(5.0)
        assert _state(other) == _state(engine)
    assert other.ground_truth() == engine.ground_truth()


def test_that_no_array_of_a_fork_shares_memory_with_the_original() -> None:
    engine = small_engine(seed=5)
    for _ in range(3):
        engine.step(1.0)

    other = engine.fork()

    mine, theirs = list(_arrays(engine)), list(_arrays(other))
    assert len(mine) == len(theirs) > 100
    assert not any(np.shares_memory(a, b) for a, b in zip(mine, theirs, strict=True))


def test_that_recordings_play_on_alike_in_a_fork(tmp_path: Path) -> None:
    rig = load_plant(resources.path("plants", "testbed.toml"))
    replay = rig.devices[0].replay
    assert replay is not None
    names = [tag.channel or tag.name for tag in rig.devices[0].measurements]
    lines = [";".join((replay.time_column, *names))]
    lines += [
        ";".join((f"2020-02-08 16:00:{s:02}", *(f"{s + i}" for i in range(len(names))))) for s in range(60)
    ]
    for device in rig.devices:
        assert device.replay is not None
        path = tmp_path / device.replay.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8")
    engine = Engine(merge_plants(small_plant(Family.PUMP), rig), recordings=tmp_path)
    for _ in range(20):
        engine.step(1.0)
    engine.drain_replay_rows()

    other = engine.fork()

    for _ in range(60):
        engine.step(1.0)
        other.step(1.0)
        assert _state(other) == _state(engine)
        played, played_by_fork = engine.drain_replay_rows(), other.drain_replay_rows()
        assert [rows.first_row for rows in played] == [rows.first_row for rows in played_by_fork]


def test_that_a_fork_of_the_whole_factory_takes_its_views_with_it() -> None:
    engine = Engine(FACTORY, seed=6)

    other = engine.fork()
    for _ in range(30):
        engine.step(1.0)
        other.step(1.0)

    assert _state(other) == _state(engine)


class _Holder:
    """Something of the plant with whatever is put into it."""

    __module__ = "plant.invented"

    def __init__(self, held: object) -> None:
        self.held = held


def _counter() -> Callable[[], int]:
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return count

    return step


@pytest.mark.parametrize(
    "held", [iter([1]), _counter(), threading.Lock()], ids=["iterator", "closure", "lock"]
)
def test_that_what_cannot_be_copied_surely_is_refused(held: object) -> None:
    with pytest.raises(TypeError, match="cannot be copied surely"):
        fork(_Holder(held))


def test_that_views_of_one_memory_stay_views_of_one_memory() -> None:
    grid = np.arange(12.0).reshape(3, 4)
    holder = _Holder({"grid": grid, "row": grid[1], "column": grid[:, 2], "reversed": grid[::-1, ::2].T})

    held = fork(holder).held
    assert isinstance(held, dict)
    held["grid"][1, 2] = 99.0

    assert held["row"][2] == held["column"][1] == held["reversed"][1, 1] == 99.0
    assert grid[1, 2] == 6.0


def _arrays(engine: Engine) -> Iterator[np.ndarray]:
    """Return every array that an engine owns and may write, in the order in which they are met."""
    seen: set[int] = set()
    todo: list[object] = [engine]
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, type):
            continue
        seen.add(id(thing))
        if isinstance(thing, np.ndarray):
            yield thing
        elif isinstance(thing, dict):
            todo.extend(thing.values())
        elif isinstance(thing, list | tuple | set):
            todo.extend(thing)
        elif type(thing).__module__.startswith("plant.") and not _is_frozen(thing):
            slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
            todo.extend(getattr(thing, name) for name in slots if hasattr(thing, name))
            todo.extend(vars(thing).values() if hasattr(thing, "__dict__") else ())


def _is_frozen(thing: object) -> bool:
    parameters = getattr(type(thing), "__dataclass_params__", None)
    return parameters is not None and parameters.frozen
