"""No full disk, blocked journal or hanging detector delays or refuses a stop."""

import ctypes
import os
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.foreign_client import ForeignClient, node_operator
from tests.support.plant import BY_E_STOP, STATES, journal_rows
from tests.support.servers import RunningServer, running_server

pytestmark = pytest.mark.node
STOP_BOUND_S = 1.0
REFUSED_BOUND_S = 2.0
RECOVERED_S = 20.0  # the journal tries anew every second; SQLite waits up to 5 s for a lock
TMPFS_BYTES = 48 << 20  # the reserve of 16 MB is made where twice its size is free
Trouble = Callable[[], None]


def assert_stopped_at_once(client: ForeignClient, device: str) -> None:
    """Stop a device, and see it in its safe state within the bound."""
    began = time.monotonic()
    answer = client.call(f"{device}/EmergencyStop")
    client.wait_for_value(f"{device}/{STATES}", BY_E_STOP, STOP_BOUND_S)
    assert answer["status"] == "Good"
    assert time.monotonic() - began < STOP_BOUND_S


def assert_setpoint_refused(client: ForeignClient) -> None:
    """Write a setpoint and see it refused in time, with the plant unchanged."""
    setpoint = "CONV-001/Setpoints/BeltSpeedSetpoint"
    before = client.read(setpoint)
    began = time.monotonic()
    status = client.write(setpoint, before + 0.1)
    assert status == "BadResourceUnavailable"
    assert time.monotonic() - began < REFUSED_BOUND_S
    assert client.read(setpoint) == before


def assert_recovered(client: ForeignClient, *stopped: str) -> None:
    """See setpoints accepted again, and every stop told by the journal."""
    setpoint = "CONV-002/Setpoints/BeltSpeedSetpoint"
    value = client.read(setpoint)
    client.wait_for(lambda: client.write(setpoint, value) == "Good", RECOVERED_S, "an accepted setpoint")
    wanted = {f"EmergencyStop {device}" for device in stopped}
    client.wait_for(
        lambda: wanted <= {row["message"] for row in journal_rows(client)}, 5.0, "the stops in the journal"
    )


def wait_for_system_alarm(client: ForeignClient, name: str, *, active: bool) -> None:
    client.wait_for_value(f"System/Alarms/{name}/ActiveState/Id", active, RECOVERED_S)


# ---- the journal's writer blocked ------------------------------------------------------------------------------------


def test_that_a_blocked_journal_delays_no_stop_and_refuses_setpoints(
    server: RunningServer, client: ForeignClient
) -> None:
    other = sqlite3.connect(server.state / "journal.db", isolation_level=None, timeout=10.0)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert_stopped_at_once(client, "CNC-001")
        assert_setpoint_refused(client)
        client.begin_write("waiting", "CONV-001/Setpoints/BeltSpeedSetpoint", 0.5)
        assert_stopped_at_once(client, "CNC-002")
        assert client.result("waiting")["status"] == "BadResourceUnavailable"
        wait_for_system_alarm(client, "JournalNotWritten", active=True)
    finally:
        other.execute("ROLLBACK")
        other.close()

    assert_recovered(client, "CNC-001", "CNC-002")
    wait_for_system_alarm(client, "JournalNotWritten", active=False)


def test_that_a_refused_setpoint_is_never_told_as_unknown_or_done(client: ForeignClient) -> None:
    """What the blocked journal refused above is told as refused, if it is told at all."""
    rows = [row for row in journal_rows(client) if row["device"] == "CONV-001"]

    assert rows[-1]["state"] == "refused"
    assert "done" not in {row["state"] for row in rows}


# ---- the disk full ---------------------------------------------------------------------------------------------------


def test_that_a_disk_that_takes_nothing_delays_no_stop_and_refuses_setpoints(
    server: RunningServer, client: ForeignClient
) -> None:
    pid = server.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))  # every write to a file fails from here on
    try:
        assert_stopped_at_once(client, "DRILL-001")
        assert_setpoint_refused(client)
        assert_stopped_at_once(client, "DRILL-002")
        wait_for_system_alarm(client, "JournalNotWritten", active=True)
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))

    assert_recovered(client, "DRILL-001", "DRILL-002")
    wait_for_system_alarm(client, "JournalNotWritten", active=False)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 48 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount(folder)
    try:
        yield folder
    finally:
        libc().umount2(os.fsencode(folder), 2)  # MNT_DETACH: also where a file is still open


def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def mount(folder: Path) -> None:
    options = f"size={TMPFS_BYTES}".encode()
    if libc().mount(b"andon", os.fsencode(folder), b"tmpfs", 0, options) != 0:
        pytest.skip(f"cannot mount a small disk ({os.strerror(ctypes.get_errno())}); needs root")


def fill(disk: Path, name: str) -> None:
    """Write a file until nothing more goes onto the disk."""
    with suppress(OSError), (disk / name).open("wb", buffering=0) as filler:
        while True:
            filler.write(b"\0" * 65536)
    with suppress(OSError), (disk / f"{name}.last").open("wb", buffering=0) as filler:
        while True:
            filler.write(b"\0" * 512)


def test_that_a_full_disk_is_told_survived_and_delays_no_stop(small_disk: Path) -> None:
    with running_server(small_disk / "state") as server, node_operator(server) as client:
        fill(small_disk, "filler")
        assert_stopped_at_once(client, "CNC-001")
        wait_for_system_alarm(client, "DiskAlmostFull", active=True)  # the reserve is in use

        fill(small_disk, "rest")
        assert_stopped_at_once(client, "CNC-002")
        client.wait_for(
            lambda: (
                client.read("System/Alarms/JournalNotWritten/ActiveState/Id") or _spend(client, small_disk)
            ),
            RECOVERED_S,
            "a journal that cannot be written",
        )
        assert_setpoint_refused(client)
        assert_stopped_at_once(client, "CNC-003")

        for name in ("filler", "rest", "filler.last", "rest.last"):
            (small_disk / name).unlink(missing_ok=True)
        assert_recovered(client, "CNC-001", "CNC-002", "CNC-003")
        wait_for_system_alarm(client, "JournalNotWritten", active=False)
        wait_for_system_alarm(client, "DiskAlmostFull", active=False)


def _spend(client: ForeignClient, disk: Path) -> bool:
    """Use up what the journal's own file has left, and what it gave back."""
    fill(disk, "rest")
    client.write("CONV-003/Setpoints/BeltSpeedSetpoint", client.read("CONV-003/Setpoints/BeltSpeedSetpoint"))
    return False


# ---- the scoring worker hanging --------------------------------------------------------------------------------------


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Hold a process for the length of a block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_that_a_hanging_worker_delays_no_stop(server: RunningServer, client: ForeignClient) -> None:
    sample = [("Double", value) for value in (72.5, 40.0, 62.0, 5.3)]
    client.wait_for(
        lambda: client.read("Diagnostics/WorkerState").startswith("Running"), 30.0, "the scoring worker"
    )

    with frozen(server.worker().pid):
        client.begin("prediction", "Plant/Predict", *sample)
        assert_stopped_at_once(client, "PRESS-001")
        prediction = client.result("prediction")
        assert_stopped_at_once(client, "PRESS-002")

    assert prediction["status"] == "BadResourceUnavailable"
    assert prediction["ms"] < 1500.0  # its bound is a second
    client.wait_for(lambda: client.call("Plant/Predict", *sample)["status"] == "Good", 10.0, "a prediction")
