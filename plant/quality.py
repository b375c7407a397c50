"""Name the OPC UA status codes that a plant value can carry."""

from enum import IntEnum


class StatusCode(IntEnum):
    """Quality of a value, with the numbers of OPC 10000-4 and OPC 10000-8.

    Source: OPC Foundation, StatusCode.csv of the UA-Nodeset repository.
    """

    GOOD = 0x00000000
    GOOD_LOCAL_OVERRIDE = 0x00960000
    UNCERTAIN_LAST_USABLE_VALUE = 0x40900000
    UNCERTAIN_INITIAL_VALUE = 0x40920000
    UNCERTAIN_SENSOR_NOT_ACCURATE = 0x40930000
    UNCERTAIN_ENGINEERING_UNITS_EXCEEDED = 0x40940000
    UNCERTAIN_SUB_NORMAL = 0x40950000
    BAD_NO_COMMUNICATION = 0x80310000
    BAD_SENSOR_FAILURE = 0x808C0000


_SEVERITY_MASK = 0xC0000000


def is_good(status: int) -> bool:
    """Return whether the two severity bits say Good."""
    return status & _SEVERITY_MASK == 0


def is_uncertain(status: int) -> bool:
    """Return whether the two severity bits say Uncertain."""
    return status & _SEVERITY_MASK == 0x40000000


def is_bad(status: int) -> bool:
    """Return whether the severity bits say Bad."""
    return bool(status & 0x80000000)
