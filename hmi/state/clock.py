"""Tell the time of the screen, in UTC or in the station's own zone."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from hmi.theme.times import full_time, short_time, time_of_day


class ScreenClock(QObject):
    """One choice of zone for every page."""

    zone_changed = Signal()

    def __init__(self, now_ns: Callable[[], int] = time.time_ns, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now_ns = now_ns
        self.utc = True

    def set_utc(self, utc: bool) -> None:
        """Show UTC, or the station's own zone."""
        if utc != self.utc:
            self.utc = utc
            self.zone_changed.emit()

    def now_ns(self) -> int:
        """Return now, ns since 1970 UTC."""
        return self._now_ns()

    def of_day(self, ns: int) -> str:
        """Return an instant as a time of day."""
        return time_of_day(ns, utc=self.utc)

    def short(self, ns: int) -> str:
        """Return an instant as a time of day, with its date where it is not of today."""
        return short_time(ns, self.now_ns(), utc=self.utc)

    def full(self, ns: int) -> str:
        """Return an instant as date and time."""
        return full_time(ns, utc=self.utc)
