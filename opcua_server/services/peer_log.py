"""One line in the log for what a stranger does wrong, however often it does it."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable

_log = logging.getLogger(__name__)

SILENCE_S = 10.0  # after a line about one address and one cause
LINES_A_SECOND = 10.0  # about everybody together
_REMEMBERED = 1000  # addresses and causes; the oldest are forgotten


class PeerLog:
    """Writes complaints about peers, each cause once in `SILENCE_S` an address, and counts what it left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self._allowance = LINES_A_SECOND
        self._filled = clock()

    def complain(self, address: str, cause: str, level: int = logging.WARNING) -> None:
        """Say once what an address does.

        Args:
            address: Without the port, which changes with each try.
            cause: One of few sentences; nothing that the peer has sent.
            level: Of the log line.
        """
        now = self._clock()
        key = (address, cause)
        since, left_out = self._last.pop(key, (-SILENCE_S, 0))
        if now - since < SILENCE_S or not self._may_write(now):
            self._remember(key, since, left_out + 1)
            return
        self._remember(key, now, 0)
        more = f" ({left_out} more like this)" if left_out else ""
        _log.log(level, "%s: %s%s", address or "a client", cause, more)

    def _may_write(self, now: float) -> bool:
        self._allowance = min(LINES_A_SECOND, self._allowance + (now - self._filled) * LINES_A_SECOND)
        self._filled = now
        if self._allowance < 1.0:
            return False
        self._allowance -= 1.0
        return True

    def _remember(self, key: tuple[str, str], since: float, left_out: int) -> None:
        self._last[key] = (since, left_out)
        while len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)
