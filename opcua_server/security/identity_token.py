"""The user identity token of ActivateSession: read, decrypted, and bound to the session's nonce (OPC 10000-4, 7.41)."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from asyncua import ua
from asyncua.common.utils import ServiceError

from opcua_server.security.endpoints import ANONYMOUS, NONE, USER_NAME

MAX_NAME: Final = 256  # characters
MAX_PASSWORD: Final = 1024  # bytes
MAX_SECRET_BLOCKS: Final = 8  # of the server's key size; each costs a private key operation
_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody logs in with."""

    name: str
    password: bytes


def read_token(token: object, nonce: bytes, policy: Any) -> Credentials | None:
    """Return name and password of a token, None for an anonymous one.

    Args:
        token: As decoded from the request.
        nonce: The server's, of the session's last response.
        policy: The channel's security policy; it holds the server's key.

    Raises:
        ServiceError: The token is not one that this endpoint takes, or was made for another session.
    """
    if token is None or (isinstance(token, ua.ExtensionObject) and token.TypeId == ua.NodeId()):
        return None  # a null token is an anonymous one (OPC 10000-4, 5.6.3)
    if isinstance(token, ua.AnonymousIdentityToken):
        if token.PolicyId not in (None, "", ANONYMOUS):
            raise ServiceError(ua.StatusCodes.BadIdentityTokenInvalid)
        return None
    if not isinstance(token, ua.UserNameIdentityToken):
        raise ServiceError(ua.StatusCodes.BadIdentityTokenRejected)
    if policy.Mode == NONE:
        raise ServiceError(ua.StatusCodes.BadIdentityTokenRejected)
    if token.PolicyId != USER_NAME or token.EncryptionAlgorithm != policy.AsymmetricEncryptionURI:
        raise ServiceError(ua.StatusCodes.BadIdentityTokenInvalid)
    decryptor = policy.asymmetric_cryptography.Decryptor
    return Credentials(
        _name(token.UserName),
        open_secret(token.Password, nonce, decryptor.decrypt, decryptor.encrypted_block_size()),
    )


def open_secret(secret: bytes | None, nonce: bytes, decrypt: Callable[[bytes], bytes], block: int) -> bytes:
    """Return the password in an encrypted secret: length, password, nonce.

    Raises:
        ServiceError: It is malformed, or holds another nonce: somebody replays it. All say the same.
    """
    if not secret or len(secret) % block or len(secret) > MAX_SECRET_BLOCKS * block:
        raise ServiceError(ua.StatusCodes.BadIdentityTokenInvalid)
    try:
        plain = decrypt(secret)
    except ValueError:
        plain = b""
    length = int.from_bytes(plain[:_LENGTH_BYTES], "little")
    body = plain[_LENGTH_BYTES:]
    password, found = body[: -len(nonce)], body[-len(nonce) :]
    is_whole = len(plain) >= _LENGTH_BYTES and length == len(body) and len(body) >= len(nonce)
    if not hmac.compare_digest(found, nonce) or not is_whole or len(password) > MAX_PASSWORD:
        raise ServiceError(ua.StatusCodes.BadIdentityTokenInvalid)
    try:
        password.decode("utf-8")
    except UnicodeDecodeError:
        raise ServiceError(ua.StatusCodes.BadIdentityTokenInvalid) from None
    return password


def _name(name: object) -> str:
    """Return a user name that is text: the library lets bytes through that are not UTF-8."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
        raise ServiceError(ua.StatusCodes.BadIdentityTokenInvalid)
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise ServiceError(ua.StatusCodes.BadIdentityTokenInvalid) from None
    return name
