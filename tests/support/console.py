"""The real console without its window: link and state in this process, against a real server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from PySide6.QtCore import QEventLoop, QTimer

from hmi.account import default_config_dir, make_account
from hmi.link.link import KeyPlace, Link
from hmi.link.types import ConditionEvent, LinkState, Reply
from hmi.state.console import ConsoleState
from tests.support.servers import RunningServer

LOOK_MS: Final = 20


class Console:
    """What an operator's console knows; needs a QApplication."""

    def __init__(self, server: RunningServer) -> None:
        self.link = logged_in_link(server)
        self.state = ConsoleState(self.link)
        self.replies: dict[int, Reply] = {}
        self.events: list[ConditionEvent] = []
        self._is_listed = False
        self.state.replied.connect(lambda reply: self.replies.__setitem__(reply.request_id, reply))
        self.link.conditions_arrived.connect(self.events.extend)
        self.link.conditions_refreshed.connect(self._on_refreshed)

    def _on_refreshed(self, events: tuple[ConditionEvent, ...]) -> None:
        self.events.extend(events)
        self._is_listed = True

    def is_ready(self) -> bool:
        """Whether values, commands and the list of alarms are there."""
        status = self.state.session.status
        return (
            status is not None
            and status.state is LinkState.LIVE
            and status.commands_ready
            and bool(self.state.catalogue.devices)
            and self._is_listed
        )

    def value(self, device: str, group: str, name: str) -> tuple[float, float]:
        """Return a tag's newest value and its source time, s since 1970 UTC."""
        tag = self.state.catalogue.find(device, group, name)
        assert tag is not None, f"{device} has no {group}/{name}"
        return float(self.state.store.values[tag.tag_id]), float(self.state.store.source_s[tag.tag_id])

    def wait_for(self, check: Callable[[], object], seconds: float, what: str) -> None:
        """Let the console run until `check` is true."""
        assert self.run_until(check, seconds), f"{what} did not come within {seconds} s"

    def run_until(self, check: Callable[[], object], seconds: float) -> bool:
        """Let the console run until `check` is true, or for so long; returns whether it became true."""
        loop, looker = QEventLoop(), QTimer()
        looker.timeout.connect(lambda: loop.quit() if check() else None)
        looker.start(LOOK_MS)
        QTimer.singleShot(int(seconds * 1000), loop, loop.quit)
        if not check():
            loop.exec()
        looker.stop()
        return bool(check())

    def ask(self, number: int, seconds: float = 10.0) -> Reply:
        """Wait for the answer to a question put to the link."""
        self.wait_for(lambda: number in self.replies, seconds, "the answer")
        reply = self.replies[number]
        assert reply.ok, reply.error
        return reply


def logged_in_link(server: RunningServer) -> Link:
    """Return a link that logs in by the local account, as `andon` does; not opened."""
    folder = default_config_dir()
    make_account(folder)
    keys = KeyPlace(folder=folder, own_server=server.state / "pki" / "own" / "andon.der")
    return Link(server.endpoint, keys=keys)


@contextmanager
def console(server: RunningServer) -> Iterator[Console]:
    """Run a console for the length of a block."""
    opened = Console(server)
    opened.link.open()
    try:
        opened.wait_for(opened.is_ready, 30.0, "a live console")
        yield opened
    finally:
        opened.link.close()
