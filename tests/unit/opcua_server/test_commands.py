"""The one door: what is refused, what is recorded, and that no sequence of commands and kills starts a stopped machine."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from asyncua import ua
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import resources
from opcua_server.alarms.journal import Journal
from opcua_server.assembly import restore_stops
from opcua_server.commands import CommandDoor, Verb
from opcua_server.conditions import LimitNode
from opcua_server.model.namespaces import Namespaces
from opcua_server.recorder import Recorder
from opcua_server.security.identity import Role
from opcua_server.services.caller import Caller
from opcua_server.services.methods import MethodRefusedError
from plant.control.modes import RunningState
from plant.definition import PlantDefinition, load_plant
from plant.engine import Engine
from tests.examples import examples

CALLER = Caller(name="local:tester", address="127.0.0.1", session="i=1", roles=frozenset(Role))
STOPPER = Caller(
    name="guard", address="192.168.7.9", session="i=2", roles=frozenset({Role.AUTHENTICATED_USER})
)
REMOTE = Caller(name="anonymous@192.168.7.9", address="192.168.7.9", session="i=3")
NS = Namespaces(di=2, machinery=3, types=4, plant=5, plant_uri="urn:andon:factory")
MACHINES = ("CNC-001", "ROBOT-001", "GEN-001")
MOVING = {RunningState.STARTING, RunningState.RUNNING}
S = ua.StatusCodes


class NoLimits:
    """A plant without limits to move."""

    def check_limit(self, limit: LimitNode, value: float) -> None:
        raise AssertionError(limit)

    def set_limit(self, limit: LimitNode, value: float, user: str) -> None:
        raise AssertionError(limit)


class Site:
    """Engine, journal and door on one journal file, as a server has them."""

    def __init__(self, definition: PlantDefinition, path: Path) -> None:
        self.path = path
        self.journal = Journal(path, reserve_bytes=0)
        self.engine = Engine(definition)
        restored = self.journal.restore()
        restore_stops(self.engine, restored.latches)
        recorder = Recorder(self.journal, restored)
        self.door = CommandDoor(self.engine, NS, recorder, NoLimits(), {}, after_stop=lambda _: None)

    def tick(self, seconds: float = 0.1) -> None:
        self.engine.step(seconds)
        self.door.after_tick()

    async def execute(self, path: str, value: object = None, **options: object) -> str:
        command = options.get("command", uuid4())
        expected = options.get("expected", 0)
        valid = options.get("valid_until", datetime.now(UTC) + timedelta(seconds=5))
        outcome = await self.door.execute(CALLER, command, NS.node(path), value, expected, valid)  # type: ignore[arg-type]
        return outcome.text

    def killed(self, number: int) -> Path:
        """Return a copy of the journal's files as a kill -9 would leave them."""
        copy = self.path.parent / f"killed-{number}"
        copy.mkdir()
        for file in self.path.parent.glob("journal.db*"):
            shutil.copy(file, copy / file.name)
        return copy / self.path.name


@pytest.fixture(scope="module")
def definition() -> PlantDefinition:
    whole = load_plant(resources.path("plants", "factory.toml"))
    return replace(whole, devices=tuple(device for device in whole.devices if device.tag in MACHINES))


@pytest.fixture
def site(definition: PlantDefinition, tmp_path: Path) -> Iterator[Site]:
    made = Site(definition, tmp_path / "journal.db")
    yield made
    made.journal.close()


async def refused(work: object) -> MethodRefusedError:
    with pytest.raises(MethodRefusedError) as caught:
        await work  # type: ignore[misc]
    return caught.value


async def test_that_a_setpoint_is_applied_at_the_next_tick(site: Site) -> None:
    await site.execute("CNC-001/Setpoints/SpindleSpeedSetpoint", 7000.0)
    site.tick()

    column = next(c.index for c in site.engine.tags if c.definition.name == "SpindleSpeedSetpoint")
    assert site.engine.values[column] == 7000.0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e308, -1.0, "fast", None, True])
async def test_that_a_wrong_setpoint_is_refused_and_changes_nothing(site: Site, value: object) -> None:
    column = next(c.index for c in site.engine.tags if c.definition.name == "SpindleSpeedSetpoint")
    before = site.engine.values[column]

    refusal = await refused(site.execute("CNC-001/Setpoints/SpindleSpeedSetpoint", value))
    site.tick()

    assert refusal.status == S.BadOutOfRange
    assert site.engine.values[column] == before


async def test_that_a_repeated_id_gets_the_first_result_and_acts_once(site: Site) -> None:
    command = uuid4()
    await site.execute("CNC-001/Setpoints/SpindleSpeedSetpoint", 7000.0, command=command)
    sequence = site.door.sequence("CNC-001")

    assert await site.execute("CNC-001/Setpoints/SpindleSpeedSetpoint", 6000.0, command=command) == "Accepted"
    assert site.door.sequence("CNC-001") == sequence


async def test_that_a_repeated_id_stays_used_over_a_restart(site: Site, definition: PlantDefinition) -> None:
    command = uuid4()
    await site.execute("CNC-001/Shutdown", command=command)
    site.tick()
    site.journal.close()

    again = Site(definition, site.path)
    try:
        assert await again.execute("CNC-001/Start", command=command) == "Accepted"
        again.tick(1.0)
        assert again.engine.running_state("CNC-001") not in MOVING
    finally:
        again.journal.close()


async def test_that_a_command_after_its_validity_is_refused_as_late(site: Site) -> None:
    late = datetime.now(UTC) - timedelta(milliseconds=1)

    assert (await refused(site.execute("CNC-001/Shutdown", valid_until=late))).status == S.BadTimeout
    site.tick()
    assert site.engine.running_state("CNC-001") in MOVING


async def test_that_a_command_out_of_sequence_is_refused(site: Site) -> None:
    await site.execute("CNC-001/Setpoints/SpindleSpeedSetpoint", 7000.0)

    refusal = await refused(site.execute("CNC-001/Shutdown", expected=7))

    assert refusal.status == S.BadInvalidState
    assert "sequence 1" in refusal.reason


async def test_that_whoever_has_logged_in_may_stop_and_nothing_else(site: Site) -> None:
    refusal = await refused(site.door.call(STOPPER, Verb.SHUTDOWN, "CNC-001"))
    assert refusal.status == S.BadUserAccessDenied

    await site.door.call(STOPPER, Verb.STOP, "CNC-001")
    assert site.engine.latches.devices == {"CNC-001"}
    assert (
        await refused(site.door.call(STOPPER, Verb.RESET_STOP, "CNC-001"))
    ).status == S.BadUserAccessDenied


async def test_that_a_stranger_may_not_even_stop(site: Site) -> None:
    refusal = await refused(site.door.call(REMOTE, Verb.STOP, "CNC-001"))

    assert refusal.status == S.BadUserAccessDenied
    assert site.engine.latches.devices == frozenset()


async def test_that_while_latched_starts_and_setpoints_are_refused(site: Site) -> None:
    site.door.stop(CALLER, "CNC-001")

    for path, value in (
        ("CNC-001/Start", None),
        ("CNC-001/Restart", None),
        ("CNC-001/Setpoints/SpindleSpeedSetpoint", 5000.0),
    ):
        assert (await refused(site.execute(path, value))).status == S.BadInvalidState


async def test_that_what_was_refused_is_in_the_journal_with_its_reason(site: Site) -> None:
    await refused(site.execute("CNC-001/Setpoints/SpindleSpeedSetpoint", -1.0))
    site.journal.close()

    page = site.journal.query(datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC))
    assert [(row.state, row.user) for row in page.rows] == [("refused", "local:tester")]
    assert "-1" in page.rows[0].comment


steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "Start",
                "Restart",
                "Shutdown",
                "Stop",
                "Reset",
                "StopAll",
                "ResetAll",
                "Setpoint",
                "Tick",
                "Kill",
            ]
        ),
        st.sampled_from(MACHINES),
    ),
    min_size=1,
    max_size=14,
)


@asynccontextmanager
async def opened(definition: PlantDefinition, path: Path) -> AsyncIterator[list[Site]]:
    sites = [Site(definition, path)]
    try:
        yield sites
    finally:
        for each in sites:
            each.journal.close()


_STOP_RESET_KILL = [("Stop", "CNC-001"), ("Reset", "CNC-001"), ("Kill", "CNC-001"), ("Tick", "CNC-001")]
_BOTH_LATCHES = [
    ("StopAll", "CNC-001"),
    ("Stop", "GEN-001"),
    ("ResetAll", "CNC-001"),
    ("Start", "GEN-001"),
    ("Kill", "GEN-001"),
]
_SHUT_DOWN_KILL = [("Shutdown", "ROBOT-001"), ("Kill", "CNC-001"), ("Tick", "CNC-001")]


@pytest.mark.slow
@example(sequence=_STOP_RESET_KILL)
@example(sequence=_BOTH_LATCHES)
@example(sequence=_SHUT_DOWN_KILL)
@settings(
    max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sequence=steps)
def test_that_no_sequence_of_commands_and_kills_clears_a_latch_or_starts_a_machine(
    definition: PlantDefinition, tmp_path_factory: pytest.TempPathFactory, sequence: list[tuple[str, str]]
) -> None:
    asyncio.run(_walk(definition, tmp_path_factory.mktemp("walk"), sequence))


async def _walk(definition: PlantDefinition, folder: Path, sequence: list[tuple[str, str]]) -> None:
    """Follow what must be true: a latch stands until its own reset, a machine stands still until its own start."""
    plant_latch, latches = False, set[str]()
    async with opened(definition, folder / "journal.db") as sites:
        may_move = {m for m in MACHINES if sites[0].engine.running_state(m) in MOVING}
        for number, (act, machine) in enumerate(sequence):
            site = sites[-1]
            free = not plant_latch and machine not in latches
            if act == "Stop":
                site.door.stop(CALLER, machine)
                latches.add(machine)
                may_move.discard(machine)
            elif act == "StopAll":
                site.door.stop(CALLER, None)
                plant_latch = True
                may_move.clear()
            elif act == "Kill":
                await asyncio.wrap_future(
                    site.journal.append([])
                )  # a client's answer comes later than the disk's
                sites.append(Site(definition, site.killed(number)))
            elif act == "Tick":
                site.tick(1.0)
            else:
                await _command(site, act, machine)
                latches.discard(machine) if act == "Reset" else None
                plant_latch = plant_latch and act != "ResetAll"
                if act in ("Start", "Restart") and free:
                    may_move.add(machine)
            engine = sites[-1].engine
            assert engine.latches.plant == plant_latch
            assert engine.latches.devices == latches
            moving = {m for m in MACHINES if engine.running_state(m) in MOVING}
            assert moving <= may_move, f"{moving - may_move} moved by itself after {act} {machine}"


async def _command(site: Site, act: str, machine: str) -> None:
    paths = {
        "Reset": f"{machine}/ResetEmergencyStop",
        "ResetAll": "Plant/ResetEmergencyStopAll",
        "Setpoint": f"{machine}/Setpoints/SpindleSpeedSetpoint",
    }
    try:
        await site.execute(paths.get(act, f"{machine}/{act}"), 5000.0 if act == "Setpoint" else None)
    except MethodRefusedError:
        return  # refusals are legal everywhere; what matters is the state
    site.tick()
