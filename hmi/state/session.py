"""Keep how the console stands to the server, and say it in sentences."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from hmi.link.types import LinkState, LinkStatus


class SessionState(QObject):
    """The link as the header, the banner and the stop buttons need it."""

    changed = Signal()
    liveness_changed = Signal(bool)

    def __init__(
        self, monotonic_s: Callable[[], float] = time.monotonic, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._monotonic_s = monotonic_s
        self.status = LinkStatus(state=LinkState.CONNECTING, url="")
        self._silent_since_s: float | None = None
        self._ever_live = False

    @property
    def is_live(self) -> bool:
        """Whether what the screen shows is the plant of now."""
        return self.status.state is LinkState.LIVE

    @property
    def is_observer(self) -> bool:
        """Whether the server knows users, and nobody is logged in: then everything can be seen and nothing done but a stop."""
        return self.status.takes_login and not self.status.user

    @property
    def stop_ready(self) -> bool:
        """Whether a stop would reach the plant."""
        return self.status.stop_ready

    def take(self, status: LinkStatus) -> None:
        """Take in a new status of the link."""
        was_live = self.is_live
        self.status = status
        self._ever_live = self._ever_live or self.is_live
        if self.is_live:
            self._silent_since_s = None
        elif status.silent_s is not None:
            self._silent_since_s = self._monotonic_s() - status.silent_s
        elif was_live or self._silent_since_s is None:
            self._silent_since_s = self._monotonic_s()
        self.changed.emit()
        if was_live != self.is_live:
            self.liveness_changed.emit(self.is_live)

    def silent_s(self) -> float:
        """Return for how long the server has been silent, s; 0 while live."""
        return 0.0 if self._silent_since_s is None else self._monotonic_s() - self._silent_since_s

    def comms_message(self) -> str:
        """Return the one communications alarm, or "" while live."""
        if self.is_live:
            return ""
        if not self._ever_live:
            why = self.status.reason or "waiting for the server"
            return f"No connection to the server: {why}"
        silent = self.silent_s()
        shown = f"{silent:.1f} s" if silent < 10 else f"{int(silent)} s"
        return f"No data from the server for {shown}: values are the last known"

    def stale_reason(self) -> str:
        """Return why every value is hatched, or "" while live."""
        if self.is_live:
            return ""
        return "last known" if self._ever_live else "not connected"
