"""Drive OPC UA clients that nobody here wrote: node-opcua and python-opcua, each in a process of its own."""

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import pytest

from tests.support.accounts import Login, operator_of
from tests.support.servers import RunningServer

ROOT: Final = Path(__file__).resolve().parents[2]
INTEROP: Final = ROOT / "tests" / "interop"
PLANT: Final = "nsu=urn:andon:factory;s="
ANSWER_S: Final = 30.0  # for one step, on a busy machine
PACE_S: Final = 0.03  # between two looks: a client that asks without pause would slow what it waits for

Argument = tuple[str, Any]
Answer = dict[str, Any]


def node_id(path: str) -> str:
    """Return the NodeId of something in the default plant: `CNC-014/State/Load`."""
    return path if path.startswith(("i=", "ns", PLANT)) else PLANT + path


class ForeignClient:
    """A client in a process of its own; one JSON line a step (see tests/interop/peer.js)."""

    def __init__(self, name: str, process: "subprocess.Popen[str]") -> None:
        self.name = name
        self._process = process

    # ---- steps ---------------------------------------------------------------------------------------------------

    def do(self, step: str, **fields: Any) -> Answer:
        """Do one step; fails the test when the client could not."""
        answer = self.ask(step, **fields)
        assert answer.pop("ok"), f"{self.name} could not {step} {fields}: {answer.get('error')}"
        return answer

    def ask(self, step: str, **fields: Any) -> Answer:
        """Do one step and return the whole answer, good or not."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": step, **fields}) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_S)
        assert ready, f"{self.name} did not answer {step} {fields} within {ANSWER_S} s"
        line = self._process.stdout.readline()
        assert line, f"{self.name} ended"
        return cast("Answer", json.loads(line))

    def read(self, path: str) -> Any:
        """Return the value of a node that is read with a good status."""
        answer = self.do("read", node=node_id(path))
        assert answer["status"] == "Good", f"{path}: {answer}"
        return answer["value"]

    def read_all(self, paths: Sequence[str]) -> list[Any]:
        """Return many values by one request; None where there is none."""
        return cast("list[Any]", self.do("read_all", nodes=[node_id(path) for path in paths])["values"])

    def write(self, path: str, value: Any, kind: str = "Double") -> str:
        """Write a value; returns the name of the status."""
        return cast("str", self.do("write", node=node_id(path), value=value, type=kind)["status"])

    def call(self, path: str, *inputs: Argument) -> Answer:
        """Call a method on the object that its path begins with; returns status, outputs, reasons, ms."""
        return self.do("call", **_method(path, inputs))

    def begin(self, name: str, path: str, *inputs: Argument) -> None:
        """Begin a call and do not wait for it."""
        self.do("call", later=name, **_method(path, inputs))

    def begin_write(self, name: str, path: str, value: Any, kind: str = "Double") -> None:
        """Begin to write a value and do not wait for the answer."""
        self.do("write", later=name, node=node_id(path), value=value, type=kind)

    def result(self, name: str) -> Answer:
        """Wait for a call or write that was begun."""
        return self.do("result", of=name)

    def subscribe(self, *paths: str) -> None:
        """Subscribe to the values of nodes, ten times a second."""
        self.do("subscribe", nodes=[node_id(path) for path in paths], interval=100)

    def values(self, path: str) -> list[Answer]:
        """Return every notification of a subscribed node so far: value, status, source."""
        return cast("list[Answer]", self.do("values", node=node_id(path))["values"])

    def listen(self, node: str = "i=2253", *, kind: str = "", label: str = "") -> None:
        """Subscribe to the events of a notifier, the Server object unless told otherwise."""
        self.do("events", node=node_id(node), type=kind, label=label)

    def events(self) -> list[Answer]:
        """Return every event heard so far."""
        return cast("list[Answer]", self.do("heard")["events"])

    def acknowledge(self, condition: str, event: str, comment: str = "") -> str:
        """Acknowledge an alarm by Part 9's method; returns the name of the status."""
        answer = self.do("acknowledge", condition=node_id(condition), event=event, comment=comment)
        return cast("str", answer["status"])

    def refresh(self) -> str:
        """Ask for all retained conditions; returns the name of the status."""
        return cast("str", self.do("refresh")["status"])

    # ---- waiting -------------------------------------------------------------------------------------------------

    def wait_for(self, check: Callable[[], Any], seconds: float, what: str) -> Any:
        """Ask until `check` answers something true."""
        deadline = time.monotonic() + seconds
        while not (found := check()):
            assert time.monotonic() < deadline, f"{what} did not come within {seconds} s"
            self._pause()
        return found

    def wait_for_value(self, path: str, wanted: Any, seconds: float) -> None:
        """Read until a node has a value."""
        seen: list[Any] = []

        def look() -> bool:
            seen[:] = [self.do("read", node=node_id(path))["value"]]
            return bool(seen[0] == wanted)

        self.wait_for(look, seconds, f"{path} = {wanted!r}")

    def wait_for_event(self, seconds: float, what: str, **fields: Any) -> Answer:
        """Wait until an event was heard whose fields are as given (`ActiveState__Id` for `ActiveState.Id`)."""
        wanted = {name.replace("__", "."): value for name, value in fields.items()}

        def find() -> Answer | None:
            return next((e for e in self.events() if all(e[k] == v for k, v in wanted.items())), None)

        return cast("Answer", self.wait_for(find, seconds, what))

    def _pause(self) -> None:
        try:
            status = self._process.wait(PACE_S)
        except subprocess.TimeoutExpired:
            return
        pytest.fail(f"{self.name} ended with status {status}")


def _method(path: str, inputs: Sequence[Argument]) -> Answer:
    owner = "Plant" if path.startswith("Plant/") else path.rpartition("/")[0]
    return {"object": node_id(owner), "method": node_id(path), "inputs": list(inputs)}


def require_node() -> str:
    """Return the Node.js program, or skip with the reason."""
    node = shutil.which("node")
    installed = (INTEROP / "node_modules" / "node-opcua").is_dir()
    if node is None or not installed:
        if os.environ.get("CI"):
            pytest.fail("Node.js or node-opcua is missing; in CI nothing may be skipped")
        pytest.skip("needs Node.js 18 or newer and `npm ci` in tests/interop (make setup does both)")
    assert node is not None
    return node


@contextmanager
def node_client(url: str, login: Login | None = None, *, returns: bool = False) -> Iterator[ForeignClient]:
    """Run a connected node-opcua client for the length of a block.

    Args:
        url: The server's address.
        login: How it protects itself and who it is; None for nobody, without security.
        returns: Whether it comes back by itself after a lost connection.
    """
    command = [require_node(), str(INTEROP / "peer.js")]
    with _client("node-opcua", command, url, login, returns=returns) as client:
        yield client


@contextmanager
def python_client(url: str, login: Login | None = None) -> Iterator[ForeignClient]:
    """Run a connected python-opcua client for the length of a block."""
    with _client("python-opcua", [sys.executable, "-m", "tests.interop.python_peer"], url, login) as client:
        yield client


@contextmanager
def node_operator(server: RunningServer) -> Iterator[ForeignClient]:
    """Run a node-opcua client that is logged in as the server's operator."""
    with node_client(server.endpoint, operator_of(server.state)) as client:
        yield client


@contextmanager
def _client(
    name: str, command: list[str], url: str, login: Login | None, **options: bool
) -> Iterator[ForeignClient]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # both libraries print notices at every start
        text=True,
        bufsize=1,
    )
    client = ForeignClient(name, process)
    try:
        client.do("connect", url=url, **options, **(login.fields() if login is not None else {}))
        yield client
        client.ask("close")  # a server that was killed meanwhile answers no good-bye
    finally:
        _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()  # it has said good-bye; its library may still be trying to reconnect to a server that is gone
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
