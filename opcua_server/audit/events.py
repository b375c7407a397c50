"""OPC UA's audit events (OPC 10000-5, 6.5): sent to who may read the audit log, over an encrypted channel alone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from asyncua import ua

from opcua_server.security.authorize import may
from opcua_server.security.permissions import Action
from opcua_server.services.caller import Caller
from opcua_server.services.events import EventRecord
from opcua_server.services.internal import AndonInternalServer
from opcua_server.services.status import status

_ID = ua.ObjectIds
_T = ua.VariantType
SERVER: Final = ua.NodeId(_ID.Server)
_GOOD_SEVERITY, _BAD_SEVERITY = 100, 500


class AuditEvents:
    """Makes audit events and sends them to the subscriptions of security administrators."""

    def __init__(self, inner: AndonInternalServer) -> None:
        self._inner = inner
        self._subscriptions = inner.subscriptions

    @property
    def has_listeners(self) -> bool:
        """Whether anyone may have them now: rights are looked at for each event."""
        return any(may_audit(each.session.caller) for each in self._subscriptions.subscriptions.values())

    async def send(
        self, kind: int, source: str, caller: Caller, code: int, fields: Mapping[str, ua.Variant]
    ) -> None:
        """Send one event.

        Args:
            kind: Number of its type, of `ua.ObjectIds`.
            source: SourceName as the standard prescribes it for the type, "Attribute/Write".
            caller: Who did it.
            code: What became of it.
            fields: Those of the type itself.
        """
        if not self.has_listeners:
            return
        event = EventRecord(
            event_type=ua.NodeId(kind),
            fields={**self._common(kind, source, caller, code), **fields},
            notifiers=frozenset({SERVER}),
            audit=True,
        )
        await self._subscriptions.trigger_event(event)

    def _common(self, kind: int, source: str, caller: Caller, code: int) -> dict[str, ua.Variant]:
        now = ua.Variant(datetime.now(UTC), _T.DateTime)
        is_good = status(code).is_good()
        what = "" if is_good else f": {status(code).name}"
        return {
            "EventId": ua.Variant(uuid4().bytes, _T.ByteString),
            "EventType": ua.Variant(ua.NodeId(kind), _T.NodeId),
            "SourceNode": ua.Variant(SERVER, _T.NodeId),
            "SourceName": ua.Variant(source, _T.String),
            "Time": now,
            "ReceiveTime": now,
            "Message": ua.Variant(ua.LocalizedText(f"{source} by {caller.name}{what}"), _T.LocalizedText),
            "Severity": ua.Variant(_GOOD_SEVERITY if is_good else _BAD_SEVERITY, _T.UInt16),
            "ActionTimeStamp": now,
            "Status": ua.Variant(is_good, _T.Boolean),
            "StatusCodeId": ua.Variant(status(code), _T.StatusCode),
            "ServerId": ua.Variant(self._inner.application_uri, _T.String),
            "ClientAuditEntryId": ua.Variant("", _T.String),
            "ClientUserId": ua.Variant(caller.name, _T.String),
        }


def may_receive(caller: Caller, event: EventRecord) -> bool:
    """Return whether an event may go to a session."""
    return may_audit(caller) if event.audit else may(caller, Action.READ)


def may_audit(caller: Caller) -> bool:
    """Return whether a session may receive audit events."""
    return may(caller, Action.READ_AUDIT) and caller.is_encrypted
