"""Reference types and their subtypes: which references a filter by type lets through."""

from asyncua import ua
from asyncua.server.address_space import AddressSpace

HAS_SUBTYPE = ua.NodeId(ua.ObjectIds.HasSubtype)


class ReferenceTypes:
    """Answers from the address space, once for each type: reference types do not change while the server runs."""

    def __init__(self, aspace: AddressSpace) -> None:
        self._aspace = aspace
        self._families: dict[ua.NodeId, frozenset[ua.NodeId]] = {}

    def is_reference_type(self, node: ua.NodeId) -> bool:
        """Return whether a node is a ReferenceType."""
        found = self._aspace.read_attribute_value(node, ua.AttributeIds.NodeClass).Value
        return found is not None and found.Value == ua.NodeClass.ReferenceType

    def wanted(self, reference_type: ua.NodeId, *, subtypes: bool) -> frozenset[ua.NodeId] | None:
        """Return the types that a filter means, None for all: the null type ignores `subtypes` (OPC 10000-4, 5.9.2)."""
        if reference_type.is_null():
            return None
        return self.family(reference_type) if subtypes else frozenset((reference_type,))

    def family(self, reference_type: ua.NodeId) -> frozenset[ua.NodeId]:
        """Return a type and all its subtypes."""
        if reference_type not in self._families:
            if not self.is_reference_type(reference_type):
                return frozenset((reference_type,))  # not kept: a client can name any number of these
            self._families[reference_type] = frozenset(self._collect(reference_type))
        return self._families[reference_type]

    def _collect(self, root: ua.NodeId) -> set[ua.NodeId]:
        found: set[ua.NodeId] = set()
        waiting = [root]
        while waiting:
            current = waiting.pop()
            data = self._aspace.get(current)
            if current in found or data is None:
                continue
            found.add(current)
            waiting.extend(
                reference.NodeId
                for reference in data.references
                if reference.IsForward and reference.ReferenceTypeId == HAS_SUBTYPE
            )
        return found
