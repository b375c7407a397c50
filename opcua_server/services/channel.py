"""One connection's secure channel: asyncua's, with the status that each broken rule has."""

from typing import Any

from asyncua import ua
from asyncua.common.connection import MessageChunk, SecureConnection
from asyncua.common.utils import Buffer
from asyncua.crypto.security_policies import CryptographyNone
from typing_extensions import override

from opcua_server.services.chunks import PLAIN_BYTES, SINGLE, fits, head_of, opened, sealed
from opcua_server.services.limits import Limits
from opcua_server.services.refusal import RefusalError

_WRAP_FROM = (
    1 << 32
) - 1024  # sequence numbers that may be followed by one below 1024 (OPC 10000-6, 6.7.2.4)
_LAST_SEQUENCE = (1 << 32) - 1


class AndonChannel(SecureConnection):
    """The library's secure connection; what it raises is a `RefusalError` that ends the connection."""

    def greet(self, hello: ua.Hello, limits: Limits) -> ua.Acknowledge:
        """Agree on the sizes of chunks (OPC 10000-6, 7.1.2.4).

        Raises:
            RefusalError: The client's buffers are too small: every answer would be a flood of tiny chunks.
        """
        if min(hello.ReceiveBufferSize, hello.SendBufferSize) < limits.min_chunk:
            raise RefusalError(
                ua.StatusCodes.BadTcpNotEnoughResources, f"Buffers have at least {limits.min_chunk} bytes."
            )
        self._limits.max_recv_buffer = min(int(hello.SendBufferSize), limits.max_chunk)
        self._limits.max_send_buffer = min(int(hello.ReceiveBufferSize), limits.max_chunk)
        return ua.Acknowledge(
            ProtocolVersion=ua.UInt32(0),
            ReceiveBufferSize=ua.UInt32(self._limits.max_recv_buffer),
            SendBufferSize=ua.UInt32(self._limits.max_send_buffer),
            MaxMessageSize=ua.UInt32(limits.max_message),
            MaxChunkCount=ua.UInt32(chunks_of(limits.max_message, limits)),
        )

    def allow(self, message_bytes: int, limits: Limits) -> None:
        """Take messages of up to so many bytes from now on."""
        self._limits.max_message_size = message_bytes
        self._limits.max_chunk_count = chunks_of(message_bytes, limits)

    @property
    def has_part(self) -> bool:
        """Whether a message has begun whose last chunk is not there."""
        return bool(self._incoming_parts)

    @property
    def part_bytes(self) -> int:
        """How many bytes of such a message are held."""
        return int(self._incoming_size)

    def forget_part(self) -> None:
        """Let go of such a message."""
        self._drop_incoming_parts()

    def body_bytes_a_chunk(self) -> int:
        """Return how many bytes of a response one chunk carries."""
        return int(
            MessageChunk.max_body_size(
                self.security_policy.symmetric_cryptography, self._limits.max_send_buffer
            )
        )

    # ---- messages of one chunk -----------------------------------------------------------------------------------

    def take_single(self, chunk: bytes) -> tuple[int, bytes] | None:
        """Take a message of one chunk; None, and nothing has happened, where anything about it is not as usual.

        Returns:
            Request id and body.
        """
        kind, _, channel, token, sequence, request = head_of(chunk)
        mine = self.security_token
        if (
            kind != SINGLE
            or channel != mine.ChannelId
            or token != mine.TokenId
            or not self._open
            or self._incoming_parts
            or len(chunk) > self._limits.max_recv_buffer
        ):
            return None
        crypto = self.security_policy.symmetric_cryptography
        if type(crypto) is CryptographyNone:
            body = chunk[PLAIN_BYTES:]
        else:
            found = opened(crypto, chunk)
            if found is None:
                return None
            sequence, request, body = found
        before: int | None = self._peer_sequence_number  # type: ignore[has-type]
        if before is None or sequence != before + 1 or len(body) > self._limits.max_message_size:
            return None
        self._peer_sequence_number = sequence
        return request, body

    @override
    def message_to_binary(
        self, message: bytes, message_type: Any = ua.MessageType.SecureMessage, request_id: int = 0
    ) -> bytes:
        if message_type == ua.MessageType.SecureMessage and fits(len(message), self._limits.max_send_buffer):
            token = self.security_token
            sent: int = self._sequence_number  # type: ignore[has-type]
            sequence = sent + 1 if sent < _LAST_SEQUENCE else 1
            crypto = self.security_policy.symmetric_cryptography
            chunk = sealed(crypto, SINGLE, token.ChannelId, token.TokenId, sequence, request_id, message)
            if chunk is not None:
                self._sequence_number = sequence
                return chunk
        whole: bytes = super().message_to_binary(message, message_type, request_id)
        return whole

    # ---- chunks --------------------------------------------------------------------------------------------------

    @override
    def receive_from_header_and_body(self, header: ua.Header, body: Buffer) -> Any:
        if header.MessageType in (ua.MessageType.SecureMessage, ua.MessageType.SecureClose):
            if not self.is_open():
                raise RefusalError(ua.StatusCodes.BadTcpSecureChannelUnknown, "There is no channel yet.")
            if header.ChannelId != self.security_token.ChannelId:
                raise RefusalError(
                    ua.StatusCodes.BadTcpSecureChannelUnknown, "The channel is not this connection's."
                )
        return super().receive_from_header_and_body(header, body)

    @override
    def _check_sym_header(self, security_hdr: ua.SymmetricAlgorithmHeader) -> None:
        try:
            super()._check_sym_header(security_hdr)
        except ua.UaError as problem:
            raise RefusalError(
                ua.StatusCodes.BadSecureChannelTokenUnknown, "The channel's token is unknown or has ended."
            ) from problem

    @override
    def _check_incoming_chunk(self, chunk: MessageChunk) -> None:
        before: int | None = self._peer_sequence_number
        now = chunk.SequenceHeader.SequenceNumber
        if before is not None and now != before + 1 and not (before >= _WRAP_FROM and now < 1024):
            raise RefusalError(
                ua.StatusCodes.BadSequenceNumberInvalid, "The sequence number is not the next."
            )
        if (
            self._incoming_parts
            and self._incoming_parts[0].SequenceHeader.RequestId != chunk.SequenceHeader.RequestId
        ):
            raise RefusalError(
                ua.StatusCodes.BadTcpMessageTypeInvalid, "A message's chunks have one request's number."
            )
        self._peer_sequence_number = now

    @override
    def _receive(self, msg: MessageChunk) -> ua.Message | None:
        # The library checks the same, and writes a line into the log each time.
        is_long = self._incoming_size + len(msg.Body) > self._limits.max_message_size
        if is_long or len(self._incoming_parts) >= self._limits.max_chunk_count:
            raise RefusalError(
                ua.StatusCodes.BadRequestTooLarge,
                f"A message may have {self._limits.max_message_size} bytes now.",
            )
        return super()._receive(msg)


def chunks_of(message_bytes: int, limits: Limits) -> int:
    """Return in how many chunks a message of that size may come, at the least size of a buffer."""
    return message_bytes // limits.min_chunk + 2
