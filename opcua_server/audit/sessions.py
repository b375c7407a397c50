"""Sessions, channels and certificates in the audit log and as audit events."""

import asyncio
import hashlib
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Final

from asyncua import ua
from typing_extensions import override

from opcua_server.audit.events import AuditEvents
from opcua_server.audit.log import AuditLog
from opcua_server.audit.records import AuditRecord, Deed, Stage, plain
from opcua_server.security.certificates_check import CertificateRefusedError
from opcua_server.security.identity import Identity
from opcua_server.services.caller import Caller
from opcua_server.services.session_services import SessionListener
from opcua_server.services.sessions import AndonSession
from opcua_server.services.status import status

_ID = ua.ObjectIds
_S = ua.StatusCodes
_T = ua.VariantType

# Why a certificate was refused -> the event's type (OPC 10000-4, 6.1.3).
_CERTIFICATE_EVENTS: Final = {
    _S.BadCertificateTimeInvalid: _ID.AuditCertificateExpiredEventType,
    _S.BadCertificateIssuerTimeInvalid: _ID.AuditCertificateExpiredEventType,
    _S.BadCertificateUntrusted: _ID.AuditCertificateUntrustedEventType,
    _S.BadCertificateRevoked: _ID.AuditCertificateRevokedEventType,
    _S.BadCertificateIssuerRevoked: _ID.AuditCertificateRevokedEventType,
    _S.BadCertificateUseNotAllowed: _ID.AuditCertificateMismatchEventType,
    _S.BadCertificateIssuerUseNotAllowed: _ID.AuditCertificateMismatchEventType,
    _S.BadCertificateHostNameInvalid: _ID.AuditCertificateDataMismatchEventType,
    _S.BadCertificateUriInvalid: _ID.AuditCertificateDataMismatchEventType,
}


class SessionAudit(SessionListener):
    """Writes down what the session services and the channels do. Nothing here waits."""

    def __init__(self, log: AuditLog, events: AuditEvents) -> None:
        self._log = log
        self._events = events
        self._tasks: set[asyncio.Task[None]] = set()
        self._latest: Future[int] | None = None

    @override
    def created(self, session: AndonSession, status: int) -> None:
        """Tell of a session that was created."""
        record = _record(session, Deed.SESSION, session.client_name or "session", "created")
        self._tell(record, status, is_known=False)
        fields = {
            **_session_fields(session),
            **_certificate_fields(session.client_certificate),
            "RevisedSessionTimeout": ua.Variant((session.session_timeout or 0.0) * 1000.0, _T.Double),
        }
        self._send(_ID.AuditCreateSessionEventType, "Session/CreateSession", session.caller, status, fields)

    @override
    def activated(self, session: AndonSession, before: Identity | None, user: str, status: int) -> None:
        """Tell of a login, a change of user or a refusal."""
        name = user or "anonymous"
        record = _record(session, Deed.LOGIN, name, "" if before is None else f"before: {before.name}")
        self._tell(record, status, user=name, is_known=bool(user))
        token: ua.UserNameIdentityToken | ua.AnonymousIdentityToken = ua.AnonymousIdentityToken()
        if user:
            token = ua.UserNameIdentityToken(UserName=ua.String(user))  # never the password
        fields = {
            **_session_fields(session),
            "UserIdentityToken": ua.Variant(token, _T.ExtensionObject),
            "ClientUserId": ua.Variant(name, _T.String),
        }
        self._send(
            _ID.AuditActivateSessionEventType, "Session/ActivateSession", session.caller, status, fields
        )

    @override
    def closed(self, session: AndonSession) -> None:
        """Tell of a session that its client has closed."""
        is_known = session.identity is not None and not session.identity.is_anonymous
        self._tell(_record(session, Deed.LOGOUT, session.caller.name, ""), _S.Good, is_known=is_known)
        fields = _session_fields(session)
        self._send(_ID.AuditSessionEventType, "Session/CloseSession", session.caller, _S.Good, fields)

    @override
    async def settled(self) -> None:
        """Wait until the latest record is on the disk."""
        if self._latest is not None:
            await self._log.settled(self._latest)

    def channel(self, address: str, certificate: bytes, policy: str, mode: int, code: int) -> None:
        """Tell of a secure channel that was opened or refused."""
        caller = Caller(name="", address=address, session="")
        record = AuditRecord(
            deed=Deed.CHANNEL,
            target=policy.rpartition("#")[2] or policy,
            user="",
            address=address,
            detail={"certificate": _thumbprint(certificate)},
        )
        self._tell(record, code, is_known=False)
        fields = {
            **_certificate_fields(certificate),
            "SecurityPolicyUri": ua.Variant(policy, _T.String),
            "SecurityMode": ua.Variant(mode, _T.Int32),
        }
        kind, source = _ID.AuditOpenSecureChannelEventType, "SecureChannel/OpenSecureChannel"
        self._send(kind, source, caller, code, fields)

    def certificate(self, refusal: CertificateRefusedError, address: str) -> None:
        """Tell of a certificate that was refused."""
        certificate, code = refusal.leaf, refusal.status
        caller = Caller(name="", address=address, session="")
        record = AuditRecord(deed=Deed.CERTIFICATE, target=_thumbprint(certificate), user="", address=address)
        self._tell(record, code, is_known=False)
        kind = _CERTIFICATE_EVENTS.get(code, _ID.AuditCertificateInvalidEventType)
        fields = {"Certificate": ua.Variant(certificate, _T.ByteString)}
        self._send(kind, "Security/Certificate", caller, code, fields)

    def user_changed(self, name: str, old: str, new: str) -> None:
        """Tell that a session's user got other roles while it was logged in."""
        self._log.note(
            AuditRecord(
                deed=Deed.USER,
                target=name,
                user="server",
                old=old,
                new=new,
                comment="taken up",
                result="Good",
            )
        )

    def _tell(self, record: AuditRecord, code: int, *, is_known: bool, user: str = "") -> None:
        """Write a record; of those whom nobody knows, who come and go as they like, what repeats itself as a number."""
        result = status(code)
        if result.is_good() and is_known:
            self._latest = self._log.note(record.ended(Stage.DONE, result.name))
        elif result.is_good():
            kind = (record.deed, record.address, record.detail.get("certificate"))
            self._log.repeated(record.ended(Stage.DONE, result.name), kind=kind)
        else:
            target = user or record.target
            refused = AuditRecord(
                deed=record.deed,
                target=str(plain(target)),
                user=str(plain(user or record.user)),
                address=record.address,
                comment=record.comment,
                result=result.name,
                detail=record.detail,
            )
            # A peer chooses policy, name and session: only names whose password was looked at count apart, and those are few.
            looked_at = user if code == _S.BadUserAccessDenied else ""
            self._log.refused(refused, kind=(record.deed, looked_at, record.address, code))

    def _send(self, kind: int, source: str, caller: Caller, code: int, fields: dict[str, ua.Variant]) -> None:
        if self._events.has_listeners:
            self._run(self._events.send(kind, source, caller, code, fields))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _record(session: AndonSession, deed: Deed, target: str, comment: str) -> AuditRecord:
    return AuditRecord(
        deed=deed,
        target=str(plain(target)),
        user=session.caller.name,
        address=session.address,
        session=session.caller.session,
        comment=comment,
        detail={"application": plain(session.client_name), "roles": sorted(session.caller.roles)},
    )


def _session_fields(session: AndonSession) -> dict[str, ua.Variant]:
    return {"SessionId": ua.Variant(session.session_id, _T.NodeId)}


def _certificate_fields(certificate: bytes) -> dict[str, ua.Variant]:
    return {
        "ClientCertificate": ua.Variant(certificate, _T.ByteString),
        "ClientCertificateThumbprint": ua.Variant(_thumbprint(certificate), _T.String),
    }


def _thumbprint(certificate: bytes) -> str:
    """Return a certificate's name: its SHA-1, as OPC UA has it (OPC 10000-6, 6.2.2)."""
    return hashlib.sha1(certificate, usedforsecurity=False).hexdigest() if certificate else ""
