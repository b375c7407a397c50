"""Chunks opened and sealed in one step are the library's chunks, and whatever is not as usual is left to the library."""

from typing import Any, TypeAlias

import pytest
from asyncua import ua
from asyncua.common.connection import MessageChunk
from asyncua.common.utils import Buffer
from asyncua.crypto.security_policies import (
    Cryptography,
    CryptographyNone,
    DecryptorAesCbc,
    EncryptorAesCbc,
    SignerHMac256,
    SignerSha256,
    VerifierHMac256,
)
from asyncua.ua.ua_binary import header_from_binary
from hypothesis import given
from hypothesis import strategies as st

from opcua_server.services.chunks import SINGLE, fits, head_of, opened, sealed

CHANNEL, TOKEN, SEQUENCE, REQUEST = 7, 13, 51, 52
MODES = (None, ua.MessageSecurityMode.Sign, ua.MessageSecurityMode.SignAndEncrypt)
Mode: TypeAlias = ua.MessageSecurityMode | None


def crypto(mode: Mode, key: bytes = b"k" * 16) -> Any:
    """Return the symmetric cryptography of a channel whose two sides have the same keys.

    With a key of 32 bytes the library fills up to 32 bytes, though AES has blocks of 16 whatever its key.
    """
    if mode is None:
        return CryptographyNone()
    made = Cryptography(mode)
    made.Signer, made.Verifier = SignerHMac256(key), VerifierHMac256(key)
    made.Encryptor, made.Decryptor = EncryptorAesCbc(key, b"i" * 16), DecryptorAesCbc(key, b"i" * 16)
    return made


def of_library(mode: Mode, body: bytes) -> bytes:
    chunk = MessageChunk(crypto(mode), body)
    chunk.MessageHeader.ChannelId, chunk.SecurityHeader.TokenId = CHANNEL, TOKEN
    chunk.SequenceHeader = ua.SequenceHeader(SEQUENCE, REQUEST)
    return bytes(chunk.to_binary())


@given(mode=st.sampled_from(MODES), body=st.binary(min_size=1, max_size=200))
def test_that_a_chunk_is_sealed_as_the_library_does(mode: Mode, body: bytes) -> None:
    chunk = sealed(crypto(mode), SINGLE, CHANNEL, TOKEN, SEQUENCE, REQUEST, body)

    assert chunk == of_library(mode, body)
    assert fits(len(body), len(chunk) + 64)
    assert not fits(len(body), len(chunk) - 1)


@given(mode=st.sampled_from(MODES), body=st.binary(max_size=200))
def test_that_a_chunk_of_the_library_is_opened(mode: Mode, body: bytes) -> None:
    chunk = of_library(mode, body)

    assert head_of(chunk)[:4] == (SINGLE, len(chunk), CHANNEL, TOKEN)
    assert head_of(chunk)[4:] == (SEQUENCE, REQUEST) or mode is MODES[2]
    assert opened(crypto(mode), chunk) == (SEQUENCE, REQUEST, body)


@pytest.mark.parametrize("mode", MODES[1:])
def test_that_no_byte_can_be_changed(mode: Mode) -> None:
    chunk = of_library(mode, b"some body")

    for place in range(len(chunk)):
        changed = bytearray(chunk)
        changed[place] ^= 1
        assert opened(crypto(mode), bytes(changed)) is None


@pytest.mark.parametrize("mode", MODES[1:])
def test_that_another_key_is_left_to_the_library(mode: Mode) -> None:
    assert opened(crypto(mode, b"x" * 16), of_library(mode, b"some body")) is None


@given(mode=st.sampled_from(MODES), data=st.binary(min_size=24, max_size=120))
def test_that_any_bytes_are_opened_or_left_alone(mode: Mode, data: bytes) -> None:
    found = opened(crypto(mode), data)

    assert (found is not None) == (mode is None)


def test_that_padding_beyond_the_message_is_left_to_the_library() -> None:
    made = crypto(ua.MessageSecurityMode.SignAndEncrypt)
    plain = b"\xff" * 32
    header = of_library(MODES[2], b"x" * 16)[:16]
    chunk = header + made.Encryptor.encrypt(plain + made.Signer.signature(header + plain))

    assert opened(made, chunk) is None


def test_that_other_algorithms_are_left_to_the_library() -> None:
    made = crypto(ua.MessageSecurityMode.Sign)
    made.Signer, made.Verifier = SignerSha256.__new__(SignerSha256), None

    assert opened(made, of_library(MODES[1], b"body")) is None
    assert sealed(made, SINGLE, CHANNEL, TOKEN, SEQUENCE, REQUEST, b"body") is None


def test_that_what_we_seal_the_library_opens() -> None:
    made = crypto(ua.MessageSecurityMode.SignAndEncrypt, b"k" * 32)
    chunk = sealed(made, SINGLE, CHANNEL, TOKEN, SEQUENCE, REQUEST, b"a body")
    assert chunk is not None
    data = Buffer(chunk)

    class Policy:
        symmetric_cryptography = made

    found = MessageChunk.from_header_and_body(Policy, header_from_binary(data), data)
    assert (found.Body, found.SequenceHeader.RequestId) == (b"a body", REQUEST)
