"""The standard's ServerDiagnostics (OPC 10000-5, 6.3.3): sessions and subscriptions in numbers, written once a second."""

import time
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Final

from asyncua import ua
from typing_extensions import override

from opcua_server.dataplane.publish import Publisher
from opcua_server.diagnostics_switch import DiagnosticsSwitch
from opcua_server.services.internal import AndonInternalServer
from opcua_server.services.session_services import SessionListener
from opcua_server.services.sessions import AndonSession
from opcua_server.session_diagnostics import describe_security, describe_session, describe_subscription

_ID = ua.ObjectIds
_OF: Final = "Server_ServerDiagnostics"
_SUMMARY: Final = f"{_OF}_ServerDiagnosticsSummary"
_SUBSCRIPTIONS: Final = f"{_OF}_SubscriptionDiagnosticsArray"
_SESSIONS: Final = f"{_OF}_SessionsDiagnosticsSummary_SessionDiagnosticsArray"
_SECURITY: Final = f"{_OF}_SessionsDiagnosticsSummary_SessionSecurityDiagnosticsArray"
_COUNTS: Final = tuple(each.name for each in fields(ua.ServerDiagnosticsSummaryDataType))
_STRUCTURE: Final = ua.VariantType.ExtensionObject


class ServerDiagnostics(SessionListener):
    """Follows what happens to sessions, and writes the diagnostic nodes."""

    def __init__(self, inner: AndonInternalServer, publisher: Publisher) -> None:
        self._inner = inner
        self._publisher = publisher
        self._summary = ua.ServerDiagnosticsSummaryDataType()
        self._sessions: dict[ua.NodeId, AndonSession] = {}
        self._since: dict[ua.NodeId, datetime] = {}
        self._closed: set[ua.NodeId] = set()
        self._subscriptions: set[int] = set()
        self._written: dict[str, object] = {}
        self._is_shown = True
        self._switch = inner.attributes.door = DiagnosticsSwitch(inner.attributes.door, publisher)
        inner.sessions.listeners.append(self)

    @override
    def closed(self, session: AndonSession) -> None:
        self._closed.add(session.session_id)

    async def update(self) -> None:
        """Write what has changed; to be called once a second. What is off is counted all the same, and not shown."""
        now = datetime.now(UTC)
        self._follow_sessions(now)
        self._follow_subscriptions()
        self._follow_refusals()
        if self._switch.is_on:
            self._is_shown = True
            await self._show(now)
        elif self._is_shown:
            self._is_shown = False
            await self._hide()

    # ---- following -----------------------------------------------------------------------------------------------

    def _follow_sessions(self, now: datetime) -> None:
        """Count who has come and who has gone, and how."""
        present = {
            session.session_id: session
            for session in self._inner._external_sessions.values()
            if session.is_activated()
        }
        self._summary.CumulatedSessionCount += len(present.keys() - self._sessions.keys())
        for number in self._sessions.keys() - present.keys():
            if number in self._closed:
                self._closed.discard(number)
            elif _timed_out(self._sessions[number]):
                self._summary.SessionTimeoutCount += 1
            else:
                self._summary.SessionAbortCount += 1
        self._closed &= present.keys()
        self._since = {number: self._since.get(number, now) for number in present}
        self._sessions = present
        self._summary.CurrentSessionCount = len(present)

    def _follow_subscriptions(self) -> None:
        present = self._inner.subscriptions.subscriptions
        self._summary.CumulatedSubscriptionCount += len(present.keys() - self._subscriptions)
        self._subscriptions = set(present)
        self._summary.CurrentSubscriptionCount = len(present)
        self._summary.PublishingIntervalCount = len({each.pace.interval_ms for each in present.values()})

    def _follow_refusals(self) -> None:
        summary, refused = self._summary, self._inner.tally
        summary.RejectedRequestsCount = refused.requests
        summary.SecurityRejectedRequestsCount = refused.requests_for_security
        summary.RejectedSessionCount = refused.sessions
        summary.SecurityRejectedSessionCount = refused.sessions_for_security

    # ---- showing -------------------------------------------------------------------------------------------------

    async def _show(self, now: datetime) -> None:
        await self._put(f"{_OF}_EnabledFlag", True, ua.VariantType.Boolean)
        for name in _COUNTS:
            await self._put(f"{_SUMMARY}_{name}", getattr(self._summary, name), ua.VariantType.UInt32)
        await self._put(_SUMMARY, replace(self._summary), _STRUCTURE)
        registry = self._inner.subscriptions.registry
        told = [describe_subscription(each) for each in registry.all.values()]
        await self._put(_SUBSCRIPTIONS, told, _STRUCTURE)
        sessions = [
            describe_session(
                each, registry.of(each), len(registry._queues.get(each, ())), self._since[number], now
            )
            for number, each in self._sessions.items()
        ]
        await self._put(_SESSIONS, sessions, _STRUCTURE)
        secrets = [describe_security(each) for each in self._sessions.values()]
        await self._put(_SECURITY, secrets, _STRUCTURE)

    async def _hide(self) -> None:
        """Say of each node that it cannot be read now."""
        self._written.clear()
        names = [f"{_SUMMARY}_{name}" for name in _COUNTS]
        for name in (*names, _SUMMARY, _SUBSCRIPTIONS, _SESSIONS, _SECURITY):
            node = ua.NodeId(getattr(_ID, name))
            await self._publisher.put(node, None, ua.VariantType.Null, status=ua.StatusCodes.BadNotReadable)

    async def _put(self, name: str, value: object, kind: ua.VariantType) -> None:
        if name in self._written and self._written[name] == value:
            return
        self._written[name] = value
        await self._publisher.put(ua.NodeId(getattr(_ID, name)), value, kind)


def _timed_out(session: AndonSession) -> bool:
    timeout = session.session_timeout
    return bool(timeout) and time.monotonic() - session.last_activity_s >= timeout
