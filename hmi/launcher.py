"""Start the server and the console as two processes, and see to it that neither outlives the other."""

import argparse
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

import resources
from hmi.children import LOOK_EVERY_S, SERVER_GRACE_S, Child, ServerProcess, StartError, cause
from hmi.cli import NO_SCREEN
from hmi.settings import default_state_dir

__all__ = ["ServerProcess", "StartError", "choose_port", "is_free", "launch"]

DEFAULT_PORT: Final = 4840
HOST: Final = "127.0.0.1"
CONSOLE_GRACE_S: Final = 5.0
FIRST_RUN_HINT: Final = "First run: within two minutes the generator GEN-001 begins to lose oil. Watch the banner at the top and the Utilities panel."
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def launch(options: argparse.Namespace) -> int:
    """Run `andon`; returns the exit status."""
    port = choose_port(options.port)
    hint = prepare_first_run(options)
    server = ServerProcess(
        state=_path(options.state),
        port=port,
        recordings=_path(options.recordings),
        plant=_path(options.plant),
        scenario=_path(options.scenario),
        speed=options.speed,
        seed=options.seed,
        on_line=_on_server_line,
    )
    return Pair(server, Child(console_command(options, f"opc.tcp://{HOST}:{port}", hint))).run()


def prepare_first_run(options: argparse.Namespace) -> str:
    """Let the very first run show a fault; returns the hint where to look, empty for any other run."""
    state = _path(options.state) or default_state_dir()
    if options.scenario or options.plant or (state / "journal.db").exists():
        return ""
    options.scenario = str(resources.path("plants", "scenarios", "first-run.toml"))
    _say(FIRST_RUN_HINT)
    return FIRST_RUN_HINT


def choose_port(wanted: int | None) -> int:
    """Return the port to use: the one asked for, else 4840, else a free one, saying so."""
    if wanted:
        return wanted
    if wanted is None and is_free(DEFAULT_PORT):
        return DEFAULT_PORT
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    if wanted is None:
        _say(f"Port {DEFAULT_PORT} is taken: the server uses {port} instead.")
    return port


def is_free(port: int) -> bool:
    """Return whether a server could listen on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def console_command(options: argparse.Namespace, url: str, hint: str = "") -> list[str]:
    """Return the console's command line."""
    command = [sys.executable, "-m", "hmi", "console", "--exit-with-parent", "--url", url]
    command += ["--page", options.page]
    command += ["--state", str(options.state)] if options.state else []
    command += ["--fullscreen"] if options.fullscreen else []
    command += ["--read-only"] if options.read_only else []
    command += ["--hint", hint] if hint else []
    return command


class Pair:
    """The two processes of one `andon`.

    The console starts with the server, not after it: its window is up while the plant is still being built. At the end
    the console goes first, so that it never shows an outage that is none.
    """

    def __init__(self, server: ServerProcess, console: Child) -> None:
        self._server = server
        self._console = console
        self._signals = 0

    def run(self) -> int:
        """Run both until one ends or a signal comes; returns the exit status."""
        before = [signal.signal(number, self._on_signal) for number in _SIGNALS]
        try:
            return self._run()
        finally:
            asked = self._signals

            def hurry() -> bool:
                return self._signals > asked  # a second Ctrl-C waits for nobody

            self._console.stop(CONSOLE_GRACE_S, hurry)
            self._server.stop(SERVER_GRACE_S, hurry)
            for number, handler in zip(_SIGNALS, before, strict=True):
                signal.signal(number, handler)

    def _run(self) -> int:
        if self._is_stopping():
            return 0
        self._server.begin()
        self._console.spawn()
        while not self._is_stopping():
            if (status := self._server.status()) is not None:
                return self._server_ended(status)
            if (status := self._console.status()) is not None:
                return _console_ended(status)
            time.sleep(LOOK_EVERY_S)
        return 0

    def _server_ended(self, status: int) -> int:
        if self._server.endpoint:
            _say(f"The server ended unexpectedly ({cause(status)}): the console is closed.")
        return status if status > 0 else 1

    def _is_stopping(self) -> bool:
        return self._signals > 0

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1


def _console_ended(status: int) -> int:
    if status == NO_SCREEN:
        return 1  # it has said why; asking here whether Qt works would keep both waiting for a quarter of a second
    if status:
        _say(f"The console ended unexpectedly ({cause(status)}): the server is stopped.")
    return status if status >= 0 else 1


def _on_server_line(text: str) -> None:
    if text.startswith("opc.tcp://"):
        text = f"Andon is running; its OPC UA server is at {text} (Ctrl-C stops both)."
    _say(text)


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
