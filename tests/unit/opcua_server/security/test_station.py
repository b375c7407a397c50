"""The console's own account: made by the console, believed by the server of the same user from this machine alone."""

import json
import stat
from pathlib import Path

import pytest

from hmi.account import Account, make_account
from opcua_server.security.identity import Role
from opcua_server.security.station import ACCOUNT, SHORTEST_SECRET, Station
from opcua_server.settings import Settings

HERE, ELSEWHERE = "127.0.0.1", "192.0.2.7"


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """What the console makes at its first start."""
    return make_account(tmp_path)


def secret_of(account: Account) -> bytes:
    return account.secret.encode("utf-8")


def test_that_the_account_is_random_and_its_owners_alone(account: Account, tmp_path: Path) -> None:
    other = make_account(tmp_path / "other")

    assert stat.S_IMODE((tmp_path / ACCOUNT).stat().st_mode) == 0o600
    assert len(account.secret) >= SHORTEST_SECRET
    assert account.secret != other.secret
    assert make_account(tmp_path) == account, "it stays the same"


def test_that_the_account_operates_from_this_machine(account: Account, tmp_path: Path) -> None:
    found = Station(tmp_path).identify(account.name, secret_of(account), HERE)

    assert found is not None
    assert (found.name, found.is_anonymous) == (account.name, False)
    assert Role.OPERATOR in found.roles
    assert Role.SECURITY_ADMIN not in found.roles


def test_that_the_account_opens_nothing_else(account: Account, tmp_path: Path) -> None:
    station = Station(tmp_path)
    secret = secret_of(account)

    assert station.identify(account.name, secret, ELSEWHERE) is None
    assert station.identify(account.name, secret[:-1], HERE) is None
    assert station.identify(account.name, b"", HERE) is None
    assert station.identify("somebody else", secret, HERE) is None
    assert Station(tmp_path / "nowhere").identify(account.name, secret, HERE) is None


def test_that_an_account_that_others_could_read_is_none(account: Account, tmp_path: Path) -> None:
    (tmp_path / ACCOUNT).chmod(0o640)

    assert Station(tmp_path).identify(account.name, secret_of(account), HERE) is None


def test_that_a_short_secret_is_none(tmp_path: Path) -> None:
    path = tmp_path / ACCOUNT
    path.write_text(json.dumps({"name": "ann", "secret": "x" * (SHORTEST_SECRET - 1)}), encoding="utf-8")
    path.chmod(0o600)

    assert Station(tmp_path).identify("ann", b"x" * (SHORTEST_SECRET - 1), HERE) is None


@pytest.mark.parametrize(
    ("host", "asked", "offered"),
    [
        ("127.0.0.1", None, True),
        ("::1", None, True),
        ("0.0.0.0", None, False),  # what is asked is what follows from it
        ("192.0.2.7", None, False),
        ("192.0.2.7", True, True),
        ("127.0.0.1", False, False),
    ],
)
def test_that_sessions_without_security_are_offered_on_this_machine_or_when_asked_for(
    host: str, asked: bool | None, offered: bool
) -> None:
    settings = Settings(plant=Path("plant"), state=Path("state"), host=host, offer_none=asked)

    assert settings.is_none_offered is offered
