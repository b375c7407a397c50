"""Say which alarm states there are and which change leads from one to another."""

from enum import StrEnum
from typing import Final


class AlarmState(StrEnum):
    """States of ISA-18.2 as far as built; the letters are the standard's.

    Latched (E, F), shelved (G), suppressed (H) and out of service (I) join here and in `TRANSITIONS`.
    """

    NORMAL = "Normal"  # A
    ACTIVE_UNACKED = "Active, unacknowledged"  # B
    ACTIVE_ACKED = "Active, acknowledged"  # C
    CLEARED_UNACKED = "Cleared, unacknowledged"  # D

    @property
    def is_active(self) -> bool:
        """Whether the condition itself holds now."""
        return self in {AlarmState.ACTIVE_UNACKED, AlarmState.ACTIVE_ACKED}

    @property
    def is_acknowledged(self) -> bool:
        """Whether nothing waits for an operator's acknowledgement."""
        return self in {AlarmState.NORMAL, AlarmState.ACTIVE_ACKED}


class Trigger(StrEnum):
    """What happens to an alarm."""

    ACTIVATE = "activate"  # the condition has come
    CLEAR = "clear"  # the condition has gone
    ACKNOWLEDGE = "acknowledge"  # an operator has seen it
    ESCALATE = "escalate"  # a further limit or a higher priority while active
    UPDATE = "update"  # something of it has changed that asks for no new acknowledgement
    JOIN = "join"  # a prediction gives way to the process alarm of its device


class IllegalTransitionError(Exception):
    """A trigger that means nothing in the state it met."""


_A, _B, _C, _D = AlarmState

# ISA-18.2 by secondary sources: A->B, B->C, C->A, B->D, D->A, D->B (a new occurrence), C->B at a further limit.
TRANSITIONS: Final[dict[tuple[AlarmState, Trigger], AlarmState]] = {
    (_A, Trigger.ACTIVATE): _B,
    (_B, Trigger.ACKNOWLEDGE): _C,
    (_B, Trigger.CLEAR): _D,
    (_B, Trigger.ESCALATE): _B,
    (_B, Trigger.UPDATE): _B,
    (_B, Trigger.JOIN): _A,
    (_C, Trigger.CLEAR): _A,
    (_C, Trigger.ESCALATE): _B,
    (_C, Trigger.UPDATE): _C,
    (_C, Trigger.JOIN): _A,
    (_D, Trigger.ACKNOWLEDGE): _A,
    (_D, Trigger.ACTIVATE): _B,
}


def next_state(state: AlarmState, trigger: Trigger) -> AlarmState:
    """Return the state that follows.

    Raises:
        IllegalTransitionError: The trigger means nothing in this state.
    """
    try:
        return TRANSITIONS[state, trigger]
    except KeyError:
        raise IllegalTransitionError(f"{trigger} in state {state}") from None
