"""One test, two servers: Andon's, where it must pass, and a stock asyncua server with equal nodes, where it must fail.

A test that takes `peer` runs twice: `[andon]` and `[stock]`. On `[stock]` it is a strict expected failure, so that a row
of `asyncua.md`, section 7, that is no longer true shows as XPASS. `@pytest.mark.row(19)` names the row;
`@pytest.mark.also_on_stock` marks a test that both servers pass (what must not break, and proof that the harness reaches
the stock server at all); `@pytest.mark.only_ours` one that makes no sense elsewhere. `peer` is a connected asyncua client
that sends raw service requests and returns raw responses, a refusal too: nothing is retried or raised on the way.

Only a failed assertion and a status code count as the expected failure: a server that does not start fails its tests.
"""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from asyncua import ua

from opcua_server.model.nodeset_file import read_nodeset
from opcua_server.nodesets import keep
from tests.conformance.peer import Peer, connected
from tests.conformance.small_plant import write_small_plant
from tests.support.servers import OPEN_SERVER, ROOT, running_server

_MARKS = (
    "row(number): the row of asyncua.md, section 7, that the test proves",
    "also_on_stock: both servers pass",
    "only_ours: asked of Andon alone",
)
OWN_MODEL = Path(__file__).with_name("own_model.xml")  # what the plant has not: arrays, unreadable variables
_SAYS_NO = (AssertionError, ua.UaError, TimeoutError)


def pytest_configure(config: pytest.Config) -> None:
    for mark in _MARKS:
        config.addinivalue_line("markers", mark)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "endpoint" not in metafunc.fixturenames:
        return
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    expected = [] if "also_on_stock" in marks else [pytest.mark.xfail(strict=True, raises=_SAYS_NO)]
    stock = [] if "only_ours" in marks else [pytest.param("stock", marks=expected)]
    metafunc.parametrize("endpoint", ["andon", *stock], indirect=True, scope="session")


@pytest.fixture(scope="session")
def small_plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plant of three machines in two areas."""
    return write_small_plant(tmp_path_factory.mktemp("plant") / "small.toml")


@pytest.fixture(scope="session")
def andon_endpoint(small_plant: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Our server, in a process of its own."""
    state = tmp_path_factory.mktemp("andon")
    keep(read_nodeset(OWN_MODEL), state, [])
    with running_server(state, "--plant", str(small_plant), program=OPEN_SERVER) as server:
        yield server.endpoint


@pytest.fixture(scope="session")
def stock_endpoint(small_plant: Path) -> Iterator[str]:
    """A stock asyncua server with the same nodes, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.conformance.stock_server", str(small_plant), str(OWN_MODEL)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # it tells of every refusal with a traceback
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["endpoint"]
    finally:
        process.stdin.close()  # it ends with its input
        process.wait(10)
        process.stdout.close()


@pytest.fixture(scope="session")
def endpoint(request: pytest.FixtureRequest) -> str:
    """The address of the server that a test is asked of."""
    return str(request.getfixturevalue(f"{request.param}_endpoint"))


@pytest_asyncio.fixture
async def peer(endpoint: str) -> AsyncIterator[Peer]:
    """A client with a session of its own."""
    async with connected(endpoint) as found:
        yield found
