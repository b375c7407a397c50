"""What was sampled and not yet sent: the queues of all column items of a subscription, as one log in order of time.

Every item has a queue of its own size (OPC 10000-4, 5.13.1.5), but keeping thousands of small queues is what makes
servers slow. The log takes whole samplings as they are. Queue sizes are applied only where they can matter: before
sending, and when the log outgrows all queues together. As nothing is taken in between, the outcome is the same.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

# The info bits InfoType DataValue and Overflow (OPC 10000-4, 7.39.1).
OVERFLOW: Final = 0x480

SAMPLE: Final = np.dtype(
    [
        ("slot", np.intp),  # which item
        ("value", np.float64),
        ("source", np.int64),  # ticks
        ("server", np.int64),  # ticks
        ("status", np.uint32),
    ],
    align=True,
)
Samples = NDArray[np.void]  # of SAMPLE


@dataclass(frozen=True, slots=True)
class Chunk:
    """Samples in order of time; where `repeats` is not set, no item is in it twice."""

    samples: Samples
    repeats: bool


class SampleLog:
    """The queues of some items."""

    def __init__(self) -> None:
        self._chunks: deque[Chunk] = deque()
        self._deepest = 0  # no item has more samples than that
        self.count = 0

    def append(self, samples: Samples) -> None:
        """Add one sampling: at most one sample an item."""
        if not len(samples):
            return
        self._chunks.append(Chunk(samples, repeats=False))
        self._deepest += 1
        self.count += len(samples)

    def extend(self, samples: Samples) -> None:
        """Add samples in order of time, any number an item."""
        if not len(samples):
            return
        deepest = int(np.bincount(samples["slot"]).max())
        self._chunks.append(Chunk(samples, repeats=deepest > 1))
        self._deepest += deepest
        self.count += len(samples)

    def trim(self, sizes: NDArray[np.int32], discard_oldest: NDArray[np.bool_]) -> None:
        """Apply the queue sizes and policies; both have one entry a slot."""
        if self.count and self._deepest > int(sizes.min()):
            self._replace(trimmed(self._joined(), sizes, discard_oldest))

    def take(self, limit: int) -> list[Chunk]:
        """Remove and return up to `limit` samples, oldest first."""
        taken: list[Chunk] = []
        while self._chunks and limit > 0:
            chunk = self._chunks.popleft()
            if len(chunk.samples) > limit:
                self._chunks.appendleft(Chunk(chunk.samples[limit:], chunk.repeats))
                chunk = Chunk(chunk.samples[:limit], chunk.repeats)
            taken.append(chunk)
            limit -= len(chunk.samples)
            self.count -= len(chunk.samples)
        if not self._chunks:
            self._deepest = 0
        return taken

    def remove(self, slots: NDArray[np.bool_]) -> Samples:
        """Remove and return all samples of the slots that are marked."""
        if not self.count:
            return np.empty(0, SAMPLE)
        samples = self._joined()
        marked = slots[samples["slot"]]
        self._replace(samples[~marked])
        return samples[marked]

    def renumber(self, numbers: NDArray[np.intp]) -> None:
        """Give every sample of slot i the slot `numbers[i]`; samples of slots below 0 are dropped."""
        samples = self._joined()
        samples["slot"] = numbers[samples["slot"]]
        self._replace(samples[samples["slot"] >= 0])

    def _joined(self) -> Samples:
        if not self._chunks:
            return np.empty(0, SAMPLE)
        return np.concatenate([chunk.samples for chunk in self._chunks])

    def _replace(self, samples: Samples) -> None:
        self._chunks.clear()
        self._deepest = self.count = 0
        self.extend(samples)


def trimmed(samples: Samples, sizes: NDArray[np.int32], discard_oldest: NDArray[np.bool_]) -> Samples:
    """Return what queues of these sizes hold after they were given `samples` one by one.

    A full queue drops its oldest sample, and the next one tells of it; or it puts the new sample in place of its last,
    and that one tells. A queue of one sample holds the last, and never tells.
    """
    by_slot = np.argsort(samples["slot"], kind="stable")
    slots = samples["slot"][by_slot]
    counts = np.bincount(slots)
    rank = np.arange(len(slots)) - (np.cumsum(counts) - counts)[slots]
    count, size, oldest = counts[slots], sizes[slots], discard_oldest[slots]
    left_out = count - size  # negative where all fit
    is_last = rank == count - 1
    kept = np.where(oldest, rank >= left_out, (rank < size - 1) | is_last)
    tells = (left_out > 0) & (size > 1) & np.where(oldest, rank == left_out, is_last)
    places = by_slot[kept]
    told = np.zeros(len(samples), np.bool_)
    told[by_slot[tells]] = True
    places.sort()
    result = samples[places]
    result["status"][told[places]] |= OVERFLOW
    return result
