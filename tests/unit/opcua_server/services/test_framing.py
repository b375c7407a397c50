"""Bytes become chunks however they are cut, and what can never become one is refused at its first eight bytes."""

import pytest
from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from opcua_server.services.framing import Framer
from opcua_server.services.refusal import RefusalError
from tests.support import raw_ua

MESSAGES = [raw_ua.hello(), raw_ua.open_channel(), raw_ua.chunk(b"MSGF", 1, 2, 3, 4, b"x" * 500)]


def taken(framer: Framer) -> list[bytes]:
    found = []
    while (chunk := framer.next()) is not None:
        found.append(chunk)
    return found


@given(st.lists(st.integers(0, sum(map(len, MESSAGES))), max_size=10))
def test_that_chunks_are_the_same_however_their_bytes_come(cuts: list[int]) -> None:
    stream, framer, found = b"".join(MESSAGES), Framer(65_535), []

    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(stream)], strict=True):
        framer.add(stream[start:end])
        found += taken(framer)

    assert found == MESSAGES
    assert not framer.has_part


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"HELF\xff\xff\xff\xff", ua.StatusCodes.BadTcpMessageTooLarge),
        (b"MSGF\xff\xff\xff\xff", ua.StatusCodes.BadTcpMessageTooLarge),
        (b"MSGF\x00\x00\x01\x00", ua.StatusCodes.BadTcpMessageTooLarge),
        (b"HELF\x25\x10\x00\x00", ua.StatusCodes.BadTcpMessageTooLarge),
        (b"MSGF\x00\x00\x00\x00", ua.StatusCodes.BadTcpMessageTypeInvalid),
        (b"MSGF\x08\x00\x00\x00", ua.StatusCodes.BadTcpMessageTypeInvalid),
        (b"MSGX\x20\x00\x00\x00", ua.StatusCodes.BadTcpMessageTypeInvalid),
        (b"OPNC\x20\x00\x00\x00", ua.StatusCodes.BadTcpMessageTypeInvalid),
        (b"ACKF\x1c\x00\x00\x00", ua.StatusCodes.BadTcpMessageTypeInvalid),
        (b"GET / HT", ua.StatusCodes.BadTcpMessageTypeInvalid),
    ],
)
def test_that_what_can_never_be_a_chunk_is_refused_at_its_header(head: bytes, code: int) -> None:
    framer = Framer(65_535)
    framer.add(head)

    with pytest.raises(RefusalError) as refusal:
        framer.next()

    assert refusal.value.code == code


def test_that_the_hello_makes_chunks_smaller() -> None:
    framer = Framer(65_535)
    framer.max_chunk = 8192
    framer.add(raw_ua.chunk(b"MSGF", 1, 2, 3, 4, bytes(8192)))

    with pytest.raises(RefusalError):
        framer.next()


def test_that_a_part_of_a_chunk_is_known_as_one() -> None:
    framer = Framer(65_535)
    framer.add(raw_ua.hello()[:20])

    assert framer.next() is None
    assert framer.has_part
