"""Decide whether an event passes a filter's where-clause (OPC 10000-4, 7.7)."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Any, Final

from asyncua import ua
from asyncua.server.address_space import AddressSpace

from opcua_server.services.casts import cast_value
from opcua_server.services.event_fields import EventFields
from opcua_server.services.events import EventRecord
from opcua_server.services.like import is_like

_Op = ua.FilterOperator
_MAX_DEPTH: Final = 32  # of a hierarchy of types

# operator -> how many operands it takes, at least and at most; what is not here is not supported
OPERANDS: Final[Mapping[ua.FilterOperator, tuple[int, int]]] = {
    _Op.Equals: (2, 2),
    _Op.IsNull: (1, 1),
    _Op.GreaterThan: (2, 2),
    _Op.LessThan: (2, 2),
    _Op.GreaterThanOrEqual: (2, 2),
    _Op.LessThanOrEqual: (2, 2),
    _Op.Like: (2, 2),
    _Op.Not: (1, 1),
    _Op.Between: (3, 3),
    _Op.InList: (2, 10_000),
    _Op.And: (2, 2),
    _Op.Or: (2, 2),
    _Op.Cast: (2, 2),
    _Op.OfType: (1, 1),
    _Op.BitwiseAnd: (2, 2),
    _Op.BitwiseOr: (2, 2),
}


class TypeTree:
    """Answers whether one type is another or one of its subtypes."""

    def __init__(self, aspace: AddressSpace) -> None:
        self.aspace = aspace
        self.fields = EventFields(aspace)
        self.is_a = lru_cache(maxsize=4096)(self._is_a)

    def _is_a(self, node: ua.NodeId, ancestor: ua.NodeId) -> bool:
        seen = 0
        current: ua.NodeId | None = node
        while current is not None and seen < _MAX_DEPTH:
            if current == ancestor:
                return True
            current = self._supertype(current)
            seen += 1
        return False

    def _supertype(self, node: ua.NodeId) -> ua.NodeId | None:
        data = self.aspace.get(node)
        for reference in data.references if data else ():
            if reference.ReferenceTypeId.Identifier == ua.ObjectIds.HasSubtype and not reference.IsForward:
                parent: ua.NodeId = reference.NodeId
                return parent
        return None


class WhereClause:
    """One client's where-clause. What cannot be evaluated is null, and null does not pass.

    An element may only refer to later ones: evaluated from the last to the first, each is looked at once an event,
    however often others refer to it.
    """

    def __init__(self, clause: ua.ContentFilter, types: TypeTree) -> None:
        self._elements = [
            (element.FilterOperator, element.FilterOperands or []) for element in clause.Elements or []
        ]
        self._types = types

    def passes(self, event: EventRecord) -> bool:
        """Return whether the event may be sent."""
        if not self._elements:
            return True
        results: list[Any] = [None] * len(self._elements)
        for index in range(len(self._elements) - 1, -1, -1):
            results[index] = self._element(index, event, results)
        return results[0] is True

    def _element(self, index: int, event: EventRecord, results: Sequence[Any]) -> Any:
        operator, operands = self._elements[index]
        fewest, most = OPERANDS.get(operator, (1, 0))
        if not fewest <= len(operands) <= most:
            return None
        values = [self._operand(operand, event, index, results) for operand in operands]
        if operator is _Op.OfType:
            return isinstance(values[0], ua.NodeId) and self._types.is_a(event.event_type, values[0])
        return _apply(operator, values)

    @staticmethod
    def _operand(operand: Any, event: EventRecord, index: int, results: Sequence[Any]) -> Any:
        if isinstance(operand, ua.ElementOperand):
            return results[operand.Index] if index < operand.Index < len(results) else None
        if isinstance(operand, ua.LiteralOperand):
            return _plain(operand.Value)
        if isinstance(operand, ua.SimpleAttributeOperand):
            return _plain(event.select([operand])[0])
        if isinstance(operand, ua.AttributeOperand):
            names = [element.TargetName.Name for element in operand.BrowsePath.Elements or []]
            return _plain(event.value("/".join(names)))
        return None


def _plain(variant: ua.Variant | None) -> Any:
    value = None if variant is None else variant.Value
    return value.Text if isinstance(value, ua.LocalizedText) else value


def _apply(operator: ua.FilterOperator, values: list[Any]) -> Any:
    """Apply an operator with the three-valued logic of Part 4: True, False or None (null)."""
    if operator is _Op.IsNull:
        return values[0] is None
    if operator is _Op.Not:
        return not values[0] if isinstance(values[0], bool) else None
    if operator is _Op.And:
        return False if False in values else (True if values == [True, True] else None)
    if operator is _Op.Or:
        return True if True in values else (False if values == [False, False] else None)
    if any(value is None for value in values[:2]):
        return None
    try:
        return _OPERATORS[operator](values)
    except (TypeError, ValueError, OverflowError):
        return None


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[list[Any]], Any]:
    return lambda values: compare(*_alike(values[0], values[1]))


def _alike(one: Any, other: Any) -> tuple[Any, Any]:
    """Return two values of one kind: a text that stands for a number or truth is converted (OPC 10000-4, table 128)."""
    if isinstance(one, str) is isinstance(other, str):
        return one, other
    if isinstance(one, str) and isinstance(other, bool | int | float):
        return cast_value(one, type(other)), other
    if isinstance(other, str) and isinstance(one, bool | int | float):
        return one, cast_value(other, type(one))
    return one, other


def _between(values: list[Any]) -> Any:
    if values[2] is None:
        return None
    low, value = _alike(values[1], values[0])
    value, high = _alike(value, values[2])
    return low <= value <= high


def _bits(operate: Callable[[int, int], int]) -> Callable[[list[Any]], Any]:
    def apply(values: list[Any]) -> Any:
        if any(isinstance(value, bool) or not isinstance(value, int) for value in values):
            return None
        return operate(values[0], values[1])

    return apply


_OPERATORS: Final[Mapping[ua.FilterOperator, Callable[[list[Any]], Any]]] = {
    _Op.Equals: _compared(eq),
    _Op.GreaterThan: _compared(gt),
    _Op.LessThan: _compared(lt),
    _Op.GreaterThanOrEqual: _compared(ge),
    _Op.LessThanOrEqual: _compared(le),
    _Op.Between: _between,
    _Op.InList: lambda values: any(
        eq(*_alike(values[0], value)) for value in values[1:] if value is not None
    ),
    _Op.Like: lambda values: is_like(str(values[0]), str(values[1])),
    _Op.Cast: lambda values: cast_value(values[0], values[1]),
    _Op.BitwiseAnd: _bits(lambda one, other: one & other),
    _Op.BitwiseOr: _bits(lambda one, other: one | other),
}
