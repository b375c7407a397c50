"""TranslateBrowsePathsToNodeIds (OPC 10000-4, 5.9.4)."""

from typing import Any

import pytest
from asyncua import ua

from tests.conformance.peer import Peer

HIERARCHICAL = ua.NodeId(ua.ObjectIds.HierarchicalReferences)
MANY = 600


def step(name: ua.QualifiedName, **fields: Any) -> ua.RelativePathElement:
    return ua.RelativePathElement(
        **{
            "ReferenceTypeId": HIERARCHICAL,
            "IsInverse": False,
            "IncludeSubtypes": True,
            "TargetName": name,
            **fields,
        }
    )


def asked(*paths: ua.BrowsePath) -> ua.TranslateBrowsePathsToNodeIdsRequest:
    return ua.TranslateBrowsePathsToNodeIdsRequest(
        Parameters=ua.TranslateBrowsePathsToNodeIdsParameters(BrowsePaths=list(paths))
    )


async def translated(peer: Peer, start: str, *steps: ua.RelativePathElement) -> ua.BrowsePathResult:
    path = ua.BrowsePath(StartingNode=peer.node(start), RelativePath=ua.RelativePath(Elements=list(steps)))
    return (await peer.results(asked(path)))[0]


@pytest.mark.also_on_stock
async def test_that_a_path_of_names_leads_to_a_node(peer: Peer) -> None:
    found = await translated(peer, "CNC-001", step(peer.name("State")), step(peer.name("Load")))

    assert [each.TargetId for each in found.Targets] == [peer.node("CNC-001/State/Load")]
    assert found.Targets[0].RemainingPathIndex == 0xFFFFFFFF


@pytest.mark.also_on_stock
async def test_that_a_path_to_nowhere_matches_nothing(peer: Peer) -> None:
    found = await translated(peer, "CNC-001", step(peer.name("No such child")))

    assert found.StatusCode.name == "BadNoMatch"


@pytest.mark.row(1)
async def test_that_a_node_reached_in_two_ways_is_one_target(peer: Peer) -> None:
    # A line is an area's child by Organizes and by HasNotifier.
    found = await translated(peer, "Plant", *(step(peer.name(name)) for name in ("Machining", "Line 1")))

    assert [each.TargetId for each in found.Targets] == [peer.node("Line/Machining/Line 1")]


@pytest.mark.row(1)
@pytest.mark.parametrize(
    ("start", "names", "expected"),
    [
        ("CNC-001", [], "BadNothingToDo"),
        ("CNC-001", [""], "BadBrowseNameInvalid"),
        ("CNC-001", ["", "Load"], "BadBrowseNameInvalid"),
        ("no such node", ["Load"], "BadNodeIdUnknown"),
        ("CNC-001", ["State"] * MANY, "BadQueryTooComplex"),
    ],
    ids=["nothing", "no name", "no name on the way", "unknown start", "too long"],
)
async def test_that_what_cannot_be_translated_is_told_by_its_status(
    peer: Peer, start: str, names: list[str], expected: str
) -> None:
    found = await translated(peer, start, *(step(peer.name(name)) for name in names))

    assert found.StatusCode.name == expected


@pytest.mark.row(1)
async def test_that_a_request_for_nothing_is_refused(peer: Peer) -> None:
    assert await peer.outcome(asked()) == "BadNothingToDo"
