"""Drive node-opcua, a client that nobody here wrote."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

INTEROP = Path(__file__).resolve().parents[1] / "interop"


class NodeClient:
    """A node-opcua client in a process of its own; one JSON line a step."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def do(self, step: str, **fields: Any) -> dict[str, Any]:
        """Do one step; fails the test when the client could not."""
        answer = self.ask(step, **fields)
        assert answer.pop("ok"), f"node-opcua could not {step} {fields}: {answer.get('error')}"
        return answer

    def ask(self, step: str, **fields: Any) -> dict[str, Any]:
        """Do one step and return the whole answer, good or not."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": step, **fields}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "node-opcua ended"
        return cast("dict[str, Any]", json.loads(line))

    def wait_for(self, check: Callable[[], Any], seconds: float, what: str) -> Any:
        """Ask until `check` answers something true."""
        deadline = time.monotonic() + seconds
        while not (found := check()):
            assert time.monotonic() < deadline, f"{what} did not come within {seconds} s"
            self.do("read", node="i=2258")  # paces the loop by a round trip of the client itself
        return found

    def events(self) -> list[dict[str, Any]]:
        """Return every event heard so far."""
        return cast("list[dict[str, Any]]", self.do("heard")["events"])


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
def node_client(url: str) -> Iterator[NodeClient]:
    """Run a connected node-opcua client for the length of a block."""
    process = subprocess.Popen(
        [require_node(), "peer.js"],
        cwd=INTEROP,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # it prints a notice about certificates at every start
        text=True,
    )
    client = NodeClient(process)
    try:
        client.do("connect", url=url)
        yield client
        client.do("close")
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
