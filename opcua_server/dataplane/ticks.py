"""OPC UA's time: 100 ns ticks since 1601-01-01 UTC (OPC 10000-6, 5.2.2.5)."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

TICKS_PER_S: Final = 10_000_000
EPOCH_TICKS: Final = 116_444_736_000_000_000  # 1970-01-01
_START: Final = datetime(1601, 1, 1, tzinfo=UTC)
_LAST: Final = 2_650_467_743_999_999_999  # 9999-12-31 23:59:59.9999999, the last one a client may be sent


def now_ticks() -> int:
    """Return the present moment."""
    return time.time_ns() // 100 + EPOCH_TICKS


def to_ticks(moment: datetime | None) -> int:
    """Return a moment in ticks; naive ones are UTC, as the library's are; None is 0, OPC UA's "no time"."""
    if moment is None:
        return 0
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max(0, (aware - _START) // timedelta(microseconds=1) * 10), _LAST)


def to_moment(ticks: int) -> datetime | None:
    """Return ticks as a moment, to the microsecond; None for 0."""
    return _START + timedelta(microseconds=ticks // 10) if ticks else None
