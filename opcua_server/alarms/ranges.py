"""Read the time range of an export."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY: Final = timedelta(days=1) - timedelta(microseconds=1)


class RangeError(ValueError):
    """A range of time that holds nothing; the message is one sentence for a person."""


def parse_range(begin_text: str, end_text: str) -> tuple[datetime, datetime]:
    """Return begin and end in UTC, both included.

    Times are ISO-8601; one without a zone is UTC; a date as the end means the whole day; an empty text means from the
    first, or to the last.

    Raises:
        RangeError: A text is no time, or the range is empty or reversed.
    """
    begin = _parse(begin_text, "begin") if begin_text.strip() else EARLIEST
    end = _parse(end_text, "end") if end_text.strip() else LATEST
    if _DATE.fullmatch(end_text.strip()):
        end += _DAY
    check_range(begin, end)
    return begin, end


def check_range(begin: datetime, end: datetime) -> None:
    """Refuse a range without extent.

    Raises:
        RangeError: The end is the begin, or before it.
    """
    if begin == end:
        raise RangeError(f"The range is empty: it begins and ends at {iso(begin)}.")
    if begin > end:
        raise RangeError(f"The range is reversed: it begins at {iso(begin)}, after its end at {iso(end)}.")


def nothing_between(begin: datetime, end: datetime) -> str:
    """Return the sentence for a range without rows."""
    return f"The journal holds nothing between {iso(begin)} and {iso(end)}."


def iso(time: datetime) -> str:
    """Return a time as ISO-8601 UTC with milliseconds, cut and not rounded: 2026-01-05T06:00:00.123Z."""
    utc = time.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _parse(text: str, what: str) -> datetime:
    try:
        time = datetime.fromisoformat(text.strip())
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise RangeError(
            f"The {what} of the range, {text!r}, is no time: write it like 2026-01-05T14:00:00Z."
        ) from problem
