"""Judge by our own clock alone whether the server is still heard."""

from dataclasses import dataclass

BEAT_PERIOD_S = 0.2  # `Plant/Heartbeat` is published at 5 Hz
# Five missed beats are 1 s of silence. 0.05 s of it is our own tick and 0.05 s the repaint, so we judge at 0.9 s.
BEAT_BOUND_S = 0.9
TICK_S = 0.05  # how often the link's loop looks
ON_TIME_S = 2 * TICK_S  # the most that one step of our own loop may add to the age


def foreign_bound_s(publishing_interval_ms: float, max_keep_alive_count: int) -> float:
    """Return the bound for a server without heartbeat: twice the longest silence it promised.

    Args:
        publishing_interval_ms: As revised by the server.
        max_keep_alive_count: As revised by the server.
    """
    return 2.0 * publishing_interval_ms / 1000.0 * max(1, max_keep_alive_count)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the clock says of one feed."""

    silent_s: float  # monotonic age of the last notification or keep-alive
    is_stale: bool


class Freshness:
    """The arrival age of one subscription.

    Two ages are kept. The shown one is plain monotonic time. The judged one counts only time in which our own loop
    ran: a loop that was kept from running for a second (a busy GUI thread, two busy cores) has not read what waits
    in the socket, so that second says nothing about the server. One beat arriving resets both.
    """

    def __init__(self, bound_s: float, now_s: float) -> None:
        self.bound_s = bound_s
        self._arrived_s = now_s
        self._looked_s = now_s
        self._counted_s = 0.0

    def arrived(self, now_s: float) -> None:
        """Note that a notification or keep-alive came."""
        self._arrived_s = now_s
        self._looked_s = now_s
        self._counted_s = 0.0

    def look(self, now_s: float) -> Verdict:
        """Return the age and the verdict; call it every `TICK_S`."""
        step = max(0.0, now_s - self._looked_s)
        self._looked_s = now_s
        self._counted_s += min(step, ON_TIME_S)
        return Verdict(now_s - self._arrived_s, self._counted_s > self.bound_s)
