"""Foreign clients over the three secure policies: trusted as a user would trust them, logged in, and all that they do."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from opcua_server.security.identity import Role
from opcua_server.security.users import FILE_NAME, UserStore
from tests.interop.conftest import CLIENTS
from tests.support.accounts import NAME, PASSWORD, POLICIES, ROLES, Login, client_of
from tests.support.foreign_client import ForeignClient, node_client, node_id
from tests.support.servers import ROOT, RunningServer, running_server

SPEED = "ROBOT-003/Setpoints/SpeedOverride"
BEAT = "ROBOT-003/State/Heartbeat"
COLD = 1.0  # °C: a high limit that any running spindle is above
NODE = pytest.mark.node
SECURE = [
    *(pytest.param(("node-opcua", policy, "SignAndEncrypt"), marks=NODE) for policy in POLICIES),
    pytest.param(("node-opcua", "Basic256Sha256", "Sign"), marks=NODE),
    ("python-opcua", "Basic256Sha256", "SignAndEncrypt"),
    ("python-opcua", "Basic256Sha256", "Sign"),
]


@pytest.fixture(scope="module")
def secure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that takes encrypted sessions alone, as on a network."""
    state = tmp_path_factory.mktemp("secure")
    users = UserStore(state / FILE_NAME)
    users.add(NAME, PASSWORD, ROLES)
    users.add("erik", PASSWORD, [Role.OBSERVER])
    with running_server(state, "--security", "required") as running:
        trust(running, client_of(state))
        yield running


def trust(server: RunningServer, login: Login) -> None:
    """Trust a client by the command line."""
    command = [
        sys.executable,
        "-m",
        "hmi",
        "trust",
        "add",
        str(login.certificate),
        "--state",
        str(server.state),
    ]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module", params=SECURE, ids="-".join)
def secure(request: pytest.FixtureRequest, secure_server: RunningServer) -> Iterator[ForeignClient]:
    """A foreign client, logged in as the operator."""
    name, policy, mode = request.param
    login = client_of(secure_server.state, policy=policy, mode=mode)
    with CLIENTS[name](secure_server.endpoint, login) as connected:
        yield connected


def test_that_a_logged_in_client_browses_reads_writes_and_calls(secure: ForeignClient) -> None:
    before = secure.read(SPEED)

    assert "Measurements" in secure.do("browse", node="nsu=urn:andon:factory;s=ROBOT-003")["names"]
    assert secure.write(SPEED, before - 5.0) == "Good"
    secure.wait_for_value(SPEED, before - 5.0, 5.0)
    assert secure.write(SPEED, before) == "Good"
    assert secure.call("ROBOT-003/Restart")["status"] == "Good"


@pytest.fixture(scope="module")
def quiet_devices() -> Iterator[str]:
    """Running machines without an alarm; one that has been given one keeps it for a while."""
    return (f"CNC-{number:03d}" for number in range(15, 15 + len(SECURE)))


def test_that_values_and_events_come_over_a_secure_channel(
    secure: ForeignClient, quiet_devices: Iterator[str]
) -> None:
    hot = f"{next(quiet_devices)}/Alarms/SpindleTemperature"
    secure.subscribe(BEAT)
    secure.listen()
    limit = secure.read(f"{hot}/HighLimit")

    secure.wait_for(lambda: len(secure.values(BEAT)) >= 2, 10.0, "two values")
    count = len(secure.events())
    assert secure.write(f"{hot}/HighLimit", COLD) == "Good"
    secure.wait_for(
        lambda: [each for each in secure.events()[count:] if each["ConditionId"] == node_id(hot)],
        10.0,
        "the alarm",
    )
    assert secure.write(f"{hot}/HighLimit", limit) == "Good"


def test_that_a_change_of_user_takes_rights_away_and_keeps_the_subscription(secure: ForeignClient) -> None:
    secure.subscribe(BEAT)
    before = secure.read(SPEED)

    assert secure.do("change_user", user="erik", password=PASSWORD)["status"] == "Good"
    count = len(secure.values(BEAT))

    assert secure.write(SPEED, before - 1.0) == "BadUserAccessDenied"
    secure.wait_for(lambda: len(secure.values(BEAT)) > count, 10.0, "a value after the change of user")
    assert secure.do("change_user", user=NAME, password=PASSWORD)["status"] == "Good"
    assert secure.write(SPEED, before) == "Good"


@pytest.mark.parametrize("name", [pytest.param("node-opcua", marks=NODE), "python-opcua"])
def test_that_a_wrong_password_and_no_security_are_refused(name: str, secure_server: RunningServer) -> None:
    for login in (client_of(secure_server.state, password="wrong wrong"), None):
        with (
            pytest.raises(AssertionError, match="could not connect"),
            CLIENTS[name](secure_server.endpoint, login),
        ):
            pass


@NODE
def test_that_a_client_comes_back_to_its_session_after_a_lost_connection(
    secure_server: RunningServer,
) -> None:
    login = client_of(secure_server.state)
    with node_client(secure_server.endpoint, login, returns=True) as client:
        client.subscribe(BEAT)
        client.wait_for(lambda: client.values(BEAT), 10.0, "a value")

        client.do("cut")

        count = len(client.values(BEAT))
        client.wait_for(lambda: len(client.values(BEAT)) > count, 10.0, "a value after the cut")
        assert client.read("ROBOT-003/State/RunningState") in range(6)
