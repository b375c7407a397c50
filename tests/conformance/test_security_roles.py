"""Roles over the wire: every role asks for everything, and gets what the table says; the plant's nodes all have a place in it."""

import asyncio
import csv
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from asyncua import ua
from asyncua.server.address_space import AddressSpace

from opcua_server.model.namespaces import Namespaces
from opcua_server.security.access import ROLE_IDS, NodeAccess
from opcua_server.security.identity import Role
from opcua_server.security.permissions import MATRIX, Action, granted
from opcua_server.services.caller import Caller
from tests.conformance.peer import Peer, connected
from tests.contract.model_table import GOLDEN
from tests.support.roles import Served, served

A = ua.AttributeIds
P = ua.PermissionType
T = ua.VariantType
NS = Namespaces(di=2, machinery=3, types=4, plant=5, plant_uri="urn:andon:factory")
SETPOINT = "CNC-001/Setpoints/SpindleSpeedSetpoint"
LIMIT = "CNC-001/Alarms/SpindleTemperature/HighLimit"
MEASURED = "CNC-001/Measurements/SpindleTemperature"
DENIED = "BadUserAccessDenied"
Probe = Callable[[Peer], Awaitable[str]]


@pytest_asyncio.fixture
async def site(small_plant: Path, tmp_path: Path) -> AsyncIterator[Served]:
    """A server whose next session gets the roles that a test wants."""
    async with served(small_plant, tmp_path) as running:
        yield running


# ---- what a session may ask for: one request an action, harmless where it is allowed ------------------------------------


def read(path: str, attribute: int = A.Value) -> Probe:
    async def ask(peer: Peer) -> str:
        code = (await peer.read(path, attribute)).StatusCode
        return str((code or ua.StatusCode()).name)

    return ask


def write(path: str, value: float) -> Probe:
    async def ask(peer: Peer) -> str:
        return await peer.write(path, ua.DataValue(ua.Variant(value, T.Double)))

    return ask


def call(owner: str, method: str, *arguments: ua.Variant) -> Probe:
    async def ask(peer: Peer) -> str:
        return str((await peer.call(owner, method, *arguments)).StatusCode.name)

    return ask


def standard(number: int) -> str:
    return f"i={number}"


def execute(target: str, value: ua.Variant) -> Probe:
    async def ask(peer: Peer) -> str:
        found = await peer.call(
            "Commands",
            "Commands/Execute",
            ua.Variant(uuid4(), T.Guid),
            ua.Variant(peer.node(target), T.NodeId),
            value,
            ua.Variant(0, T.UInt32),
            LATER,
        )
        return str(found.StatusCode.name)

    return ask


def explain(target: str) -> Probe:
    async def ask(peer: Peer) -> str:
        found = await peer.call(
            "Commands",
            "Commands/Explain",
            ua.Variant(uuid4(), T.Guid),
            ua.Variant(peer.node(target), T.NodeId),
            ua.Variant("a drill", T.String),
        )
        return str(found.StatusCode.name)

    return ask


LATER = ua.Variant(datetime(2100, 1, 1, tzinfo=UTC), T.DateTime)
TIMES = [ua.Variant(datetime(2026, 1, 1, tzinfo=UTC), T.DateTime), LATER]
CONDITION = "CNC-001/Alarms/SpindleTemperature"
EVENT = [ua.Variant(b"none", T.ByteString), ua.Variant(ua.LocalizedText("?"), T.LocalizedText)]
NULL = ua.Variant(None, T.Null)
PROBES: list[tuple[Action, Probe]] = [
    (Action.SEE_SERVER, read("i=2259")),
    (Action.SEE_SERVER, read("i=2041", A.BrowseName)),
    (Action.READ, read(MEASURED)),
    (Action.READ, read("CNC-001", A.DisplayName)),
    (Action.READ, read("no such node")),
    (Action.READ, call("Plant", "Plant/LatestReadings", ua.Variant("CNC-001"), ua.Variant(1, T.UInt32))),
    (Action.READ, call("Simulation", "Simulation/ListFaults", ua.Variant("CNC-001"))),
    (Action.READ, call("i=2782", "i=3875", ua.Variant(1, T.UInt32))),
    (Action.PREDICT, call("Plant", "Plant/PredictJson", ua.Variant("{"))),
    (Action.READ_JOURNAL, call("Alarms", "Alarms/QueryJournal", *TIMES, ua.Variant(0, T.Int64), ua.Variant(1, T.UInt32))),
    (Action.COMMAND, call("CNC-001", "CNC-001/Maintain")),
    (Action.COMMAND, execute("CNC-001/Maintain", NULL)),
    (Action.COMMAND, explain("CNC-001/Maintain")),
    (Action.COMMAND, call("CNC-001", "ns=4;s=CncMachineType/Maintain")),
    (Action.SETPOINT, write(SETPOINT, -1.0)),
    (Action.SETPOINT, execute(SETPOINT, ua.Variant(-1.0, T.Double))),
    (Action.ACKNOWLEDGE, call(CONDITION, standard(ua.ObjectIds.AcknowledgeableConditionType_Acknowledge), *EVENT)),
    (Action.ACKNOWLEDGE, call(CONDITION, standard(ua.ObjectIds.ConditionType_AddComment), *EVENT)),
    (Action.SHELVE, call(CONDITION, standard(ua.ObjectIds.ShelvedStateMachineType_OneShotShelve))),
    (Action.RESET_STOP, call("CNC-002", "CNC-002/ResetEmergencyStop")),
    (Action.RESET_STOP, call("Plant", "Plant/ResetEmergencyStopAll")),
    (Action.RESET_STOP, execute("CNC-002/ResetEmergencyStop", NULL)),
    (Action.OUT_OF_SERVICE, call(CONDITION, standard(ua.ObjectIds.AlarmConditionType_RemoveFromService))),
    (Action.RESET_ALARM, call(CONDITION, standard(ua.ObjectIds.AlarmConditionType_Reset))),
    (Action.LIMIT, write(LIMIT, float("nan"))),
    (Action.LIMIT, execute(LIMIT, ua.Variant(float("nan"), T.Double))),
    (Action.SIMULATE, call("Simulation", "Simulation/ClearFaults", ua.Variant(""))),
    (Action.CONFIGURE_ALARMS, call(CONDITION, standard(ua.ObjectIds.ConditionType_Disable))),
    (Action.MANAGE_USERS, read("i=2253", A.RolePermissions)),
    (Action.READ_AUDIT, read(standard(ua.ObjectIds.WellKnownRole_Operator_Identities))),
    (Action.STOP, call("GEN-001", "GEN-001/EmergencyStop")),
    (Action.STOP, execute("GEN-001/EmergencyStop", NULL)),
    (Action.STOP, call("GEN-001", "ns=4;s=GeneratorType/EmergencyStop")),
]  # fmt: skip
NOT_THERE_YET = {
    Action.FORCE,
    Action.RETRAIN,
    Action.CONFIGURE_PLANT,
    Action.CONFIGURE_HISTORY,
    Action.MANAGE_TRUST,
}


def test_that_every_action_that_a_node_asks_for_is_tried() -> None:
    assert {action for action, _ in PROBES} == set(Action) - NOT_THERE_YET


async def test_that_every_role_gets_over_the_wire_what_the_table_says(site: Served) -> None:
    deviations = []
    for role in Role:
        site.wanted.roles = frozenset({role})
        async with connected(site.endpoint) as peer:
            for number, (action, ask) in enumerate(PROBES):
                found = await ask(peer)
                if (found != DENIED) != (action in MATRIX[role]):
                    deviations.append((role, action, number, found))

    assert deviations == []


async def test_that_a_session_without_any_role_gets_nothing(site: Served) -> None:
    site.wanted.roles = frozenset({Role.OBSERVER})  # a client reads the namespaces as it connects
    async with connected(site.endpoint) as peer:
        site.wanted.roles = frozenset()
        await peer.client.activate_session()

        assert {await ask(peer) for _, ask in PROBES} == {DENIED}


async def first_status(peer: Peer, request: Any) -> str:
    result = (await peer.results(request))[0]
    return str(getattr(result, "StatusCode", result).name)


async def test_that_nobody_changes_the_address_space(site: Served) -> None:
    site.wanted.roles = frozenset(Role)
    async with connected(site.endpoint) as peer:
        count = len(site.parts.aspace._nodes)
        plant, child = peer.node("Plant"), peer.node("CNC-001")
        organizes = ua.NodeId(ua.ObjectIds.Organizes)
        add = ua.AddNodesItem(
            ParentNodeId=plant,
            ReferenceTypeId=organizes,
            RequestedNewNodeId=peer.node("New"),
            BrowseName=peer.name("New"),
            NodeClass=ua.NodeClass.Object,
            NodeAttributes=ua.ObjectAttributes(),
            TypeDefinition=ua.NodeId(ua.ObjectIds.BaseObjectType),
        )
        link = ua.AddReferencesItem(SourceNodeId=plant, ReferenceTypeId=organizes, TargetNodeId=child)
        unlink = ua.DeleteReferencesItem(SourceNodeId=plant, ReferenceTypeId=organizes, TargetNodeId=child)
        requests = [
            ua.AddNodesRequest(Parameters=ua.AddNodesParameters(NodesToAdd=[add])),
            ua.AddReferencesRequest(Parameters=ua.AddReferencesParameters(ReferencesToAdd=[link])),
            ua.DeleteReferencesRequest(Parameters=ua.DeleteReferencesParameters(ReferencesToDelete=[unlink])),
            ua.DeleteNodesRequest(
                Parameters=ua.DeleteNodesParameters(NodesToDelete=[ua.DeleteNodesItem(NodeId=child)])
            ),
        ]
        for request in requests:
            assert await first_status(peer, request) == DENIED, type(request).__name__
        assert len(site.parts.aspace._nodes) == count


async def test_that_history_is_read_by_those_who_may_read(site: Served) -> None:
    for role, is_denied in ((Role.ANONYMOUS, True), (Role.SECURITY_ADMIN, True), (Role.OBSERVER, False)):
        site.wanted.roles = frozenset({role})
        async with connected(site.endpoint) as peer:
            details = ua.ReadRawModifiedDetails(
                StartTime=datetime(2026, 1, 1, tzinfo=UTC),
                EndTime=datetime(2026, 1, 2, tzinfo=UTC),
                NumValuesPerNode=1,
            )
            wanted = ua.HistoryReadParameters(
                HistoryReadDetails=details, NodesToRead=[ua.HistoryReadValueId(NodeId=peer.node(MEASURED))]
            )
            found = await first_status(peer, ua.HistoryReadRequest(Parameters=wanted))
            assert found == (DENIED if is_denied else "BadHistoryOperationUnsupported"), (role, found)


async def test_that_events_of_the_plant_are_for_those_who_may_read(site: Served) -> None:
    heard: dict[Role, list[Any]] = {Role.OBSERVER: [], Role.AUTHENTICATED_USER: []}

    class Handler:
        def __init__(self, role: Role) -> None:
            self.event_notification = heard[role].append

    async with AsyncExitStack() as stack:
        for role in heard:
            site.wanted.roles = frozenset({role})
            peer = await stack.enter_async_context(connected(site.endpoint))
            subscription = await peer.client.create_subscription(50, Handler(role))
            await subscription.subscribe_events(ua.ObjectIds.Server, ua.ObjectIds.ConditionType)
            if role is Role.AUTHENTICATED_USER:
                with pytest.raises(ua.uaerrors.BadUserAccessDenied):
                    await subscription.subscribe_events(peer.node("Plant"), ua.ObjectIds.ConditionType)
        site.wanted.roles = frozenset({Role.OPERATOR})
        operator = await stack.enter_async_context(connected(site.endpoint))
        assert (await operator.call("GEN-001", "GEN-001/EmergencyStop")).StatusCode.is_good()

        await until(lambda: len(heard[Role.OBSERVER]) > 0)
        assert heard[Role.AUTHENTICATED_USER] == []


# ---- what is seen ------------------------------------------------------------------------------------------------------


async def names_below(peer: Peer, path: str) -> set[str]:
    wanted = ua.BrowseDescription(
        NodeId=peer.node(path),
        BrowseDirection=ua.BrowseDirection.Forward,
        IncludeSubtypes=True,
        ResultMask=63,
    )
    wanted.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HierarchicalReferences)
    request = ua.BrowseRequest(Parameters=ua.BrowseParameters(NodesToBrowse=[wanted]))
    found = (await peer.results(request))[0]
    return {reference.BrowseName.Name for reference in found.References or []}


async def test_that_a_stranger_sees_the_server_and_types_and_no_plant(site: Served) -> None:
    site.wanted.roles = frozenset({Role.ANONYMOUS})
    async with connected(site.endpoint) as peer:
        below = await names_below(peer, "i=85")
        assert "Server" in below
        assert not below & {"Plant", "Simulation", "Commands", "Machines", "Alarms"}
        assert await names_below(peer, "i=58")  # BaseObjectType
        assert await names_below(peer, "Plant") == set()
        assert "urn:andon:factory" in await names_below(peer, "i=11715")  # Server/Namespaces

    site.wanted.roles = frozenset({Role.OBSERVER})
    async with connected(site.endpoint) as peer:
        assert {"Server", "Plant", "Machines"} <= await names_below(peer, "i=85")


async def test_that_a_stranger_finds_no_plant_by_names(site: Served) -> None:
    async def targets(peer: Peer) -> int:
        element = ua.RelativePathElement(
            ReferenceTypeId=ua.NodeId(ua.ObjectIds.HierarchicalReferences),
            IsInverse=False,
            IncludeSubtypes=True,
            TargetName=peer.name("Plant"),
        )
        path = ua.BrowsePath(StartingNode=ua.NodeId(85), RelativePath=ua.RelativePath(Elements=[element]))
        found = (
            await peer.results(
                ua.TranslateBrowsePathsToNodeIdsRequest(
                    Parameters=ua.TranslateBrowsePathsToNodeIdsParameters(BrowsePaths=[path])
                )
            )
        )[0]
        return len(found.Targets or [])

    for role, count in ((Role.OBSERVER, 1), (Role.ANONYMOUS, 0)):
        site.wanted.roles = frozenset({role})
        async with connected(site.endpoint) as peer:
            assert await targets(peer) == count


async def test_that_a_namespace_tells_a_session_of_its_own_roles_alone(site: Served) -> None:
    told: dict[Role, list[ua.NodeId]] = {}
    for role in (Role.OBSERVER, Role.ENGINEER):
        site.wanted.roles = frozenset({role})
        async with connected(site.endpoint) as peer:
            found = await peer.value("NamespaceMetadata/urn:andon:factory/DefaultUserRolePermissions")
            told[role] = [each.RoleId for each in found]

    assert told == {role: [ROLE_IDS[role]] for role in told}


async def test_that_a_session_reads_what_it_may_do(site: Served) -> None:
    seen: dict[Role, tuple[Any, ...]] = {}
    for role in (Role.OBSERVER, Role.OPERATOR, Role.ENGINEER):
        site.wanted.roles = frozenset({role})
        async with connected(site.endpoint) as peer:
            own = (await peer.read(SETPOINT, A.UserRolePermissions)).Value
            assert own is not None
            seen[role] = (
                (await peer.read(SETPOINT, A.UserAccessLevel)).Value.Value,
                (await peer.read(LIMIT, A.UserAccessLevel)).Value.Value,
                (await peer.read("CNC-001/Start", A.UserExecutable)).Value.Value,
                (await peer.read("CNC-001/Start", A.Executable)).Value.Value,
                [(each.RoleId, bool(int(each.Permissions) & P.Write)) for each in own.Value],
                (await peer.read(SETPOINT, A.AccessRestrictions)).Value.Value,
            )

    assert seen == {
        Role.OBSERVER: (1, 1, False, True, [(ROLE_IDS[Role.OBSERVER], False)], 0),
        Role.OPERATOR: (3, 1, True, True, [(ROLE_IDS[Role.OPERATOR], True)], 0),
        Role.ENGINEER: (3, 3, True, True, [(ROLE_IDS[Role.ENGINEER], True)], 0),
    }


async def test_that_what_a_watching_user_may_no_longer_read_falls_silent_until_it_may_again(
    site: Served,
) -> None:
    site.wanted.roles = frozenset({Role.OBSERVER})
    told: list[tuple[str, str]] = []

    class Handler:
        def datachange_notification(self, node: Any, value: object, data: Any) -> None:
            told.append((str(node.nodeid.Identifier), data.monitored_item.Value.StatusCode.name))

    async with connected(site.endpoint) as peer:
        subscription = await peer.client.create_subscription(50, Handler())
        nodes = [
            peer.client.get_node(peer.node(path))
            for path in ("Plant/Heartbeat", "i=2258", "CNC-001/State/Heartbeat")
        ]
        await subscription.subscribe_data_change(nodes)
        await until(
            lambda: {node for node, _ in told} == {"Plant/Heartbeat", "2258", "CNC-001/State/Heartbeat"}
        )

        site.wanted.roles = frozenset({Role.AUTHENTICATED_USER})
        await peer.client.activate_session()
        await until(
            lambda: (
                {node for node, status in told if status == DENIED}
                == {"Plant/Heartbeat", "CNC-001/State/Heartbeat"}
            )
        )
        count = len(told)
        await until(lambda: len(told) >= count + 3)  # the server's own clock goes on
        assert {node for node, _ in told[count:]} == {"2258"}

        site.wanted.roles = frozenset({Role.OPERATOR})
        await peer.client.activate_session()
        count = len(told)
        await until(
            lambda: (
                {node for node, status in told[count:] if status == "Good"}
                >= {"Plant/Heartbeat", "CNC-001/State/Heartbeat"}
            )
        )


async def until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(10.0):
        while not check():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_that_the_role_set_names_roles_and_users(site: Served) -> None:
    site.parts.rights.users.add("maria", "correct horse", [Role.OPERATOR])
    read_now = site.parts.aspace.read_attribute_value
    await until(
        lambda: (
            identities(read_now(ua.NodeId(ua.ObjectIds.WellKnownRole_Operator_Identities), A.Value))
            == [("UserName", "maria")]
        )
    )

    assert identities(read_now(ua.NodeId(ua.ObjectIds.WellKnownRole_Anonymous_Identities), A.Value)) == [
        ("Anonymous", "")
    ]
    assert identities(read_now(ua.NodeId(ua.ObjectIds.WellKnownRole_Engineer_Identities), A.Value)) == []
    excluded = read_now(ua.NodeId(ua.ObjectIds.WellKnownRole_Operator_EndpointsExclude), A.Value).Value
    assert excluded is not None
    assert excluded.Value is True
    for role, node in ROLE_IDS.items():
        name = read_now(node, A.BrowseName).Value
        assert name is not None
        assert name.Value.Name == role


def identities(value: ua.DataValue) -> list[tuple[str, str]]:
    rules = value.Value.Value if value.Value is not None else None
    return [(rule.CriteriaType.name, str(rule.Criteria or "")) for rule in rules or []]


# ---- every node of the plant -------------------------------------------------------------------------------------------


def golden_nodes() -> list[tuple[ua.NodeId, str, str]]:
    """Return every node of the plant and of its types, with its class and access."""
    spaces = {"types": NS.types, "di": NS.di, "machinery": NS.machinery}
    found = []
    with GOLDEN.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["family"] == "device":
                continue
            space, colon, rest = row["path"].partition(":")
            inside = space in spaces and colon
            path = rest if inside else row["path"].replace("{device}", "DEV-001")
            found.append(
                (ua.NodeId(path, spaces[space] if inside else NS.plant), row["class"], row["access"])
            )
    return found


ACCESS = NodeAccess(AddressSpace(), NS)


def test_that_every_method_and_writable_node_has_a_place_in_the_table() -> None:
    nodes = golden_nodes()
    methods = [node for node, kind, _ in nodes if kind == "Method"]
    writable = [node for node, _, access in nodes if access == "rw"]

    assert len(methods) > 100
    assert len(writable) > 50
    assert [node for node in methods if ACCESS.rights(node).call is None] == []
    assert [node for node in writable if ACCESS.rights(node).write is None] == []
    assert [
        node for node, _, access in nodes if access != "rw" and ACCESS.rights(node).write is not None
    ] == []
    assert [
        node for node, kind, _ in nodes if kind != "Method" and ACCESS.rights(node).call is not None
    ] == []


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("CNC-001/EmergencyStop", Action.STOP),
        ("CNC-001/ResetEmergencyStop", Action.RESET_STOP),
        ("Plant/EmergencyStopAll", Action.STOP),
        ("CNC-001/Start", Action.COMMAND),
        ("Simulation/InjectFault", Action.SIMULATE),
        ("Simulation/SomethingNew", None),
        ("Start", None),
    ],
)
def test_that_a_method_asks_for_its_right_and_a_new_one_is_nobodys(path: str, action: Action | None) -> None:
    assert ACCESS.rights(NS.node(path)).call is action
    if action is None:
        everything = Caller(name="x", address="", session="", roles=frozenset(Role))
        assert ACCESS.call_problem(everything, NS.node(path)) == ua.StatusCodes.BadUserAccessDenied


@pytest.mark.parametrize("role", Role)
def test_that_role_permissions_say_what_the_services_do(role: Role) -> None:
    actions = granted(frozenset({role}))
    caller = Caller(name="x", address="", session="", roles=frozenset({role}), is_encrypted=True)
    for node, _, _ in golden_nodes():
        told = {each.RoleId: int(each.Permissions) for each in ACCESS.role_permissions(node)}
        bits = told.get(ROLE_IDS[role], 0)
        rights = ACCESS.rights(node)
        assert bool(bits & P.Browse) == bool(bits & P.Read) == ACCESS.sees(caller, node)
        assert bool(bits & P.Call) == (rights.call in actions)
        assert bool(bits & P.Write) == (rights.write in actions)


def test_that_secrets_ask_for_encryption() -> None:
    node = ua.NodeId(ua.ObjectIds.WellKnownRole_Operator_Identities)
    roles = frozenset({Role.SECURITY_ADMIN})
    open_channel = Caller(name="x", address="", session="", roles=roles)
    encrypted = Caller(name="x", address="", session="", roles=roles, is_encrypted=True)

    assert ACCESS.read_problem(open_channel, node) == ua.StatusCodes.BadSecurityModeInsufficient
    assert ACCESS.read_problem(encrypted, node) is None
    assert not ACCESS.sees(open_channel, node)
