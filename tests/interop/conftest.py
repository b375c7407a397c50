"""One server for these tests, and both foreign clients connected to it."""

from collections.abc import Iterator

import pytest

from tests.support.accounts import operator_of
from tests.support.foreign_client import ForeignClient, node_client, python_client
from tests.support.servers import RunningServer, running_server

CLIENTS = {"node-opcua": node_client, "python-opcua": python_client}


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The default plant; every test leaves it as it found it."""
    with running_server(tmp_path_factory.mktemp("interop")) as running:
        yield running


@pytest.fixture(scope="package", params=[pytest.param("node-opcua", marks=pytest.mark.node), "python-opcua"])
def client(request: pytest.FixtureRequest, server: RunningServer) -> Iterator[ForeignClient]:
    """A foreign client, logged in as the operator over an encrypted channel."""
    with CLIENTS[request.param](server.endpoint, operator_of(server.state)) as connected:
        yield connected
