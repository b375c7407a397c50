"""Browse and BrowseNext (OPC 10000-4, 5.9.2 and 5.9.3)."""

from typing import Any

import pytest
from asyncua import ua

from tests.conformance.peer import Peer, connected

OBJECTS_FOLDER = "i=85"
DEVICE = "CNC-001"
HIERARCHICAL = ua.NodeId(ua.ObjectIds.HierarchicalReferences)
AGGREGATES = ua.NodeId(ua.ObjectIds.Aggregates)
ALL_FIELDS = 63
BOMBS = 5
POINTS = 20  # MaxBrowseContinuationPoints of ours


def described(peer: Peer, path: str, **fields: Any) -> ua.BrowseDescription:
    return ua.BrowseDescription(
        **{
            "NodeId": peer.node(path),
            "BrowseDirection": ua.BrowseDirection.Forward,
            "ReferenceTypeId": HIERARCHICAL,
            "IncludeSubtypes": True,
            "NodeClassMask": 0,
            "ResultMask": ALL_FIELDS,
            **fields,
        }
    )


def asked(*wanted: ua.BrowseDescription, page: int = 0, view: ua.NodeId | None = None) -> ua.BrowseRequest:
    parameters = ua.BrowseParameters(NodesToBrowse=list(wanted), RequestedMaxReferencesPerNode=page)
    if view is not None:
        parameters.View = ua.ViewDescription(ViewId=view)
    return ua.BrowseRequest(Parameters=parameters)


def further(*tokens: bytes, release: bool = False) -> ua.BrowseNextRequest:
    return ua.BrowseNextRequest(
        Parameters=ua.BrowseNextParameters(ReleaseContinuationPoints=release, ContinuationPoints=list(tokens))
    )


async def browsed(peer: Peer, path: str = DEVICE, page: int = 0, **fields: Any) -> ua.BrowseResult:
    return (await peer.results(asked(described(peer, path, **fields), page=page)))[0]


async def first_page(peer: Peer, size: int = 3) -> bytes:
    token = (await browsed(peer, page=size)).ContinuationPoint
    assert token, "no continuation point"
    return token


@pytest.mark.also_on_stock
async def test_that_a_browse_without_a_bound_returns_every_child(peer: Peer) -> None:
    found = await browsed(peer)

    names = {each.BrowseName.Name for each in found.References}
    assert {"Measurements", "State", "EmergencyStop"} <= names
    assert not found.ContinuationPoint


@pytest.mark.row(1)
async def test_that_pages_together_are_the_whole_each_reference_once(peer: Peer) -> None:
    whole = [each.NodeId for each in (await browsed(peer)).References]

    answer = await browsed(peer, page=3)
    pages = [answer.References]
    while answer.ContinuationPoint:
        answer = (await peer.results(further(answer.ContinuationPoint)))[0]
        assert answer.StatusCode.is_good()
        pages.append(answer.References)

    assert [each.NodeId for page in pages for each in page] == whole
    assert {len(page) for page in pages[:-1]} == {3}
    assert 0 < len(pages[-1]) <= 3


@pytest.mark.row(1)
async def test_that_a_used_continuation_point_is_invalid(peer: Peer) -> None:
    token = await first_page(peer)

    first, second = await peer.results(further(token, token))

    assert first.StatusCode.is_good()
    assert second.StatusCode.name == "BadContinuationPointInvalid"


@pytest.mark.row(1)
async def test_that_a_released_continuation_point_is_invalid(peer: Peer) -> None:
    token = await first_page(peer)

    released = (await peer.results(further(token, release=True)))[0]
    again = (await peer.results(further(token)))[0]

    assert released.StatusCode.is_good()
    assert not released.References
    assert again.StatusCode.name == "BadContinuationPointInvalid"


@pytest.mark.row(1)
async def test_that_another_session_cannot_go_on_with_a_continuation_point(peer: Peer, endpoint: str) -> None:
    token = await first_page(peer)

    async with connected(endpoint) as other:
        answer = (await other.results(further(token)))[0]

    assert answer.StatusCode.name == "BadContinuationPointInvalid"
    assert (await peer.results(further(token)))[0].StatusCode.is_good()


@pytest.mark.row(1)
async def test_that_one_request_gets_no_more_continuation_points_than_are_advertised(peer: Peer) -> None:
    wanted = [described(peer, DEVICE)] * (POINTS + 5)

    results = await peer.results(asked(*wanted, page=2))

    advertised = await peer.value("i=2735")
    assert advertised == POINTS
    assert [each.StatusCode.name for each in results] == ["Good"] * POINTS + ["BadNoContinuationPoints"] * 5
    assert not results[-1].References


@pytest.mark.row(1)
async def test_that_a_new_request_takes_the_place_of_the_oldest_continuation_point(peer: Peer) -> None:
    oldest = await first_page(peer)

    tokens = [await first_page(peer) for _ in range(POINTS)]

    answers = await peer.results(further(oldest, tokens[0]))
    assert [each.StatusCode.name for each in answers] == ["BadContinuationPointInvalid", "Good"]


@pytest.mark.row(1)
async def test_that_only_the_fields_of_the_result_mask_come_back(peer: Peer) -> None:
    name_and_class = ua.BrowseResultMask.BrowseName | ua.BrowseResultMask.NodeClass

    found = (await browsed(peer, ResultMask=name_and_class)).References[0]

    assert found.BrowseName.Name
    assert found.NodeClass == ua.NodeClass.Object
    assert not found.NodeId.is_null()
    assert found.ReferenceTypeId.is_null()
    assert found.TypeDefinition.is_null()
    assert found.DisplayName.Text is None
    assert found.IsForward is False


@pytest.mark.also_on_stock
async def test_that_only_the_classes_of_the_mask_come_back(peer: Peer) -> None:
    found = (await browsed(peer, NodeClassMask=int(ua.NodeClass.Method))).References

    assert {each.NodeClass for each in found} == {ua.NodeClass.Method}


@pytest.mark.also_on_stock
async def test_that_subtypes_of_a_reference_type_are_followed_when_asked_for(peer: Peer) -> None:
    exact = (await browsed(peer, ReferenceTypeId=AGGREGATES, IncludeSubtypes=False)).References
    family = (await browsed(peer, ReferenceTypeId=AGGREGATES)).References

    assert exact == []
    assert {each.ReferenceTypeId.Identifier for each in family} >= {ua.ObjectIds.HasComponent}


@pytest.mark.also_on_stock
async def test_that_the_way_up_is_found_by_the_inverse_direction(peer: Peer) -> None:
    found = await browsed(peer, BrowseDirection=ua.BrowseDirection.Inverse)

    assert peer.node("Plant") not in [each.NodeId for each in found.References]
    assert found.References
    assert not any(each.IsForward for each in found.References)


@pytest.mark.row(1)
async def test_that_an_unknown_view_is_refused(peer: Peer) -> None:
    request = asked(described(peer, DEVICE), view=peer.node("no such view"))

    assert await peer.outcome(request) == "BadViewIdUnknown"


@pytest.mark.row(1)
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"BrowseDirection": ua.BrowseDirection.Invalid}, "BadBrowseDirectionInvalid"),
        ({"ReferenceTypeId": ua.NodeId(ua.ObjectIds.Server)}, "BadReferenceTypeIdInvalid"),
        ({"ReferenceTypeId": ua.NodeId("no such type", 1)}, "BadReferenceTypeIdInvalid"),
        ({"NodeId": ua.NodeId("no such node", 1)}, "BadNodeIdUnknown"),
    ],
)
async def test_that_what_cannot_be_browsed_is_told_by_its_status(
    peer: Peer, fields: dict[str, Any], expected: str
) -> None:
    found = await browsed(peer, **fields)

    assert found.StatusCode.name == expected
    assert not found.References


@pytest.mark.row(1)
@pytest.mark.parametrize("request_of", [asked, further], ids=["Browse", "BrowseNext"])
async def test_that_a_request_for_nothing_is_refused(peer: Peer, request_of: Any) -> None:
    assert await peer.outcome(request_of()) == "BadNothingToDo"


@pytest.mark.row(1)
async def test_that_more_nodes_than_advertised_are_refused(peer: Peer) -> None:
    advertised = await peer.value("i=11710")

    request = asked(*[described(peer, "no such node")] * (advertised + 1))

    assert await peer.outcome(request) == "BadTooManyOperations"


@pytest.mark.only_ours  # the stock server answers nobody for half a minute after it
@pytest.mark.row(1)
async def test_that_others_are_served_between_the_slices_of_a_bomb_of_browses(
    peer: Peer, endpoint: str
) -> None:
    bomb = asked(*[described(peer, "i=58", BrowseDirection=ua.BrowseDirection.Both)] * 700)
    async with connected(endpoint) as bystander:
        under_way = [peer.post(bomb) for _ in range(BOMBS)]
        answers = 0
        while not all(each.done() for each in under_way):
            await bystander.read("i=2258")
            answers += 1

    # Counted, not timed: on a busy machine both are slow.
    assert answers > 5 * BOMBS
