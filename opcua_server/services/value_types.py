"""Whether a value is of a variable's DataType, ValueRank and ArrayDimensions (OPC 10000-3, 5.6.2)."""

from typing import Any, Final

from asyncua import ua
from asyncua.server.address_space import AddressSpace

from opcua_server.services.where import TypeTree

_ID = ua.ObjectIds
_ENUMERATION: Final = ua.NodeId(_ID.Enumeration)
_STRUCTURE: Final = ua.NodeId(_ID.Structure)
_SCALAR_OR_ONE, _ANY, _SCALAR, _ONE_OR_MORE = -3, -2, -1, 0  # ValueRank, but for numbers of dimensions


class ValueTypes:
    """Answers from the address space."""

    def __init__(self, aspace: AddressSpace) -> None:
        self._aspace = aspace
        self._types = TypeTree(aspace)

    def fits(self, node: ua.NodeId, value: ua.Variant, *, in_part: bool = False) -> bool:
        """Return whether a value may be a variable's; with `in_part` its shape is not looked at."""
        wanted = self._attribute(node, ua.AttributeIds.DataType)
        if isinstance(wanted, ua.NodeId) and not self._is_of_type(value, wanted):
            return False
        return in_part or self._has_shape(node, value)

    def _is_of_type(self, value: ua.Variant, wanted: ua.NodeId) -> bool:
        kind = ua.NodeId(value.VariantType.value)
        if self._types.is_a(wanted, _ENUMERATION):
            return value.VariantType == ua.VariantType.Int32
        if value.VariantType == ua.VariantType.ExtensionObject and self._types.is_a(wanted, _STRUCTURE):
            return all(self._is_structure(each, wanted) for each in _leaves(value.Value))
        # A concrete type may be a subtype of the built-in one (Duration of Double), an abstract one above it (Number).
        return self._types.is_a(wanted, kind) or self._types.is_a(kind, wanted)

    def _is_structure(self, value: Any, wanted: ua.NodeId) -> bool:
        found = getattr(value, "data_type", None)
        return wanted == _STRUCTURE or (isinstance(found, ua.NodeId) and self._types.is_a(found, wanted))

    def _has_shape(self, node: ua.NodeId, value: ua.Variant) -> bool:
        sizes = _sizes(value)
        rank = self._attribute(node, ua.AttributeIds.ValueRank)
        if isinstance(rank, int) and not _fits_rank(len(sizes), rank):
            return False
        bounds = self._attribute(node, ua.AttributeIds.ArrayDimensions) or []
        return all(not bound or size <= bound for size, bound in zip(sizes, bounds, strict=False))

    def _attribute(self, node: ua.NodeId, attribute: ua.AttributeIds) -> Any:
        found = self._aspace.read_attribute_value(node, attribute).Value
        return None if found is None else found.Value


def _fits_rank(dimensions: int, rank: int) -> bool:
    if rank == _ANY:
        return True
    if rank == _SCALAR_OR_ONE:
        return dimensions <= 1
    if rank == _SCALAR:
        return dimensions == 0
    return dimensions >= 1 if rank == _ONE_OR_MORE else dimensions == rank


def _sizes(value: ua.Variant) -> list[int]:
    if not isinstance(value.Value, list):
        return []
    return list(value.Dimensions) if value.Dimensions else [len(value.Value)]


def _leaves(value: Any) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    return [leaf for each in value for leaf in _leaves(each)]
