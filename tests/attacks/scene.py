"""A fresh small server with a bystander, and the figures that an attack on it leaves behind."""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

import resources
from tests.attacks.bystander import Clock
from tests.support.loop_probe import worst_step
from tests.support.raw_ua import RawUa
from tests.support.servers import PROBED_OPEN_SERVER, PROBED_SERVER, ROOT, RunningServer, running_server

MAX_GAP_S: Final = 0.5
MAX_STOP_S: Final = 1.0
MAX_LOGIN_S: Final = 2.0
MAX_GROWTH_MB: Final = 100.0
MAX_STEP_S: Final = 0.05  # of processor time, that one step of the server's loop takes
MAX_LOG_LINES: Final = 30
LEAST_S: Final = 1.0
READY_S: Final = 30.0
NAMESPACE: Final = 5  # of the plant's nodes

_CNC: Final = '[[devices]]\ntags = "CNC-001"\nfamily = "cnc"\narea = "Machining"\nline = "Line 1"\n'


def small_plant(folder: Path) -> Path:
    """Write a plant of one machine that publishes ten times a second."""
    whole = resources.path("plants", "factory.toml").read_text(encoding="utf-8")
    path = folder / "small.toml"
    families = whole[: whole.index("[[devices]]")].replace("publish_hz = 1.0", "publish_hz = 10.0")
    path.write_text(families + _CNC, encoding="utf-8")
    return path


@dataclass
class Scene:
    """A server under attack."""

    server: RunningServer
    clock: Clock
    memory_mb: float  # before
    log_lines: int  # before
    began_s: float = field(default_factory=time.monotonic)
    login_s: list[float] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.server.port

    def client(self, source: str = "127.0.0.1") -> RawUa:
        """Connect, and do nothing yet."""
        return RawUa(self.port, source=source)

    def log_in(self) -> None:
        """Log in once as a new operator would, and keep the time."""
        began = self.clock.now()
        with self.client() as newcomer:
            newcomer.session()
            newcomer.read(numeric_state())
        self.login_s.append(self.clock.since(began))

    def resident_mb(self) -> float:
        return float(psutil.Process(self.server.process.pid).memory_info().rss) / 1e6

    def cpu_s(self) -> float:
        """Return how much processor time the server has used."""
        times = psutil.Process(self.server.process.pid).cpu_times()
        return float(times.user + times.system)

    def log_text(self) -> str:
        return (self.server.state / "server.log").read_text(encoding="utf-8") + self.server.said()


def numeric_state() -> bytes:
    """Return Server_ServerStatus_State."""
    return b"\x02\x00\x00" + (2259).to_bytes(4, "little")


@contextmanager
def scene(folder: Path, *, is_open: bool = True) -> Iterator[Scene]:
    """Run a server and its bystander around an attack, and hold what no attack may do.

    Args:
        folder: For the server's state and plant.
        is_open: Whoever comes may do everything, so that attackers get further and the bystander may stop machines; else it is the
            product, where a session without a name observes.
    """
    program, does = (PROBED_OPEN_SERVER, "press") if is_open else (PROBED_SERVER, "watch")
    with running_server(folder / "state", "--plant", str(small_plant(folder)), program=program) as server:
        pid = server.process.pid
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.attacks.bystander", str(server.port), str(pid), does],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert _line(process) == "ready"
            made = Scene(server, Clock(pid), 0.0, 0)
            made.memory_mb = made.resident_mb()
            made.log_lines = made.log_text().count("\n")
            yield made
            time.sleep(
                max(0.0, made.began_s + LEAST_S - time.monotonic())
            )  # so that there is something to measure
            made.log_in()
            found = _end(process)
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
        _judge(made, found, presses=is_open)


class BystanderSilentError(AssertionError):
    """The bystander heard nothing for longer than it may."""


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    lines: queue.Queue[str] = queue.Queue()
    out = process.stdout
    reader = threading.Thread(target=lambda: lines.put(out.readline()))
    reader.start()
    try:
        return lines.get(timeout=READY_S).strip()
    except queue.Empty:
        process.kill()
        raise AssertionError("the bystander said nothing") from None
    finally:
        reader.join()


def _end(process: "subprocess.Popen[str]") -> dict[str, object]:
    assert process.stdin is not None
    process.stdin.close()
    found: dict[str, object] = json.loads(_line(process))
    return found


def _judge(scene: Scene, found: dict[str, object], *, presses: bool) -> None:
    grown = scene.resident_mb() - scene.memory_mb
    log = scene.log_text()
    lines = log.count("\n") - scene.log_lines
    longest = worst_step(scene.server.state, scene.began_s)
    figures = f"{found}, logins {[round(s, 3) for s in scene.login_s]} s, grown {grown:.1f} MB, {lines} log lines, {longest}"
    print(figures)

    def number(name: str) -> float:
        value = found[name]
        assert isinstance(value, int | float)
        return float(value)

    assert scene.server.process.poll() is None, f"the server has ended: {scene.server.said()}"
    assert not found["problems"], figures
    assert number("notifications") >= 1, figures
    if number("gap_s") > MAX_GAP_S:
        raise BystanderSilentError(figures)
    assert number("stops") >= 1 or not presses, figures
    assert number("stop_s") <= MAX_STOP_S, figures
    assert max(scene.login_s) <= MAX_LOGIN_S, figures
    assert grown <= MAX_GROWTH_MB, figures
    assert lines <= MAX_LOG_LINES, figures + log[-2000:]
    assert "Traceback" not in log, log[-4000:]
    assert longest is None or longest.cpu_s <= MAX_STEP_S, figures


def until(seconds: float) -> Iterator[int]:
    """Count until so many seconds are over."""
    deadline, count = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        yield count
        count += 1
