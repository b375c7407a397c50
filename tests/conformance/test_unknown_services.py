"""What no server of ours answers is refused as such, and what must be answered is."""

import pytest
from asyncua import ua

from tests.conformance.peer import Peer


@pytest.mark.row(32)
async def test_that_a_service_nobody_answers_is_unsupported(peer: Peer) -> None:
    assert await peer.outcome(ua.QueryFirstRequest()) == "BadServiceUnsupported"


@pytest.mark.also_on_stock
async def test_that_registered_nodes_keep_their_ids(peer: Peer) -> None:
    nodes = [peer.node("CNC-001/State/Load"), peer.node("i=2253")]

    answer = await peer.ask(
        ua.RegisterNodesRequest(Parameters=ua.RegisterNodesParameters(NodesToRegister=nodes))
    )

    assert answer.Parameters.RegisteredNodeIds == nodes
