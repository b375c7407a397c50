"""Where the server listens: on this machine alone, unless it is told an address."""

import socket
from contextlib import closing
from pathlib import Path

from tests.conformance.small_plant import write_small_plant
from tests.support.servers import running_server

OWN, OTHER = "127.0.0.1", "127.0.0.2"  # two addresses of this machine


def answers(host: str, port: int) -> bool:
    """Tell whether a connection is taken."""
    with closing(socket.socket()) as found:
        return found.connect_ex((host, port)) == 0


def test_that_nobody_else_reaches_a_server_that_was_told_nothing(tmp_path: Path) -> None:
    plant = write_small_plant(tmp_path / "small.toml")
    with running_server(tmp_path / "state", "--plant", str(plant)) as server:
        assert server.endpoint.startswith(f"opc.tcp://{OWN}:")
        assert answers(OWN, server.port)
        assert not answers(OTHER, server.port)


def test_that_an_address_is_listened_on_when_it_is_asked_for(tmp_path: Path) -> None:
    plant = write_small_plant(tmp_path / "small.toml")
    with running_server(tmp_path / "state", "--plant", str(plant), "--listen", OTHER) as server:
        assert server.endpoint.startswith(f"opc.tcp://{OTHER}:")
        assert answers(OTHER, server.port)
        assert not answers(OWN, server.port)
