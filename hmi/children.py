"""Child processes that end when we do, and that we end in good order."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

LOOK_EVERY_S: Final = 0.05
SERVER_GRACE_S: Final = 8.0  # it closes sessions, commits the journal and ends the scoring worker
START_TIMEOUT_S: Final = 60.0  # a slow machine, a large plant

Line = Callable[[str], None]


class StartError(Exception):
    """A process did not come up; the message is one sentence."""


class Child:
    """A process that reads a pipe of ours as its standard input, so that it sees when we die, however we die.

    It has a session of its own: Ctrl-C in the terminal reaches us alone, and we decide who ends when.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.command = list(command)
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self, **streams: int) -> "subprocess.Popen[bytes]":
        """Start the process."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=streams.get("stdout"),
            start_new_session=True,
        )
        return self.process

    def status(self) -> int | None:
        """Return its exit status, None while it runs or before it has run."""
        return self.process.poll() if self.process is not None else None

    def stop(self, grace_s: float, hurry: Callable[[], bool] = lambda: False) -> None:
        """Ask it to end, wait, and end it by force when it takes too long or `hurry` says so."""
        process = self.process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
        if process.stdin is not None:
            process.stdin.close()
        deadline_s = time.monotonic() + grace_s
        while process.poll() is None:
            if time.monotonic() > deadline_s or hurry():
                process.kill()
                process.wait()
                return
            time.sleep(LOOK_EVERY_S)


class ServerProcess(Child):
    """`python -m opcua_server` as a child; it ends when we do."""

    def __init__(
        self,
        *,
        state: Path | None = None,
        port: int = 0,
        recordings: Path | None = None,
        plant: Path | None = None,
        scenario: Path | None = None,
        speed: float | None = None,
        seed: int | None = None,
        on_line: Line = lambda _line: None,
    ) -> None:
        command = [sys.executable, "-m", "opcua_server", "--exit-with-parent", "--port", str(port)]
        options = {"state": state, "recordings": recordings, "plant": plant, "scenario": scenario}
        for name, value in {**options, "speed": speed, "seed": seed}.items():
            if value is not None:
                command += [f"--{name}", str(value)]
        super().__init__(command)
        self.endpoint = ""  # known once the server accepts connections
        self._on_line = on_line
        self._relay: threading.Thread | None = None
        self._news = threading.Event()

    def begin(self) -> None:
        """Start the process without waiting for it to be ready."""
        process = self.spawn(stdout=subprocess.PIPE)
        self._relay = threading.Thread(target=self._read, args=(process,), name="andon-server-output")
        self._relay.start()

    def start(self, timeout_s: float = START_TIMEOUT_S) -> str:
        """Start the process and return its endpoint once it accepts connections.

        Raises:
            StartError: It ended, or was not ready in time. What was wrong stands on its standard error.
        """
        self.begin()
        self._news.wait(timeout_s)
        if self.endpoint:
            return self.endpoint
        self.stop()
        raise StartError(f"The server did not start ({cause(self.status() or 0)}).")

    def stop(self, grace_s: float = SERVER_GRACE_S, hurry: Callable[[], bool] = lambda: False) -> None:
        """End the process in good order."""
        super().stop(grace_s, hurry)
        if self._relay is not None:
            self._relay.join(1.0)

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        """Pass on what the server says; its first line is the endpoint."""
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                text = line.decode(errors="replace").rstrip()
                if not self.endpoint and text.startswith("opc.tcp://"):
                    self.endpoint = text
                    self._news.set()
                self._on_line(text)
        self._news.set()


def cause(status: int) -> str:
    """Return how a process ended, in words."""
    return f"signal {-status}" if status < 0 else f"exit status {status}"
