"""Tell what repeats itself by number: a flood of refusals must neither fill the disk nor vanish."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

WINDOW_S: Final = 10.0
_MOST_KEPT: Final = 1000
_OTHERS: Final = object()  # the kind of all that there is no room to count apart

_T = TypeVar("_T")


@dataclass(slots=True)
class _Seen(Generic[_T]):
    since_s: float
    latest: _T
    more: int = 0


class Repeats(Generic[_T]):
    """Lets the first of its kind through, counts those that follow for a while, and hands the count over after."""

    def __init__(self, now: Callable[[], float] = time.monotonic, window_s: float = WINDOW_S) -> None:
        self._now = now
        self._window_s = window_s
        self._seen: dict[Hashable, _Seen[_T]] = {}

    def is_first(self, kind: Hashable, each: _T) -> bool:
        """Return whether `each` is to be told by itself."""
        if kind not in self._seen and len(self._seen) >= _MOST_KEPT:
            kind = _OTHERS
        seen = self._seen.get(kind)
        if seen is None:
            self._seen[kind] = _Seen(self._now(), each)
            return True
        seen.more += 1
        seen.latest = each
        return False

    def due(self, *, everything: bool = False) -> list[tuple[_T, int]]:
        """Return the latest of each kind whose time is over, and how many there were after the first."""
        now = self._now()
        over = [
            kind for kind, seen in self._seen.items() if everything or now - seen.since_s >= self._window_s
        ]
        ended = [self._seen.pop(kind) for kind in over]
        return [(seen.latest, seen.more) for seen in ended if seen.more]
