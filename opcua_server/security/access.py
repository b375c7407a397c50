"""What a session may do with a node: asked before each service, and told by the attributes about permissions."""

from collections.abc import Callable, Iterable
from typing import Final

from asyncua import ua
from asyncua.server.address_space import AddressSpace, NodeData

from opcua_server.model.companions import default_permissions_of
from opcua_server.model.namespaces import Namespaces
from opcua_server.security.authorize import may
from opcua_server.security.identity import Role
from opcua_server.security.node_rights import NodeRights, NodeRules
from opcua_server.security.permissions import MATRIX, Action, granted
from opcua_server.services.caller import Caller, current_caller
from opcua_server.services.status import status

_A = ua.AttributeIds
_S = ua.StatusCodes
_P = ua.PermissionType
_READING: Final = int(_P.Browse | _P.Read)
_CURRENT_READ, _CURRENT_WRITE = 1, 2
ROLE_IDS: Final = {role: ua.NodeId(getattr(ua.ObjectIds, f"WellKnownRole_{role}")) for role in Role}


class NodeAccess:
    """Answers for every node; the rights of a session are those of its roles at the moment of asking."""

    def __init__(self, aspace: AddressSpace, ns: Namespaces) -> None:
        self._aspace = aspace
        self._rules = NodeRules(aspace, ns)
        self._defaults = default_permissions_of(ns, "DefaultUserRolePermissions")

    def rights(self, node: ua.NodeId) -> NodeRights:
        """Return what a node asks for."""
        return self._rules.of(node)

    # ---- before a service ----------------------------------------------------------------------------------------

    def sees(self, caller: Caller, node: ua.NodeId) -> bool:
        """Return whether a node shows in what `caller` browses, and may be read."""
        rights = self._rules.of(node)
        return may(caller, rights.see) and _is_private_enough(caller, rights)

    def visible(self) -> Callable[[ua.NodeId], bool] | None:
        """Return which nodes the present caller sees; None where that is all of them."""
        caller = current_caller()
        if caller.internal:
            return None
        actions, of = granted(caller.roles), self._rules.of

        def sees(node: ua.NodeId) -> bool:
            rights = of(node)
            return rights.see in actions and _is_private_enough(caller, rights)

        return sees

    def read_problem(self, caller: Caller, node: ua.NodeId) -> int | None:
        """Return the status that refuses reading or monitoring a node, None where nothing does."""
        if caller.internal:
            return None
        rights = self._rules.of(node)
        if not may(caller, rights.see):
            return _S.BadUserAccessDenied
        return None if _is_private_enough(caller, rights) else _S.BadSecurityModeInsufficient

    def may_read(self, caller: Caller, node: NodeData, attribute: int) -> int | None:
        """Return the same, for monitored items."""
        del attribute
        return self.read_problem(caller, node.nodeid)

    def write_problem(self, caller: Caller, node: ua.NodeId) -> int | None:
        """Return the status that refuses writing a node's value.

        A node that nobody may write is left to whoever knows why not.
        """
        problem = self.read_problem(caller, node)
        if problem is not None or caller.internal:
            return problem
        action = self._rules.of(node).write
        return None if action is None or may(caller, action) else _S.BadUserAccessDenied

    def call_problem(self, caller: Caller, method: ua.NodeId) -> int | None:
        """Return the status that refuses a call; a method without a place in the table is nobody's."""
        if caller.internal:
            return None
        action = self._rules.of(method).call
        return None if action is not None and may(caller, action) else _S.BadUserAccessDenied

    # ---- the attributes about permissions (OPC 10000-3, 5.2) --------------------------------------------------------

    def attribute(self, caller: Caller, node: ua.NodeId, attribute: int) -> ua.DataValue | None:
        """Return an attribute that depends on roles, None where the address space has the answer."""
        if attribute == _A.Value:
            like_most = self._defaults.get(node)
            return None if like_most is None else self._user_role_permissions(caller, like_most)
        answer = _ANSWERS.get(attribute)
        return None if answer is None else answer(self, caller, node)

    def role_permissions(self, node: ua.NodeId, roles: Iterable[Role] = Role) -> list[ua.RolePermissionType]:
        """Return what each role may do with a node; roles that may do nothing are left out."""
        rights = self._rules.of(node)
        found = ((role, permissions_of(MATRIX[role], rights)) for role in roles)
        return [
            ua.RolePermissionType(RoleId=ROLE_IDS[role], Permissions=_P(bits)) for role, bits in found if bits
        ]

    def _role_permissions(self, caller: Caller, node: ua.NodeId) -> ua.DataValue:
        if not may(caller, Action.MANAGE_USERS):
            return ua.DataValue(StatusCode=status(_S.BadUserAccessDenied))
        return _permissions(self.role_permissions(node))

    def _user_role_permissions(self, caller: Caller, node: ua.NodeId) -> ua.DataValue:
        return _permissions(self.role_permissions(node, [role for role in Role if role in caller.roles]))

    def _access_restrictions(self, _: Caller, node: ua.NodeId) -> ua.DataValue:
        return _value(self._rules.of(node).restrictions, ua.VariantType.UInt16)

    def _access_level_ex(self, _: Caller, node: ua.NodeId) -> ua.DataValue | None:
        """Return AccessLevel in 32 bits: reads and writes are atomic, and parts of arrays may be written (OPC 10000-3, 8.58)."""
        found = self._aspace.read_attribute_value(node, _A.AccessLevel).Value
        if found is None or found.Value is None:
            return None
        return _value(int(found.Value), ua.VariantType.UInt32)

    def _user_access_level(self, caller: Caller, node: ua.NodeId) -> ua.DataValue | None:
        found = self._aspace.read_attribute_value(node, _A.AccessLevel).Value
        if found is None or found.Value is None:
            return None
        level = int(found.Value)
        action = self._rules.of(node).write
        if action is None or not may(caller, action):
            level &= ~_CURRENT_WRITE
        if not self.sees(caller, node):
            level &= ~_CURRENT_READ
        return _value(level, ua.VariantType.Byte)

    def _user_executable(self, caller: Caller, node: ua.NodeId) -> ua.DataValue | None:
        found = self._aspace.read_attribute_value(node, _A.Executable).Value
        if found is None:
            return None
        executable = bool(found.Value) and self.call_problem(caller, node) is None
        return _value(executable, ua.VariantType.Boolean)


def permissions_of(actions: frozenset[Action], rights: NodeRights) -> int:
    """Return the PermissionType bits that a role with `actions` has on a node."""
    bits = 0
    if rights.see in actions:
        bits |= _READING | (int(_P.ReceiveEvents | _P.ReadHistory) if Action.READ in actions else 0)
    if rights.see in actions and rights.write in actions:
        bits |= int(_P.Write)
    if rights.call in actions:
        bits |= int(_P.Call)
    if bits and Action.MANAGE_USERS in actions:
        bits |= int(_P.ReadRolePermissions | _P.ReceiveEvents)
    return bits


def _is_private_enough(caller: Caller, rights: NodeRights) -> bool:
    return not rights.restrictions or caller.is_encrypted or caller.internal


def _permissions(found: list[ua.RolePermissionType]) -> ua.DataValue:
    return ua.DataValue(ua.Variant(found, ua.VariantType.ExtensionObject, is_array=True))


def _value(value: int, kind: ua.VariantType) -> ua.DataValue:
    return ua.DataValue(ua.Variant(value, kind))


_Answer = Callable[[NodeAccess, Caller, ua.NodeId], ua.DataValue | None]
_ANSWERS: Final[dict[int, _Answer]] = {
    _A.RolePermissions: NodeAccess._role_permissions,
    _A.UserRolePermissions: NodeAccess._user_role_permissions,
    _A.AccessRestrictions: NodeAccess._access_restrictions,
    _A.AccessLevelEx: NodeAccess._access_level_ex,
    _A.UserAccessLevel: NodeAccess._user_access_level,
    _A.UserExecutable: NodeAccess._user_executable,
}
