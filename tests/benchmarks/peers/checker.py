"""Check every value that arrives: its tag, its frame, its status, and that no frame of it is missing."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hmi.link.decode import Samples
from tests.benchmarks.peers.workload import BAD, SLOW_SAMPLING_MS, STEP, WRAP, plan, status_of

SILENT_S = 2.0
MOST_MISSING = 1_000_000  # of one notification; past it all count
CODE = np.uint32(0xFFFF0000)


@dataclass(slots=True)
class Tally:
    """What one window brought."""

    received: int = 0
    lost: int = 0
    wrong: int = 0
    late_ms: list[NDArray[np.float64]] = field(default_factory=list)


class Checker:
    """Checks what one session receives; `tags[h - 1]` is the tag of client handle `h`."""

    def __init__(self, tags: NDArray[np.int64], hz: int) -> None:
        self._tags = tags
        self._hz = hz
        self._exact = np.array([plan(int(tag)).is_exact for tag in tags])
        self._slow_frames = 2 * int(SLOW_SAMPLING_MS * hz / 1000) + 1
        self._last = np.full(len(tags), -1, np.int64)
        self._since = 0

    def begin(self, now_s: float) -> None:
        """Judge what is published from now on."""
        self._since = int(now_s * self._hz) + 1
        self._last[:] = -1  # a frame from before that is still on its way is left out, and not lost

    def take(self, samples: Samples, now_s: float, tally: Tally) -> None:
        """Check one notification that arrived at `now_s` (wall clock)."""
        frames = np.rint(samples.source_ns * (self._hz / 1e9)).astype(np.int64)
        fresh = frames >= self._since
        if not fresh.all():
            if not fresh.any():
                return
            samples = Samples(*(column[fresh] for column in _columns(samples)))
            frames = frames[fresh]
        items = samples.handles.astype(np.int64) - 1
        tally.received += len(items)
        tally.late_ms.append((now_s * 1e9 - samples.source_ns).astype(np.float64) * 1e-6)
        self._check_values(samples, items, frames, tally)
        self._check_order(items, frames, tally)

    def silent(self, now_s: float) -> int:
        """Return how many items have not been heard for 2 s."""
        return int(np.count_nonzero(self._last < (now_s - SILENT_S) * self._hz))

    def _check_values(
        self, samples: Samples, items: NDArray[np.int64], frames: NDArray[np.int64], tally: Tally
    ) -> None:
        tags = self._tags[items]
        expected = status_of(tags, frames)
        right = (
            samples.status & CODE == expected
        )  # the bits below say that a queue overflowed: counted as losses
        good = expected != BAD
        right &= ~good | (samples.values == (frames % WRAP) * STEP + tags)
        tally.wrong += int(np.count_nonzero(~right))

    def _check_order(self, items: NDArray[np.int64], frames: NDArray[np.int64], tally: Tally) -> None:
        if len(items) > 1 and not (np.diff(items) > 0).all():
            order = np.argsort(items, kind="stable")
            items, frames = items[order], frames[order]
        before = np.empty_like(frames)
        before[1:] = frames[:-1]
        first = np.ones(len(items), bool)
        np.not_equal(items[1:], items[:-1], out=first[1:])
        before[first] = self._last[items[first]]
        last = np.ones(len(items), bool)
        last[:-1] = first[1:]
        self._last[items[last]] = frames[last]
        known = before >= 0
        gaps = frames - before
        tally.wrong += int(np.count_nonzero(known & (gaps <= 0)))
        exact = self._exact[items]
        tally.lost += int(np.count_nonzero(known & ~exact & (gaps > self._slow_frames)))
        tally.lost += self._missing(items, before, frames, known & exact & (gaps > 1))

    def _missing(
        self,
        items: NDArray[np.int64],
        before: NDArray[np.int64],
        frames: NDArray[np.int64],
        gap: NDArray[np.bool_],
    ) -> int:
        """Return how many changes lie between the frames of each gap; a Bad status that lasts is none."""
        rows = np.flatnonzero(gap)
        lengths = frames[rows] - before[rows] - 1
        if not len(rows) or lengths.sum() > MOST_MISSING:
            return int(lengths.sum())
        missing = np.repeat(frames[rows] - lengths, lengths) + np.arange(lengths.sum())
        missing -= np.repeat(np.cumsum(lengths) - lengths, lengths)
        tags = np.repeat(self._tags[items[rows]], lengths)
        lasting = (status_of(tags, missing) == BAD) & (status_of(tags, missing - 1) == BAD)
        return int(np.count_nonzero(~lasting))


def _columns(samples: Samples) -> tuple[NDArray[np.generic], ...]:
    return samples.handles, samples.values, samples.status, samples.source_ns
