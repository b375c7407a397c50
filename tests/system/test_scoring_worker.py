"""The scoring worker's death and resurrection, and its end with the server's."""

import signal
from pathlib import Path

import psutil
import pytest

from tests.support.bundle import require_bundle
from tests.support.foreign_client import ForeignClient, node_id
from tests.support.plant import wait_for_ticks
from tests.support.servers import RunningServer, running_server, wait_until

pytestmark = pytest.mark.node
ORPHAN_S = 2.0  # a worker without a server ends within this
ALARM = "System/Alarms/ScoringStopped"
SAMPLE = [("Double", value) for value in (72.5, 40.0, 62.0, 5.3)]


def test_that_a_killed_worker_is_told_and_replaced(server: RunningServer, client: ForeignClient) -> None:
    require_bundle()
    client.listen(kind="ConditionType")
    client.wait_for_value("Diagnostics/WorkerState", "Running", 30.0)
    first = server.worker()

    first.send_signal(signal.SIGKILL)

    alarm = {"ConditionId": node_id(ALARM), "label": ""}
    client.wait_for_event(5.0, "the alarm", ActiveState__Id=True, **alarm)
    client.wait_for_event(30.0, "its end", ActiveState__Id=False, **alarm)
    client.wait_for_value("Diagnostics/WorkerState", "Running", 3.0)
    assert server.worker().pid != first.pid
    assert client.call("Plant/Predict", *SAMPLE)["status"] == "Good"


def test_that_health_is_unknown_while_no_worker_scores(server: RunningServer, client: ForeignClient) -> None:
    """The grade of a device must not stay good when nobody judges it."""
    client.wait_for_value("Diagnostics/WorkerState", "Running", 30.0)
    client.subscribe("CNC-001/Health/HealthGrade")

    server.worker().send_signal(signal.SIGKILL)

    client.wait_for(
        lambda: [each["value"] for each in client.values("CNC-001/Health/HealthGrade")][-1:] == [2],
        5.0,
        "the grade Unknown",
    )
    client.wait_for_value("Diagnostics/WorkerState", "Running", 30.0)


def test_that_the_plant_ticks_on_without_a_worker(server: RunningServer, client: ForeignClient) -> None:
    beat = "CNC-001/State/Heartbeat"
    client.subscribe(beat)

    server.worker().send_signal(signal.SIGKILL)
    wait_for_ticks(client, 3)

    beats = [each["value"] for each in client.values(beat)]
    assert beats == list(range(beats[0], beats[0] + len(beats)))


def test_that_a_worker_ends_with_a_killed_server(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        worker = server.worker()

        server.kill()

        wait_until(lambda: not is_alive(worker), ORPHAN_S, "the worker's end")


def test_that_a_hanging_worker_ends_with_a_stopped_server(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        worker = server.worker()
        worker.suspend()

    wait_until(lambda: not is_alive(worker), ORPHAN_S, "the worker's end")


def is_alive(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
