"""Change an alarm's record by the rules of its states: pure functions from record to transition."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from opcua_server.alarms.definitions import LimitName
from opcua_server.alarms.records import AlarmRecord, Transition, TransitionKind
from opcua_server.alarms.severity import Priority
from opcua_server.alarms.states import Trigger, next_state

# An alarm that flaps between two limits unseen collects one id a change; the oldest go first.
_MOST_EVENT_IDS: Final = 256
_MOST_EVIDENCE: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a source says about an alarm now."""

    active: bool
    message: str = ""
    priority: Priority = Priority.P4
    active_limit: LimitName | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When a change happens, and the id of the event that will tell it."""

    now: datetime
    event_id: bytes


def activate(record: AlarmRecord, finding: Finding, stamp: Stamp) -> Transition:
    """Raise it: a new occurrence that wants to be acknowledged."""
    changed = replace(
        record,
        state=next_state(record.state, Trigger.ACTIVATE),
        event_id=stamp.event_id,
        event_ids=(stamp.event_id,),
        active_since=stamp.now,
        time=stamp.now,
        acknowledged_by="",
        comment="",
        message=finding.message,
        priority=finding.priority,
        active_limit=finding.active_limit,
        evidence=_first(finding.evidence),
        occurrence=record.occurrence + 1,
    )
    return _transition(TransitionKind.RAISED, record, changed)


def escalate(record: AlarmRecord, finding: Finding, stamp: Stamp) -> Transition:
    """Tell that it has become worse; what was acknowledged wants to be acknowledged again."""
    earlier = () if record.state.is_acknowledged else record.event_ids
    changed = replace(
        _touched(record, Trigger.ESCALATE, stamp),
        event_ids=_added(earlier, stamp.event_id),
        message=finding.message,
        priority=finding.priority,
        active_limit=finding.active_limit,
        evidence=_joined(record.evidence, finding.evidence),
    )
    return _transition(TransitionKind.ESCALATED, record, changed)


def update(record: AlarmRecord, finding: Finding, stamp: Stamp, kind: TransitionKind) -> Transition:
    """Tell that it has changed without becoming worse."""
    changed = replace(
        _touched(record, Trigger.UPDATE, stamp),
        message=finding.message,
        priority=finding.priority,
        active_limit=finding.active_limit,
    )
    return _transition(kind, record, changed)


def add_evidence(record: AlarmRecord, evidence: Iterable[str], stamp: Stamp) -> Transition:
    """Add what else has fired for the same cause."""
    changed = replace(
        _touched(record, Trigger.UPDATE, stamp), evidence=_joined(record.evidence, tuple(evidence))
    )
    return _transition(TransitionKind.EVIDENCE, record, changed)


def clear(record: AlarmRecord, stamp: Stamp) -> Transition:
    """Tell that its condition has gone."""
    return _transition(TransitionKind.CLEARED, record, _touched(record, Trigger.CLEAR, stamp))


def join(record: AlarmRecord, stamp: Stamp) -> Transition:
    """Take a prediction back: the process alarm of its device tells it from now on."""
    return _transition(TransitionKind.JOINED, record, _touched(record, Trigger.JOIN, stamp))


def acknowledge(record: AlarmRecord, comment: str, user: str, stamp: Stamp) -> Transition:
    """Note who has seen it."""
    changed = replace(_touched(record, Trigger.ACKNOWLEDGE, stamp), acknowledged_by=user, comment=comment)
    return _transition(TransitionKind.ACKNOWLEDGED, record, changed, user)


def _touched(record: AlarmRecord, trigger: Trigger, stamp: Stamp) -> AlarmRecord:
    return replace(
        record,
        state=next_state(record.state, trigger),
        event_id=stamp.event_id,
        event_ids=_added(record.event_ids, stamp.event_id),
        time=stamp.now,
    )


def _transition(kind: TransitionKind, before: AlarmRecord, after: AlarmRecord, user: str = "") -> Transition:
    return Transition(kind=kind, record=after, previous=before.state, user=user)


def _added(event_ids: tuple[bytes, ...], event_id: bytes) -> tuple[bytes, ...]:
    return (*event_ids, event_id)[-_MOST_EVENT_IDS:]


def _joined(evidence: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return _first((*evidence, *(text for text in more if text not in evidence)))


def _first(evidence: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(evidence[:_MOST_EVIDENCE])
