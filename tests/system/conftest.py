"""A server and a foreign client for the tests of one module."""

import os
from collections.abc import Iterator

import pytest

from tests.support.foreign_client import ForeignClient, node_operator
from tests.support.servers import RunningServer, running_server

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The default plant, published once a second."""
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[ForeignClient]:
    """node-opcua, connected to it."""
    with node_operator(server) as connected:
        yield connected
