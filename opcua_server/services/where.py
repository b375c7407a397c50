"""Decide whether an event passes a filter's where-clause (OPC 10000-4, 7.7)."""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any

from asyncua import ua
from asyncua.server.address_space import AddressSpace

from opcua_server.services.events import EventRecord

_Op = ua.FilterOperator
_MAX_DEPTH = 32
_COMPARE: dict[ua.FilterOperator, Callable[[Any, Any], bool]] = {
    _Op.GreaterThan: gt,
    _Op.LessThan: lt,
    _Op.GreaterThanOrEqual: ge,
    _Op.LessThanOrEqual: le,
}


class TypeTree:
    """Answers whether one type is another or one of its subtypes."""

    def __init__(self, aspace: AddressSpace) -> None:
        self._aspace = aspace
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
        data = self._aspace.get(node)
        for reference in data.references if data else ():
            if reference.ReferenceTypeId.Identifier == ua.ObjectIds.HasSubtype and not reference.IsForward:
                parent: ua.NodeId = reference.NodeId
                return parent
        return None


class WhereClause:
    """One client's where-clause. What cannot be evaluated is null, and null does not pass."""

    def __init__(self, clause: ua.ContentFilter, types: TypeTree) -> None:
        self._elements = clause.Elements or []
        self._types = types

    def passes(self, event: EventRecord) -> bool:
        """Return whether the event may be sent."""
        if not self._elements:
            return True
        return self._element(0, event, 0) is True

    def _element(self, index: int, event: EventRecord, depth: int) -> Any:
        if index >= len(self._elements) or depth > _MAX_DEPTH:
            return None
        element = self._elements[index]
        operator = element.FilterOperator
        operands = element.FilterOperands or []
        if operator is _Op.OfType:
            wanted = self._operand(operands[0], event, depth)
            return isinstance(wanted, ua.NodeId) and self._types.is_a(event.event_type, wanted)
        values = [self._operand(operand, event, depth) for operand in operands]
        return _apply(operator, values)

    def _operand(self, operand: Any, event: EventRecord, depth: int) -> Any:
        if isinstance(operand, ua.ElementOperand):
            return self._element(operand.Index, event, depth + 1)
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
        return None if values[0] is None else not values[0]
    if operator is _Op.And:
        return False if False in values else (None if None in values else True)
    if operator is _Op.Or:
        return True if True in values else (None if None in values else False)
    if any(value is None for value in values[:2]):
        return None
    return _apply_to_values(operator, values)


def _apply_to_values(operator: ua.FilterOperator, values: list[Any]) -> Any:
    try:
        if operator is _Op.Equals:
            return values[0] == values[1]
        if operator in _COMPARE:
            return _COMPARE[operator](values[0], values[1])
        if operator is _Op.Between:
            return values[1] <= values[0] <= values[2]
        if operator is _Op.InList:
            return values[0] in values[1:]
        if operator is _Op.Like:
            return _like(str(values[1])).fullmatch(str(values[0])) is not None
        if operator is _Op.BitwiseAnd:
            return values[0] & values[1]
        if operator is _Op.BitwiseOr:
            return values[0] | values[1]
    except TypeError:
        return None
    return None


@lru_cache(maxsize=256)
def _like(pattern: str) -> re.Pattern[str]:
    r"""Return a Like pattern as a regular expression: % any text, _ one character, [..] a set, \\ escapes."""
    out: list[str] = []
    index = 0
    while index < len(pattern):
        character = pattern[index]
        if character == "\\" and index + 1 < len(pattern):
            index += 1
            out.append(re.escape(pattern[index]))
        elif character == "%":
            out.append(".*")
        elif character == "_":
            out.append(".")
        elif character == "[" and (end := pattern.find("]", index + 1)) > 0:
            body = pattern[index + 1 : end]
            negated = body.startswith("^")
            out.append(f"[{'^' if negated else ''}{re.escape(body[negated:]).replace(chr(92) + '-', '-')}]")
            index = end
        else:
            out.append(re.escape(character))
        index += 1
    return re.compile("".join(out), re.DOTALL)
