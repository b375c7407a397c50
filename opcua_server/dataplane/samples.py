"""What was sampled and not yet sent: the queues of all column items of a subscription, as one log in order of time.

Every item has a queue of its own size (OPC 10000-4, 5.13.1.5), but keeping thousands of small queues is what makes
servers slow. The log takes whole samplings as they are. Queue sizes are applied only where they can matter: before
sending, and when the log outgrows all queues together. As nothing is taken in between, the outcome is the same.
"""

import weakref
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from opcua_server.dataplane.batch import Batch

MANY: Final = 16  # rounds; more of them are put together where they are small
_SMALL: Final = 64  # samples of a round

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


@dataclass(slots=True)
class Round:
    """One sampling: at most one sample an item."""

    samples: Samples
    batch: "weakref.ref[Batch] | None" = None  # of which it is a part that may be encoded with the others
    place: int = 0  # in that batch

    def records(self) -> bytes | None:
        """Return its samples as they go on the wire, if they are encoded with others'."""
        batch = self.batch() if self.batch is not None else None
        return None if batch is None else batch.records(self.place)


class SampleLog:
    """The queues of some items: rounds in which no item has more than one sample, an item's earlier ones first."""

    def __init__(self) -> None:
        self._rounds: deque[Round] = deque()
        self.count = 0

    @property
    def rounds(self) -> int:
        """How many rounds there are; so many samples an item has at most."""
        return len(self._rounds)

    def append(self, sampling: Round) -> None:
        """Add one sampling: at most one sample an item."""
        if len(sampling.samples):
            self._rounds.append(sampling)
            self.count += len(sampling.samples)

    def extend(self, samples: Samples) -> None:
        """Add samples in order of time, any number an item."""
        for each in rounds(samples):
            self.append(Round(each))

    def trim(self, sizes: NDArray[np.int32], discard_oldest: NDArray[np.bool_]) -> None:
        """Apply the queue sizes and policies; both have one entry a slot."""
        if self.count and len(self._rounds) > int(sizes.min()):
            self._replace(trimmed(self._joined(), sizes, discard_oldest))
        elif len(self._rounds) > max(MANY, self.count // _SMALL):
            self._replace(self._joined())

    def take(self, limit: int) -> list[Round]:
        """Remove and return up to `limit` samples, round by round."""
        taken: list[Round] = []
        while self._rounds and limit > 0:
            first = self._rounds.popleft()
            if len(first.samples) > limit:
                self._rounds.appendleft(Round(first.samples[limit:]))
                first = Round(first.samples[:limit])
            taken.append(first)
            limit -= len(first.samples)
            self.count -= len(first.samples)
        return taken

    def remove(self, slots: NDArray[np.bool_]) -> Samples:
        """Remove and return all samples of the slots that are marked."""
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
        if not self._rounds:
            return np.empty(0, SAMPLE)
        return np.concatenate([each.samples for each in self._rounds])

    def _replace(self, samples: Samples) -> None:
        self._rounds.clear()
        self.count = 0
        self.extend(samples)


def rounds(samples: Samples) -> list[Samples]:
    """Return samples in rounds: the first of every item, then every second one, and so on.

    Who comes first within a round is nobody's concern, so records of one layout can stand together on the wire.
    """
    if not len(samples):
        return []
    by_slot, _, rank = _turns(samples)
    turns = np.empty(len(samples), np.intp)
    turns[by_slot] = rank
    order = np.argsort(turns, kind="stable")
    ends = np.cumsum(np.bincount(turns))
    return np.split(samples[order], ends[:-1])


def trimmed(samples: Samples, sizes: NDArray[np.int32], discard_oldest: NDArray[np.bool_]) -> Samples:
    """Return what queues of these sizes hold after they were given `samples` one by one.

    A full queue drops its oldest sample, and the next one tells of it; or it puts the new sample in place of its last,
    and that one tells. A queue of one sample holds the last, and never tells.
    """
    by_slot, count, rank = _turns(samples)
    slots = samples["slot"][by_slot]
    size, oldest = sizes[slots], discard_oldest[slots]
    left_out = count - size  # negative where all fit
    is_last = rank == count - 1
    kept = np.where(oldest, rank >= left_out, (rank < size - 1) | is_last)
    tells = (left_out > 0) & (size > 1) & np.where(oldest, rank == left_out, is_last)
    told = np.zeros(len(samples), np.bool_)
    told[by_slot[tells]] = True
    places = by_slot[kept]
    places.sort()
    result = samples[places]
    result["status"][told[places]] |= OVERFLOW
    return result


def _turns(samples: Samples) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return the order by slot and, in that order, how many samples each one's slot has and which of them it is."""
    by_slot = np.argsort(samples["slot"], kind="stable")
    slots = samples["slot"][by_slot]
    counts = np.bincount(slots)
    rank = np.arange(len(slots)) - (np.cumsum(counts) - counts)[slots]
    return by_slot, counts[slots], rank
