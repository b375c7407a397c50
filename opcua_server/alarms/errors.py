"""Name every way in which the alarm core refuses something."""

from enum import StrEnum


class AlarmRefusal(StrEnum):
    """Why the alarm engine refused; the server maps each to one status code."""

    CONDITION_UNKNOWN = "condition unknown"
    EVENT_ID_UNKNOWN = "event id unknown"
    ALREADY_ACKNOWLEDGED = "already acknowledged"
    LIMIT_UNKNOWN = "limit unknown"
    NOT_A_NUMBER = "not a number"
    OUT_OF_RANGE = "out of range"
    LIMIT_ORDER = "limits out of order"


class AlarmError(Exception):
    """Something that the alarm engine refuses; nothing has changed."""

    def __init__(self, reason: AlarmRefusal, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class RulesError(ValueError):
    """The rules file is wrong, or does not fit the plant; the message names file, key, value and bound."""


class JournalError(Exception):
    """The journal cannot be written or read; the message is one sentence for a person."""
