"""CreateSession, ActivateSession and CloseSession (OPC 10000-4, 5.6)."""

import hmac
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.ua.ua_binary import Primitives, struct_from_binary
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from opcua_server.security.certificates import uris
from opcua_server.security.certificates_check import CertificateRefusedError, split
from opcua_server.security.endpoints import NONE
from opcua_server.security.identity import Identity, LoginRefusedError, Role
from opcua_server.security.identity_token import Credentials, read_token
from opcua_server.security.station import Station
from opcua_server.services.sessions import AndonSession
from opcua_server.services.table import Request, ServiceTable

if TYPE_CHECKING:
    from opcua_server.services.connections import AndonProcessor

MIN_NONCE: Final = 32

_log = logging.getLogger(__name__)


class SessionListener:
    """Whoever wants to hear of sessions, as the audit does; does nothing by itself."""

    def created(self, session: AndonSession, status: int) -> None:
        """A session was created, or refused with a bad status."""

    def activated(self, session: AndonSession, before: Identity | None, user: str, status: int) -> None:
        """Somebody logged in, or was refused with a bad status; `before` is who the session served until now."""

    def closed(self, session: AndonSession) -> None:
        """A session was closed by its client."""

    async def settled(self) -> None:
        """Wait until what was told is kept, for a time that a client waits."""


@dataclass(slots=True)
class SessionServices:
    """Answers the three session services.

    Args:
        inner: Our internal server.
        offer_none: Whether a session may live on a channel without security.
        station: The console of the server's own user.
        listeners: Told of what happens.
    """

    inner: Any
    offer_none: bool = True
    station: Station | None = None
    listeners: list[SessionListener] = field(default_factory=list)

    def add_to(self, table: ServiceTable) -> None:
        """Answer these services from now on."""
        ids = ua.ObjectIds
        table.add(ids.CreateSessionRequest_Encoding_DefaultBinary, self.create, needs_session=False)
        table.add(ids.ActivateSessionRequest_Encoding_DefaultBinary, self.activate, needs_session=False)
        table.add(ids.CloseSessionRequest_Encoding_DefaultBinary, self.close, needs_session=False)

    # ---- create --------------------------------------------------------------------------------------------------

    async def create(self, request: Request) -> ua.CreateSessionResponse:
        """Create a session that lives on the request's channel."""
        processor = request.processor
        policy = processor.security_policy
        wanted = struct_from_binary(ua.CreateSessionParameters, request.body)
        if policy.Mode == NONE and not self.offer_none:
            raise ServiceError(ua.StatusCodes.BadSecurityPolicyRejected)
        self._check_client(wanted, policy)
        await _make_room(processor)
        session: AndonSession = self.inner.create_session(processor.name, external=True)
        session.bind(processor)
        session.security = (policy.URI, policy.Mode)
        session.client_certificate = policy.peer_certificate or b""
        session.client_name = str(wanted.SessionName or wanted.ClientDescription.ApplicationUri or "")
        result = await session.create_session(wanted, sockname=processor.sockname)
        result.ServerCertificate = policy.host_certificate
        signed = (policy.peer_certificate or b"") + (wanted.ClientNonce or b"")
        result.ServerSignature.Signature = policy.asymmetric_cryptography.signature(signed)
        result.ServerSignature.Algorithm = policy.AsymmetricSignatureURI
        for listener in self.listeners:
            listener.created(session, ua.StatusCodes.Good)
        return ua.CreateSessionResponse(Parameters=result)

    def _check_client(self, wanted: ua.CreateSessionParameters, policy: Any) -> None:
        own_uri = self.inner.application_uri
        if wanted.ServerUri and own_uri and wanted.ServerUri != own_uri:
            raise ServiceError(ua.StatusCodes.BadServerUriInvalid)
        if policy.Mode == NONE:
            return
        if len(wanted.ClientNonce or b"") < MIN_NONCE:
            raise ServiceError(ua.StatusCodes.BadNonceInvalid)
        # What counts is the certificate that signed the channel: another one named here proves nothing.
        try:
            told = next(split(wanted.ClientCertificate or b""), b"")
        except CertificateRefusedError:
            told = b""
        if told != policy.peer_certificate:
            raise ServiceError(ua.StatusCodes.BadCertificateInvalid)
        certificate = x509.load_der_x509_certificate(policy.peer_certificate)
        if wanted.ClientDescription.ApplicationUri not in uris(certificate):
            _log.warning(
                "refused a session: the application calls itself %r, its certificate is for %s",
                str(wanted.ClientDescription.ApplicationUri)[:200],
                ", ".join(uris(certificate)) or "none",
            )
            raise ServiceError(ua.StatusCodes.BadCertificateUriInvalid)

    # ---- activate ------------------------------------------------------------------------------------------------

    async def activate(self, request: Request) -> ua.ActivateSessionResponse:
        """Log somebody in: at first, at a change of shift on the same channel, or after a loss on another one."""
        processor = request.processor
        policy = processor.security_policy
        wanted = struct_from_binary(ua.ActivateSessionParameters, request.body)
        session = self._find(processor, request.header.AuthenticationToken)
        _check_signature(wanted.ClientSignature, session, policy)
        moves = session.processor is not processor
        if moves:
            _check_move(session, processor)
        before, user = session.identity, ""
        try:
            credentials = read_token(wanted.UserIdentityToken, session.nonce or b"", policy)
            user = credentials.name if credentials else ""
            identity = await self._identify(credentials, processor, policy)
            if moves and (before is None or not _is_same(before, identity)):
                raise ServiceError(ua.StatusCodes.BadIdentityChangeNotSupported)
            if session.is_closed or processor.is_gone:
                raise ServiceError(ua.StatusCodes.BadSessionIdInvalid)
        except ServiceError as refusal:
            self._tell_activated(session, before, user, int(refusal.code))
            raise
        if moves:
            await _leave(processor)
            session.bind(processor)
        result = session.activate(identity)
        result.Results = [ua.StatusCode() for _ in wanted.ClientSoftwareCertificates or ()]
        self._tell_activated(session, before, user, ua.StatusCodes.Good)
        for listener in self.listeners:
            await listener.settled()
        return ua.ActivateSessionResponse(Parameters=result)

    def _find(self, processor: "AndonProcessor", token: ua.NodeId) -> AndonSession:
        own = processor.session
        if own is not None and same_token(own.auth_token, token):
            found: AndonSession | None = own
        else:
            found = self.inner.lookup_external_session(token)
        if found is None or found.is_closed:
            raise ServiceError(ua.StatusCodes.BadSessionIdInvalid)
        return found

    async def _identify(
        self, credentials: Credentials | None, processor: "AndonProcessor", policy: Any
    ) -> Identity:
        address = processor.address
        who = self.inner.authenticator
        if credentials is None:
            encrypted = policy.Mode == ua.MessageSecurityMode.SignAndEncrypt
            identity: Identity = who.anonymous(address, encrypted=encrypted)
        elif station := self._of_station(credentials, address):
            identity = station
        else:
            try:
                identity = await who.authenticate(credentials.name, credentials.password, address)
            except LoginRefusedError as refusal:
                _log.info("refused a login from %s: %s", address, refusal)
                raise ServiceError(refusal.status) from refusal
        return identity if policy.Mode == NONE else identity.plus(Role.TRUSTED_APPLICATION)

    def _of_station(self, credentials: Credentials, address: str) -> Identity | None:
        if self.station is None:
            return None
        return self.station.identify(credentials.name, credentials.password, address)

    def _tell_activated(self, session: AndonSession, before: Identity | None, user: str, status: int) -> None:
        for listener in self.listeners:
            listener.activated(session, before, user, status)

    # ---- close ---------------------------------------------------------------------------------------------------

    async def close(self, request: Request) -> ua.CloseSessionResponse:
        """End the session of the request's channel."""
        session = request.processor.session
        if session is None or not same_token(session.auth_token, request.header.AuthenticationToken):
            raise ServiceError(ua.StatusCodes.BadSessionIdInvalid)
        deletes = bool(Primitives.Boolean.unpack(request.body))
        request.processor.session = None
        await session.close_session(deletes)
        for listener in self.listeners:
            listener.closed(session)
        return ua.CloseSessionResponse()


def same_token(one: ua.NodeId, other: ua.NodeId) -> bool:
    """Compare two authentication tokens without telling by the time how much of them is equal."""
    secret, guess = one.Identifier, other.Identifier
    if not isinstance(secret, bytes) or not isinstance(guess, bytes):
        return False
    return hmac.compare_digest(secret, guess) and one.NamespaceIndex == other.NamespaceIndex


def is_token(own: ua.NodeId, namespace: int, secret: bytes) -> bool:
    """Compare an authentication token with the parts of one, in the same time whatever is equal."""
    mine = own.Identifier
    return isinstance(mine, bytes) and hmac.compare_digest(mine, secret) and own.NamespaceIndex == namespace


def _check_signature(signature: ua.SignatureData, session: AndonSession, policy: Any) -> None:
    """Have the client prove that it still holds the key of its certificate."""
    if policy.Mode == NONE:
        return
    signed = policy.host_certificate + (session.nonce or b"")
    try:
        if signature.Algorithm != policy.AsymmetricSignatureURI:
            raise InvalidSignature
        policy.asymmetric_cryptography.Verifier.verify(signed, signature.Signature or b"")
    except (InvalidSignature, ValueError) as problem:
        raise ServiceError(ua.StatusCodes.BadApplicationSignatureInvalid) from problem


def _check_move(session: AndonSession, processor: "AndonProcessor") -> None:
    """Let a session move to a channel of the same kind that the same application opened; else it stays where it is."""
    policy = processor.security_policy
    same = (
        session.is_activated()
        and session.security == (policy.URI, policy.Mode)
        and session.client_certificate == (policy.peer_certificate or b"")
        and (policy.Mode != NONE or session.address == processor.address)
    )
    if not same:
        raise ServiceError(ua.StatusCodes.BadIdentityChangeNotSupported)


def _is_same(before: Identity, now: Identity) -> bool:
    return before.name == now.name and before.is_anonymous == now.is_anonymous


async def _make_room(processor: "AndonProcessor") -> None:
    """Take one session a channel; one that was never activated gives way."""
    session = processor.session
    if session is None or session.is_closed:
        return
    if session.is_activated():
        raise ServiceError(ua.StatusCodes.BadTooManySessions)
    await _leave(processor)


async def _leave(processor: "AndonProcessor") -> None:
    """Give up a channel's session that nobody has logged in to."""
    session, processor.session = processor.session, None
    if session is not None and not session.is_activated():
        await session.close_session(True)
