"""What the server says about itself (OPC 10000-5, 6.3), and that it says nothing of what it does not serve."""

from typing import Any

import pytest
from asyncua import ua

from opcua_server.services.limits import LIMITS
from tests.conformance.peer import Peer

_ID = ua.ObjectIds
_CAPABILITIES = "Server_ServerCapabilities_"
_LIMITS = _CAPABILITIES + "OperationLimits_"

ADVERTISED: dict[str, Any] = {
    _CAPABILITIES + "LocaleIdArray": ["en"],
    _CAPABILITIES + "MaxBrowseContinuationPoints": LIMITS.max_browse_continuation_points,
    _CAPABILITIES + "MaxQueryContinuationPoints": 0,
    _CAPABILITIES + "MaxArrayLength": LIMITS.max_array_length,
    _CAPABILITIES + "MaxStringLength": LIMITS.max_string_length,
    _CAPABILITIES + "MaxByteStringLength": LIMITS.max_byte_string_length,
    _CAPABILITIES + "SoftwareCertificates": [],
    _CAPABILITIES + "MinSupportedSampleRate": LIMITS.min_sampling_ms,
    _LIMITS + "MaxNodesPerWrite": LIMITS.max_nodes_per_write,
    _LIMITS + "MaxNodesPerMethodCall": LIMITS.max_nodes_per_method_call,
    _LIMITS + "MaxNodesPerBrowse": LIMITS.max_nodes_per_browse,
    "Server_ServerRedundancy_RedundancySupport": ua.RedundancySupport.None_,
    "HistoryServerCapabilities_InsertDataCapability": False,
}


def node(name: str) -> str:
    return f"i={getattr(_ID, name)}"


@pytest.mark.row(29)
@pytest.mark.parametrize("name", ADVERTISED)
async def test_that_a_capability_is_told(peer: Peer, name: str) -> None:
    assert await peer.value(node(name)) == ADVERTISED[name]


@pytest.mark.row(29)
async def test_that_the_profiles_are_named(peer: Peer) -> None:
    profiles = await peer.value(node(_CAPABILITIES + "ServerProfileArray"))

    assert "http://opcfoundation.org/UA-Profile/Server/Core2017Facet" in (profiles or [])


@pytest.mark.row(29)
async def test_that_auditing_is_a_yes_or_no(peer: Peer) -> None:
    assert isinstance(await peer.value(node("Server_Auditing")), bool)


@pytest.mark.also_on_stock
async def test_that_a_healthy_server_tells_the_best_service_level(peer: Peer) -> None:
    assert await peer.value(node("Server_ServiceLevel")) == 255


@pytest.mark.row(29)
@pytest.mark.parametrize("name", ["PublishSubscribe", "ServerConfiguration", "ServerLog"])
async def test_that_what_is_not_served_is_not_shown(peer: Peer, name: str) -> None:
    found = await peer.read(node(name), ua.AttributeIds.BrowseName)

    assert found.StatusCode is not None
    assert found.StatusCode.name == "BadNodeIdUnknown"


@pytest.mark.row(29)
async def test_that_no_variable_of_the_server_object_is_null(peer: Peer) -> None:
    capabilities = [name for name in dir(_ID) if name.startswith(_LIMITS)]

    empty = [name for name in capabilities if await peer.value(node(name)) is None]
    empty += [name for name in ADVERTISED if await peer.value(node(name)) is None]

    assert empty == []


METADATA = "NamespaceMetadata/{}"
NAMESPACES = {"urn:andon:factory": [ua.IdType.String], "urn:andon:types": [ua.IdType.Numeric]}


@pytest.mark.only_ours  # the stock server has the nodes of our model, and with them most of this
@pytest.mark.parametrize("uri", NAMESPACES)
async def test_that_a_namespace_is_described(peer: Peer, uri: str) -> None:
    of = METADATA.format(uri)

    assert await peer.value(f"{of}/NamespaceUri") == uri
    assert await peer.value(f"{of}/IsNamespaceSubset") is False
    assert await peer.value(f"{of}/StaticNodeIdTypes") == NAMESPACES[uri]
    assert await peer.value(f"{of}/DefaultAccessRestrictions") == 0


@pytest.mark.row(5)
async def test_that_a_namespace_tells_what_each_role_may_do_by_default(peer: Peer) -> None:
    found = await peer.value(f"{METADATA.format('urn:andon:factory')}/DefaultRolePermissions")

    observer = ua.NodeId(_ID.WellKnownRole_Observer)
    rights = {each.RoleId: ua.PermissionType(each.Permissions) for each in found}
    assert observer in rights
    assert ua.PermissionType.Read in rights[observer]
    assert ua.PermissionType.Write not in rights[observer]
    assert ua.NodeId(_ID.WellKnownRole_Anonymous) not in rights


@pytest.mark.only_ours  # the node is our model's; what it says is the session's
@pytest.mark.row(5)
async def test_that_a_namespace_tells_what_the_session_may_do_by_default(peer: Peer) -> None:
    of = METADATA.format("urn:andon:factory")
    everybody = {each.RoleId: each.Permissions for each in await peer.value(f"{of}/DefaultRolePermissions")}
    session = {each.RoleId: each.Permissions for each in await peer.value(f"{of}/DefaultUserRolePermissions")}

    assert session
    assert session.items() <= everybody.items()
    assert ua.NodeId(_ID.WellKnownRole_SecurityAdmin) not in session
