"""Which fields the events of a type can have: what its declarations, and those of its sub- and supertypes, name."""

from collections.abc import Iterable, Iterator, Sequence

from asyncua import ua
from asyncua.server.address_space import AddressSpace, NodeData

_PARTS = frozenset((ua.ObjectIds.HasComponent, ua.ObjectIds.HasProperty, ua.ObjectIds.HasOrderedComponent))
_SUBTYPE = ua.ObjectIds.HasSubtype
_TYPED = ua.ObjectIds.HasTypeDefinition
_BASE = ua.NodeId(ua.ObjectIds.BaseEventType)
_MAX_PATH = 16


class EventFields:
    """Looks fields up in the address space; the types do not change while the server runs."""

    def __init__(self, aspace: AddressSpace) -> None:
        self._aspace = aspace
        self._members: dict[ua.NodeId, dict[str, list[ua.NodeId]]] = {}
        self._of_types: dict[ua.NodeId, dict[str, list[ua.NodeId]]] = {}

    def is_event_type(self, node: ua.NodeId) -> bool:
        """Return whether a node is BaseEventType or one of its subtypes."""
        return _BASE in self._line(node)

    def has(self, event_type: ua.NodeId, path: Sequence[str]) -> bool:
        """Return whether events of a type, or of a subtype, may have a field by its browse path."""
        if not path or len(path) > _MAX_PATH:
            return not path
        found = self._fields_of(event_type).get(path[0], [])
        for name in path[1:]:
            found = [node for parent in found for node in self._members_of(parent).get(name, [])][:1000]
        return bool(found)

    def _fields_of(self, event_type: ua.NodeId) -> dict[str, list[ua.NodeId]]:
        if event_type not in self._of_types:
            kin = dict.fromkeys([*self._line(event_type), *self._descendants(event_type)])
            self._of_types[event_type] = _by_name(
                part for node in kin for part in self._parts(self._aspace.get(node))
            )
        return self._of_types[event_type]

    def _members_of(self, node: ua.NodeId) -> dict[str, list[ua.NodeId]]:
        """Return what an instance declaration consists of: its own parts, and those of its type."""
        if node not in self._members:
            data = self._aspace.get(node)
            owners = [node, *(kin for kind in _targets(data, _TYPED) for kin in self._line(kind))]
            self._members[node] = _by_name(
                part for owner in owners for part in self._parts(self._aspace.get(owner))
            )
        return self._members[node]

    @staticmethod
    def _parts(data: NodeData | None) -> Iterator[ua.ReferenceDescription]:
        for reference in data.references if data else ():
            if reference.IsForward and reference.ReferenceTypeId.Identifier in _PARTS:
                yield reference

    def _line(self, node: ua.NodeId) -> list[ua.NodeId]:
        """Return a type and its supertypes, upwards."""
        line = [node]
        while above := _targets(self._aspace.get(line[-1]), _SUBTYPE, forward=False):
            if above[0] in line:
                break
            line.append(above[0])
        return line

    def _descendants(self, node: ua.NodeId) -> list[ua.NodeId]:
        found: dict[ua.NodeId, None] = {}
        waiting = [node]
        while waiting:
            for below in _targets(self._aspace.get(waiting.pop()), _SUBTYPE):
                if below not in found:
                    found[below] = None
                    waiting.append(below)
        return list(found)


def _targets(data: NodeData | None, reference_type: int, *, forward: bool = True) -> list[ua.NodeId]:
    return [
        reference.NodeId
        for reference in (data.references if data else ())
        if reference.IsForward is forward and reference.ReferenceTypeId == ua.NodeId(reference_type)
    ]


def _by_name(parts: Iterable[ua.ReferenceDescription]) -> dict[str, list[ua.NodeId]]:
    found: dict[str, list[ua.NodeId]] = {}
    for part in parts:
        found.setdefault(part.BrowseName.Name, []).append(part.NodeId)
    return found
