"""The console over a secure link: logged in by the local account, changed by a login, refused with a plain reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from opcua_server.security.identity import Role
from opcua_server.security.users import FILE_NAME, UserStore
from tests.support.console import Console, console
from tests.support.servers import RunningServer, running_server

PASSWORD = "nine quiet pumps"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with one more user than the local one."""
    state: Path = tmp_path_factory.mktemp("console")
    UserStore(state / FILE_NAME).add("erik", PASSWORD, [Role.OBSERVER])
    with running_server(state, "--security", "required") as running:
        yield running


@pytest.fixture(scope="module")
def shown(qapp: QApplication, server: RunningServer) -> Iterator[Console]:
    """A console, logged in."""
    del qapp
    with console(server) as opened:
        yield opened


def test_that_one_command_opens_a_console_that_is_logged_in_and_encrypted(shown: Console) -> None:
    status = shown.state.session.status
    assert status is not None

    assert status.user
    assert status.encryption == "Aes256_Sha256_RsaPss"
    assert status.stop_ready
    assert not shown.state.operator.read_only


def test_that_a_wrong_password_changes_nothing_and_says_so(shown: Console) -> None:
    status = shown.state.session.status
    assert status is not None
    before = status.user

    number = shown.link.log_in("erik", "wrong wrong")

    shown.wait_for(lambda: number in shown.replies, 20.0, "the answer")
    assert shown.replies[number].error == "The user name or the password is wrong."
    assert shown.state.session.status.user == before


def test_that_a_change_of_shift_keeps_the_values_coming(shown: Console) -> None:
    losses = shown.state.session.status.reconnects

    assert shown.ask(shown.link.log_in("erik", PASSWORD), 20.0).payload == "erik"

    shown.wait_for(lambda: shown.state.session.status.user == "erik", 5.0, "the new name")
    before = shown.value("CNC-014", "State", "Heartbeat")
    shown.wait_for(lambda: shown.value("CNC-014", "State", "Heartbeat") != before, 10.0, "a value")
    assert shown.state.session.status.reconnects == losses
