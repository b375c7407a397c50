"""Passwords as salted scrypt hashes (RFC 7914)."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
LONGEST_BYTES: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordHash:
    """What is kept of a password, with the costs it was made at: they may rise later without asking anyone anew."""

    salt: bytes
    digest: bytes
    n: int = 2**17
    r: int = 8
    p: int = 1


def hash_password(password: bytes) -> PasswordHash:
    """Return the hash of a new password; takes about a quarter of a second and 128 MB."""
    new = PasswordHash(salt=secrets.token_bytes(_SALT_BYTES), digest=b"")
    return PasswordHash(salt=new.salt, digest=evaluate(password, new))


def evaluate(password: bytes, kept: PasswordHash) -> bytes:
    """Return the digest of `password` under the salt and the costs of `kept`."""
    memory = 128 * kept.r * (kept.n + kept.p + 2)
    return hashlib.scrypt(
        password, salt=kept.salt, n=kept.n, r=kept.r, p=kept.p, maxmem=2 * memory, dklen=_HASH_BYTES
    )


def matches(password: bytes, kept: PasswordHash) -> bool:
    """Return whether `password` is the one, in a time that does not tell how nearly."""
    return hmac.compare_digest(evaluate(password[:LONGEST_BYTES], kept), kept.digest) and (
        len(password) <= LONGEST_BYTES
    )


def unmatched() -> PasswordHash:
    """Return a hash that no password has: what an unknown user is compared with, so that it takes as long."""
    return PasswordHash(salt=secrets.token_bytes(_SALT_BYTES), digest=secrets.token_bytes(_HASH_BYTES))
