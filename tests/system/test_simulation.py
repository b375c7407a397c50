"""The trainer's methods on a real server: faults, scenarios, time, chaos, truth."""

import asyncio
import csv
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from asyncua import ua

from hmi.link.connection import Connection, opened
from hmi.link.supervise import Keeper, probe_until_lost
from opcua_server.chaos import may_be_dropped
from opcua_server.security.identity import Role
from tests.conformance.peer import Peer, connected
from tests.conformance.small_plant import write_small_plant
from tests.support.quiet import quiet_asyncua
from tests.support.roles import Served, served
from tests.support.secure_client import until
from tests.support.servers import running_server, wait_until

T = ua.VariantType
LEAK = """
name = "Slow leak"
description = "The generator loses oil."
[[events]]
time_s = 0.2
device = "GEN-001"
fault = "oil_leak"
life_s = 600.0
[[events]]
time_s = 0.4
device = "CNC-001"
command = "emergency_stop"
"""


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Served]:
    (tmp_path / "state" / "scenarios").mkdir(parents=True)
    (tmp_path / "state" / "scenarios" / "leak.toml").write_text(LEAK, encoding="utf-8")
    (tmp_path / "state" / "scenarios" / "broken.toml").write_text('name = "x"\n', encoding="utf-8")
    async with served(write_small_plant(tmp_path / "small.toml"), tmp_path / "state") as running:
        running.wanted.roles = frozenset({Role.ENGINEER})
        yield running


@pytest_asyncio.fixture
async def engineer(site: Served) -> AsyncIterator[Peer]:
    async with connected(site.endpoint) as peer:
        yield peer


async def _call(peer: Peer, name: str, *arguments: str | float | bool) -> list[Any]:
    """Call a method that must succeed; returns its outputs."""
    found = await _ask(peer, name, *arguments)
    assert found.StatusCode.is_good(), (name, found.StatusCode, found.InputArgumentDiagnosticInfos)
    return [variant.Value for variant in found.OutputArguments]


async def _ask(peer: Peer, name: str, *arguments: str | float | bool) -> ua.CallMethodResult:
    kinds = {str: T.String, float: T.Double, bool: T.Boolean}
    variants = [ua.Variant(value, kinds[type(value)]) for value in arguments]
    return await peer.call("Simulation", f"Simulation/{name}", *variants)


async def _reaches(peer: Peer, path: str, least: float) -> None:
    """Wait until a value is at least that."""
    async with asyncio.timeout(20.0):
        while float(await peer.value(path)) < least:  # noqa: ASYNC110  # of another side of the wire
            await asyncio.sleep(0.05)


async def _truth(peer: Peer, *, past: bool = False) -> list[dict[str, Any]]:
    names = ("device", "fault", "tag", "severity", "onset_s", "damage", "failed_s", "rul_h", "ended_s")
    columns = await _call(peer, "GroundTruth", past)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


async def test_that_any_fault_is_injected_at_any_severity_and_onset(engineer: Peer) -> None:
    plant_s = await engineer.value("Simulation/PlantTime")
    await _call(engineer, "InjectFault", "GEN-001", "oil_leak", 0.7, 100.0, 50.0)
    await _call(engineer, "InjectFault", "CNC-002", "sensor_drift/Vibration", 0.5, 0.0, 0.0)
    await _call(engineer, "InjectFault", "Utilities", "cooling_water_lost", 1.0, 0.0, 600.0)

    rows = {row["fault"]: row for row in await _truth(engineer)}
    assert len(rows) == 3
    assert rows["oil_leak"]["severity"] == 0.7
    assert rows["oil_leak"]["onset_s"] == pytest.approx(plant_s + 100.0, abs=5.0)
    assert rows["oil_leak"]["damage"] == 0.0
    assert (rows["sensor_drift"]["device"], rows["sensor_drift"]["tag"]) == ("CNC-002", "Vibration")
    assert rows["cooling_water_lost"]["device"] == "Utilities"


async def test_that_a_dropout_and_a_wrong_clock_reach_the_wire(engineer: Peer) -> None:
    await _call(engineer, "InjectFault", "CNC-001", "sensor_dropout/Vibration", 1.0, 0.0, 0.0)
    await _call(engineer, "InjectFault", "CNC-002", "sensor_clock_offset", 0.5, 0.0, 0.0)
    seen: list[str] = []

    async with asyncio.timeout(20.0):
        while "BadNoCommunication" not in seen:
            found = await engineer.read("CNC-001/Measurements/Vibration")
            if not seen or seen[-1] != found.StatusCode.name:
                seen.append(found.StatusCode.name)
            await asyncio.sleep(0.1)
    assert seen[-2:] == ["UncertainLastUsableValue", "BadNoCommunication"]
    slow = await engineer.read("CNC-002/Measurements/SpindleLoad")
    right = await engineer.read("GEN-001/Measurements/Power")
    now = datetime.now(UTC).replace(tzinfo=None)
    assert 1790.0 < (now - slow.SourceTimestamp.replace(tzinfo=None)).total_seconds() < 1830.0
    assert (now - right.SourceTimestamp.replace(tzinfo=None)).total_seconds() < 30.0


REFUSALS = [
    ("InjectFault", ("NOPE-001", "oil_leak", 1.0, 0.0, 0.0), "BadNodeIdUnknown", "there is no device NOPE-001"),
    ("InjectFault", ("CNC-001", "oil_leak", 1.0, 0.0, 0.0), "BadInvalidArgument", "CNC-001 has no fault 'oil_leak'"),
    ("InjectFault", ("CNC-001", "sensor_stuck/X", 1.0, 0.0, 0.0), "BadNodeIdUnknown", "no measured tag 'X'"),
    ("InjectFault", ("CNC-001", "tool_wear", 1.5, 0.0, 0.0), "BadOutOfRange", "severity: 1.5 is outside 0 to 1"),
    ("InjectFault", ("CNC-001", "tool_wear", 1.0, -1.0, 0.0), "BadOutOfRange", "onset_s: -1 is outside 0 to 1e+09"),
    ("InjectFault", ("CNC-001", "tool_wear", 1.0, 0.0, 0.01), "BadOutOfRange", "life_s: 0.01 is outside 0.1 to"),
    ("InjectFault", ("Utilities", "tool_wear", 1.0, 0.0, 0.0), "BadInvalidArgument", "they can have cooling_water"),
    ("ClearFaults", ("NOPE-001",), "BadNodeIdUnknown", "there is no device NOPE-001"),
    ("ListFaults", ("NOPE-001",), "BadInvalidArgument", "there is no device 'NOPE-001'"),
    ("RunScenario", ("nope",), "BadInvalidArgument", "scenario: 'nope' is not one of air-lost"),
    ("RunScenario", ("broken",), "BadInvalidArgument", "broken.toml: description: is missing"),
    ("RunScenario", ("air-lost",), "Good", ""),
    ("RunScenario", ("demo",), "BadNodeIdUnknown", "demo.toml: events[0]: there is no device PUMP-001"),
    ("StopScenario", ("leak",), "BadInvalidState", "the scenario 'leak' does not run"),
    ("SetSpeed", (0.05,), "BadOutOfRange", "Speed: 0.05 is outside 0.1 to 1000"),
    ("SetSpeed", (1001.0,), "BadOutOfRange", "Speed: 1001 is outside 0.1 to 1000"),
    ("SetSpeed", (float("nan"),), "BadOutOfRange", "Speed: nan is outside"),
    ("SetChaos", (0.5,), "BadOutOfRange", "MeanInterval_s: 0.5 is outside 1 to 86400"),
    ("SetChaos", (-1.0,), "BadOutOfRange", "MeanInterval_s: -1 is outside"),
]  # fmt: skip


async def test_that_what_cannot_be_is_refused_in_a_sentence(engineer: Peer) -> None:
    for name, arguments, status, sentence in REFUSALS:
        found = await _ask(engineer, name, *arguments)
        said = str((found.InputArgumentDiagnosticInfos or [ua.DiagnosticInfo()])[0].AdditionalInfo or "")
        assert (found.StatusCode.name, sentence in said) == (status, True), (name, arguments, said)


async def test_that_scenarios_are_listed_run_and_stopped_by_name(site: Served, engineer: Peer) -> None:
    names, titles, descriptions, states = await _call(engineer, "ListScenarios")
    at = {name: row for row, name in enumerate(names)}
    assert {"demo", "healthy", "leak", "broken", "supply-sag", "alarm-script"} <= set(names)
    assert titles[at["leak"]] == "Slow leak"
    assert descriptions[at["broken"]] == "It cannot be run: broken.toml: description: is missing"
    assert set(states) == {""}

    await _call(engineer, "RunScenario", "leak")
    assert (await _call(engineer, "ListScenarios"))[3][at["leak"]] == "running"
    assert (await _ask(engineer, "RunScenario", "leak")).StatusCode.name == "BadInvalidState"
    await until(lambda: "CNC-001" in site.parts.engine.latches.devices)
    await until(lambda: site.parts.engine.scenarios == {"Slow leak": False})
    assert [row["fault"] for row in await _truth(engineer)] == ["oil_leak"]
    assert (await _call(engineer, "ListScenarios"))[3][at["leak"]] == "over"

    assert await _call(engineer, "StopScenario", "leak") == [["leak"]]
    assert await _truth(engineer) == []
    (ended,) = await _truth(engineer, past=True)
    assert (ended["fault"], ended["ended_s"] > ended["onset_s"]) == ("oil_leak", True)
    assert await _call(engineer, "StopScenario", "") == [[]]


async def test_that_a_scripted_stop_is_latched_shown_and_kept(site: Served, engineer: Peer) -> None:
    await _call(engineer, "RunScenario", "leak")

    await _reaches(engineer, "CNC-001/State/EmergencyStopLatched", 1.0)
    stored = wait_until(
        lambda: site.parts._journal.restore().latches.devices, 10.0, "the latch in the journal"
    )
    assert stored == {"CNC-001"}


async def test_that_the_speed_of_time_is_set_and_kept(engineer: Peer) -> None:
    await _call(engineer, "SetSpeed", 50.0)
    begun, first = asyncio.get_running_loop().time(), await engineer.value("Simulation/PlantTime")

    await _reaches(engineer, "Simulation/PlantTime", first + 200.0)

    took = asyncio.get_running_loop().time() - begun
    assert 2.0 < took < 12.0  # four seconds and a publish on an idle machine
    assert await engineer.value("Simulation/Speed") == 50.0
    await _call(engineer, "SetSpeed", 0.1)
    assert await engineer.value("Simulation/AchievedSpeed") <= 50.5


async def test_that_a_thousand_times_real_time_leaves_the_server_answering(engineer: Peer) -> None:
    await _call(engineer, "SetSpeed", 1000.0)
    first = await engineer.value("Simulation/PlantTime")
    loop, slowest = asyncio.get_running_loop(), 0.0
    until_s = loop.time() + 3.0

    while loop.time() < until_s:
        begun = loop.time()
        await engineer.value("i=2258")
        slowest = max(slowest, loop.time() - begun)
        await asyncio.sleep(0.01)

    assert slowest < 1.0
    assert await engineer.value("Simulation/PlantTime") > first + 300.0


METHODS = [
    ("InjectFault", ("CNC-001", "tool_wear", 0.1, 0.0, 0.0)),
    ("ClearFaults", ("CNC-001",)),
    ("ListScenarios", ()),
    ("RunScenario", ("leak",)),
    ("StopScenario", ("leak",)),
    ("SetSpeed", (1.0,)),
    ("SetChaos", (0.0,)),
    ("GroundTruth", (False,)),
]


async def test_that_only_an_engineer_may_simulate(site: Served) -> None:
    for role in Role:
        site.wanted.roles = frozenset({role})
        async with connected(site.endpoint) as peer:
            for name, arguments in METHODS:
                found = (await _ask(peer, name, *arguments)).StatusCode.name
                assert (found != "BadUserAccessDenied") == (role is Role.ENGINEER), (role, name, found)


async def test_that_chaos_drops_sessions_but_never_those_for_the_e_stop(site: Served, engineer: Peer) -> None:
    del engineer  # it would be dropped as well
    with quiet_asyncua():
        async with connected(site.endpoint) as victim, _named(site, "Console e-stop 1") as stop:
            inner = site.parts.rights.inner
            spared = [each for each in inner._external_sessions.values() if not may_be_dropped(each)]
            assert len(spared) == 1
            assert (await _ask(victim, "SetChaos", 1.0)).StatusCode.is_good()
            await until(lambda: site.parts.chaos.dropped >= 2, 30.0)
            with pytest.raises((ua.UaStatusCodeError, OSError, TimeoutError)):
                await victim.value("Simulation/Speed")
            for _ in range(3):
                before = site.parts.chaos.dropped
                assert (await stop.call("GEN-001", "GEN-001/EmergencyStop")).StatusCode.is_good()
                async with connected(site.endpoint):
                    await until(partial(_has_dropped, site, before + 1), 30.0)
            assert await stop.value("Simulation/ChaosInterval") == 1.0
            assert (await _ask(stop, "SetChaos", 0.0)).StatusCode.is_good()


async def test_that_chaos_is_off_until_it_is_wanted(site: Served, engineer: Peer) -> None:
    assert await engineer.value("Simulation/ChaosInterval") == 0.0
    assert site.parts.chaos.mean_s == 0.0


def _has_dropped(site: Served, count: int) -> bool:
    return site.parts.chaos.dropped >= count


def _named(site: Served, name: str) -> Any:
    return connected(site.endpoint, name=name)


def test_that_the_server_keeps_the_truth_in_a_file_and_runs_a_scenario_by_name(tmp_path: Path) -> None:
    plant, truth = write_small_plant(tmp_path / "small.toml"), tmp_path / "truth.csv"
    options = (
        "--plant",
        str(plant),
        "--scenario",
        "first-run",
        "--truth",
        str(truth),
        "--speed",
        "100",
        "--devices",
        "6",
    )
    with running_server(tmp_path / "state", *options):
        wait_until(
            lambda: truth.exists() and "oil_leak,,leak,0.8" in truth.read_text(encoding="utf-8"),
            20.0,
            "the leak",
        )

    with truth.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[0]["device"], rows[0]["fault"], rows[0]["severity"]) == ("GEN-001", "oil_leak", "0.8")
    assert {row["device"] for row in rows} == {
        "GEN-001",
        "GEN-002",
        "CNC-001",
        "CNC-002",
        "CNC-003",
        "CNC-004",
    }
    assert [path.name for path in tmp_path.iterdir() if "truth" in path.name] == ["truth.csv"]


async def test_that_the_console_comes_back_from_chaos_and_keeps_its_e_stop(site: Served) -> None:
    def keeper(role: str) -> Keeper:
        async def serve(connection: Connection) -> None:
            kept.up(connection)
            await probe_until_lost(connection, lambda *_: None, lambda: None, 1.0)

        kept = Keeper(role, lambda: opened(site.endpoint, role), serve)
        return kept

    values, stop = keeper("values"), keeper("e-stop")
    with quiet_asyncua():
        async with asyncio.TaskGroup() as tasks:
            for each in (values, stop):
                each.start(tasks)
            line = await stop.live()
            await values.live()
            site.parts.chaos.set(1.0)
            await until(lambda: values.losses >= 2, 60.0)
            site.parts.chaos.set(0.0)
            assert stop.losses == 0
            assert stop.connection is line
            plant = line.namespaces.plant
            await line.call(ua.NodeId("GEN-001", plant), ua.NodeId("GEN-001/EmergencyStop", plant))
            assert (await asyncio.wait_for(values.live(), 20.0)).lost.is_set() is False
            for each in (values, stop):
                each.end()
    assert "GEN-001" in site.parts.engine.latches.devices


async def test_that_a_scenario_s_chaos_ends_with_it(site: Served, engineer: Peer) -> None:
    path = site.parts.truth  # no file of the truth unless one is asked for
    assert path is None
    scenarios = Path(site.parts.rights.users.path).parent / "scenarios"
    (scenarios / "drops.toml").write_text(
        'name = "Drops"\ndescription = "Sessions drop."\ndrop_sessions_s = 5000.0\n', encoding="utf-8"
    )

    await _call(engineer, "RunScenario", "drops")
    assert site.parts.chaos.mean_s == 5000.0
    await _call(engineer, "StopScenario", "drops")
    assert site.parts.chaos.mean_s == 0.0
