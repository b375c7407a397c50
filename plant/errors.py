"""Name every way in which the plant refuses something."""

from enum import StrEnum


class DefinitionError(ValueError):
    """A plant, scenario or recording file is wrong; the message names file, key, value and bound."""


class Refusal(StrEnum):
    """Why the plant refused a command; the server maps each to one status code."""

    UNKNOWN_DEVICE = "unknown device"
    UNKNOWN_TAG = "unknown tag"
    UNKNOWN_FAULT = "unknown fault"
    NOT_CONTROLLABLE = "not controllable"
    READ_ONLY = "read only"
    OUT_OF_RANGE = "out of range"
    NOT_A_NUMBER = "not a number"
    LATCHED = "emergency stop latched"
    INVALID_STATE = "invalid state"


class PlantError(Exception):
    """A command that the plant refuses; nothing has changed."""

    def __init__(self, reason: Refusal, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
