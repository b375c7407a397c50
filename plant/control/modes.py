"""Name the states of a machine."""

from enum import IntEnum


class RunningState(IntEnum):
    """What a machine is doing, as the tag State/RunningState tells it."""

    STOPPED = 0
    STARTING = 1
    RUNNING = 2
    STOPPING = 3
    EMERGENCY_STOPPED = 4
    OFFLINE = 5
