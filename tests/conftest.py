"""Rules that hold for every test: no stray log line, no leaked thread, no leaked task."""

import logging
import os
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.allowed import ALLOWED_LOGS, ALLOWED_THREADS
from tests.alone import runs_alone
from tests.examples import QUICK

# `make check` looks at fewer examples, so that it stays under a minute; `make test` looks at all.
settings.register_profile("quick", max_examples=QUICK)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if runs_alone(item.nodeid):
            item.add_marker(pytest.mark.alone)


@pytest.fixture(scope="session", autouse=True)
def _own_config_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests' accounts and certificates out of the configuration directory of whoever runs them."""
    before = os.environ.get("ANDON_CONFIG")
    os.environ["ANDON_CONFIG"] = str(tmp_path_factory.mktemp("config"))
    yield
    if before is None:
        del os.environ["ANDON_CONFIG"]
    else:
        os.environ["ANDON_CONFIG"] = before


class _Collector(logging.Handler):
    """Keep every record of WARNING or above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def _no_stray_log_lines(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that logs at WARNING or above, unless it says so with `caplog` or the allow-list does."""
    if "caplog" in request.fixturenames:
        yield
        return
    collector = _Collector()
    logging.getLogger().addHandler(collector)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(collector)
    stray = [r for r in collector.records if not any(p.search(r.getMessage()) for p in ALLOWED_LOGS)]
    assert not stray, "unexpected log lines: " + "; ".join(f"{r.name}: {r.getMessage()}" for r in stray)


@pytest.fixture(autouse=True)
def _no_leaked_threads() -> Iterator[None]:
    """Fail a test that leaves a thread running."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 2.0
    while leaked := [t for t in set(threading.enumerate()) - before if t.is_alive() and not _is_allowed(t)]:
        if time.monotonic() > deadline:
            pytest.fail(f"threads left running: {', '.join(t.name for t in leaked)}")
        leaked[0].join(0.05)


def _is_allowed(thread: threading.Thread) -> bool:
    return any(p.search(thread.name) for p in ALLOWED_THREADS)
