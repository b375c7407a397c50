"""Write moments as operators read them, in UTC or in the station's own time."""

from datetime import UTC, datetime

from hmi.theme.numbers import MISSING

_NS = 1_000_000_000


def moment(ns: int, *, utc: bool = True) -> datetime:
    """Return an instant, ns since 1970 UTC, as an aware time in the zone shown."""
    aware = datetime.fromtimestamp(ns / _NS, tz=UTC)
    return aware if utc else aware.astimezone()


def time_of_day(ns: int, *, utc: bool = True) -> str:
    """Return "09:51:42", or a dash where the instant is unknown (0)."""
    return moment(ns, utc=utc).strftime("%H:%M:%S") if ns > 0 else MISSING


def short_time(ns: int, now_ns: int, *, utc: bool = True) -> str:
    """Return the time of day when it is of today, else "19 Nov 22:14"."""
    if ns <= 0:
        return MISSING
    then, now = moment(ns, utc=utc), moment(now_ns, utc=utc)
    return then.strftime("%H:%M:%S" if then.date() == now.date() else "%d %b %H:%M")


def full_time(ns: int, *, utc: bool = True) -> str:
    """Return "2026-11-20 09:51:42", or a dash where the instant is unknown (0)."""
    return moment(ns, utc=utc).strftime("%Y-%m-%d %H:%M:%S") if ns > 0 else MISSING
