"""An encrypted secret opens for its own nonce alone; every other one is refused with one status."""

import struct

import pytest
from asyncua import ua
from asyncua.common.utils import ServiceError
from hypothesis import given
from hypothesis import strategies as st

from opcua_server.security.identity_token import MAX_PASSWORD, open_secret

NONCE = bytes(range(32))
BLOCK = 16


def opened(plain: bytes, nonce: bytes = NONCE) -> bytes:
    """Open what decrypts to `plain`."""
    return open_secret(bytes(BLOCK), nonce, lambda _: plain, BLOCK)


def secret(password: bytes, nonce: bytes = NONCE) -> bytes:
    return struct.pack("<I", len(password) + len(nonce)) + password + nonce


@given(st.text(max_size=60))
def test_that_a_password_comes_out_as_it_went_in(password: str) -> None:
    sent = password.encode("utf-8", "ignore")

    assert opened(secret(sent)) == sent


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"\x01",
        struct.pack("<I", 0),
        struct.pack("<i", -1) + b"password" + NONCE,
        struct.pack("<I", 2**31 - 1) + b"password" + NONCE,
        secret(b"password") + b"\0",
        secret(b"password")[:-1],
        secret(b"password", bytes(32)),
        secret(b"password", NONCE[:31]),
        secret(b"\xff\xfe"),
        secret(b"x" * (MAX_PASSWORD + 1)),
        NONCE,
    ],
)
def test_that_every_malformed_secret_is_refused_alike(plain: bytes) -> None:
    with pytest.raises(ServiceError) as refusal:
        opened(plain)

    assert refusal.value.code == ua.StatusCodes.BadIdentityTokenInvalid


@given(st.binary(max_size=120))
def test_that_no_bytes_open_anything_by_chance(plain: bytes) -> None:
    with pytest.raises(ServiceError):
        opened(plain)


@pytest.mark.parametrize("sent", [None, b"", bytes(BLOCK - 1), bytes(BLOCK * 9)])
def test_that_a_secret_has_a_few_whole_blocks(sent: bytes | None) -> None:
    with pytest.raises(ServiceError):
        open_secret(sent, NONCE, lambda _: secret(b"password"), BLOCK)


def test_that_what_cannot_be_decrypted_is_refused_like_the_rest() -> None:
    def fail(_: bytes) -> bytes:
        raise ValueError("padding")

    with pytest.raises(ServiceError) as refusal:
        open_secret(bytes(BLOCK), NONCE, fail, BLOCK)

    assert refusal.value.code == ua.StatusCodes.BadIdentityTokenInvalid
