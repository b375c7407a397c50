"""Symmetric chunks in one step each (OPC 10000-6, 6.7.2): what the library does by way of some objects a chunk.

Only the kinds of protection that the server offers are known here: none, and HMAC-SHA256 with or without AES-CBC. What is
not as usual - another key, a signature that does not fit - is left to the library, which knows what to say.
"""

import hmac
import struct
from typing import Any, Final

from asyncua.crypto.security_policies import (
    Cryptography,
    CryptographyNone,
    DecryptorAesCbc,
    EncryptorAesCbc,
    SignerHMac256,
    VerifierHMac256,
)

_HEADER: Final = struct.Struct("<4sIII")  # message and chunk type, size, channel, token
_SEQUENCE: Final = struct.Struct("<II")  # sequence number, request id
_PLAIN: Final = struct.Struct("<4sIIIII")  # all of that
HEADER_BYTES: Final = _HEADER.size
PLAIN_BYTES: Final = _PLAIN.size
_SIGNATURE_BYTES: Final = 32
_BLOCK: Final = 16
_MOST_ROUND_A_BODY: Final = HEADER_BYTES + _SEQUENCE.size + _SIGNATURE_BYTES + _BLOCK
SINGLE: Final = b"MSGF"


def fits(body_bytes: int, chunk_bytes: int) -> bool:
    """Tell whether a body surely goes into one chunk of that size, however it is protected."""
    return body_bytes + _MOST_ROUND_A_BODY <= chunk_bytes


def head_of(chunk: bytes) -> tuple[bytes, int, int, int, int, int]:
    """Return what a chunk of at least `PLAIN_BYTES` begins with.

    Returns:
        Message and chunk type as four letters, size, channel, token, and, which may still be encrypted, sequence number and
        request id.
    """
    return _PLAIN.unpack_from(chunk)


def opened(crypto: Any, chunk: bytes) -> tuple[int, int, bytes] | None:
    """Return sequence number, request id and body of a chunk; None where only the library can tell."""
    if type(crypto) is CryptographyNone:
        plain = chunk[HEADER_BYTES:]
    else:
        unsealed = _unsealed(crypto, chunk)
        if unsealed is None:
            return None
        plain = unsealed
    if len(plain) < _SEQUENCE.size:
        return None
    sequence, request = _SEQUENCE.unpack_from(plain)
    return sequence, request, plain[_SEQUENCE.size :]


def _unsealed(crypto: Any, chunk: bytes) -> bytes | None:
    if type(crypto) is not Cryptography or type(crypto.Verifier) is not VerifierHMac256:
        return None
    body = chunk[HEADER_BYTES:]
    if len(body) < _SEQUENCE.size + _SIGNATURE_BYTES:
        return None
    if crypto.is_encrypted:
        if type(crypto.Decryptor) is not DecryptorAesCbc or len(body) % _BLOCK:
            return None
        body = crypto.Decryptor.decrypt(body)
    plain = body[:-_SIGNATURE_BYTES]
    expected = hmac.digest(crypto.Verifier.key, chunk[:HEADER_BYTES] + plain, "sha256")
    if not hmac.compare_digest(expected, body[-_SIGNATURE_BYTES:]):
        return None
    if not crypto.is_encrypted:
        return plain
    padding = plain[-1] + 1
    return plain[:-padding] if padding < len(plain) else None


def sealed(
    crypto: Any, kind: bytes, channel: int, token: int, sequence: int, request: int, body: bytes
) -> bytes | None:
    """Return a chunk as it goes out; None where only the library can make it."""
    size = HEADER_BYTES + _SEQUENCE.size + len(body)
    if type(crypto) is CryptographyNone:
        return _PLAIN.pack(kind, size, channel, token, sequence, request) + body
    if type(crypto) is not Cryptography or type(crypto.Signer) is not SignerHMac256:
        return None
    padding = b""
    if crypto.is_encrypted:
        if type(crypto.Encryptor) is not EncryptorAesCbc:
            return None
        more = -(_SEQUENCE.size + len(body) + 1 + _SIGNATURE_BYTES) % _BLOCK
        padding = bytes((more,)) * (more + 1)
    head = _HEADER.pack(kind, size + len(padding) + _SIGNATURE_BYTES, channel, token)
    plain = b"".join((_SEQUENCE.pack(sequence, request), body, padding))
    signed = plain + hmac.digest(crypto.Signer.key, head + plain, "sha256")
    return head + (crypto.Encryptor.encrypt(signed) if crypto.is_encrypted else signed)
