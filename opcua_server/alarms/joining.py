"""Decide which alarm tells of a cause when several have fired: one annunciated alarm per device and cause."""

from collections.abc import Iterable

from opcua_server.alarms.definitions import PREDICTIVE_KINDS, PROCESS_KINDS, AlarmKind
from opcua_server.alarms.lifecycle import Finding
from opcua_server.alarms.records import AlarmRecord


def leader_for(record: AlarmRecord, finding: Finding, siblings: Iterable[AlarmRecord]) -> AlarmRecord | None:
    """Return the active alarm of the same device that `finding` joins as evidence, None where it speaks for itself.

    A prediction or novelty joins any process alarm of its device, also after it has been raised itself. A limit joins an
    active rule of its cause group that is at least as urgent, but only before it has been raised: a process alarm that
    operators have seen is not taken back.
    """
    kind = record.definition.kind
    active = [one for one in siblings if one.state.is_active and one.key != record.key]
    if kind in PREDICTIVE_KINDS:
        leaders = [one for one in active if one.definition.kind in PROCESS_KINDS]
    elif kind is AlarmKind.LIMIT and not record.state.is_active:
        leaders = [one for one in active if _leads_limit(one, record, finding)]
    else:
        leaders = []
    return min(leaders, key=_urgency, default=None)


def _leads_limit(leader: AlarmRecord, record: AlarmRecord, finding: Finding) -> bool:
    return (
        leader.definition.kind is AlarmKind.RULE
        and leader.definition.cause_group == record.definition.cause_group
        and leader.priority <= finding.priority
    )


def _urgency(record: AlarmRecord) -> tuple[int, float, str]:
    since = record.active_since.timestamp() if record.active_since else 0.0
    return record.priority, since, record.key
