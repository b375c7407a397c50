"""Two processes that neither outlive each other nor the one that started them."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hmi.children import Child, ServerProcess, StartError
from hmi.cli import NO_SCREEN
from hmi.launcher import Pair, choose_port, is_free

# A child that says its pid, then lives until its standard input ends or it is told to go.
WAITS = "import os, sys; os.write(1, b'%d\\n' % os.getpid()); sys.stdin.read()"
READY = "import sys; print('opc.tcp://127.0.0.1:1', flush=True); sys.stdin.read()"
FAILS = "import sys; sys.exit(3)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def server(code: str, lines: list[str] | None = None) -> ServerProcess:
    process = ServerProcess(on_line=(lines if lines is not None else []).append)
    process.command = python(code)
    return process


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: Callable[[], bool], timeout_s: float = 5.0) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_that_the_usual_port_is_left_alone_where_it_is_taken(
    taken_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("hmi.launcher.DEFAULT_PORT", taken_port)

    port = choose_port(None)

    assert port != taken_port
    assert is_free(port)
    assert f"Port {taken_port} is taken: the server uses {port} instead." in capsys.readouterr().out


def test_that_a_port_asked_for_is_used_as_it_is(taken_port: int) -> None:
    assert choose_port(taken_port) == taken_port


def test_that_the_servers_first_line_is_its_endpoint() -> None:
    lines: list[str] = []
    process = server(READY, lines)

    endpoint = process.start()
    process.stop()

    assert endpoint == "opc.tcp://127.0.0.1:1"
    assert lines == [endpoint]
    assert process.status() is not None


def test_that_a_server_that_does_not_come_up_is_said_in_one_sentence() -> None:
    with pytest.raises(StartError, match=r"^The server did not start \(exit status 3\)\.$"):
        server(FAILS).start()


def test_that_closing_the_console_stops_the_server() -> None:
    backend = server(READY)

    status = Pair(backend, Child(python("pass"))).run()

    assert status == 0
    assert backend.status() is not None


def test_that_a_console_crash_stops_the_server_and_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    backend = server(READY)

    status = Pair(backend, Child(python("import os; os.abort()"))).run()

    assert status == 1
    assert backend.status() is not None
    assert "The console ended unexpectedly (signal 6)" in capsys.readouterr().out


def test_that_a_console_without_qt_says_why_itself(capsys: pytest.CaptureFixture[str]) -> None:
    pair = Pair(server(READY), Child(python(f"import sys; sys.exit({NO_SCREEN})")))

    assert pair.run() == 1
    assert "unexpectedly" not in capsys.readouterr().out


def test_that_a_server_that_fails_takes_the_console_with_it() -> None:
    console = Child(python(WAITS))

    status = Pair(server(FAILS), console).run()

    assert status == 3
    assert console.status() is not None


def test_that_a_child_that_does_not_listen_is_ended_by_force() -> None:
    lines: list[str] = []
    process = server(DEAF, lines)
    process.begin()
    assert wait_until(lambda: bool(lines))

    process.stop(grace_s=0.2)

    assert process.status() == -signal.SIGKILL


LAUNCHER = textwrap.dedent(
    """
    import os
    import sys
    from hmi.children import Child, ServerProcess
    from hmi.launcher import Pair

    # One write a line: the console shares our standard output.
    code = "import os, sys; os.write(1, b'%d\\\\n' % os.getpid()); sys.stdin.read()"
    server = ServerProcess(on_line=lambda line: os.write(1, f"{line}\\n".encode()))
    server.command = [sys.executable, "-c", code]
    sys.exit(Pair(server, Child([sys.executable, "-c", code])).run())
    """
)


@pytest.fixture
def pair() -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A launcher with two children; yields it and the children's pids."""
    with subprocess.Popen(
        python(LAUNCHER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as launcher:
        assert launcher.stdout is not None
        try:
            yield launcher, [int(launcher.stdout.readline()) for _ in range(2)]
        finally:
            launcher.kill()


def test_that_a_killed_launcher_leaves_no_orphan(pair: tuple[subprocess.Popen[str], list[int]]) -> None:
    launcher, pids = pair

    launcher.kill()

    assert wait_until(lambda: not any(map(is_alive, pids)))


@pytest.mark.parametrize("victim", [0, 1])
def test_that_killing_one_child_ends_the_other_and_the_launcher(
    pair: tuple[subprocess.Popen[str], list[int]], victim: int
) -> None:
    launcher, pids = pair

    os.kill(pids[victim], signal.SIGKILL)

    assert launcher.wait(5) != 0
    assert wait_until(lambda: not any(map(is_alive, pids)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_that_a_signal_ends_both_and_is_no_error(
    pair: tuple[subprocess.Popen[str], list[int]], number: signal.Signals
) -> None:
    launcher, pids = pair

    launcher.send_signal(number)

    assert launcher.wait(5) == 0
    assert not any(map(is_alive, pids))
