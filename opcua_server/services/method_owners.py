"""Whether a method is an object's to call (OPC 10000-4, 5.12.2)."""

from collections.abc import Iterator
from typing import Final

from asyncua import ua
from asyncua.server.address_space import AddressSpace

_S = ua.StatusCodes
_HAS_COMPONENT: Final = ua.NodeId(ua.ObjectIds.HasComponent)
_HAS_SUBTYPE: Final = ua.NodeId(ua.ObjectIds.HasSubtype)
_HAS_TYPE: Final = ua.NodeId(ua.ObjectIds.HasTypeDefinition)
# Types whose methods are called with a ConditionId as the object; the method itself says when that is none (OPC 10000-9).
_OF_CONDITIONS: Final = frozenset(
    ua.NodeId(number) for number in (ua.ObjectIds.ConditionType, ua.ObjectIds.ShelvedStateMachineType)
)


class MethodOwners:
    """Answers from the address space."""

    def __init__(self, aspace: AddressSpace) -> None:
        self._aspace = aspace

    def problem(self, owner: ua.NodeId, method: ua.NodeId) -> int | None:
        """Return the status that refuses a call: an object or method that is not there, or not the object's, or off."""
        if owner not in self._aspace:
            return _S.BadNodeIdUnknown
        if method not in self._aspace or not self._belongs(owner, method):
            return _S.BadMethodInvalid
        executable = self._aspace.read_attribute_value(method, ua.AttributeIds.Executable).Value
        if executable is not None and executable.Value is False:
            return _S.BadNotExecutable
        return None

    def _belongs(self, owner: ua.NodeId, method: ua.NodeId) -> bool:
        found = self._aspace.read_attribute_value(method, ua.AttributeIds.NodeClass).Value
        if found is None or found.Value != ua.NodeClass.Method:
            return False
        owners = set(self._targets(method, _HAS_COMPONENT, forward=False))
        if owner in owners or any(kind in owners for kind in self._types_of(owner)):
            return True
        return any(kind in _OF_CONDITIONS for each in owners for kind in self._line(each))

    def _types_of(self, node: ua.NodeId) -> Iterator[ua.NodeId]:
        for kind in self._targets(node, _HAS_TYPE):
            yield from self._line(kind)

    def _line(self, kind: ua.NodeId) -> list[ua.NodeId]:
        """Return a type and its supertypes."""
        line = [kind]
        while above := next(self._targets(line[-1], _HAS_SUBTYPE, forward=False), None):
            if above in line:
                break
            line.append(above)
        return line

    def _targets(
        self, node: ua.NodeId, reference_type: ua.NodeId, *, forward: bool = True
    ) -> Iterator[ua.NodeId]:
        data = self._aspace.get(node)
        for reference in data.references if data else ():
            if reference.IsForward is forward and reference.ReferenceTypeId == reference_type:
                yield reference.NodeId
