"""The bounded decoders take what is right, and refuse what is not with one of two statuses, at once."""

import contextlib
import struct
import time
from collections.abc import Iterator

import pytest
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua import ua_binary
from asyncua.ua.uaerrors import BadDecodingError, BadEncodingLimitsExceeded
from hypothesis import given
from hypothesis import strategies as st

from opcua_server.wire.decoding import DecodedBuffer, DecodeLimits, decode_within, limits, set_limits
from opcua_server.wire.hardening import harden
from tests.attacks.mutations import mutations, seeds
from tests.support import raw_ua
from tests.support.servers import data_dir

LITERAL = 597
PROMPT_S = 0.5  # generous: unhardened, the first bomb takes ten seconds and all memory
REFUSALS = (BadDecodingError, BadEncodingLimitsExceeded)
REQUESTS = [
    ua.ReadParameters, ua.WriteParameters, ua.BrowseParameters, ua.CallParameters, ua.CreateMonitoredItemsParameters,
    ua.CreateSubscriptionParameters, ua.HistoryReadParameters, ua.CreateSessionParameters, ua.ActivateSessionParameters,
    ua.TranslateBrowsePathsToNodeIdsParameters, ua.RequestHeader, ua.DataValue, ua.DiagnosticInfo, ua.EventFilter,
]  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def hardened() -> None:
    harden()


@pytest.fixture
def tight() -> Iterator[None]:
    before = limits()
    set_limits(DecodeLimits(depth=100, string_bytes=100, array_length=50, objects=20))
    yield
    set_limits(before)


def decode(data: bytes, of: type = ua.DataValue) -> object:
    began = time.perf_counter()
    try:
        return ua_binary.struct_from_binary(of, Buffer(data))
    finally:
        assert time.perf_counter() - began < PROMPT_S


def value(encoding: int, body: bytes) -> bytes:
    return b"\x01" + bytes([encoding]) + body


I32 = struct.Struct("<i").pack
MOST = I32(2**31 - 1)
BOMBS = {
    "nulls without number": value(0x80, MOST),
    "a few nulls": value(0x80, I32(3)),
    "an array of numbers without end": value(0x83, MOST),
    "an array of strings without end": value(0x8C, MOST),
    "an array of Variants without end": value(0x98, MOST),
    "an array of structures without end": value(0x96, MOST),
    "an array of negative length": value(0x86, I32(-2)),
    "a string without end": value(0x0C, MOST),
    "a string of negative length": value(0x0C, I32(-2)),
    "a ByteString that reads backwards": value(0x0F, I32(-(2**31))),
    "text that is no UTF-8": value(0x0C, I32(2) + b"\xc0\xaf"),
    "a lone surrogate": value(0x0C, I32(3) + b"\xed\xa0\x80"),
    "a shape without elements": value(0xC6, I32(0) + I32(1) + I32(999_999)),
    "a shape that is not its array's": value(0xC6, I32(2) + I32(1) * 2 + I32(1) + I32(3)),
    "a negative shape": value(0xC6, I32(2) + I32(1) * 2 + I32(2) + I32(-1) + I32(-2)),
    "a shape of many dimensions": value(0xC6, I32(1) + I32(1) + I32(10_000) + I32(1) * 10_000),
    "a shape of no array": value(0x46, I32(1) + I32(1) + I32(1)),
    "a structure that is longer than its message": value(0x16, raw_ua.numeric(LITERAL) + b"\x01" + I32(500)),
    "a structure of negative length": value(0x16, raw_ua.numeric(LITERAL) + b"\x01" + I32(-7)),
    "a known structure without a body": value(0x16, raw_ua.numeric(LITERAL) + b"\x00"),
    "no kind of node": value(0x11, b"\x3f\x00"),
    "nothing": b"",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_that_a_bomb_is_refused_at_once(bomb: bytes) -> None:
    with pytest.raises(REFUSALS):
        decode(bomb)


# ---- nesting ---------------------------------------------------------------------------------------------------------


def variants(levels: int) -> bytes:
    return b"\x01" + b"\x18" * levels + b"\x00"


def objects(levels: int) -> bytes:
    inner = b"\x00"
    for _ in range(levels):
        inner = b"\x16" + raw_ua.wrapped(LITERAL, inner)
    return b"\x01" + inner


def diagnostics(levels: int) -> bytes:
    return b"\x01\x19" + b"\x40" * levels + b"\x00"


def operands(levels: int) -> bytes:
    """Filters in filters: an EventFilter's where-clause whose operand holds a Variant that holds a filter."""
    inner = b"\x00"
    for _ in range(levels):
        clause = I32(1) + struct.pack("<I", 0) + I32(1) + raw_ua.wrapped(LITERAL, inner)
        inner = b"\x16" + raw_ua.wrapped(588, clause)  # ContentFilter
    return b"\x01" + inner


@pytest.mark.parametrize("nested", [variants, objects, diagnostics])
def test_that_a_hundred_levels_are_taken_and_one_more_is_not(nested: object) -> None:
    assert callable(nested)

    assert decode(nested(100)) is not None
    with pytest.raises(BadEncodingLimitsExceeded):
        decode(nested(101))


@pytest.mark.parametrize("nested", [variants, objects, diagnostics, operands])
def test_that_any_depth_is_refused_without_a_recursion_error(nested: object) -> None:
    assert callable(nested)
    for levels in (102, 1000, 3000):
        with pytest.raises(BadEncodingLimitsExceeded):
            decode(nested(levels))


def test_that_filters_may_nest_to_fifty_filters_of_two_levels_each() -> None:
    assert decode(operands(50)) is not None


def test_that_depth_is_counted_anew_for_each_message() -> None:
    for _ in range(3):
        with pytest.raises(BadEncodingLimitsExceeded):
            decode(variants(101))
        decode(variants(100))


# ---- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("tight")
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (value(0x0C, I32(100) + b"x" * 100), value(0x0C, I32(101) + b"x" * 101)),
        (value(0x83, I32(50) + bytes(50)), value(0x83, I32(51) + bytes(51))),
        (value(0x98, I32(19) + bytes(19)), value(0x98, I32(20) + bytes(20))),  # and the Variant around them
    ],
    ids=["string", "numbers", "objects"],
)
def test_that_a_bound_is_taken_and_one_more_is_not(right: bytes, wrong: bytes) -> None:
    decode(right)
    with pytest.raises(BadEncodingLimitsExceeded):
        decode(wrong)


def test_that_arrays_in_arrays_share_one_account() -> None:
    inner = b"\x98" + I32(10) + bytes(10)
    data = value(0x98, I32(10) + inner * 10)

    assert decode_within(ua.DataValue, Buffer(data), 200)
    with pytest.raises(BadEncodingLimitsExceeded):
        decode_within(ua.DataValue, Buffer(data), 100)


def test_that_a_decoded_structure_is_not_decoded_again() -> None:
    data = Buffer(b"\x00\x00" + bytes(100))
    ready = ua.ReadParameters(MaxAge=7.0)

    assert ua_binary.struct_from_binary(ua.ReadParameters, DecodedBuffer(data, ready)) is ready
    assert ua_binary.struct_from_binary(ua.DataValue, DecodedBuffer(data, ready)) == ua.DataValue(None)


# ---- what is right stays right ---------------------------------------------------------------------------------------


def _variants(inner: list[ua.Variant]) -> ua.Variant:
    return ua.Variant(inner, ua.VariantType.Variant)


SCALARS = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(lambda n: ua.Variant(n, ua.VariantType.Int32)),
    st.floats(allow_nan=False).map(lambda n: ua.Variant(n, ua.VariantType.Double)),
    st.text(max_size=20).map(lambda n: ua.Variant(n, ua.VariantType.String)),
    st.binary(max_size=20).map(lambda n: ua.Variant(n, ua.VariantType.ByteString)),
    st.lists(st.integers(0, 255), max_size=9).map(lambda n: ua.Variant(n, ua.VariantType.Byte)),
    st.lists(st.text(max_size=5), max_size=9).map(lambda n: ua.Variant(n, ua.VariantType.String)),
)


@given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4).map(_variants), max_leaves=12))
def test_that_what_is_encoded_is_decoded_as_it_was(found: ua.Variant) -> None:
    data = ua_binary.struct_to_binary(ua.DataValue(found))

    decoded = decode(data)

    assert isinstance(decoded, ua.DataValue)
    assert ua_binary.struct_to_binary(decoded) == data


def test_that_a_matrix_keeps_its_shape() -> None:
    data = ua_binary.struct_to_binary(ua.DataValue(ua.Variant([[1, 2, 3], [4, 5, 6]], ua.VariantType.Int32)))

    decoded = decode(data)

    assert isinstance(decoded, ua.DataValue)
    assert decoded.Value.Value == [[1, 2, 3], [4, 5, 6]]
    assert decoded.Value.Dimensions == [2, 3]


def test_that_the_diagnostics_of_a_cause_are_read() -> None:
    data = b"\x71" + raw_ua.text("why") + struct.pack("<I", 0x80010000) + b"\x10" + raw_ua.text("the cause")

    decoded = decode(struct.pack("<B", 0x71) + I32(5) + data[1:], ua.DiagnosticInfo)

    assert isinstance(decoded, ua.DiagnosticInfo)
    assert (decoded.SymbolicId, decoded.AdditionalInfo) == (5, "why")
    assert decoded.InnerDiagnosticInfo.AdditionalInfo == "the cause"


# ---- what is not right at all ----------------------------------------------------------------------------------------


@given(st.binary(max_size=300), st.sampled_from(REQUESTS))
def test_that_noise_is_decoded_or_refused_and_nothing_else(data: bytes, of: type) -> None:
    with contextlib.suppress(*REFUSALS):
        decode(data, of)


def test_that_mutated_requests_are_decoded_or_refused_and_nothing_else() -> None:
    for case in mutations(1000, 1, seeds()):
        for of in (ua.ReadParameters, ua.WriteParameters, ua.CreateMonitoredItemsParameters):
            body = Buffer(case.data)
            with contextlib.suppress(*REFUSALS, ValueError, ua.UaError):
                ua_binary.nodeid_from_binary(body)
                ua_binary.struct_from_binary(ua.RequestHeader, body)
                ua_binary.struct_from_binary(of, body)


def test_that_recorded_values_and_messages_feed_the_decoders() -> None:
    folder = data_dir() / "ua_corpus" / "uanet" / "binary"
    if not folder.is_dir():
        pytest.skip(f"needs ua_corpus in {data_dir()}: set ANDON_DATA to the folder that holds it")
    files = sorted(folder.rglob("*.bin"))
    assert len(files) >= 8

    for file in files:
        data = file.read_bytes()
        for of in (*REQUESTS, ua.ReadResponse, ua.QualifiedName):
            for end in range(len(data) + 1):
                with contextlib.suppress(*REFUSALS):
                    decode(data[:end], of)
