"""What every server publishes, and what a client must therefore receive.

Frame `k` is due at the wall-clock time `k / hz`, which is its source time: a client knows from a value's source time which
frame it is of, also of a Bad one that carries no value. Tag `i` shows `(k % WRAP) * STEP + i`, so that each value says
which tag and frame it belongs to.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

STEP: Final = 1 << 14  # more than the tags of any load
WRAP: Final = 1 << 30  # value stays an exact Double
UNCERTAIN: Final = 0x40940000  # UncertainEngineeringUnitsExceeded
BAD: Final = 0x808C0000  # BadSensorFailure
STATUS_FRAMES: Final = 10  # a status lasts this many frames

PER_FOLDER: Final = 500  # tags below one object: the library looks through them all for each new one
DEADBAND: Final = (
    STEP / 2
)  # of every 10th item; each step is larger, so that the comparison is made and nothing is held back
SLOW_SAMPLING_MS: Final = 500.0  # of every 20th item
QUEUE: Final = 10
PUBLISHING_MS: Final = 100.0


def statuses(tags: int, frame: int) -> NDArray[np.uint32]:
    """Return the statuses of a frame: 5 % of the tags are Uncertain half of the time, 2 % Bad a quarter of it."""
    return _statuses(tags, frame // STATUS_FRAMES)


@lru_cache(maxsize=2)  # they last some frames; making them is no part of what is measured
def _statuses(tags: int, phase: int) -> NDArray[np.uint32]:
    return status_of(np.arange(tags), np.full(tags, phase * STATUS_FRAMES))


def status_of(index: NDArray[np.int64], frame: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return the status of each tag in each frame."""
    phase = frame // STATUS_FRAMES + index
    found = np.zeros(len(index), np.uint32)
    found[(index % 20 == 7) & (phase % 2 == 1)] = UNCERTAIN
    found[(index % 50 == 3) & (phase % 4 == 0)] = BAD
    return found


def values(tags: int, frame: int) -> NDArray[np.float64]:
    """Return the values of a frame."""
    return np.arange(tags, dtype=np.float64) + (frame % WRAP) * STEP


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """How one tag is monitored."""

    tag: int
    sampling_ms: float  # 0: every change
    deadband: float | None

    @property
    def is_exact(self) -> bool:
        """Whether every change of the tag must arrive."""
        return self.sampling_ms == 0.0


def plan(tag: int) -> ItemPlan:
    """Return how every benchmark client monitors a tag."""
    return ItemPlan(
        tag=tag,
        sampling_ms=SLOW_SAMPLING_MS if tag % 20 == 19 else 0.0,
        deadband=DEADBAND if tag % 10 == 4 else None,
    )
