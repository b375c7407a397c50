"""Describe what goes into the journal and what comes out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from opcua_server.alarms.records import AlarmSnapshot, Transition, TransitionKind
from opcua_server.alarms.thresholds import LimitChange

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class EntryKind(StrEnum):
    """What a row of the journal tells about."""

    ALARM = "alarm"
    COMMAND = "command"
    LIMIT = "limit"
    LATCH = "latch"
    SYSTEM = "system"
    CLOCK = "clock"
    AUDIT = "audit"  # in the audit log alone


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLatches:
    """All emergency stops that are latched (the plant's own, and those of single devices), and the machines at rest.

    A restart begins with the machines in `at_rest` standing still: nothing starts by itself because the server did.
    """

    plant: bool = False
    devices: frozenset[str] = frozenset()
    at_rest: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandMark:
    """A command's intent before it acts, or its result after; plain JSON types. The first of each counts."""

    id: str
    intent: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One row to write, and the retained state that changes with it in the same transaction.

    `time` is UTC; `priority` is None where there is none; `detail` holds plain JSON types and is not exported.
    `announced` says that the alarm has been sent to clients already (an e-stop is sent first).
    """

    time: datetime
    kind: EntryKind
    message: str
    device: str = ""
    source: str = ""
    condition: str = ""
    priority: int | None = None
    state: str = ""
    user: str = ""
    comment: str = ""
    evidence: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    alarm: AlarmSnapshot | None = None
    announced: bool = False
    latches: StoredLatches | None = None
    limit: LimitChange | None = None
    command: CommandMark | None = None

    @property
    def keep(self) -> bool:
        """Whether it is written late when it cannot be written now.

        What has happened has to be told; only an intent is dropped, for its command is refused instead.
        """
        return self.command is None or self.command.intent is None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """One row as it stands in the journal."""

    seq: int
    time: datetime
    kind: str
    device: str
    source: str
    condition: str
    priority: int | None
    state: str
    message: str
    user: str
    comment: str
    evidence: str
    detail: Mapping[str, Any]


def alarm_entry(transition: Transition, *, announced: bool = False) -> JournalEntry:
    """Return the row that tells a transition, with the alarm's new state."""
    record = transition.record
    was_acknowledged = transition.kind is TransitionKind.ACKNOWLEDGED
    return JournalEntry(
        time=transition.time,
        kind=EntryKind.ALARM,
        message=record.message,
        device=record.definition.device,
        source=record.definition.source,
        condition=record.key,
        priority=int(record.priority),
        state=record.state.value,
        user=transition.user,
        comment=record.comment if was_acknowledged else "",
        evidence="; ".join(record.evidence),
        detail={
            "transition": transition.kind.value,
            "event_id": record.event_id.hex(),
            "occurrence": record.occurrence,
            "severity": record.severity,
            "active_limit": record.active_limit.value if record.active_limit else None,
        },
        alarm=record.snapshot(),
        announced=announced,
    )


def microseconds(time: datetime) -> int:
    """Return a UTC time as whole microseconds since 1970, without rounding.

    Raises:
        ValueError: The time has no zone.
    """
    if time.tzinfo is None:
        raise ValueError(f"{time} has no time zone")
    return (time - _EPOCH) // _MICROSECOND


def from_microseconds(time_us: int) -> datetime:
    """Return the UTC time."""
    return _EPOCH + time_us * _MICROSECOND


def canonical(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, no NaN.

    Raises:
        ValueError: A number in it is NaN or infinite.
        TypeError: It holds something that JSON has no form for.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def clean(text: str) -> str:
    """Return a text that can be stored: what is not valid Unicode becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
