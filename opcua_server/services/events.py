"""Events as plain records: fields by path, and the notifiers they reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asyncua import ua

from opcua_server.services import index_range
from opcua_server.services.index_range import IndexRangeError

NULL = ua.Variant(None, ua.VariantType.Null)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One event. `fields` are keyed by browse path without namespaces, `ActiveState/Id`."""

    event_type: ua.NodeId
    fields: Mapping[str, ua.Variant]
    notifiers: frozenset[ua.NodeId]  # every node whose subscribers see it, up to the Server object
    condition: ua.NodeId | None = None
    unfiltered: bool = (
        False  # refresh brackets and overflow: no where-clause holds them back (OPC 10000-9, 4.5)
    )
    audit: bool = False  # tells who did what: for those alone who may read the audit log

    def value(self, path: str) -> ua.Variant:
        """Return a field, or Null where the event has none of that name, or no value in it.

        Most types have no way to write that there is no value: such a field would take all others with it.
        """
        found = self.fields.get(path, NULL)
        return NULL if found.Value is None else found

    def select(self, clauses: Sequence[ua.SimpleAttributeOperand]) -> list[ua.Variant]:
        """Return the fields that a filter's select clauses name, in their order."""
        return [self._clause(clause) for clause in clauses]

    def _clause(self, clause: ua.SimpleAttributeOperand) -> ua.Variant:
        if not clause.BrowsePath:
            # ConditionId is asked for as the NodeId attribute of ConditionType (OPC 10000-9, 5.5.2).
            if clause.AttributeId == ua.AttributeIds.NodeId and self.condition is not None:
                return ua.Variant(self.condition, ua.VariantType.NodeId)
            return NULL
        if clause.AttributeId != ua.AttributeIds.Value:
            return NULL
        value = self.value("/".join(name.Name for name in clause.BrowsePath))
        return _part(value, clause.IndexRange) if clause.IndexRange else value


def _part(value: ua.Variant, text: str) -> ua.Variant:
    """Return a part of a field; Null where it has none of that kind."""
    try:
        return index_range.read(value, index_range.parse(text))
    except IndexRangeError:
        return NULL
