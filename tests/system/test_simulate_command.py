"""`andon simulate …` against a server of the same user."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.small_plant import write_small_plant
from tests.support.accounts import operator_of
from tests.support.servers import ROOT, RunningServer, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    base = tmp_path_factory.mktemp("simulate")
    before = os.environ.get("ANDON_CONFIG")
    os.environ["ANDON_CONFIG"] = str(base / "config")
    try:
        operator_of(base / "state", user="otto")
        with running_server(
            base / "state", "--plant", str(write_small_plant(base / "small.toml"))
        ) as running:
            yield running
    finally:
        if before is None:
            del os.environ["ANDON_CONFIG"]
        else:
            os.environ["ANDON_CONFIG"] = before


def _andon(server: RunningServer, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    where = ["--url", server.endpoint, "--state", str(server.state)]
    return subprocess.run(
        [sys.executable, "-m", "hmi", "simulate", *where, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        input=typed,
        timeout=60,
        check=False,
    )


def _done(server: RunningServer, *words: str, typed: str = "") -> list[list[str]]:
    found = _andon(server, *words, typed=typed)
    assert (found.returncode, found.stderr) == (0, ""), words
    return [line.split("\t") for line in found.stdout.splitlines()]


def test_that_faults_are_injected_told_and_cleared(server: RunningServer) -> None:
    assert "oil_leak" in {row[0] for row in _done(server, "faults", "GEN-001")}
    assert (
        _done(server, "inject", "GEN-001", "oil_leak", "--severity", "0.5", "--onset", "500", "--life", "60")
        == []
    )

    (row,) = _done(server, "truth")
    assert row[:4] == ["GEN-001", "oil_leak", "", "0.5"]
    assert _done(server, "clear", "GEN-001") == []
    assert _done(server, "truth") == []
    assert len(_done(server, "truth", "--past")) == 1


def test_that_scenarios_speed_and_chaos_answer(server: RunningServer) -> None:
    assert {"demo", "air-lost"} <= {row[0] for row in _done(server, "scenarios")}
    assert _done(server, "run", "air-lost") == []
    assert [row[3] for row in _done(server, "scenarios") if row[0] == "air-lost"] == ["running"]
    assert _done(server, "stop") == [["air-lost"]]
    assert _done(server, "speed", "5") == []
    assert _done(server, "chaos", "3600") == []
    assert _done(server, "chaos", "0") == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("inject", "GEN-001", "nope"), "GEN-001 has no fault 'nope'; it can have"),
        (("inject", "GEN-001", "oil_leak", "--severity", "2"), "severity: 2 is outside 0 to 1"),
        (
            ("inject", "GEN-001", "oil_leak", "--severity", "much"),
            "argument --severity: 'much' is not a number",
        ),
        (("--user", "otto", "truth"), "The user name or the password is wrong."),
    ],
)
def test_that_a_refusal_is_one_sentence(server: RunningServer, words: tuple[str, ...], sentence: str) -> None:
    found = _andon(server, *words, typed="wrong\n")

    assert found.returncode in (1, 2)
    assert sentence in found.stderr
    assert "Traceback" not in found.stderr


def test_that_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "hmi", "simulate", "--url", "opc.tcp://127.0.0.1:9", "truth"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "ANDON_CONFIG": str(tmp_path)},
    )

    assert found.returncode == 1
    assert found.stderr.startswith("andon simulate: ")
    assert found.stderr.count("\n") == 1
