"""Conversions between built-in types, as filters do them (OPC 10000-4, 7.7.3, table 128)."""

from typing import Any, Final
from uuid import UUID

from asyncua import ua

_TRUE, _FALSE = ("true", "1"), ("false", "0")

# Built-in integer types -> their least and greatest value
_INTEGERS: Final = {
    ua.ObjectIds.SByte: (-(2**7), 2**7 - 1),
    ua.ObjectIds.Byte: (0, 2**8 - 1),
    ua.ObjectIds.Int16: (-(2**15), 2**15 - 1),
    ua.ObjectIds.UInt16: (0, 2**16 - 1),
    ua.ObjectIds.Int32: (-(2**31), 2**31 - 1),
    ua.ObjectIds.UInt32: (0, 2**32 - 1),
    ua.ObjectIds.Int64: (-(2**63), 2**63 - 1),
    ua.ObjectIds.UInt64: (0, 2**64 - 1),
    ua.ObjectIds.StatusCode: (0, 2**32 - 1),
}
_KINDS: Final[dict[int, type]] = {
    ua.ObjectIds.Boolean: bool,
    ua.ObjectIds.Float: float,
    ua.ObjectIds.Double: float,
    ua.ObjectIds.String: str,
    ua.ObjectIds.Guid: UUID,
    ua.ObjectIds.NodeId: ua.NodeId,
}


def cast_value(value: Any, wanted: Any) -> Any:
    """Return a value as another type, a Python one or a built-in one by its NodeId; None where it cannot be."""
    if isinstance(wanted, ua.NodeId):
        if wanted.NamespaceIndex:
            return None
        if wanted.Identifier in _INTEGERS:
            low, high = _INTEGERS[wanted.Identifier]
            number = _whole(value)
            return number if number is not None and low <= number <= high else None
        wanted = _KINDS.get(wanted.Identifier)
    return None if wanted is None else _cast(value, wanted)


def _cast(value: Any, wanted: type) -> Any:
    if wanted is bool:
        return _truth(value)
    if wanted is int:
        return _whole(value)
    if wanted is float:
        return float(value) if isinstance(value, str | int | float) else None
    if wanted is str:
        return _text(value)
    if isinstance(value, wanted):
        return value
    if isinstance(value, str):
        return UUID(value) if wanted is UUID else _node(value)
    return None


def _truth(value: Any) -> bool | None:
    if isinstance(value, str):
        return True if value.lower() in _TRUE else (False if value.lower() in _FALSE else None)
    return value != 0 if isinstance(value, int | float) else None


def _whole(value: Any) -> int | None:
    if isinstance(value, str):
        return int(value) if len(value) <= 20 else None
    return round(value) if isinstance(value, int | float) else None


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, ua.NodeId):
        return str(value.to_string())
    return str(value) if isinstance(value, str | int | float | UUID) else None


def _node(text: str) -> ua.NodeId | None:
    try:
        return ua.NodeId.from_string(text)
    except ua.UaError:
        return None
