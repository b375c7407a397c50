"""How a server starts, refuses to start in one sentence, and ends without leaving a process."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from opcua_server.statedir import StateDir
from tests.support.servers import (
    ROOT,
    RunningServer,
    errors_of,
    launch,
    server_command,
    start_server,
    wait_until,
)

END_S = 15.0  # on a busy machine; on an idle one it takes under 2 s
START_S = 30.0


def refused(command: list[str]) -> str:
    """Run a server that does not start; returns what it says."""
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=START_S, check=False)
    assert run.returncode == 1, run
    assert run.stdout == ""
    return run.stderr


def assert_one_sentence(said: str) -> None:
    assert said.startswith("andon server: ")
    assert said.count("\n") == 1
    assert said.rstrip().endswith(".")


# ---- refusals --------------------------------------------------------------------------------------------------------


def test_that_a_second_server_on_a_state_directory_is_refused(server: RunningServer) -> None:
    said = refused(server_command(server.state))

    assert_one_sentence(said)
    assert f"process {server.process.pid}" in said
    assert str(server.state) in said


def test_that_a_taken_port_is_refused(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

        said = refused(server_command(tmp_path, port=port))

    assert_one_sentence(said)
    assert f"Port {port}" in said


def test_that_a_wrong_plant_file_is_refused_with_place_and_value(tmp_path: Path) -> None:
    plant = tmp_path / "plant.toml"
    shipped = (ROOT / "resources" / "plants" / "factory.toml").read_text(encoding="utf-8")
    plant.write_text(shipped.replace("physics_hz = 10.0", "physics_hz = -3.0"), encoding="utf-8")

    said = refused(server_command(tmp_path / "state", "--plant", str(plant)))

    assert_one_sentence(said.rstrip() + ("\n" if said.rstrip().endswith(".") else ".\n"))
    assert "plant.toml" in said
    assert "physics_hz" in said
    assert "-3" in said


def test_that_a_missing_recording_folder_is_refused(tmp_path: Path) -> None:
    said = refused(server_command(tmp_path / "state", "--recordings", str(tmp_path / "nowhere")))

    assert_one_sentence(said)
    assert str(tmp_path / "nowhere") in said


# ---- endings ---------------------------------------------------------------------------------------------------------


@contextmanager
def launched(state: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a server, and leave none of its processes behind whatever the test finds."""
    process = launch(state, *options, own_session=True)
    try:
        yield process
    finally:
        for left in session_of(process.pid):
            left.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def session_of(leader: int) -> list[psutil.Process]:
    """Return the living processes of a session."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (OSError, psutil.NoSuchProcess):
            continue
    return found


def wait_for_stage(process: "subprocess.Popen[str]", state: Path, stage: str) -> None:
    """Wait until the server has come so far."""
    if stage == "locked":
        wait_until((state / "lock").exists, START_S, "the lock file")
    elif stage == "journal":
        wait_until((state / "journal.db").exists, START_S, "the journal")
    elif stage == "accepting":
        assert process.stdout is not None
        assert process.stdout.readline().startswith("opc.tcp://")
    elif stage == "scoring":
        wait_until(lambda: psutil.Process(process.pid).children(), START_S, "the worker")
    else:
        try:
            process.wait(float(stage))
        except subprocess.TimeoutExpired:
            return
        pytest.fail("the server ended by itself")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("stage", ["0.05", "0.4", "locked", "journal", "accepting", "scoring"])
def test_that_a_signal_at_any_moment_of_the_start_ends_every_process(
    tmp_path: Path, number: signal.Signals, stage: str
) -> None:
    with launched(tmp_path) as process:
        wait_for_stage(process, tmp_path, stage)

        os.killpg(process.pid, number)  # a terminal's Ctrl-C goes to the whole group

        process.wait(END_S)
        wait_until(lambda: not session_of(process.pid), 3.0, "the end of every process")
    assert "opcua_server/" not in errors_of(tmp_path).read_text(
        encoding="utf-8"
    )  # no traceback through our code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_that_a_serving_server_ends_well_by_signal(tmp_path: Path, number: signal.Signals) -> None:
    server = start_server(tmp_path)
    worker = server.worker()

    server.process.send_signal(number)

    assert server.process.wait(END_S) == 0
    wait_until(lambda: not worker.is_running(), 2.0, "the worker's end")
    assert server.process.stdout is not None
    assert server.process.stdout.read() == ""
    server.process.stdout.close()
    with StateDir(tmp_path):  # the lock is free again
        pass


def test_that_a_server_ends_when_its_parent_lets_go(tmp_path: Path) -> None:
    with launched(tmp_path, "--exit-with-parent") as process:
        wait_for_stage(process, tmp_path, "accepting")
        assert process.stdin is not None

        process.stdin.close()

        assert process.wait(END_S) == 0
        wait_until(lambda: not session_of(process.pid), 3.0, "the end of every process")
