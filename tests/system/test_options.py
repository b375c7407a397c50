"""Options of the command line that change how the plant runs."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.accounts import operator_of
from tests.support.foreign_client import ForeignClient, node_id, python_client
from tests.support.servers import ROOT, running_server, server_command
from tests.system.test_starting_and_ending import assert_one_sentence, refused

pytestmark = pytest.mark.node
SPEED = 10.0
SCENARIO = """
name = "Leak"
description = "The generator loses its oil at once."

[[events]]
time_s = 20.0
device = "GEN-001"
fault = "oil_leak"
life_s = 30.0
"""


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForeignClient]:
    """A client of a server at ten times real time, with a scenario."""
    base = tmp_path_factory.mktemp("hurried")
    scenario = base / "leak.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    options = ("--speed", str(SPEED), "--scenario", str(scenario))
    login = operator_of(
        base / "state"
    )  # before the server runs: at ten times real time the fault is soon over
    with running_server(base / "state", *options) as server, python_client(server.endpoint, login) as client:
        client.listen(kind="ConditionType")
        client.refresh()
        yield client


def test_that_simulated_time_runs_at_the_speed_asked_for(hurried: ForeignClient) -> None:
    time_node = "Simulation/PlantTime"
    hurried.subscribe(time_node)
    hurried.wait_for(lambda: len(hurried.values(time_node)) > 6, 15.0, "six ticks")

    told = hurried.values(time_node)

    first, last = told[1], told[-1]
    passed_s = seconds(last["source"]) - seconds(first["source"])
    assert hurried.read("Simulation/Speed") == SPEED
    # A tick that the machine delays is made up for, so over some ticks only jitter of the last one is left.
    assert (last["value"] - first["value"]) / passed_s == pytest.approx(SPEED, rel=0.15)


def seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def test_that_a_scenario_s_fault_comes_and_is_told(hurried: ForeignClient) -> None:
    alarm = node_id("GEN-001/Alarms/OilLeak")

    event = hurried.wait_for_event(30.0, "the oil leak", ConditionId=alarm, ActiveState__Id=True)

    assert event["Message"].startswith("Critical oil leak")
    assert hurried.read("Simulation/PlantTime") > 20.0


def test_that_a_wrong_scenario_is_refused_with_place_and_value(tmp_path: Path) -> None:
    scenario = tmp_path / "wrong.toml"
    scenario.write_text(SCENARIO.replace("oil_leak", "no_such_fault"), encoding="utf-8")

    said = refused(server_command(tmp_path / "state", "--scenario", str(scenario)))

    assert_one_sentence(said.rstrip().rstrip(".") + ".\n")
    assert "no_such_fault" in said


@pytest.mark.parametrize(
    "option", [("--speed", "0"), ("--speed", "-1"), ("--speed", "nan"), ("--port", "70000")]
)
def test_that_a_senseless_number_is_refused(tmp_path: Path, option: tuple[str, str]) -> None:
    command = [sys.executable, "-m", "opcua_server", "--state", str(tmp_path), *option]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)

    assert run.returncode not in (0, None)
    assert "Traceback" not in run.stderr
    assert option[0] in run.stderr or option[1] in run.stderr
