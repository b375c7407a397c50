"""The RoleSet of the Server object: which roles there are and who has them (OPC 10000-18, 4.2)."""

from collections.abc import Iterable
from typing import Final

from asyncua import ua
from asyncua.server.address_space import AddressSpace

from opcua_server.security.identity import Role
from opcua_server.security.users import GIVEN_BY_THE_SERVER, User

_CRITERIA: Final = ua.IdentityCriteriaType
# Roles that the server gives by how a session came about, not by who it is.
_GIVEN: Final = {
    Role.ANONYMOUS: _CRITERIA.Anonymous,
    Role.AUTHENTICATED_USER: _CRITERIA.AuthenticatedUser,
    Role.TRUSTED_APPLICATION: _CRITERIA.TrustedApplication,
}
# Their methods would change users over the wire; here that is done by `andon user` alone.
_METHODS: Final = (
    "AddIdentity", "RemoveIdentity", "AddApplication", "RemoveApplication", "AddEndpoint", "RemoveEndpoint",
)  # fmt: skip


async def fill_role_set(aspace: AddressSpace, users: Iterable[User]) -> None:
    """Write every role's Identities, and that its applications and endpoints are not restricted."""
    known = list(users)
    for role in Role:
        rules = [_rule(_GIVEN[role], "")] if role in GIVEN_BY_THE_SERVER else []
        rules += [
            _rule(_CRITERIA.UserName, user.name) for user in known if role in user.roles and user.enabled
        ]
        await _put(aspace, f"{role}_Identities", rules, ua.VariantType.ExtensionObject)
        for name in ("Applications", "Endpoints"):
            # An empty list of those that are excluded: none is.
            kind = ua.VariantType.String if name == "Applications" else ua.VariantType.ExtensionObject
            await _put(aspace, f"{role}_{name}", [], kind)
            await _put(aspace, f"{role}_{name}Exclude", True, ua.VariantType.Boolean)
        await _put(aspace, f"{role}_CustomConfiguration", False, ua.VariantType.Boolean)
        for method in _METHODS:
            await _forbid(aspace, f"{role}_{method}")
    for method in ("AddRole", "RemoveRole"):
        node = ua.NodeId(getattr(ua.ObjectIds, f"Server_ServerCapabilities_RoleSet_{method}"))
        await _write(aspace, node, ua.AttributeIds.Executable, False, ua.VariantType.Boolean)


def _rule(kind: ua.IdentityCriteriaType, who: str) -> ua.IdentityMappingRuleType:
    return ua.IdentityMappingRuleType(CriteriaType=kind, Criteria=ua.String(who))


async def _put(aspace: AddressSpace, name: str, value: object, kind: ua.VariantType) -> None:
    number = getattr(ua.ObjectIds, f"WellKnownRole_{name}", None)
    if number is not None:
        await _write(aspace, ua.NodeId(number), ua.AttributeIds.Value, value, kind)


async def _forbid(aspace: AddressSpace, name: str) -> None:
    number = getattr(ua.ObjectIds, f"WellKnownRole_{name}", None)
    if number is not None:
        node, executable = ua.NodeId(number), ua.AttributeIds.Executable
        await _write(aspace, node, executable, False, ua.VariantType.Boolean)


async def _write(
    aspace: AddressSpace, node: ua.NodeId, attribute: ua.AttributeIds, value: object, kind: ua.VariantType
) -> None:
    data = aspace.get(node)
    if data is not None and attribute in data.attributes:
        variant = ua.Variant(value, kind, is_array=isinstance(value, list))
        await aspace.write_attribute_value(node, attribute, ua.DataValue(variant))
