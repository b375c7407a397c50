"""What a client may do over a channel without security, where the configuration offers one: watch, without a name."""

from collections.abc import Iterator

import pytest

from tests.interop.conftest import CLIENTS
from tests.support.accounts import NAME, PASSWORD
from tests.support.foreign_client import ForeignClient, node_id
from tests.support.servers import RunningServer

BEAT = "PRESS-004/State/Heartbeat"
SETPOINT = "PRESS-004/Setpoints/PressureSetpoint"


@pytest.fixture(scope="module", params=[pytest.param("node-opcua", marks=pytest.mark.node), "python-opcua"])
def nobody(request: pytest.FixtureRequest, server: RunningServer) -> Iterator[ForeignClient]:
    """A foreign client without a certificate or a name, on the server's own machine."""
    with CLIENTS[request.param](server.endpoint) as connected:
        yield connected


def test_that_who_has_no_name_sees_the_plant_move(nobody: ForeignClient) -> None:
    nobody.subscribe(BEAT)

    assert "Measurements" in nobody.do("browse", node=node_id("PRESS-004"))["names"]
    nobody.wait_for(lambda: len(nobody.values(BEAT)) >= 2, 10.0, "two values")


def test_that_who_has_no_name_changes_nothing(nobody: ForeignClient) -> None:
    before = nobody.read(SETPOINT)

    assert nobody.write(SETPOINT, before - 5.0) == "BadUserAccessDenied"
    assert nobody.call("PRESS-004/Shutdown")["status"] == "BadUserAccessDenied"
    assert nobody.call("Plant/EmergencyStopAll")["status"] == "BadUserAccessDenied"
    assert nobody.read(SETPOINT) == before


def test_that_a_password_is_not_taken_over_it(nobody: ForeignClient) -> None:
    answer = nobody.ask("change_user", user=NAME, password=PASSWORD)

    assert not answer["ok"] or answer["status"] != "Good"
    assert nobody.write(SETPOINT, 1.0) == "BadUserAccessDenied"
