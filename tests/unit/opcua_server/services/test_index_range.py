"""Parts of arrays, matrices and strings."""

from typing import Any

import pytest
from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from opcua_server.services.index_range import IndexRangeError, parse, read, write

_S = ua.StatusCodes
MATRIX = ua.Variant([[1, 2, 3], [4, 5, 6]], ua.VariantType.Int32, Dimensions=[2, 3])


def array(*values: int) -> ua.Variant:
    return ua.Variant(list(values), ua.VariantType.Int32)


def status_of(problem: pytest.ExceptionInfo[IndexRangeError]) -> int:
    return problem.value.status


@pytest.mark.parametrize(
    ("text", "ranges"), [("0", ((0, 0),)), ("3:7", ((3, 7),)), ("1,0:1", ((1, 1), (0, 1)))]
)
def test_that_a_range_is_read_as_first_and_last_index(text: str, ranges: tuple[tuple[int, int], ...]) -> None:
    assert parse(text) == ranges


@pytest.mark.parametrize(
    "text", ["", ":", "1:", ":2", "2:1", "1:1", " 1", "1 ", "٣", "1,,2", "4294967296", "0," * 9 + "0"]
)
def test_that_a_range_out_of_its_grammar_is_invalid(text: str) -> None:
    with pytest.raises(IndexRangeError) as problem:
        parse(text)

    assert status_of(problem) == _S.BadIndexRangeInvalid


@pytest.mark.parametrize(
    ("text", "expected"), [("1,1:2", [[5, 6]]), ("0:1,0", [[1], [4]]), ("0:9,0:9", [[1, 2, 3], [4, 5, 6]])]
)
def test_that_a_matrix_is_cut_in_both_directions(text: str, expected: list[list[int]]) -> None:
    found = read(MATRIX, parse(text))

    assert found.Value == expected
    assert found.Dimensions == [len(expected), len(expected[0])]


@pytest.mark.parametrize("text", ["0", "0,0,0", "2,0", "0,3"])
def test_that_a_range_that_does_not_fit_a_matrix_finds_nothing(text: str) -> None:
    with pytest.raises(IndexRangeError) as problem:
        read(MATRIX, parse(text))

    assert status_of(problem) == _S.BadIndexRangeNoData


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("temperature", ua.VariantType.String, "emp"),
        (b"\x01\x02\x03\x04", ua.VariantType.ByteString, b"\x02\x03\x04"),
    ],
)
def test_that_a_text_is_an_array_of_its_elements(value: Any, kind: ua.VariantType, expected: Any) -> None:
    assert read(ua.Variant(value, kind), parse("1:3")).Value == expected


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.data())
def test_that_what_is_written_is_what_is_read_and_the_rest_stays(
    values: list[int], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(values) - 1))
    last = data.draw(st.integers(first, len(values) - 1))
    text = f"{first}" if first == last else f"{first}:{last}"
    new = list(range(100, 101 + last - first))

    whole = write(array(*values), parse(text), array(*new))

    assert whole.Value == values[:first] + new + values[last + 1 :]
    assert read(whole, parse(text)).Value == new


@pytest.mark.parametrize(
    ("old", "text", "new", "expected"),
    [
        (array(1, 2, 3), "1", array(9, 9), _S.BadIndexRangeDataMismatch),
        (array(1, 2, 3), "1", ua.Variant(9, ua.VariantType.Int32), _S.BadIndexRangeDataMismatch),
        (array(1, 2, 3), "2:3", array(9, 9), _S.BadIndexRangeNoData),
        (ua.Variant(1, ua.VariantType.Int32), "0", array(9), _S.BadIndexRangeNoData),
        (ua.Variant("abc", ua.VariantType.String), "0:1", ua.Variant("x"), _S.BadIndexRangeDataMismatch),
    ],
)
def test_that_a_part_that_does_not_fit_changes_nothing(
    old: ua.Variant, text: str, new: ua.Variant, expected: int
) -> None:
    with pytest.raises(IndexRangeError) as problem:
        write(old, parse(text), new)

    assert status_of(problem) == expected


def test_that_a_row_of_a_matrix_can_be_written_in_part() -> None:
    whole = write(MATRIX, parse("1,0:1"), ua.Variant([[8, 9]], ua.VariantType.Int32, Dimensions=[1, 2]))

    assert whole.Value == [[1, 2, 3], [8, 9, 6]]
    assert whole.Dimensions == [2, 3]
