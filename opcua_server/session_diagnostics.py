"""One session or subscription as the standard's diagnostics describe it (OPC 10000-5, 12.12 to 12.15)."""

import time
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final, cast

from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary

from opcua_server.security.endpoints import TRANSPORT
from opcua_server.services.sessions import AndonSession

_SECURITY_TYPE: Final = ua.NodeId(ua.ObjectIds.SessionSecurityDiagnosticsDataType_Encoding_DefaultBinary)
# Fields that count a service each: `ReadCount` counts Read.
_SERVICES: Final = tuple(
    each.name.removesuffix("Count")
    for each in fields(ua.SessionDiagnosticsDataType)
    if each.name.endswith("Count") and not each.name.startswith(("Current", "Total", "Unauthorized"))
)


def describe_session(
    session: AndonSession, subscriptions: list[Any], publish_requests: int, since: datetime, now: datetime
) -> ua.SessionDiagnosticsDataType:
    """Return what a session is and has done; whom it serves is told to fewer, by `describe_security`."""
    idle = timedelta(seconds=time.monotonic() - session.last_activity_s)
    client, tally = session.client, session.tally
    return ua.SessionDiagnosticsDataType(
        SessionId=session.session_id,
        SessionName=session.client_name,
        ClientDescription=client.description,
        ServerUri=client.server_uri,
        EndpointUrl=client.endpoint_url,
        LocaleIds=[],
        ActualSessionTimeout=(session.session_timeout or 0.0) * 1000.0,
        MaxResponseMessageSize=client.max_response_bytes,
        ClientConnectionTime=since,
        ClientLastContactTime=now - idle,
        CurrentSubscriptionsCount=len(subscriptions),
        CurrentMonitoredItemsCount=sum(len(each.items) for each in subscriptions),
        CurrentPublishRequestsInQueue=publish_requests,
        TotalRequestCount=tally.of_all(),
        UnauthorizedRequestCount=tally.unauthorized,
        **{f"{service}Count": tally.of(service) for service in _SERVICES},
    )


@dataclass(slots=True)
class _Security:
    """SessionSecurityDiagnosticsDataType. The library takes its field Encoding for a mask of optional fields."""

    SessionId: ua.NodeId
    ClientUserIdOfSession: ua.String
    ClientUserIdHistory: list[ua.String]
    AuthenticationMechanism: ua.String
    EncodingName: ua.String
    TransportProtocol: ua.String
    SecurityMode: ua.MessageSecurityMode
    SecurityPolicyUri: ua.String
    ClientCertificate: ua.ByteString


def describe_security(session: AndonSession) -> ua.ExtensionObject:
    """Return whom a session serves and how it is protected."""
    identity = session.identity
    policy, mode = session.security
    found = _Security(
        SessionId=session.session_id,
        ClientUserIdOfSession=_text("" if identity is None else identity.name),
        ClientUserIdHistory=[_text(name) for name in session.users],
        AuthenticationMechanism=_text(
            "Anonymous" if identity is None or identity.is_anonymous else "UserName"
        ),
        EncodingName=_text("UA Binary"),
        TransportProtocol=_text(TRANSPORT),
        SecurityMode=mode,
        SecurityPolicyUri=_text(policy),
        ClientCertificate=cast("ua.ByteString", session.client_certificate),
    )
    return ua.ExtensionObject(TypeId=_SECURITY_TYPE, Body=struct_to_binary(found))


def _text(text: str) -> ua.String:
    return cast("ua.String", text)


def describe_subscription(found: Any) -> ua.SubscriptionDiagnosticsDataType:
    """Return what a subscription is and has done; how often queues ran over is not counted."""
    pace, ledger = found.pace, found.ledger
    quiet, unheard = found.cycles
    return ua.SubscriptionDiagnosticsDataType(
        SessionId=found.session_id,
        SubscriptionId=found.id,
        Priority=pace.priority,
        PublishingInterval=pace.interval_ms,
        MaxKeepAliveCount=pace.keep_alive_count,
        MaxLifetimeCount=pace.lifetime_count,
        MaxNotificationsPerPublish=pace.max_notifications,
        PublishingEnabled=found.is_enabled,
        ModifyCount=ledger.modified,
        EnableCount=ledger.enabled,
        DisableCount=ledger.disabled,
        RepublishRequestCount=ledger.republish_requests,
        RepublishMessageRequestCount=ledger.republish_requests,
        RepublishMessageCount=ledger.republished,
        TransferRequestCount=ledger.transfer_requests,
        TransferredToAltClientCount=ledger.transferred_to_others,
        TransferredToSameClientCount=ledger.transferred_to_same,
        PublishRequestCount=ledger.publish_requests,
        DataChangeNotificationsCount=ledger.data_changes,
        EventNotificationsCount=ledger.events,
        NotificationsCount=ledger.data_changes + ledger.events,
        LatePublishRequestCount=ledger.late,
        CurrentKeepAliveCount=quiet,
        CurrentLifetimeCount=unheard,
        UnacknowledgedMessageCount=len(found.sent.available()),
        DiscardedMessageCount=found.sent.discarded,
        MonitoredItemCount=len(found.items),
        NextSequenceNumber=found.next_sequence,
    )
