"""Decode OPC UA binary (Part 6, 5.2) within bounds, where asyncua believes what a stranger says.

asyncua allocates an array by the length that was sent, follows nesting until Python's stack ends, reads strings of negative
length backwards and takes bytes that are no UTF-8. Each function here stands in for one of its own, with the same signature.
What is malformed ends as BadDecodingError, what is past a bound as BadEncodingLimitsExceeded; nothing else leaves a decoder.
"""

import math
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua import ua_binary
from asyncua.ua.uaerrors import BadDecodingError, BadEncodingLimitsExceeded, UaError, UaStatusCodeError

Decoder = Callable[[Any], Any]

_MALFORMED = (
    struct.error,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    AssertionError,
    UaError,
)
# The fewest bytes that one element of an array takes; what is not named takes at least one.
_SMALLEST = {
    "String": 4,
    "ByteString": 4,
    "XmlElement": 4,
    "CharArray": 4,
    "DateTime": 8,
    "Guid": 16,
    "NodeId": 2,
    "ExpandedNodeId": 2,
    "StatusCode": 4,
    "QualifiedName": 6,
    "ExtensionObject": 3,
    "Custom": 4,
}
_NESTING = frozenset((ua.VariantType.DataValue, ua.VariantType.Variant))
_MAX_DIMENSIONS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeLimits:
    """How much one message may ask of its reader."""

    depth: int = 100  # levels of nesting; Part 6, 5.1.7: at least 100
    string_bytes: int = 4 * 1024 * 1024
    array_length: int = 1_000_000  # plain numbers
    objects: int = (
        50_000  # array elements that are no plain numbers and nested objects, in one message together
    )


class _State(threading.local):
    """Where this thread's decoder is in its message."""

    inside = False
    depth = 0
    left = 0
    allowed: int | None = None  # objects, where the caller of the decoder says how many


_state = _State()
_limits = DecodeLimits()


def set_limits(limits: DecodeLimits) -> None:
    """Decode by other bounds from now on."""
    globals()["_limits"] = limits


def limits() -> DecodeLimits:
    """Return the bounds that hold."""
    return _limits


def decode_within(objtype: type, data: Buffer, objects: int) -> Any:
    """Decode a structure that may hold so many array elements and nested objects, and no more.

    Raises:
        BadDecodingError: The bytes are none of that structure's.
        BadEncodingLimitsExceeded: It holds more.
    """
    _state.allowed = objects
    try:
        return ua_binary.struct_from_binary(objtype, data)
    finally:
        _state.allowed = None


class DecodedBuffer(Buffer):  # type: ignore[misc, unused-ignore]
    """The bytes of a structure beside what they mean: whoever decodes that structure from it gets the meaning."""

    def __init__(self, data: Buffer, value: Any) -> None:
        super().__init__(data._data, data.cur_pos, len(data))
        self.value = value


# ---- strings ---------------------------------------------------------------------------------------------------------


def unpack_bytes(data: Buffer) -> bytes | None:
    """Decode a ByteString, None for a null one."""
    length = ua_binary.Primitives.Int32.unpack(data)
    if length < 0:
        _check_null(length)
        return None
    if length > _limits.string_bytes:
        raise BadEncodingLimitsExceeded
    return bytes(data.read(length))


def unpack_string(data: Buffer) -> str | None:
    """Decode a String, None for a null one; Part 6, 5.2.2.4: UTF-8, and nothing that only looks like it."""
    raw = unpack_bytes(data)
    if raw is None:
        return None
    try:
        return raw.decode(ua_binary.get_string_encoding())
    except UnicodeDecodeError as problem:
        raise BadDecodingError from problem


def _check_null(length: int) -> None:
    if length != -1:
        raise BadDecodingError


# ---- arrays ----------------------------------------------------------------------------------------------------------


@cache
def array_decoder(vtype: ua.VariantType) -> Decoder:
    """Return the decoder of an array of a built-in type."""
    numbers = getattr(ua_binary.Primitives1, vtype.name, None)
    if numbers is not None:
        return _numbers_decoder(numbers)
    element = ua_binary._create_uatype_deserializer(vtype)
    smallest = _SMALLEST.get(vtype.name, 1)
    has_no_size = vtype is ua.VariantType.Null

    def decode(data: Buffer) -> list[Any] | None:
        length = ua_binary.Primitives.Int32.unpack(data)
        if length < 0:
            _check_null(length)
            return None
        if has_no_size and length:
            raise BadDecodingError  # nothing bounds how many of them a few bytes announce
        _charge_array(data, length, smallest)
        return [element(data) for _ in range(length)]

    return decode


def _numbers_decoder(numbers: Any) -> Decoder:
    def decode(data: Buffer) -> list[Any] | None:
        length = ua_binary.Primitives.Int32.unpack(data)
        if length < 0:
            _check_null(length)
            return None
        if length > _limits.array_length:
            raise BadEncodingLimitsExceeded
        _check_bytes(data, length * numbers.size)
        return list(numbers.unpack_array(data, length))

    return decode


@cache
def list_decoder(uatype: Any) -> Decoder:
    """Return the decoder of a list of structures; a null list is an empty one, as in the library."""
    element: Decoder | None = None

    def decode(data: Buffer) -> list[Any]:
        nonlocal element
        length = ua_binary.Primitives.Int32.unpack(data)
        if length < 0:
            _check_null(length)
            return []
        _charge_array(data, length, 1)
        if element is None:  # late: structures may hold lists of each other
            element = ua_binary._create_type_deserializer(uatype, type(None))
        return [element(data) for _ in range(length)]

    return decode


def _charge_array(data: Buffer, length: int, smallest: int) -> None:
    _check_bytes(data, length * smallest)
    _charge(length)


def _check_bytes(data: Buffer, wanted: int) -> None:
    if wanted > len(data):
        raise BadDecodingError


def _charge(objects: int) -> None:
    if not _state.inside:  # decoded on its own, outside a message
        _state.left = _limits.objects
    _state.left -= objects
    if _state.left < 0:
        raise BadEncodingLimitsExceeded


# ---- what may nest ---------------------------------------------------------------------------------------------------


def _descend() -> None:
    _charge(1)
    _state.depth += 1
    if _state.depth > _limits.depth:
        _state.depth -= 1
        raise BadEncodingLimitsExceeded


def variant_from_binary(data: Buffer) -> ua.Variant:
    """Decode a Variant (Part 6, 5.2.2.16): its dimensions must be those of its array."""
    encoding = data.read(1)[0]
    vtype = ua.datatype_to_varianttype(encoding & 0x3F)
    is_array = bool(encoding & 0x80)
    decode = (
        ua_binary._create_uatype_array_deserializer(vtype)
        if is_array
        else ua_binary._create_uatype_deserializer(vtype)
    )
    if vtype in _NESTING:
        _descend()
        try:
            value = decode(data)
        finally:
            _state.depth -= 1
    else:
        value = decode(data)
    dimensions = None
    if encoding & 0x40:
        dimensions = ua_binary._create_uatype_array_deserializer(ua.VariantType.Int32)(data)
        value = _shaped(value, dimensions, is_array=is_array)
    return ua.Variant(value, vtype, dimensions, is_array=is_array)


def _shaped(value: Any, dimensions: list[int] | None, *, is_array: bool) -> Any:
    if not is_array or not dimensions:
        raise BadDecodingError
    if value is None:
        return None
    if (
        len(dimensions) > _MAX_DIMENSIONS
        or min(dimensions) < 0
        or math.prod(dimensions) != len(value)
        or not value
    ):
        if not value and math.prod(dimensions) == 0 and min(dimensions) >= 0:
            return value
        raise BadDecodingError
    return ua_binary._reshape(value, dimensions)


def extensionobject_from_binary(data: Buffer) -> Any:
    """Decode an ExtensionObject (Part 6, 5.2.2.15) of a known type; an unknown one keeps its bytes."""
    type_id = ua_binary.nodeid_from_binary(data)
    encoding = data.read(1)[0]
    body = _body(data) if encoding & 0x01 else None
    if type_id.Identifier == 0:
        return ua.ExtensionObject()
    cls = ua.extension_objects_by_typeid.get(type_id)
    if cls is None:
        return ua.ExtensionObject(TypeId=type_id, Body=None if body is None else body.read(len(body)))
    if body is None:
        raise BadDecodingError
    _descend()
    try:
        return ua_binary._create_type_deserializer(cls, type(None))(body)
    finally:
        _state.depth -= 1


def _body(data: Buffer) -> Buffer:
    length = ua_binary.Primitives.Int32.unpack(data)
    if length == -1:
        return data  # old implementations leave the length out; the library reads on, and so do we
    if length < 0:
        raise BadDecodingError
    _check_bytes(data, length)
    body = data.copy(length)
    data.skip(length)
    return body


# ---- structures ------------------------------------------------------------------------------------------------------


def guarded(objtype: type, decode: Decoder) -> Decoder:
    """Return a structure's decoder which, outermost, begins a message's account and turns whatever goes wrong into a status.

    Args:
        objtype: The structure.
        decode: asyncua's decoder of it.
    """
    if objtype is ua.DiagnosticInfo:
        decode = _diagnostic_info

    def decode_within_bounds(data: Any) -> Any:
        state = _state
        if state.inside:
            return decode(data)
        if type(data) is DecodedBuffer and type(data.value) is objtype:
            return data.value
        allowed = _limits.objects if state.allowed is None else state.allowed
        state.inside, state.depth, state.left = True, 0, allowed
        try:
            return decode(data)
        except UaStatusCodeError:
            raise
        except RecursionError:
            raise BadEncodingLimitsExceeded from None
        except _MALFORMED as problem:
            raise BadDecodingError from problem
        finally:
            state.inside = False

    return decode_within_bounds


def _diagnostic_info(data: Buffer) -> ua.DiagnosticInfo:
    """Decode a DiagnosticInfo (Part 6, 5.2.2.12); the library takes the inner one for an ExtensionObject."""
    mask = data.read(1)[0]
    found = ua.DiagnosticInfo()
    for bit, name in enumerate(("SymbolicId", "NamespaceURI", "Locale", "LocalizedText")):
        if mask & 1 << bit:
            setattr(found, name, ua_binary.Primitives.Int32.unpack(data))
    if mask & 0x10:
        found.AdditionalInfo = unpack_string(data)
    if mask & 0x20:
        found.InnerStatusCode = ua.StatusCode(ua_binary.Primitives.UInt32.unpack(data))
    if mask & 0x40:
        _descend()
        try:
            found.InnerDiagnosticInfo = _diagnostic_info(data)
        finally:
            _state.depth -= 1
    return found
