"""OperationLimits (OPC 10000-5, 6.3.11): what is advertised is enforced, and a request for nothing is refused as one."""

from collections.abc import Callable
from typing import Any

import pytest
from asyncua import ua

from tests.conformance.peer import Peer
from tests.conformance.subscriber import Subscriber

_OF = "Server_ServerCapabilities_OperationLimits_"
NOWHERE = ua.NodeId("no such node", 1)
ITEMS = "MaxMonitoredItemsPerCall"

# What is asked for, by which limit: the subscription and a number of operations -> the request.
REQUESTS: dict[str, tuple[str, Callable[[int, int], Any]]] = {
    "Read": (
        "MaxNodesPerRead",
        lambda _, n: ua.ReadRequest(
            Parameters=ua.ReadParameters(
                NodesToRead=[ua.ReadValueId(NodeId=NOWHERE, AttributeId=ua.AttributeIds.Value)] * n
            )
        ),
    ),
    "Write": (
        "MaxNodesPerWrite",
        lambda _, n: ua.WriteRequest(
            Parameters=ua.WriteParameters(
                NodesToWrite=[ua.WriteValue(NodeId=NOWHERE, AttributeId=ua.AttributeIds.Value)] * n
            )
        ),
    ),
    "Call": (
        "MaxNodesPerMethodCall",
        lambda _, n: ua.CallRequest(
            Parameters=ua.CallParameters(
                MethodsToCall=[ua.CallMethodRequest(ObjectId=NOWHERE, MethodId=NOWHERE)] * n
            )
        ),
    ),
    "Browse": (
        "MaxNodesPerBrowse",
        lambda _, n: ua.BrowseRequest(
            Parameters=ua.BrowseParameters(NodesToBrowse=[ua.BrowseDescription(NodeId=NOWHERE)] * n)
        ),
    ),
    "BrowseNext": (
        "MaxNodesPerBrowse",
        lambda _, n: ua.BrowseNextRequest(Parameters=ua.BrowseNextParameters(ContinuationPoints=[b"x"] * n)),
    ),
    "Translate": (
        "MaxNodesPerTranslateBrowsePathsToNodeIds",
        lambda _, n: ua.TranslateBrowsePathsToNodeIdsRequest(
            Parameters=ua.TranslateBrowsePathsToNodeIdsParameters(
                BrowsePaths=[ua.BrowsePath(StartingNode=NOWHERE)] * n
            )
        ),
    ),
    "RegisterNodes": (
        "MaxNodesPerRegisterNodes",
        lambda _, n: ua.RegisterNodesRequest(
            Parameters=ua.RegisterNodesParameters(NodesToRegister=[NOWHERE] * n)
        ),
    ),
    "UnregisterNodes": (
        "MaxNodesPerRegisterNodes",
        lambda _, n: ua.UnregisterNodesRequest(
            Parameters=ua.UnregisterNodesParameters(NodesToUnregister=[NOWHERE] * n)
        ),
    ),
    "HistoryRead": (
        "MaxNodesPerHistoryReadData",
        lambda _, n: ua.HistoryReadRequest(
            Parameters=ua.HistoryReadParameters(
                HistoryReadDetails=ua.ReadRawModifiedDetails(),
                NodesToRead=[ua.HistoryReadValueId(NodeId=NOWHERE)] * n,
            )
        ),
    ),
    "CreateMonitoredItems": (
        ITEMS,
        lambda subscription, n: ua.CreateMonitoredItemsRequest(
            Parameters=ua.CreateMonitoredItemsParameters(
                SubscriptionId=subscription, ItemsToCreate=[ua.MonitoredItemCreateRequest()] * n
            )
        ),
    ),
    "ModifyMonitoredItems": (
        ITEMS,
        lambda subscription, n: ua.ModifyMonitoredItemsRequest(
            Parameters=ua.ModifyMonitoredItemsParameters(
                SubscriptionId=subscription, ItemsToModify=[ua.MonitoredItemModifyRequest()] * n
            )
        ),
    ),
    "DeleteMonitoredItems": (
        ITEMS,
        lambda subscription, n: ua.DeleteMonitoredItemsRequest(
            Parameters=ua.DeleteMonitoredItemsParameters(
                SubscriptionId=subscription, MonitoredItemIds=[7] * n
            )
        ),
    ),
    "SetMonitoringMode": (
        ITEMS,
        lambda subscription, n: ua.SetMonitoringModeRequest(
            Parameters=ua.SetMonitoringModeParameters(SubscriptionId=subscription, MonitoredItemIds=[7] * n)
        ),
    ),
    "SetTriggering": (
        ITEMS,
        lambda subscription, n: ua.SetTriggeringRequest(
            Parameters=ua.SetTriggeringParameters(
                SubscriptionId=subscription, TriggeringItemId=7, LinksToAdd=[7] * n
            )
        ),
    ),
}


@pytest.mark.row(29)
@pytest.mark.parametrize("service", REQUESTS)
async def test_that_what_is_advertised_is_enforced(peer: Peer, service: str) -> None:
    limit, request_of = REQUESTS[service]
    subscriber = await Subscriber(peer).open()
    most = await peer.value(f"i={getattr(ua.ObjectIds, _OF + limit)}")

    assert most > 0
    assert await peer.outcome(request_of(subscriber.id, most + 1)) == "BadTooManyOperations"
    assert await peer.outcome(request_of(subscriber.id, 0)) == "BadNothingToDo"
