"""The scoring worker's death and resurrection, and its end with the server's."""

import signal
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from tests.support.bundle import require_bundle
from tests.support.foreign_client import ForeignClient, node_id
from tests.support.servers import RunningServer, running_server, wait_until

pytestmark = pytest.mark.node
ORPHAN_S = 2.0  # a worker without a server ends within this
HANGS_S = 15.0  # after ten seconds without an answer it is taken for dead
ALARM = "System/Alarms/ScoringStopped"
HEALTHY, UNKNOWN, LEARNING = 0, 2, 3
SPEED = 20
SAMPLE = [("Double", value) for value in (72.5, 40.0, 62.0, 5.3)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The default plant at twenty times real time: a machine is judged after a minute of running."""
    with running_server(tmp_path_factory.mktemp("server"), "--speed", str(SPEED)) as running:
        yield running


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


def test_that_a_device_is_learned_before_it_is_judged(server: RunningServer, client: ForeignClient) -> None:
    require_bundle()
    client.subscribe("CNC-001/Health/HealthGrade")
    server.worker().send_signal(signal.SIGKILL)  # the next one knows nothing of the devices

    client.wait_for(
        lambda: (
            [each["value"] for each in client.values("CNC-001/Health/HealthGrade")][-3:]
            == [UNKNOWN, LEARNING, HEALTHY]
        ),
        30.0,
        "the grades Unknown, Learning and Healthy",
    )


def test_that_health_is_unknown_while_no_worker_scores(server: RunningServer, client: ForeignClient) -> None:
    """The grade of a device must not stay good when nobody judges it."""
    require_bundle()
    client.wait_for_value("CNC-001/Health/HealthGrade", HEALTHY, 30.0)
    client.subscribe("CNC-001/Health/HealthGrade")

    server.worker().send_signal(signal.SIGKILL)

    client.wait_for(
        lambda: [each["value"] for each in client.values("CNC-001/Health/HealthGrade")][-1:] == [UNKNOWN],
        1.5,  # before another worker is there
        "the grade Unknown",
    )
    risk = client.do("read", node=node_id("CNC-001/Health/FailureProbability"))
    assert risk["status"].startswith("Bad")
    client.wait_for_value("Diagnostics/WorkerState", "Running", 30.0)


def test_that_the_plant_ticks_on_without_a_worker(server: RunningServer, client: ForeignClient) -> None:
    beat = "CNC-001/State/Heartbeat"
    client.subscribe(beat)
    client.wait_for(lambda: client.values(beat), 5.0, "a beat")

    server.worker().send_signal(signal.SIGKILL)
    client.wait_for(lambda: len(client.values(beat)) > 4, 10.0, "four beats")

    beats = [each["value"] for each in client.values(beat)]
    assert {later - earlier for earlier, later in pairwise(beats)} == {SPEED}  # it counts simulated seconds


def test_that_a_hanging_worker_is_told_and_replaced(server: RunningServer, client: ForeignClient) -> None:
    client.wait_for_value("Diagnostics/WorkerState", "Running", 30.0)
    first = server.worker()

    first.suspend()

    client.wait_for_value(f"{ALARM}/ActiveState/Id", True, HANGS_S)
    client.wait_for_value("Diagnostics/WorkerState", "Running", 30.0)
    assert server.worker().pid != first.pid


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
