"""Name the states of a machine."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class RunningState(IntEnum):
    """What a machine is doing, as the tag State/RunningState tells it."""

    STOPPED = 0
    STARTING = 1
    RUNNING = 2
    STOPPING = 3
    EMERGENCY_STOPPED = 4
    OFFLINE = 5


def code(state: RunningState) -> NDArray[np.int8]:
    """Return a state as the columns hold it: to compare a column with it takes a fraction of the time."""
    return np.array(int(state), dtype=np.int8)
