"""How fast a frozen server shows as stale, and whether a live one ever does while every core is busy."""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtWidgets import QApplication

from hmi.link.types import LinkState, LinkStatus
from hmi.theme.current import apply_theme
from hmi.views.main_window import MainWindow
from hmi.views.settings import ViewSettings
from tests.benchmarks.report import Result, parser, publish
from tests.support.console import Console, console
from tests.support.servers import running_server

BUSY_MINUTES = 10.0
FREEZES = 5
BURN = "import time\nend = time.monotonic() + {seconds}\nwhile time.monotonic() < end: pass"


def main() -> None:
    """Run the benchmark."""
    arguments = parser(__doc__)
    arguments.add_argument(
        "--minutes", type=float, default=BUSY_MINUTES, help="how long the cores are kept busy"
    )
    options = arguments.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    apply_theme(application)
    with (
        tempfile.TemporaryDirectory(prefix="andon-bench-") as state,
        running_server(Path(state)) as server,
        console(server) as shown,
    ):
        window = MainWindow(shown.link, ViewSettings(user="benchmark"))
        window.show()
        stale_s = [_freeze_s(shown, server.process.pid) for _ in range(FREEZES)]
        with _every_core_busy(options.minutes * 60.0):
            losses, silent_s = _watch(shown, options.minutes * 60.0)
        window.close()
    results = [
        Result(name="stale_after_s", value=statistics.median(stale_s), unit="s", goal="<= 1.0"),
        Result(name="stale_after_max_s", value=max(stale_s), unit="s", goal="<= 1.0"),
        Result(name="false_stale", value=float(losses), unit="times", goal="<= 0"),
        Result(name="longest_silence_s", value=silent_s, unit="s", goal=""),
    ]
    publish("freshness", results, as_json=options.json)


def _freeze_s(shown: Console, pid: int) -> float:
    """Freeze the server and return how long it took until the console said so."""
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        shown.wait_for(lambda: not shown.state.session.is_live, 5.0, "the mark of staleness")
        return time.monotonic() - began
    finally:
        os.kill(pid, signal.SIGCONT)
        shown.wait_for(shown.is_ready, 20.0, "a live console")


def _watch(shown: Console, seconds: float) -> tuple[int, float]:
    """Return how often the link was not live, and its longest silence in s."""
    losses, was_live, longest_s = 0, True, 0.0

    def heard(status: LinkStatus) -> None:
        nonlocal losses, was_live, longest_s
        is_live = status.state is LinkState.LIVE
        losses += was_live and not is_live
        was_live = is_live
        longest_s = max(longest_s, status.silent_s or 0.0)

    shown.link.status_changed.connect(heard)
    shown.run_until(lambda: False, seconds)
    return losses, longest_s


@contextmanager
def _every_core_busy(seconds: float) -> Iterator[None]:
    """Run a process on each core that does nothing but compute; they end by themselves."""
    command = [sys.executable, "-c", BURN.format(seconds=seconds + 5.0)]
    burning = [subprocess.Popen(command) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
