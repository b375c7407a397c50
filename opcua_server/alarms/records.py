"""Hold what is known of one alarm, and what changed, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from opcua_server.alarms.definitions import AlarmDefinition, AlarmText, LimitName
from opcua_server.alarms.severity import Priority, severity_of
from opcua_server.alarms.states import AlarmState

EVENT_ID_BYTES: Final = 16
NO_EVENT_ID: Final = bytes(EVENT_ID_BYTES)  # of an alarm that has never been raised
EPOCH: Final = datetime.fromtimestamp(0, UTC)


class TransitionKind(StrEnum):
    """What a transition tells."""

    RAISED = "raised"
    ESCALATED = "escalated"  # to a further limit or a higher priority: asks for acknowledgement again
    EASED = "eased"  # back to a nearer limit
    UPDATED = "updated"  # the devices an e-stop names
    EVIDENCE = "evidence"  # a detector or limit of the same cause joined it
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"
    JOINED = "joined"  # a prediction gave way to the process alarm that now holds it as evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSnapshot:
    """An alarm as it is stored: everything but its definition."""

    key: str
    state: AlarmState
    event_id: bytes
    event_ids: tuple[bytes, ...]
    active_since: datetime | None
    time: datetime
    acknowledged_by: str
    comment: str
    message: str
    priority: Priority
    active_limit: LimitName | None
    evidence: tuple[str, ...]
    occurrence: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "key": self.key,
            "state": self.state.name,
            "event_id": self.event_id.hex(),
            "event_ids": [event_id.hex() for event_id in self.event_ids],
            "active_since": self.active_since.isoformat() if self.active_since else None,
            "time": self.time.isoformat(),
            "acknowledged_by": self.acknowledged_by,
            "comment": self.comment,
            "message": self.message,
            "priority": int(self.priority),
            "active_limit": self.active_limit.value if self.active_limit else None,
            "evidence": list(self.evidence),
            "occurrence": self.occurrence,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "AlarmSnapshot":
        """Return the snapshot that `to_dict` gave."""
        since, limit = stored["active_since"], stored["active_limit"]
        return cls(
            key=stored["key"],
            state=AlarmState[stored["state"]],
            event_id=bytes.fromhex(stored["event_id"]),
            event_ids=tuple(bytes.fromhex(event_id) for event_id in stored["event_ids"]),
            active_since=datetime.fromisoformat(since) if since else None,
            time=datetime.fromisoformat(stored["time"]),
            acknowledged_by=stored["acknowledged_by"],
            comment=stored["comment"],
            message=stored["message"],
            priority=Priority(stored["priority"]),
            active_limit=LimitName(limit) if limit else None,
            evidence=tuple(stored["evidence"]),
            occurrence=stored["occurrence"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRecord:
    """One alarm as it stands now.

    `event_id` is that of its latest transition; `event_ids` are those by which it can be acknowledged: all since it last
    asked for acknowledgement. `active_since` stays after it has cleared; `acknowledged_by` and `comment` are those of
    the latest acknowledgement of this occurrence. `occurrence` counts from 1, 0 when it was never raised.
    """

    key: str
    definition: AlarmDefinition
    state: AlarmState = AlarmState.NORMAL
    event_id: bytes = NO_EVENT_ID
    event_ids: tuple[bytes, ...] = ()
    active_since: datetime | None = None
    time: datetime = EPOCH
    acknowledged_by: str = ""
    comment: str = ""
    message: str = ""
    priority: Priority = Priority.P4
    active_limit: LimitName | None = None
    evidence: tuple[str, ...] = ()
    occurrence: int = 0

    @property
    def severity(self) -> int:
        """OPC UA's severity of its priority."""
        return severity_of(self.priority)

    @property
    def retain(self) -> bool:
        """Whether it belongs in the list of alarms (OPC 10000-9, 5.5.2)."""
        return self.state is not AlarmState.NORMAL

    @property
    def text(self) -> AlarmText:
        """Cause, consequence and action that fit the limit that is active."""
        return self.definition.text_for(self.active_limit)

    def snapshot(self) -> AlarmSnapshot:
        """Return what is stored of it."""
        return AlarmSnapshot(
            key=self.key,
            state=self.state,
            event_id=self.event_id,
            event_ids=self.event_ids,
            active_since=self.active_since,
            time=self.time,
            acknowledged_by=self.acknowledged_by,
            comment=self.comment,
            message=self.message,
            priority=self.priority,
            active_limit=self.active_limit,
            evidence=self.evidence,
            occurrence=self.occurrence,
        )


def restored(definition: AlarmDefinition, stored: AlarmSnapshot) -> AlarmRecord:
    """Return the record of a stored alarm under its present definition."""
    return AlarmRecord(
        key=definition.key,
        definition=definition,
        state=stored.state,
        event_id=stored.event_id,
        event_ids=stored.event_ids,
        active_since=stored.active_since,
        time=stored.time,
        acknowledged_by=stored.acknowledged_by,
        comment=stored.comment,
        message=stored.message,
        priority=stored.priority,
        active_limit=stored.active_limit,
        evidence=stored.evidence,
        occurrence=stored.occurrence,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One change of one alarm: an event to send, a row to journal. `user` is empty unless a person caused it."""

    kind: TransitionKind
    record: AlarmRecord
    previous: AlarmState
    user: str = ""

    @property
    def key(self) -> str:
        """Key of the alarm."""
        return self.record.key

    @property
    def event_id(self) -> bytes:
        """Id of this event."""
        return self.record.event_id

    @property
    def time(self) -> datetime:
        """When it happened, UTC."""
        return self.record.time
