"""Opening a secure channel: the certificate that signs it must be trusted, whatever is said later (OPC 10000-4, 5.5.2).

The private key's work takes 3 to 5 ms a message and holds the interpreter's lock in any thread, so that it is done where it
is asked for; what is not trusted is refused before it.
"""

import logging
import time
from typing import Any, Final, Protocol

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary, uatcp_to_binary
from cryptography.hazmat.primitives.serialization import Encoding

from opcua_server.security.certificates_check import CertificateRefusedError
from opcua_server.security.endpoints import NONE_URI, SECURE_URIS
from opcua_server.security.trust import TrustList

MIN_LIFETIME_MS: Final = 10_000
MAX_LIFETIME_MS: Final = 3_600_000
GRACE: Final = 1.25  # how much longer than its lifetime a token is taken (OPC 10000-4, 5.5.2.1)
MIN_RENEW_S: Final = 1.0  # between two renewals of a channel: each costs the server a signature

_log = logging.getLogger(__name__)


class Opener(Protocol):
    """The part of the library's processor that a channel is opened with."""

    name: Any
    iserver: Any
    _connection: Any

    def send_response(self, requesthandle: Any, seqhdr: Any, response: Any, msgtype: Any) -> None: ...


class ChannelRefusedError(Exception):
    """A channel that is not opened; the client is told `status` and the connection is closed."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status

    def message(self) -> bytes:
        """Return the error message that the client is sent (OPC 10000-6, 7.1.5)."""
        return bytes(
            uatcp_to_binary(
                ua.MessageType.Error, ua.ErrorMessage(ua.StatusCode(ua.UInt32(self.status)), str(self))
            )
        )


class ChannelKeeper:
    """Opens and renews the channel of one connection."""

    def __init__(self, trust: TrustList | None) -> None:
        self._trust = trust
        self._opened_s = 0.0
        self._ends_s = 0.0

    def open(self, processor: Opener, header: Any, body: Buffer) -> None:
        """Answer an OpenSecureChannel request.

        Raises:
            ChannelRefusedError: The channel is not opened.
        """
        sent = body.copy(header.body_size)
        try:
            self._open(processor, header, body)
        except ChannelRefusedError as refusal:
            self._tell_refused(processor, sent, refusal)
            raise
        if self._trust is not None:
            policy = processor._connection.security_policy
            certificate, mode = policy.peer_certificate or b"", int(policy.Mode)
            self._trust.on_channel(
                _address(processor), certificate, policy.URI, mode, int(ua.StatusCodes.Good)
            )

    def _open(self, processor: Opener, header: Any, body: Buffer) -> None:
        connection = processor._connection
        is_renewal = connection.is_open()
        security = self._read_header(body.copy(header.body_size))
        self._check_sender(processor, security, is_renewal=is_renewal)
        try:
            message = connection.receive_from_header_and_body(header, body)
            request = (
                None if message is None else struct_from_binary(ua.OpenSecureChannelRequest, message.body())
            )
        except Exception as problem:
            # Whatever it is, the client learns no more than that: each difference would be an oracle.
            _log.info("a channel could not be opened: %s", type(problem).__name__)
            raise ChannelRefusedError(
                ua.StatusCodes.BadSecurityChecksFailed, "The security of the message could not be verified."
            ) from problem
        if message is None or request is None:
            raise ChannelRefusedError(
                ua.StatusCodes.BadTcpMessageTypeInvalid, "A channel is opened by one chunk."
            )
        wanted = request.Parameters
        self._check_request(connection, wanted, is_renewal=is_renewal)
        wanted.RequestedLifetime = min(max(wanted.RequestedLifetime, MIN_LIFETIME_MS), MAX_LIFETIME_MS)
        if not is_renewal:
            connection.select_policy(
                security.SecurityPolicyURI, security.SenderCertificate, wanted.SecurityMode
            )
        response = ua.OpenSecureChannelResponse(Parameters=connection.open(wanted, processor.iserver))
        self._opened_s = time.monotonic()
        self._ends_s = self._opened_s + wanted.RequestedLifetime / 1000.0 * GRACE
        handle, kind = request.RequestHeader.RequestHandle, ua.MessageType.SecureOpen
        processor.send_response(handle, message.SequenceHeader(), response, kind)

    @property
    def has_ended(self) -> bool:
        """Whether the channel's token was not renewed in time."""
        return time.monotonic() > self._ends_s

    def check_open(self, processor: Opener) -> None:
        """Take messages on an open channel alone, whose token has not ended.

        Raises:
            ChannelRefusedError: There is no channel, or its token was not renewed in time.
        """
        if not processor._connection.is_open():
            raise ChannelRefusedError(ua.StatusCodes.BadTcpSecureChannelUnknown, "There is no channel yet.")
        if self.has_ended:
            raise ChannelRefusedError(
                ua.StatusCodes.BadSecureChannelTokenUnknown, "The channel was not renewed in time."
            )

    # ---- inside --------------------------------------------------------------------------------------------------

    def _tell_refused(self, processor: Opener, sent: Buffer, refusal: ChannelRefusedError) -> None:
        if self._trust is None:
            return
        try:
            security = self._read_header(sent)
        except ChannelRefusedError:
            security = ua.AsymmetricAlgorithmHeader()
        certificate, uri = security.SenderCertificate or b"", security.SecurityPolicyURI or ""
        self._trust.on_channel(_address(processor), certificate, uri, 0, refusal.status)

    @staticmethod
    def _read_header(body: Buffer) -> ua.AsymmetricAlgorithmHeader:
        try:
            return struct_from_binary(ua.AsymmetricAlgorithmHeader, body)
        except Exception as problem:
            raise ChannelRefusedError(
                ua.StatusCodes.BadDecodingError, "The security header cannot be read."
            ) from problem

    def _check_sender(
        self, processor: Opener, security: ua.AsymmetricAlgorithmHeader, *, is_renewal: bool
    ) -> None:
        policy = processor._connection.security_policy
        uri = security.SecurityPolicyURI
        if is_renewal:
            if time.monotonic() - self._opened_s < MIN_RENEW_S:
                raise ChannelRefusedError(
                    ua.StatusCodes.BadSecurityChecksFailed, "The channel is renewed too often."
                )
            if uri != policy.URI:
                raise ChannelRefusedError(
                    ua.StatusCodes.BadSecurityPolicyRejected, "A renewal keeps its policy."
                )
        if uri == NONE_URI:
            return
        if self._trust is None or uri not in SECURE_URIS:
            raise ChannelRefusedError(
                ua.StatusCodes.BadSecurityPolicyRejected, "The security policy is not offered."
            )
        try:
            leaf = self._trust.check(security.SenderCertificate, _address(processor))
        except CertificateRefusedError as refusal:
            raise ChannelRefusedError(
                refusal.told, "The certificate was not accepted; the server's log says more."
            ) from refusal
        if is_renewal and leaf.public_bytes(Encoding.DER) != policy.peer_certificate:
            raise ChannelRefusedError(
                ua.StatusCodes.BadSecurityChecksFailed, "A renewal keeps its certificate."
            )

    def _check_request(self, connection: Any, wanted: Any, *, is_renewal: bool) -> None:
        policy = connection.security_policy
        renews = wanted.RequestType == ua.SecurityTokenRequestType.Renew
        if renews and not is_renewal:
            raise ChannelRefusedError(
                ua.StatusCodes.BadTcpSecureChannelUnknown, "There is no channel to renew."
            )
        if is_renewal and not renews:
            raise ChannelRefusedError(ua.StatusCodes.BadSecurityChecksFailed, "The channel is open already.")
        if is_renewal and wanted.SecurityMode != policy.Mode:
            raise ChannelRefusedError(ua.StatusCodes.BadSecurityModeRejected, "A renewal keeps its mode.")
        if not is_renewal:
            secure = (ua.MessageSecurityMode.Sign, ua.MessageSecurityMode.SignAndEncrypt)
            allowed = (ua.MessageSecurityMode.None_,) if policy.URI == NONE_URI else secure
            if wanted.SecurityMode not in allowed:
                raise ChannelRefusedError(
                    ua.StatusCodes.BadSecurityModeRejected, "The security mode is not offered."
                )
        length = policy.secure_channel_nonce_length
        if length and (
            len(wanted.ClientNonce or b"") != length or wanted.ClientNonce == connection.remote_nonce
        ):
            raise ChannelRefusedError(
                ua.StatusCodes.BadNonceInvalid, f"A nonce has {length} bytes, new ones."
            )


def _address(processor: Opener) -> str:
    peer = processor.name
    return str(peer[0]) if isinstance(peer, tuple) else ""
