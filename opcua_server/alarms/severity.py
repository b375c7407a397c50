"""Translate between our four priorities and OPC UA's severities of 1 to 1000."""

from enum import IntEnum
from typing import Final


class Priority(IntEnum):
    """How soon an operator must act; the smaller, the sooner."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4


# The one table. OPC 10000-5, 6.4.2 leaves the scale to the server and puts "high" at 667 to 1000, "low" at 1 to 333.
SEVERITY: Final[dict[Priority, int]] = {
    Priority.P1: 900,
    Priority.P2: 700,
    Priority.P3: 500,
    Priority.P4: 200,
}

# A foreign severity goes to the nearest of ours: the bounds lie half-way between two neighbours.
_AT_LEAST: Final = ((800, Priority.P1), (600, Priority.P2), (350, Priority.P3))


def severity_of(priority: int) -> int:
    """Return the OPC UA severity of a priority: P1 900, P2 700, P3 500, P4 200.

    Raises:
        ValueError: `priority` outside 1..4.
    """
    return SEVERITY[Priority(priority)]


def priority_of(severity: int) -> Priority:
    """Return the priority of any severity, also of a foreign server's: from 800 P1, 600 P2, 350 P3, below P4.

    Raises:
        ValueError: `severity` outside 1..1000.
    """
    if not 1 <= severity <= 1000:
        raise ValueError(f"severity {severity} is outside 1..1000")
    for bound, priority in _AT_LEAST:
        if severity >= bound:
            return priority
    return Priority.P4
