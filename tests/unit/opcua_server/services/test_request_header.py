"""Tests of the quick way to read a request's header against the library's."""

from datetime import UTC, datetime

import pytest
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary, struct_to_binary
from hypothesis import given
from hypothesis import strategies as st

from opcua_server.services.request_header import usual_header

WORDS = st.integers(0, 0xFFFFFFFF)
BEHIND = b"what follows"


def _token(secret: bytes, namespace: int = 1) -> ua.NodeId:
    return ua.NodeId(secret, namespace, ua.NodeIdType.ByteString)  # type: ignore[arg-type, unused-ignore]


def _bytes_of(kind: ua.NodeId, header: ua.RequestHeader) -> bytes:
    return bytes(ua.ua_binary.nodeid_to_binary(kind) + struct_to_binary(header))


@given(
    secret=st.binary(min_size=32, max_size=32),
    namespace=st.integers(0, 0xFFFF),
    handle=WORDS,
    diagnostics=WORDS,
    hint=WORDS,
    audit=st.sampled_from([None, ""]),
    moment=st.datetimes(datetime(1601, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001  the strategy adds the zone
)
def test_that_it_reads_what_the_library_reads(
    secret: bytes,
    namespace: int,
    handle: int,
    diagnostics: int,
    hint: int,
    audit: str | None,
    moment: datetime,
) -> None:
    header = ua.RequestHeader(
        AuthenticationToken=_token(secret, namespace),
        Timestamp=moment.replace(tzinfo=UTC),
        RequestHandle=handle,
        ReturnDiagnostics=diagnostics,
        AuditEntryId=audit,
        TimeoutHint=hint,
    )
    encoded = _bytes_of(ua.NodeId(826, 0, ua.NodeIdType.FourByte), header)
    body, library = Buffer(encoded + BEHIND), Buffer(encoded)

    found = usual_header(body)

    assert found == (nodeid_from_binary(library), struct_from_binary(ua.RequestHeader, library))
    assert bytes(body) == BEHIND


@pytest.mark.parametrize(
    "header",
    [
        ua.RequestHeader(),
        ua.RequestHeader(AuthenticationToken=_token(b"short")),
        ua.RequestHeader(AuthenticationToken=_token(bytes(32)), AuditEntryId="who"),
        ua.RequestHeader(
            AuthenticationToken=_token(bytes(32)),
            AdditionalHeader=ua.ExtensionObject(ua.NodeId(1), b"1"),
        ),
    ],
)
def test_that_another_form_is_left_alone(header: ua.RequestHeader) -> None:
    encoded = _bytes_of(ua.NodeId(826, 0, ua.NodeIdType.FourByte), header) + BEHIND
    body = Buffer(encoded)

    assert usual_header(body) is None
    assert bytes(body) == encoded


@given(st.binary(max_size=120))
def test_that_any_bytes_are_read_or_left_alone(data: bytes) -> None:
    body = Buffer(data)

    assert usual_header(body) is None or bytes(body) != data


def test_that_a_request_cut_short_is_left_to_the_library() -> None:
    whole = _bytes_of(
        ua.NodeId(826, 0, ua.NodeIdType.FourByte), ua.RequestHeader(AuthenticationToken=_token(bytes(32)))
    )

    assert all(usual_header(Buffer(whole[:size])) is None for size in range(len(whole)))
    assert usual_header(Buffer(whole)) is not None
