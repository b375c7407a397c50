"""What clients once sent, and requests that are almost right, leave a server as it was: no crash, no silence, no traceback."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.attacks.mutations import mutations, seeds
from tests.attacks.replay import (
    Case,
    Tally,
    corpus,
    counted_sessions,
    play_each,
    play_in_sessions,
    requests,
    streams,
)
from tests.attacks.scene import MAX_STEP_S, small_plant
from tests.support.loop_probe import worst_step
from tests.support.servers import PROBED_OPEN_SERVER, RunningServer, data_dir, running_server

SEED = 20261121
MUTATIONS = 5_000
LEAST_SETTLED = 0.999
MAX_GROWTH_MB = 20.0
MAX_LOG_BYTES = 100_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("bad-input")
    with running_server(
        folder / "state", "--plant", str(small_plant(folder)), program=PROBED_OPEN_SERVER
    ) as running:
        yield running


@pytest.fixture(scope="module")
def recorded() -> Path:
    folder = corpus()
    if folder is None:
        pytest.skip(f"needs ua_corpus in {data_dir()}: set ANDON_DATA to the folder that holds it")
    return folder


@contextlib.contextmanager
def unharmed(server: RunningServer) -> Iterator[None]:
    """Hold that the server lives, has not grown, kept its loop free, and has said little and nothing of tracebacks."""
    process = psutil.Process(server.process.pid)
    log = server.state / "server.log"
    size, memory, began = log.stat().st_size, process.memory_info().rss / 1e6, time.monotonic()
    yield
    assert server.process.poll() is None, server.said()
    written = log.read_text(encoding="utf-8")[size:] + server.said()
    assert "Traceback" not in written, written[-4000:]
    assert "could not be served" not in written, written[-4000:]
    assert len(written) <= MAX_LOG_BYTES
    grown = process.memory_info().rss / 1e6 - memory
    assert grown <= MAX_GROWTH_MB, f"{grown:.1f} MB more"
    longest = worst_step(server.state, began)
    print(f"grown {grown:.1f} MB, {longest}")
    assert longest is None or longest.cpu_s <= MAX_STEP_S, longest


def _judge(tally: Tally, cases: list[Case]) -> None:
    print(tally.outcomes, tally.silent[:20])
    assert tally.outcomes.total() == len(cases)
    assert tally.settled >= LEAST_SETTLED, tally.silent[:50]


@pytest.mark.parametrize("opened", [False, True], ids=["raw", "after hello and open"])
async def test_that_recorded_streams_are_answered_or_refused(
    server: RunningServer, recorded: Path, opened: bool
) -> None:
    cases = streams(recorded)
    assert len(cases) > 900

    with unharmed(server):
        tally = await play_each(server.port, cases, opened=opened)

    _judge(tally, cases)


async def test_that_recorded_requests_are_answered_inside_a_session(
    server: RunningServer, recorded: Path
) -> None:
    cases = requests(recorded)
    assert len(cases) > 600

    with unharmed(server):
        async with counted_sessions(server.port):
            tally = await play_in_sessions(server.port, cases)

    _judge(tally, cases)


async def test_that_requests_that_are_almost_right_are_answered_or_refused(server: RunningServer) -> None:
    cases = list(mutations(MUTATIONS, SEED, seeds()))

    with unharmed(server):
        async with counted_sessions(server.port):
            tally = await play_in_sessions(server.port, cases)

    _judge(tally, cases)
