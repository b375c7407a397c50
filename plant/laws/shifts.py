"""Keep the shift calendar: when which machines have work."""

import numpy as np
from numpy.typing import NDArray

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
START_HOUR = 6.0  # plant time 0 is Monday, 6 o'clock

# Hours of the day between which a two-shift machine has work: breaks after four hours, a handover at 14 o'clock.
_WORK = ((6.0, 10.0), (10.5, 13.9), (14.1, 18.0), (18.5, 22.0))
_WORK_DAYS = 5


class ShiftCalendar:
    """Two shifts a day on five days a week; machines that run through work always.

    Plant time 0 is Monday 6 o'clock. Early shift 6 to 14, late shift 14 to 22 o'clock, a break of half an hour in the
    middle of each and a quarter of an hour for the handover; nights and weekends are off.

    Assumption: the usual calendar of a two-shift shop; utilities, process vessels and gateways run through.
    """

    def __init__(self, runs_through: NDArray[np.bool_]) -> None:
        self._runs_through = runs_through
        self._all = np.ones_like(runs_through)
        self._was_on = True

    def is_working_time(self, time_s: float) -> bool:
        """Return whether two-shift machines have work at this plant time."""
        since_monday_s = time_s + START_HOUR * HOUR_S
        if since_monday_s // DAY_S % 7 >= _WORK_DAYS:
            return False
        hour = since_monday_s % DAY_S / HOUR_S
        return any(start <= hour < end for start, end in _WORK)

    def has_changed(self, time_s: float) -> bool:
        """Return whether work began or ended since the last call."""
        is_on = self.is_working_time(time_s)
        changed = is_on != self._was_on
        self._was_on = is_on
        return changed

    def works(self, time_s: float) -> NDArray[np.bool_]:
        """Return which machines have work."""
        return self._all if self.is_working_time(time_s) else self._runs_through
