"""Our decoder of Browse answers reads what the library's reads, and leaves to it what it cannot."""

import random
import struct
import uuid
from typing import Any

import pytest
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_to_binary

from hmi.link import references
from hmi.link.connection import _pages
from hmi.link.references import decode_pages, pages_of

NODES = (
    ua.NodeId(7),
    ua.NodeId(1000),
    ua.NodeId(70_000, 3),
    ua.NodeId("GEN-001/Measurements/Öl", 2),
    ua.NodeId("", 2),
    ua.NodeId(uuid.UUID(int=5), 4),
    ua.NodeId(b"\x00\xff", 300),
    ua.NodeId(),
)
ELSEWHERE = ua.ExpandedNodeId("x", 2, NamespaceUri="urn:other", ServerIndex=3)
TEXTS = (
    ua.LocalizedText("Öl", "de"),
    ua.LocalizedText("Oil"),
    ua.LocalizedText(None, "en"),
    ua.LocalizedText(),
)


def description(number: int) -> ua.ReferenceDescription:
    return ua.ReferenceDescription(
        ReferenceTypeId=NODES[number % 3],
        IsForward=bool(number % 2),
        NodeId=ELSEWHERE if number % 5 == 0 else NODES[number % len(NODES)],
        BrowseName=ua.QualifiedName(f"name {number}" if number % 7 else None, number),
        DisplayName=TEXTS[number % len(TEXTS)],
        NodeClass=ua.NodeClass.Variable,
        TypeDefinition=NODES[(number + 1) % len(NODES)],
    )


def answer(response: type = ua.BrowseResponse) -> Any:
    made = response()
    results_of(made).Results = [
        ua.BrowseResult(References=[description(number) for number in range(40)]),
        ua.BrowseResult(ContinuationPoint=b"more", References=[description(3)]),
        ua.BrowseResult(StatusCode=ua.StatusCode(ua.StatusCodes.BadNodeIdUnknown)),
    ]
    return made


def results_of(made: Any) -> Any:
    return getattr(made, "Parameters", made)


@pytest.mark.parametrize("response", [ua.BrowseResponse, ua.BrowseNextResponse])
def test_that_references_are_those_that_the_library_reads(response: type) -> None:
    made = answer(response)

    found = decode_pages(Buffer(struct_to_binary(made)))

    assert found == pages_of(results_of(made).Results)
    assert [len(page.references) for page in found] == [40, 1, 0]
    assert found[1].token == b"more"


def test_that_every_answer_that_is_cut_short_is_noticed() -> None:
    whole = struct_to_binary(answer())
    for length in range(len(whole) - 4):  # the last four bytes are an empty list that says nothing
        with pytest.raises(Exception, match=r"."):
            decode_pages(Buffer(whole[:length]))


def test_that_garbage_ends_in_an_error_or_an_answer() -> None:
    chance = random.Random(20261121)
    whole = struct_to_binary(answer())
    outcomes: set[type] = set()
    for _ in range(2000):
        spoilt = bytearray(whole)
        for _ in range(3):
            spoilt[chance.randrange(30, len(spoilt))] = chance.randrange(256)
        try:
            outcomes.add(type(decode_pages(Buffer(bytes(spoilt)))))
        except Exception as problem:  # noqa: BLE001
            outcomes.add(type(problem))
    assert {list, ValueError} <= outcomes
    assert MemoryError not in outcomes


def test_that_a_claim_of_very_many_references_costs_nothing() -> None:
    made = ua.BrowseResponse()
    made.Results = [ua.BrowseResult(References=[])]
    whole = bytearray(struct_to_binary(made))
    whole[-8:-4] = struct.pack("<i", 2**31 - 1)

    with pytest.raises(ValueError, match=f"more than {references.MOST}"):
        decode_pages(Buffer(bytes(whole)))


def test_that_a_refusal_is_raised() -> None:
    fault = ua.ServiceFault()
    fault.ResponseHeader.ServiceResult = ua.StatusCode(ua.StatusCodes.BadTooManyOperations)

    with pytest.raises(ua.uaerrors.BadTooManyOperations):
        _pages(Buffer(struct_to_binary(fault)), ua.BrowseResponse)


@pytest.mark.parametrize("response", [ua.BrowseResponse, ua.BrowseNextResponse])
def test_that_what_we_cannot_read_is_left_to_the_library(
    response: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = answer(response)
    monkeypatch.setattr(references, "_SIZES", {})

    assert _pages(Buffer(struct_to_binary(made)), response) == pages_of(results_of(made).Results)
