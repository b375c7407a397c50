"""IndexRange: a part of an array, a matrix or a string, read or written (OPC 10000-4, 7.27)."""

import re
from collections.abc import Sequence
from typing import Any, Final

from asyncua import ua

_S = ua.StatusCodes
_NUMBER: Final = r"(\d{1,10})"
_DIMENSION: Final = re.compile(rf"{_NUMBER}(?::{_NUMBER})?", re.ASCII)
_MOST: Final = 0xFFFFFFFF
_TEXTUAL: Final = (ua.VariantType.String, ua.VariantType.ByteString)
_MAX_DIMENSIONS: Final = 8

Range = tuple[int, int]  # first and last index, both included


class IndexRangeError(Exception):
    """A range that is wrong or finds nothing; `status` says which."""

    def __init__(self, status: int) -> None:
        super().__init__(hex(status))
        self.status = status


def parse(text: str) -> tuple[Range, ...]:
    """Return the ranges that `3`, `1:4` or `0:1,2` name, one a dimension.

    Raises:
        IndexRangeError: BadIndexRangeInvalid.
    """
    parts = text.split(",")
    if len(parts) > _MAX_DIMENSIONS:
        raise IndexRangeError(_S.BadIndexRangeInvalid)
    return tuple(_dimension(part) for part in parts)


def _dimension(part: str) -> Range:
    found = _DIMENSION.fullmatch(part)
    if found is None:
        raise IndexRangeError(_S.BadIndexRangeInvalid)
    first = int(found[1])
    last = first if found[2] is None else int(found[2])
    # `2:2` is no range by the grammar: the second number is greater than the first.
    if last > _MOST or (found[2] is not None and last <= first):
        raise IndexRangeError(_S.BadIndexRangeInvalid)
    return first, last


def read(value: ua.Variant, ranges: Sequence[Range]) -> ua.Variant:
    """Return the part of a value; a range that reaches past the end gives what there is.

    Raises:
        IndexRangeError: BadIndexRangeNoData.
    """
    part = _part(value.Value, ranges, textual=value.VariantType in _TEXTUAL)
    if not isinstance(part, list):
        return ua.Variant(part, value.VariantType)
    sizes = _sizes(part)
    return ua.Variant(part, value.VariantType, Dimensions=sizes if len(sizes) > 1 else None, is_array=True)


def _part(value: Any, ranges: Sequence[Range], *, textual: bool) -> Any:
    if not ranges:
        return value
    first, last = ranges[0]
    if not (isinstance(value, list) or (textual and isinstance(value, str | bytes))):
        raise IndexRangeError(_S.BadIndexRangeNoData)
    if not isinstance(value, list) and len(ranges) > 1:
        raise IndexRangeError(_S.BadIndexRangeNoData)
    part = value[first : last + 1]
    if not part:
        raise IndexRangeError(_S.BadIndexRangeNoData)
    if not isinstance(part, list):
        return part
    if len(ranges) == 1 and isinstance(part[0], list):
        raise IndexRangeError(_S.BadIndexRangeNoData)  # a matrix wants a range for each of its dimensions
    return [_part(each, ranges[1:], textual=textual) for each in part]


def write(value: ua.Variant, ranges: Sequence[Range], new: ua.Variant) -> ua.Variant:
    """Return a value with a part replaced; the part must have the range's size and lie within the value.

    Raises:
        IndexRangeError: BadIndexRangeNoData outside, BadIndexRangeDataMismatch where sizes differ.
    """
    whole = _replaced(value.Value, ranges, new.Value, textual=value.VariantType in _TEXTUAL)
    return ua.Variant(whole, value.VariantType, Dimensions=value.Dimensions, is_array=isinstance(whole, list))


def _replaced(value: Any, ranges: Sequence[Range], new: Any, *, textual: bool) -> Any:
    if not ranges:
        if isinstance(new, list) or isinstance(value, list):
            raise IndexRangeError(_S.BadIndexRangeDataMismatch)
        return new
    first, last = ranges[0]
    size = last - first + 1
    if isinstance(value, list):
        if last >= len(value):
            raise IndexRangeError(_S.BadIndexRangeNoData)
        if not isinstance(new, list) or len(new) != size:
            raise IndexRangeError(_S.BadIndexRangeDataMismatch)
        part = [
            _replaced(old, ranges[1:], each, textual=textual)
            for old, each in zip(value[first : last + 1], new, strict=True)
        ]
        return [*value[:first], *part, *value[last + 1 :]]
    if not textual or not isinstance(value, str | bytes) or len(ranges) > 1 or last >= len(value):
        raise IndexRangeError(_S.BadIndexRangeNoData)
    if isinstance(value, str) and isinstance(new, str) and len(new) == size:
        return value[:first] + new + value[last + 1 :]
    if isinstance(value, bytes) and isinstance(new, bytes) and len(new) == size:
        return value[:first] + new + value[last + 1 :]
    raise IndexRangeError(_S.BadIndexRangeDataMismatch)


def _sizes(value: list[Any]) -> list[int]:
    sizes = []
    current: Any = value
    while isinstance(current, list):
        sizes.append(len(current))
        current = current[0] if current else None
    return sizes
