"""Everything a third-party client does, over a channel without security and over each secure policy, with both clients.

python-opcua knows Basic256Sha256 alone of the three policies, and keeps no session alive over a lost connection: there a new
session takes the subscription over, where node-opcua returns to its own.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from opcua_server.security.identity import Role
from opcua_server.security.users import FILE_NAME, UserStore
from tests.conformance.small_plant import write_small_plant
from tests.support.accounts import NAME, PASSWORD, POLICIES, operator_of
from tests.support.foreign_client import Answer, ForeignClient, node_client, node_id, python_client
from tests.support.servers import OPEN_SERVER, RunningServer, running_server

SETPOINT: Final = "CNC-001/Setpoints/SpindleSpeedSetpoint"  # rpm, from 500 to 12,000
SPAN: Final = 11_500.0
RESTING: Final = 5000.0
BEAT: Final = "CNC-001/State/Heartbeat"
ALARM: Final = "CNC-002/Alarms/SpindleTemperature"
OVERFLOW: Final = 0x480  # InfoType DataValue, Overflow
COLD: Final = 1.0  # °C: a high limit that any running spindle is above
SOON_S: Final = 10.0
OPEN: Final = "None"
NODE: Final = pytest.mark.node
WAYS: Final = [
    *(pytest.param(("node-opcua", each, "SignAndEncrypt"), marks=NODE) for each in POLICIES),
    pytest.param(("node-opcua", OPEN, OPEN), marks=NODE),
    ("python-opcua", "Basic256Sha256", "SignAndEncrypt"),
    ("python-opcua", OPEN, OPEN),
]


@pytest.fixture(scope="module")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Three machines; sessions without security are offered, and may do what a named operator may."""
    state = tmp_path_factory.mktemp("policies")
    plant = write_small_plant(state / "small.toml")
    with running_server(
        state, "--plant", str(plant), "--security", "optional", program=OPEN_SERVER
    ) as running:
        yield running


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: "-".join(dict.fromkeys(way)))
def way(request: pytest.FixtureRequest) -> tuple[str, str, str]:
    """Which client, policy and mode."""
    found: tuple[str, str, str] = request.param
    return found


@pytest.fixture(scope="module")
def foreign(way: tuple[str, str, str], small_server: RunningServer) -> Iterator[ForeignClient]:
    """A foreign client, logged in where its channel lets it."""
    name, policy, mode = way
    login = None if policy == OPEN else operator_of(small_server.state, policy=policy, mode=mode)
    if name == "python-opcua":
        with python_client(small_server.endpoint, login) as connected:
            yield connected
    else:
        with node_client(small_server.endpoint, login, returns=True) as connected:
            yield connected


@pytest.fixture
def resting(foreign: ForeignClient) -> Iterator[ForeignClient]:
    """A client with a new subscription, the setpoint at rest before and after."""
    put(foreign, RESTING)
    foreign.do("open", interval=50)
    yield foreign
    put(foreign, RESTING)


def put(client: ForeignClient, value: float) -> None:
    """Write the setpoint and wait until it is there."""
    assert client.write(SETPOINT, value) == "Good"
    client.wait_for_value(SETPOINT, value, SOON_S)


def monitor(client: ForeignClient, label: str, path: str = SETPOINT, **asked: Any) -> Answer:
    """Monitor a value and wait for its first notification."""
    granted = client.do("monitor", node=node_id(path), label=label, **asked)
    assert granted["status"] == "Good"
    until(client, lambda: told(client, label), "the first value")
    return granted


def told(client: ForeignClient, label: str) -> list[Any]:
    found: list[Any] = client.do("told", label=label)["told"]
    return found


def numbers(client: ForeignClient, label: str) -> list[float]:
    return [each["value"] for each in told(client, label)]


def until(client: ForeignClient, check: Callable[[], Any], what: str) -> None:
    client.wait_for(check, SOON_S, what)


# ---- values ----------------------------------------------------------------------------------------------------------


def test_that_a_client_browses_reads_writes_and_calls(foreign: ForeignClient) -> None:
    paged = foreign.do("browse_pages", node=node_id("CNC-001"), size=4)

    assert "Measurements" in foreign.do("browse", node=node_id("CNC-001"))["names"]
    assert (max(paged["sizes"]), "Measurements" in paged["names"]) == (4, True)
    put(foreign, RESTING + 10.0)
    put(foreign, RESTING)
    assert foreign.write(BEAT, 7, "Int32") == "BadNotWritable"
    prediction = foreign.call("Plant/Predict", *[("Double", 40.0)] * 4)
    assert prediction["status"] == "Good"
    assert foreign.call("Plant/Predict")["status"] == "BadArgumentsMissing"


@pytest.mark.parametrize(
    ("deadband", "step"),
    [(["Absolute", 100.0], 100.0), (["Percent", 1.0], SPAN / 100.0)],
    ids=["absolute", "percent"],
)
def test_that_only_changes_past_the_deadband_are_told(
    resting: ForeignClient, deadband: list[Any], step: float
) -> None:
    monitor(resting, "band", deadband=deadband)

    for change in (
        0.4,
        0.8,
        1.2,
        1.6,
        2.4,
    ):  # of the deadband; each is held against the last one that was told
        put(resting, RESTING + change * step)

    wanted = [RESTING, RESTING + 1.2 * step, RESTING + 2.4 * step]
    until(resting, lambda: numbers(resting, "band")[-1] == wanted[-1], "the last value")
    assert numbers(resting, "band") == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("oldest", "wanted"),
    [(True, [(3.0, OVERFLOW), (4.0, 0)]), (False, [(1.0, 0), (4.0, OVERFLOW)])],
    ids=["the oldest", "the newest"],
)
def test_that_a_full_queue_drops_and_tells_it(
    resting: ForeignClient, oldest: bool, wanted: list[tuple[float, int]]
) -> None:
    granted = monitor(resting, "queue", queue=2, oldest=oldest)
    before = len(told(resting, "queue"))
    assert resting.do("publishing", on=False)["status"] == "Good"

    for step in (1.0, 2.0, 3.0, 4.0):
        put(resting, RESTING + step)
    assert resting.do("publishing", on=True)["status"] == "Good"

    assert granted["queue"] == 2
    until(resting, lambda: len(told(resting, "queue")) >= before + 2, "what was queued")
    found = [(each["value"] - RESTING, each["code"]) for each in told(resting, "queue")[before:]]
    assert found == wanted


def test_that_a_deadband_of_a_truth_is_refused(resting: ForeignClient) -> None:
    switch = node_id("CNC-001/State/EmergencyStopLatched")

    granted = resting.do("monitor", node=switch, label="truth", deadband=["Absolute", 1.0])

    assert granted["status"] == "BadFilterNotAllowed"


# ---- changes ---------------------------------------------------------------------------------------------------------


def test_that_a_modified_item_does_as_it_is_told_anew(resting: ForeignClient) -> None:
    monitor(resting, "item", deadband=["Absolute", 1000.0])
    put(resting, RESTING + 10.0)

    granted = resting.do("modify_item", label="item", sampling=250, queue=7)
    put(resting, RESTING + 20.0)

    assert (granted["status"], granted["sampling"], granted["queue"]) == ("Good", 250.0, 7)
    until(resting, lambda: numbers(resting, "item")[-1] == RESTING + 20.0, "a change within the old deadband")


def test_that_a_modified_subscription_changes_its_pace(resting: ForeignClient) -> None:
    """A pace of a minute holds back what a pace of 20 ms brings at once."""
    monitor(resting, "pace")

    slow = resting.do("modify_subscription", interval=60_000)["interval"]
    put(resting, RESTING + 1.0)
    held_back = numbers(resting, "pace")
    quick = resting.do("modify_subscription", interval=1)["interval"]

    assert (slow, quick) == (60_000.0, 20.0)
    assert held_back == [RESTING]
    until(resting, lambda: numbers(resting, "pace")[-1] == RESTING + 1.0, "the value")


def test_that_a_transferred_subscription_delivers_to_its_new_session(resting: ForeignClient) -> None:
    monitor(resting, "moved")

    assert resting.do("transfer")["status"] == "Good"
    first = resting.do("inherited")["values"]
    put(resting, RESTING + 5.0)
    later = resting.wait_for(lambda: resting.do("inherited")["values"], SOON_S, "the new value")

    assert first == [RESTING]
    assert later == [RESTING + 5.0]
    until(
        resting,
        lambda: resting.do("statuses")["statuses"] == ["GoodSubscriptionTransferred"],
        "word of the transfer to the old session",
    )
    resting.do("end_transfer", taken=True)


def test_that_another_user_cannot_take_a_subscription(
    resting: ForeignClient, small_server: RunningServer, way: tuple[str, str, str]
) -> None:
    users = UserStore(small_server.state / FILE_NAME)
    if users.find("otto") is None:
        users.add("otto", PASSWORD, [Role.OPERATOR])
    monitor(resting, "mine")

    answer = resting.ask("transfer", user="otto", password=PASSWORD)

    if way[1] == OPEN:
        assert not answer["ok"], "nobody logs in by name there"
    else:
        assert answer["status"] == "BadUserAccessDenied"
        resting.do("end_transfer", taken=False)
    put(resting, RESTING + 5.0)
    until(resting, lambda: numbers(resting, "mine")[-1] == RESTING + 5.0, "the value")


# ---- users -----------------------------------------------------------------------------------------------------------


def test_that_a_change_of_user_keeps_the_subscription(
    resting: ForeignClient, way: tuple[str, str, str]
) -> None:
    monitor(resting, "shift", BEAT)

    changed = resting.ask("change_user", user=NAME, password=PASSWORD)
    count = len(told(resting, "shift"))

    is_open = way[1] == OPEN  # a password never travels where it could be read
    assert (changed["ok"] and changed["status"] == "Good") is not is_open
    until(resting, lambda: len(told(resting, "shift")) > count, "a value after the change of user")


@NODE
def test_that_who_is_logged_in_is_told_to_security_admins_alone(small_server: RunningServer) -> None:
    array = "i=3708"  # SessionSecurityDiagnosticsArray
    UserStore(small_server.state / FILE_NAME).add("sara", PASSWORD, [Role.SECURITY_ADMIN])
    login = operator_of(small_server.state)
    with node_client(small_server.endpoint, login) as client:
        assert client.do("read", node=array)["status"] == "BadUserAccessDenied"
        assert client.do("change_user", user="sara", password=PASSWORD)["status"] == "Good"

        def find() -> list[Answer]:
            return [each for each in client.read(array) if each["clientUserIdOfSession"] == "sara"]

        (own,) = client.wait_for(find, SOON_S, "the session in the diagnostics")
    assert own["clientUserIdHistory"] == [NAME, "sara"]
    assert (own["authenticationMechanism"], own["encoding"]) == ("UserName", "UA Binary")
    assert own["securityPolicyUri"].endswith("#Basic256Sha256")
    assert own["clientCertificate"] == login.certificate.read_bytes().hex()


# ---- events ----------------------------------------------------------------------------------------------------------

SELECT: Final = ["SourceName", "EventType", "Severity", "AckedState/Id"]
BRACKETS: Final = ("i=2787", "i=2788")  # of a refresh, which no filter holds back
PASSING: Final = {
    "a supertype": [{"op": "OfType", "operands": [{"literal": ["NodeId", "i=2782"]}]}],
    "a name like it": [
        {"op": "Like", "operands": [{"field": "SourceName"}, {"literal": ["String", "%pindle%"]}]}
    ],
    "severe enough, of a type": [
        {"op": "And", "operands": [{"element": 1}, {"element": 2}]},
        {"op": "OfType", "operands": [{"literal": ["NodeId", "i=2915"]}]},
        {"op": "GreaterThanOrEqual", "operands": [{"field": "Severity"}, {"literal": ["UInt16", 100]}]},
    ],
}
HELD_BACK: Final = {
    "another type": [{"op": "OfType", "operands": [{"literal": ["NodeId", "i=2130"]}]}],
    "another name": [{"op": "Like", "operands": [{"field": "SourceName"}, {"literal": ["String", "GEN-%"]}]}],
    "not severe enough": [
        {"op": "GreaterThan", "operands": [{"field": "Severity"}, {"literal": ["UInt16", 1000]}]}
    ],
}  # fmt: skip


@pytest.fixture
def alarm(foreign: ForeignClient) -> str:
    """The path of an alarm that is there and stays."""
    if not foreign.read(f"{ALARM}/ActiveState/Id"):
        assert foreign.write(f"{ALARM}/HighLimit", COLD) == "Good"
        foreign.wait_for_value(f"{ALARM}/ActiveState/Id", True, SOON_S)
    return ALARM


def test_that_events_come_as_they_are_selected_and_filtered(foreign: ForeignClient, alarm: str) -> None:
    number = foreign.do("open", interval=50)["id"]
    for label, where in (PASSING | HELD_BACK).items():
        granted = foreign.do("listen", node="i=2253", label=label, select=SELECT, where=where)
        assert granted["status"] == "Good", label

    repeated = foreign.do("call", object="i=2782", method="i=3875", inputs=[("UInt32", number)])

    assert repeated["status"] == "Good"
    heard = {}
    for label in PASSING | HELD_BACK:
        until(foreign, lambda of=label: BRACKETS[1] in [each[1] for each in told(foreign, of)], label)  # type: ignore[misc]
        heard[label] = [each for each in told(foreign, label) if each[1] not in BRACKETS]
    is_acked = foreign.read(f"{alarm}/AckedState/Id")
    for label in PASSING:
        found = [each for each in heard[label] if each[0] == "SpindleTemperature"]
        assert len(found) == 1, label
        assert (100 <= found[0][2] <= 1000, found[0][3]) == (True, is_acked), label
    assert not any(heard[label] for label in HELD_BACK)


# ---- losses ----------------------------------------------------------------------------------------------------------


def test_that_a_client_has_its_subscription_back_after_a_lost_connection(resting: ForeignClient) -> None:
    monitor(resting, "beat", BEAT)

    resting.do("cut")

    count = len(told(resting, "beat"))
    until(resting, lambda: len(told(resting, "beat")) > count, "a value after the cut")
    assert resting.read(SETPOINT) == RESTING
