"""Who did what, as a real server writes it down: logins, writes, calls, refusals, over kills and a log that cannot be written."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client, ua

from opcua_server.alarms.export import ExportFormat, lines
from opcua_server.alarms.journal_read import JournalReader
from opcua_server.alarms.ranges import EARLIEST, LATEST
from opcua_server.audit.records import AUDIT_TABLE
from opcua_server.security.identity import Role
from opcua_server.security.users import UserStore
from tests.conformance.small_plant import write_small_plant
from tests.support.pki import certificate, key
from tests.support.quiet import quiet_asyncua
from tests.support.secure_client import PASSWORD, logged_in, prepare, until
from tests.support.servers import RunningServer, running_server, start_server, stop_server

SETPOINT = "CNC-001/Setpoints/SpindleSpeedSetpoint"
LIMIT = "CNC-001/Alarms/SpindleTemperature/HighLimit"
PRINTED = "nsu=urn:andon:factory;s="
KILLS = 3
USERS = {"olga": [Role.OPERATOR], "sven": [Role.SECURITY_ADMIN], "ede": [Role.ENGINEER]}


def rows_of(state: Path) -> list[dict[str, Any]]:
    reader = JournalReader(state / "audit.db")
    text = "".join(lines(reader.rows(EARLIEST, LATEST), ExportFormat.JSONL, AUDIT_TABLE))
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_plant(tmp_path_factory.mktemp("plant") / "small.toml")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> UserStore:
    """The users of all these tests, hashed once."""
    return prepare(tmp_path_factory.mktemp("state"), USERS)


@pytest.fixture(scope="module")
def server(plant: Path, known: UserStore) -> Iterator[RunningServer]:
    with running_server(known.path.parent, "--plant", str(plant)) as running:
        yield running


async def test_that_what_a_user_does_is_written_down_with_old_and_new_value(server: RunningServer) -> None:
    async with logged_in(server.endpoint, server.state, "olga") as olga:
        old = await olga.node(SETPOINT).read_value()
        assert await olga.write(SETPOINT, 6100.0) == "Good"
        assert await olga.write(LIMIT, 60.0) == "BadUserAccessDenied"
        assert await olga.write(SETPOINT, -1.0) == "BadOutOfRange"
        assert await olga.call("CNC-001", "CNC-001/Shutdown") == "Good"
        assert await olga.call("CNC-001", "CNC-001/ResetEmergencyStop") == "BadUserAccessDenied"
    with pytest.raises(ua.uaerrors.BadUserAccessDenied):
        async with logged_in(server.endpoint, server.state, "olga", "wrong horse"):
            pass

    await until(
        lambda: any(row["stage"] == "refused" and row["deed"] == "login" for row in rows_of(server.state))
    )
    rows = [row for row in rows_of(server.state) if row["user"] == "olga" and row["stage"] != "requested"]
    told = [
        (row["deed"], row["stage"], row["target"].removeprefix(PRINTED), row["old"], row["result"])
        for row in rows
    ]
    assert ("login", "done", "olga", None, "Good") in told
    assert ("write", "done", SETPOINT, old, "Good") in told
    assert ("write", "refused", LIMIT, 68.0, "BadUserAccessDenied") in told
    assert ("write", "refused", "BadOutOfRange") in {(row[0], row[1], row[4]) for row in told}
    assert ("call", "done", "CNC-001/Shutdown", None, "Good") in told
    assert ("call", "refused", "CNC-001/ResetEmergencyStop", None, "BadUserAccessDenied") in told
    assert ("login", "refused", "olga", None, "BadUserAccessDenied") in told
    assert {row["address"] for row in rows} == {"127.0.0.1"}
    assert JournalReader(server.state / "audit.db").verify() is None
    everything = b"".join(file.read_bytes() for file in server.state.glob("*.db*"))
    assert PASSWORD.encode() not in everything
    assert b"wrong horse" not in everything + (server.state / "server.log").read_bytes()


class Listener:
    """Collects events."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def event_notification(self, event: Any) -> None:
        self.events.append(event)


async def test_that_audit_events_go_to_the_security_administrator_over_encryption_alone(
    server: RunningServer,
) -> None:
    url, state = server.endpoint, server.state
    kinds = [ua.NodeId(ua.ObjectIds.AuditEventType)]
    heard: dict[str, Listener] = {name: Listener() for name in ("sven", "signed", "olga")}
    async with (
        logged_in(url, state, "sven") as sven,
        logged_in(url, state, "sven", mode="Sign") as signed,
        logged_in(url, state, "olga") as olga,
    ):
        assert await sven.node("i=2994").read_value() is True  # Server/Auditing
        for name, user in (("sven", sven), ("signed", signed), ("olga", olga)):
            subscription = await user.client.create_subscription(50, heard[name])
            await subscription.subscribe_events(ua.ObjectIds.Server, kinds)
        assert await olga.write(SETPOINT, 6200.0) == "Good"
        assert await olga.write(LIMIT, 60.0) == "BadUserAccessDenied"
        assert await olga.call("CNC-001", "CNC-001/Maintain") != "BadUserAccessDenied"
        async with logged_in(url, state, "ede"):
            pass
        wanted = {
            ua.ObjectIds.AuditWriteUpdateEventType,
            ua.ObjectIds.AuditUpdateMethodEventType,
            ua.ObjectIds.AuditOpenSecureChannelEventType,
            ua.ObjectIds.AuditCreateSessionEventType,
            ua.ObjectIds.AuditActivateSessionEventType,
            ua.ObjectIds.AuditSessionEventType,
        }
        events = heard["sven"].events
        await until(lambda: wanted <= {event.EventType.Identifier for event in events})

    writes = [
        event for event in events if event.EventType.Identifier == ua.ObjectIds.AuditWriteUpdateEventType
    ]
    assert [(event.ClientUserId, event.Status) for event in writes] == [("olga", True), ("olga", False)]
    assert {event.ServerId for event in writes} == {"urn:andon:server:factory"}
    assert heard["olga"].events == []
    assert heard["signed"].events == []


async def test_that_a_certificate_that_is_refused_is_told(server: RunningServer, tmp_path: Path) -> None:
    stranger = certificate(name="stranger", private=key(7))
    files = stranger.store(tmp_path)
    with quiet_asyncua():
        client = Client(server.endpoint, timeout=10)
        client.application_uri = "urn:tests:client"
        await client.set_security_string(f"Basic256Sha256,SignAndEncrypt,{files[0]},{files[1]}")
        with pytest.raises(ua.UaError):
            await client.connect()

    def told() -> set[tuple[str, str]]:
        return {(row["deed"], row["result"]) for row in rows_of(server.state) if row["stage"] == "refused"}

    await until(
        lambda: {("certificate", "BadCertificateUntrusted"), ("channel", "BadSecurityChecksFailed")} <= told()
    )


async def test_that_a_running_session_follows_what_its_user_may_do(
    server: RunningServer, known: UserStore
) -> None:
    async with logged_in(server.endpoint, server.state, "ede") as ede:
        assert await ede.write(LIMIT, 67.0) == "Good"
        known.set_roles("ede", [Role.OBSERVER])
        await answers(ede.write, LIMIT, 67.5, "BadUserAccessDenied")
        known.set_roles("ede", [Role.ENGINEER])
        await answers(ede.write, LIMIT, 67.5, "Good")
        known.set_enabled("ede", False)
        await answers(
            ede.write, LIMIT, 67.0, "BadSessionIdInvalid", "BadSessionClosed", "BadConnectionClosed"
        )
    with pytest.raises(ua.uaerrors.BadUserAccessDenied):
        async with logged_in(server.endpoint, server.state, "ede"):
            pass
    known.set_enabled("ede", True)


async def answers(write: Any, path: str, value: float, *wanted: str) -> None:
    async with asyncio.timeout(8.0):
        while True:
            try:
                found = await write(path, value)
            except (ConnectionError, ua.UaError) as problem:
                found = (
                    type(problem).__name__ if "BadConnectionClosed" not in wanted else "BadConnectionClosed"
                )
            if found in wanted:
                return
            await asyncio.sleep(0.1)


async def test_that_kill_9_loses_no_write_that_was_acknowledged(
    plant: Path, known: UserStore, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "users.db").write_bytes(known.path.read_bytes())
    for folder in ("pki", "test-client"):
        for file in (known.path.parent / folder).rglob("*"):
            if file.is_file():
                copy = state / file.relative_to(known.path.parent)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(file.read_bytes())
    acknowledged: list[float] = []
    value = 5000.0
    for _ in range(KILLS):
        running = start_server(state, "--plant", str(plant))
        with suppress(ConnectionError, TimeoutError, ua.UaError, asyncio.CancelledError):
            async with logged_in(running.endpoint, state, "olga") as olga:
                until_kill = len(acknowledged) + 60
                for number in range(200):
                    value += 1.0
                    if len(acknowledged) == until_kill:
                        asyncio.get_running_loop().call_later(0.005, running.process.kill)
                    if await olga.write(SETPOINT, value) == "Good":
                        acknowledged.append(value)
                    assert number < 199, "the server outlived its kill"
        running.kill()

        assert JournalReader(state / "audit.db").verify() is None
    last = start_server(state, "--plant", str(plant))
    stop_server(last)

    assert len(acknowledged) >= KILLS * 20
    rows = rows_of(state)
    assert set(acknowledged) <= {row["new"] for row in rows if row["deed"] == "write"}
    begun = [row for row in rows if row["deed"] == "write" and row["stage"] == "requested"]
    ended = [row for row in rows if row["deed"] == "write" and row["stage"] != "requested"]
    runs = [row["comment"] for row in rows if row["deed"] == "configuration"]
    assert runs == ["started"] * (KILLS + 1) + ["ended"]
    assert len(begun) == len(ended)  # each has an end, "outcome unknown" for those that the kill cut off
    assert JournalReader(state / "audit.db").verify() is None


async def test_that_there_is_no_user_admin_and_guessing_is_held_up(server: RunningServer) -> None:
    async def guess(name: str, password: str) -> str:
        try:
            async with logged_in(server.endpoint, server.state, name, password):
                return "Good"
        except ua.UaStatusCodeError as problem:
            return str(ua.StatusCode(problem.code).name)

    found: list[str] = []
    while (
        len(found) < 12 and "BadServerTooBusy" not in found
    ):  # on a slow machine the first waits are over soon
        found.append(await guess("admin", f"guess {len(found)}"))

    assert found[:5] == ["BadUserAccessDenied"] * 5
    assert found[-1] == "BadServerTooBusy"
    assert await guess("olga", PASSWORD) == "Good"  # of the same address, and not held up


async def test_that_without_an_audit_log_nothing_is_changed_and_a_stop_still_stops(
    server: RunningServer,
) -> None:
    async with logged_in(server.endpoint, server.state, "olga") as olga:
        before = await olga.node(SETPOINT).read_value()
        with closing(sqlite3.connect(server.state / "audit.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")  # as a full or broken disk: no commit gets through
            assert await olga.write(SETPOINT, before + 1.0) == "BadResourceUnavailable"
            assert await olga.call("CNC-002", "CNC-002/Shutdown") == "BadResourceUnavailable"
            async with asyncio.timeout(1.0):
                assert await olga.call("GEN-001", "GEN-001/EmergencyStop") == "Good"
            assert await olga.node("GEN-001/State/EmergencyStopLatched").read_value() is True
            assert await olga.node(SETPOINT).read_value() == before
            other.execute("ROLLBACK")

    def stops() -> list[str]:
        return [
            row["result"]
            for row in rows_of(server.state)
            if row["target"] == f"{PRINTED}GEN-001/EmergencyStop"
        ]

    await until(lambda: stops() == ["Good"])
    assert JournalReader(server.state / "audit.db").verify() is None
