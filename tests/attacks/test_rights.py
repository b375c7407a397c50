"""Attacks that want rights that are not theirs (reliability.md, 1a): none is gained, and whoever is attacked keeps its own.

What needs a certificate or a password is attacked beside the code that guards it: tests/unit/opcua_server/security and
tests/interop.
"""

import contextlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.scene import Scene, scene, small_plant
from tests.support import raw_ua as ua
from tests.support.raw_ua import ClosedError, FaultError, RawUa
from tests.support.servers import running_server

BAD = 0x80000000
BAD_DECODING = 0x80070000
BAD_POLICY = 0x80550000  # BadSecurityPolicyRejected
SERVICES = (
    487, ua.DELETE_NODES, ua.BROWSE, 533, ua.TRANSLATE, 560, ua.READ, ua.HISTORY_READ, ua.WRITE, 700, ua.CALL,
    ua.CREATE_ITEMS, 763, 781, ua.CREATE_SUBSCRIPTION, 793, ua.SET_PUBLISHING, ua.PUBLISH, 832,
    ua.TRANSFER_SUBSCRIPTIONS, ua.DELETE_SUBSCRIPTIONS,
)  # fmt: skip


def refused(ask: Callable[..., object], *arguments: object) -> int:
    """Ask for something that must be refused; returns the status, 0 where the connection was closed without a word."""
    try:
        ask(*arguments)
    except (FaultError, ClosedError) as refusal:
        return refusal.code
    raise AssertionError("this was allowed")


def guessed_token(stage: Scene) -> None:
    """Activate sessions by counting: stock, the victim's fresh session is the attacker's, and so are its rights later."""
    with stage.client() as victim, stage.client() as attacker:
        victim.open().create_session()
        attacker.open()
        for number in range(1000, 1400):
            attacker.session_token = ua.numeric(number)
            refused(attacker.activate_session)
        victim.activate_session()
        victim.read(ua.numeric(2259))


def stolen_token(stage: Scene) -> None:
    """Use a token that was overheard, from elsewhere: stock demotes the victim."""
    with stage.client() as victim, stage.client(source="127.0.0.2") as attacker:
        victim.session()
        attacker.open()
        attacker.session_token = victim.session_token
        refused(attacker.read, ua.numeric(2259))
        refused(attacker.activate_session)
        refused(attacker.read, ua.numeric(2259))
        victim.read(ua.numeric(2259))


def foreign_token_on_own_channel(stage: Scene) -> None:
    """Log in, then ask in another session's name."""
    with stage.client() as victim, stage.client(source="127.0.0.2") as attacker:
        victim.session()
        attacker.session()
        attacker.session_token = victim.session_token
        refused(attacker.read, ua.numeric(2259))
        refused(attacker.ask, ua.CLOSE_SESSION, b"\x01")
        victim.read(ua.numeric(2259))


def foreign_subscription(stage: Scene) -> None:
    """Delete, mute and steal a subscription by its number: stock, all three are Good."""
    with stage.client() as victim, stage.client(source="127.0.0.2") as attacker:
        victim.session()
        subscription = ua.u32(victim.subscribe([ua.numeric(2258)]))
        attacker.session()
        one = ua.i32(1) + subscription
        for service, body in (
            (ua.DELETE_SUBSCRIPTIONS, one),
            (ua.SET_PUBLISHING, b"\x00" + one),
            (ua.TRANSFER_SUBSCRIPTIONS, one + b"\x01"),
        ):
            try:
                answer = attacker.ask(service, body)
            except FaultError:
                continue
            assert struct.unpack_from("<I", answer, 4)[0] & BAD, f"service {service} was allowed"
        for _ in range(3):
            victim.publish()
            assert not victim.answer().result & BAD


def admin_without_password(stage: Scene) -> None:
    """Call oneself `admin`, without a password and in clear: stock, that is an administrator who may delete nodes."""
    for password in (None, b"", b"admin"):
        token = ua.wrapped(324, ua.text("username") + ua.text("admin") + ua.text(password) + ua.text(None))
        with stage.client() as client:
            client.open()
            client.create_session()
            refused(client.activate_session, token)
            refused(client.ask, ua.DELETE_NODES, ua.array([ua.numeric(85) + b"\x01"]))


def anonymous_writes(stage: Scene) -> None:
    """Write what is not to be written, and delete nodes, without a name."""
    with stage.client() as client:
        client.session()
        value = b"\x01" + ua.variant(6, ua.i32(7))
        for node in (2259, 2256, 2255, 85):
            for attribute in (4, 13):
                body = ua.array([ua.numeric(node) + ua.u32(attribute) + ua.text(None) + value])
                with contextlib.suppress(FaultError):
                    answer = client.ask(ua.WRITE, body)
                    assert struct.unpack_from("<I", answer, 4)[0] & BAD
        with contextlib.suppress(FaultError):
            answer = client.ask(ua.DELETE_NODES, ua.array([ua.numeric(2253) + b"\x01"]))
            assert struct.unpack_from("<I", answer, 4)[0] & BAD
        client.read(ua.numeric(2259))


def services_without_session(stage: Scene) -> None:
    """Ask for every service before a session is there, and before it is activated (CVE-2023-26150)."""
    with stage.client() as client:
        client.open()
        for service in SERVICES:
            assert refused(client.ask, service, ua.i32(-1) * 4) & BAD
        client.create_session()
        for service in SERVICES:
            assert refused(client.ask, service, ua.i32(-1) * 4) & BAD


def text_that_is_none(stage: Scene) -> None:
    """Send bytes that are no UTF-8 where text belongs: stock takes them, and whoever writes them down later fails."""
    for raw in (b"\xff\xfe", b"a\xed\xa0\x80", b"\xc0\xaf", b"\x80"):
        with stage.client() as client:
            client.session()
            wrong = ua.numeric(2259) + ua.u32(13) + ua.text(raw) + ua.NULL_NAME
            request = ua.f64(0.0) + ua.u32(3) + ua.array([wrong])
            assert refused(client.ask, ua.READ, request) == BAD_DECODING
            assert refused(client.read, b"\x03\x00\x00" + ua.text(raw)) == BAD_DECODING
            client.read(ua.numeric(2259))


ATTACKS = [
    guessed_token, stolen_token, foreign_token_on_own_channel, foreign_subscription, admin_without_password,
    anonymous_writes, services_without_session, text_that_is_none,
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_that_no_rights_are_gained(attack: Callable[[Scene], None], tmp_path: Path) -> None:
    with scene(tmp_path, is_open=False) as stage:
        attack(stage)


def test_that_a_server_that_asks_for_security_has_no_session_without_it(tmp_path: Path) -> None:
    """A1 and A2: stock offers only encrypted endpoints, and still takes sessions, passwords and writes in clear."""
    options = ("--plant", str(small_plant(tmp_path)), "--security", "required")
    with running_server(tmp_path / "state", *options) as server, RawUa(server.port) as client:
        client.open()

        assert refused(client.create_session) == BAD_POLICY
        assert refused(client.activate_session) & BAD
        assert refused(client.read, ua.numeric(2259)) & BAD
        assert client.ask(
            ua.GET_ENDPOINTS, ua.text("opc.tcp://localhost") + ua.i32(-1) + ua.i32(-1)
        )  # discovery stays
