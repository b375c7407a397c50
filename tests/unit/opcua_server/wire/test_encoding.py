"""A response that is too large is given up while it is being encoded, not after."""

import tracemalloc

import pytest
from asyncua import ua
from asyncua.ua import ua_binary
from asyncua.ua.uaerrors import BadResponseTooLarge

from opcua_server.wire.encoding import encode_bounded
from opcua_server.wire.hardening import harden


@pytest.fixture(autouse=True, scope="module")
def hardened() -> None:
    harden()


def answer(values: list[ua.Variant]) -> ua.ReadResponse:
    return ua.ReadResponse(Results=[ua.DataValue(value) for value in values])


@pytest.mark.parametrize(
    "value",
    [
        ua.Variant(b"x" * 1_000_000, ua.VariantType.ByteString),
        ua.Variant("x" * 1_000_000, ua.VariantType.String),
        ua.Variant([1.5] * 125_000, ua.VariantType.Double),
        ua.Variant(["x" * 1000] * 1000, ua.VariantType.String),
    ],
    ids=["bytes", "text", "numbers", "texts"],
)
def test_that_a_thousand_large_values_are_given_up_early(value: ua.Variant) -> None:
    response = answer([value] * 1000)
    tracemalloc.start()
    try:
        with pytest.raises(BadResponseTooLarge):
            encode_bounded(response, 4_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 40_000_000


def test_that_many_small_values_are_bounded_too() -> None:
    response = answer([ua.Variant(1.0, ua.VariantType.Double)] * 1000)

    with pytest.raises(BadResponseTooLarge):
        encode_bounded(response, 5000)


def test_that_a_response_within_its_bound_is_as_the_library_encodes_it() -> None:
    response = answer([ua.Variant("text"), ua.Variant(b"bytes"), ua.Variant([1, 2]), ua.Variant(None)])

    assert encode_bounded(response, 4_000_000) == ua_binary.struct_to_binary(response)


def test_that_the_bound_ends_with_its_response() -> None:
    with pytest.raises(BadResponseTooLarge):
        encode_bounded(answer([ua.Variant(b"x" * 100)]), 50)

    assert len(ua_binary.struct_to_binary(answer([ua.Variant(b"x" * 100)]))) > 100
