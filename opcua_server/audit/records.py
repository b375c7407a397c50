"""What the audit log tells, as plain values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from opcua_server.alarms.entries import CommandMark, EntryKind, JournalEntry, JournalRow, clean
from opcua_server.alarms.export import Table
from opcua_server.alarms.ranges import iso

Plain = bool | int | float | str | None | list[Any]

LONGEST_TEXT: Final = 1000
LONGEST_LIST: Final = 100


class Deed(StrEnum):
    """What kind of thing somebody did."""

    WRITE = "write"
    CALL = "call"
    ACKNOWLEDGE = "acknowledge"
    LOGIN = "login"
    LOGOUT = "logout"
    CHANNEL = "channel"
    SESSION = "session"
    CERTIFICATE = "certificate"
    USER = "user"
    TRUST = "trust"
    CONFIGURATION = "configuration"
    AUDIT = "audit"  # the log about itself


class Stage(StrEnum):
    """How far it has come."""

    REQUESTED = "requested"  # written before it is done
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "outcome unknown"  # the server ended between the two


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One thing that somebody did or tried to do."""

    deed: Deed
    target: str  # a node, a user, a certificate
    user: str
    address: str = ""
    session: str = ""
    old: Plain = None
    new: Plain = None
    comment: str = ""
    result: str = ""  # a status code's name
    stage: Stage = Stage.DONE
    detail: Mapping[str, Plain] = field(default_factory=dict)

    def ended(self, stage: Stage, result: str, comment: str = "") -> "AuditRecord":
        """Return the same, with what became of it."""
        return replace(self, stage=stage, result=result, comment=comment or self.comment)


def entry_of(record: AuditRecord, now: datetime, *, command: CommandMark | None = None) -> JournalEntry:
    """Return the row that tells a record."""
    detail = {
        "address": clean(record.address),
        "session": clean(record.session),
        "old": record.old,
        "new": record.new,
        **record.detail,
    }
    return JournalEntry(
        time=now,
        kind=EntryKind.AUDIT,
        source=record.deed,
        device=record.target,
        state=record.stage,
        message=f"{record.deed} {record.target}",
        user=record.user,
        comment=record.comment,
        evidence=record.result,
        detail=detail,
        command=command,
    )


def _fields(row: JournalRow) -> Mapping[str, object]:
    known = {"address", "session", "old", "new"}
    rest = {key: value for key, value in row.detail.items() if key not in known}
    return {
        "seq": row.seq,
        "time": iso(row.time),
        "deed": row.source or row.kind,
        "stage": row.state,
        "user": row.user,
        "address": row.detail.get("address", ""),
        "session": row.detail.get("session", ""),
        "target": row.device,
        "old": row.detail.get("old"),
        "new": row.detail.get("new"),
        "result": row.evidence,
        "comment": row.comment or ("" if row.source else row.message),
        "detail": ", ".join(f"{key} {value}" for key, value in sorted(rest.items())),
    }


AUDIT_TABLE: Final = Table(
    (
        "seq", "time", "deed", "stage", "user", "address", "session", "target", "old", "new", "result", "comment",
        "detail",
    ),
    _fields,
)  # fmt: skip


def plain(value: object) -> Plain:
    """Return a value in plain JSON types, shortened where it is long."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return _short(value.hex())
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(each) for each in value[:LONGEST_LIST]]
    return _short(clean(str(value)))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… ({len(text)} characters)"
