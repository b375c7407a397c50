"""Check an event filter when it is set: a status for each clause, before the first event (OPC 10000-4, 7.22.3)."""

from dataclasses import dataclass
from typing import Any, Final

from asyncua import ua

from opcua_server.services import index_range
from opcua_server.services.index_range import IndexRangeError
from opcua_server.services.limits import LIMITS
from opcua_server.services.status import GOOD, status
from opcua_server.services.where import OPERANDS, TypeTree, WhereClause

_S = ua.StatusCodes
_Op = ua.FilterOperator
_ATTRIBUTES: Final = frozenset(int(attribute) for attribute in ua.AttributeIds)
_GOOD: Final = _S.Good


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFilter:
    """A filter that was looked at."""

    where: WhereClause
    result: ua.EventFilterResult  # a status for each clause
    problem: int | None  # of the whole filter, which is not used then


class EventFilterChecker:
    """Checks filters against the types of one address space."""

    def __init__(self, types: TypeTree) -> None:
        self._types = types
        self._fields = types.fields

    def check(self, wanted: ua.EventFilter) -> CheckedFilter:
        """Return what is wrong with a filter.

        A select clause that no event can satisfy is told and answered with null; a where-clause that is wrong, or a filter
        without one good select clause, makes the whole filter BadEventFilterInvalid.
        """
        selects = wanted.SelectClauses or []
        elements = wanted.WhereClause.Elements or []
        if len(selects) > LIMITS.max_select_clauses or len(elements) > LIMITS.max_where_elements:
            return CheckedFilter(
                where=WhereClause(ua.ContentFilter(), self._types),
                result=ua.EventFilterResult(),
                problem=_S.BadTooManyOperations,
            )
        codes = [self._field(clause) for clause in selects]
        found = [self._element(index, element, len(elements)) for index, element in enumerate(elements)]
        result = ua.EventFilterResult(
            SelectClauseResults=[_code(code) for code in codes],
            WhereClauseResult=ua.ContentFilterResult(ElementResults=found),
        )
        is_bad = any(not element.StatusCode.is_good() for element in found) or _GOOD not in codes
        return CheckedFilter(
            where=WhereClause(wanted.WhereClause, self._types),
            result=result,
            problem=_S.BadEventFilterInvalid if is_bad else None,
        )

    def _field(self, operand: ua.SimpleAttributeOperand) -> int:
        """Return the status of a select clause, or of a field in a where-clause."""
        event_type = operand.TypeDefinitionId
        names = [name.Name for name in operand.BrowsePath or []]
        if operand.AttributeId not in _ATTRIBUTES:
            return _S.BadAttributeIdInvalid
        if any(not name for name in names):
            return _S.BadBrowseNameInvalid
        if operand.IndexRange:
            try:
                index_range.parse(operand.IndexRange)
            except IndexRangeError as problem:
                return problem.status
        if event_type.is_null():
            event_type = ua.NodeId(ua.ObjectIds.BaseEventType)
        if event_type not in self._types.aspace:
            return _S.BadNodeIdUnknown
        if not self._fields.is_event_type(event_type):
            return _S.BadTypeDefinitionInvalid
        return _GOOD if self._fields.has(event_type, names) else _S.BadNodeIdUnknown

    def _element(
        self, index: int, element: ua.ContentFilterElement, count: int
    ) -> ua.ContentFilterElementResult:
        operands = element.FilterOperands or []
        if element.FilterOperator not in OPERANDS:
            return ua.ContentFilterElementResult(StatusCode=status(_S.BadFilterOperatorUnsupported))
        fewest, most = OPERANDS[element.FilterOperator]
        if not fewest <= len(operands) <= most:
            return ua.ContentFilterElementResult(StatusCode=status(_S.BadFilterOperandCountMismatch))
        codes = [self._operand(operand, index, count) for operand in operands]
        if element.FilterOperator is _Op.OfType and codes == [_GOOD]:
            codes = [_type_literal(operands[0])]
        if element.FilterOperator is _Op.Cast and codes[1] == _GOOD:
            codes[1] = _type_literal(operands[1])
        worst = next((code for code in codes if code != _GOOD), _GOOD)
        return ua.ContentFilterElementResult(
            StatusCode=_code(worst), OperandStatusCodes=[_code(code) for code in codes]
        )

    def _operand(self, operand: Any, index: int, count: int) -> int:
        if isinstance(operand, ua.LiteralOperand):
            return _GOOD
        if isinstance(operand, ua.ElementOperand):
            # Only later elements: whatever refers back could refer to itself.
            return _GOOD if index < operand.Index < count else _S.BadFilterElementInvalid
        if isinstance(operand, ua.SimpleAttributeOperand):
            # A field that this server does not know is null for every event, which a filter may ask for.
            code = self._field(operand)
            return _GOOD if code == _S.BadNodeIdUnknown else code
        if isinstance(operand, ua.AttributeOperand):
            return _GOOD if operand.AttributeId in _ATTRIBUTES else _S.BadAttributeIdInvalid
        return _S.BadFilterOperandInvalid


def _type_literal(operand: Any) -> int:
    if not isinstance(operand, ua.LiteralOperand):
        return _S.BadFilterOperandInvalid
    return _GOOD if isinstance(operand.Value.Value, ua.NodeId) else _S.BadFilterLiteralInvalid


def _code(code: int) -> ua.StatusCode:
    return GOOD if code == _GOOD else status(code)
