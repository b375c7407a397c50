"""The standard's ServerDiagnostics (OPC 10000-5, 6.3.3): sessions and subscriptions in numbers, written once a second."""

import time
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from asyncua import ua
from typing_extensions import override

from opcua_server.dataplane.publish import Publisher
from opcua_server.security.identity import Identity
from opcua_server.services.internal import AndonInternalServer
from opcua_server.services.session_services import SessionListener
from opcua_server.services.sessions import AndonSession

_ID = ua.ObjectIds
_SUMMARY: Final = "Server_ServerDiagnostics_ServerDiagnosticsSummary"
# Refusals for want of rights or trust; a session refused for another reason counts as rejected alone.
_SECURITY: Final = frozenset(
    (
        ua.StatusCodes.BadUserAccessDenied,
        ua.StatusCodes.BadIdentityTokenInvalid,
        ua.StatusCodes.BadIdentityTokenRejected,
        ua.StatusCodes.BadSecurityPolicyRejected,
        ua.StatusCodes.BadCertificateInvalid,
        ua.StatusCodes.BadSecurityChecksFailed,
    )
)


class ServerDiagnostics(SessionListener):
    """Counts what happens to sessions, and writes the diagnostic nodes."""

    def __init__(self, inner: AndonInternalServer, publisher: Publisher) -> None:
        self._inner = inner
        self._publisher = publisher
        self._summary = ua.ServerDiagnosticsSummaryDataType()
        self._sessions: dict[ua.NodeId, AndonSession] = {}
        self._since: dict[ua.NodeId, datetime] = {}
        self._closed: set[ua.NodeId] = set()
        self._subscriptions: set[int] = set()
        self._written: dict[str, object] = {}
        inner.sessions.listeners.append(self)

    @override
    def created(self, session: AndonSession, status: int) -> None:
        if status:
            self._reject(status)

    @override
    def activated(self, session: AndonSession, before: Identity | None, user: str, status: int) -> None:
        if status:
            self._reject(status)

    @override
    def closed(self, session: AndonSession) -> None:
        self._closed.add(session.session_id)

    def _reject(self, status: int) -> None:
        self._summary.RejectedSessionCount += 1
        self._summary.SecurityRejectedSessionCount += status in _SECURITY

    async def update(self) -> None:
        """Write what has changed; to be called once a second."""
        now = datetime.now(UTC)
        self._follow_sessions(now)
        subscriptions = dict(self._inner.subscriptions.subscriptions)
        self._summary.CumulatedSubscriptionCount += len(subscriptions.keys() - self._subscriptions)
        self._subscriptions = set(subscriptions)
        self._summary.CurrentSubscriptionCount = len(subscriptions)
        self._summary.PublishingIntervalCount = len(
            {each.pace.interval_ms for each in subscriptions.values()}
        )
        for each in fields(self._summary):
            count = getattr(self._summary, each.name)
            await self._put(f"{_SUMMARY}_{each.name}", count, ua.VariantType.UInt32)
        await self._put(_SUMMARY, replace(self._summary), ua.VariantType.ExtensionObject)
        told = [_subscription(each) for each in subscriptions.values()]
        await self._put(
            "Server_ServerDiagnostics_SubscriptionDiagnosticsArray", told, ua.VariantType.ExtensionObject
        )
        sessions = [self._session(each, now) for each in self._sessions.values()]
        await self._put(
            "Server_ServerDiagnostics_SessionsDiagnosticsSummary_SessionDiagnosticsArray",
            sessions,
            ua.VariantType.ExtensionObject,
        )
        await self._put("Server_ServerDiagnostics_EnabledFlag", True, ua.VariantType.Boolean)

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

    def _session(self, session: AndonSession, now: datetime) -> ua.SessionDiagnosticsDataType:
        own = [each for each in self._inner.subscriptions.subscriptions.values() if each.session is session]
        idle = timedelta(seconds=time.monotonic() - session._last_activity)
        return ua.SessionDiagnosticsDataType(
            SessionId=session.session_id,
            SessionName=session.client_name,
            EndpointUrl="",
            ServerUri=self._inner.application_uri,
            LocaleIds=[],
            ActualSessionTimeout=(session.session_timeout or 0.0) * 1000.0,
            ClientConnectionTime=self._since[session.session_id],
            ClientLastContactTime=now - idle,
            CurrentSubscriptionsCount=len(own),
            CurrentMonitoredItemsCount=sum(len(each.items) for each in own),
        )

    async def _put(self, name: str, value: object, kind: ua.VariantType) -> None:
        if name in self._written and self._written[name] == value:
            return
        self._written[name] = value
        await self._publisher.put(ua.NodeId(getattr(_ID, name)), value, kind)


def _subscription(found: Any) -> ua.SubscriptionDiagnosticsDataType:
    pace = found.pace
    return ua.SubscriptionDiagnosticsDataType(
        SessionId=found.session_id,
        SubscriptionId=found.id,
        Priority=pace.priority,
        PublishingInterval=pace.interval_ms,
        MaxKeepAliveCount=pace.keep_alive_count,
        MaxLifetimeCount=pace.lifetime_count,
        MaxNotificationsPerPublish=pace.max_notifications,
        PublishingEnabled=found.is_enabled,
        UnacknowledgedMessageCount=len(found.sent.available()),
        MonitoredItemCount=len(found.items),
    )


def _timed_out(session: AndonSession) -> bool:
    timeout = session.session_timeout
    return bool(timeout) and time.monotonic() - session._last_activity >= timeout
