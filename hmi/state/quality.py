"""Turn OPC UA status codes into what an operator reads."""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

NEVER_ARRIVED: Final = 0x80320000  # BadWaitingForInitialData
LOCAL_OVERRIDE: Final = 0x00960000  # GoodLocalOverride

# Source: OPC 10000-4, 7.39 and OPC 10000-8, 6.3 (status codes and their meaning).
_REASONS: Final = {
    0x00960000: "set by hand",
    0x408F0000: "no communication, last known value",
    0x40900000: "last known value",
    0x40910000: "substituted value",
    0x40920000: "initial value",
    0x40930000: "sensor not accurate",
    0x40940000: "outside the sensor's range",
    0x40950000: "too few good sources",
    0x80050000: "communication error",
    0x800A0000: "no answer in time",
    0x801F0000: "no right to read",
    0x80310000: "no communication",
    0x80320000: "no value yet",
    0x80330000: "unknown to the server",
    0x80340000: "unknown to the server",
    0x80890000: "configuration error",
    0x808A0000: "not connected",
    0x808B0000: "device failed",
    0x808C0000: "sensor failed",
    0x808D0000: "out of service",
}


class Quality(IntEnum):
    """How far a value can be trusted."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


def quality(status: int) -> Quality:
    """Return the quality of a status code by its two severity bits."""
    return Quality(min((int(status) >> 30) & 3, 2))


def qualities(status: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Return the quality of many status codes."""
    grades: NDArray[np.uint8] = np.minimum(status >> np.uint32(30), 2).astype(np.uint8)
    return grades


def reason(status: int) -> str:
    """Return in plain words why a value is not simply good, or "" where it is."""
    code = int(status) & 0xFFFF0000
    if code in _REASONS:
        return _REASONS[code]
    return ("", "uncertain value", "bad value")[quality(status)]
