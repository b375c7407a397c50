"""Read (OPC 10000-4, 5.11.2): ranges, ages, timestamps, encodings and bounds."""

from typing import Any

import pytest
from asyncua import ua

from tests.conformance.peer import Peer

NAMESPACES = "i=2255"  # an array of strings
STATUS = "i=2256"  # a structure
TAG = "CNC-001/State/Load"
PRODUCT = "i=2262"  # a string
METHOD_INPUTS = "i=16302"  # InputArguments of AddRole: two structures


def asked(peer: Peer, *paths: str, **fields: Any) -> ua.ReadRequest:
    nodes = [ua.ReadValueId(NodeId=peer.node(path), AttributeId=ua.AttributeIds.Value) for path in paths]
    return ua.ReadRequest(Parameters=ua.ReadParameters(NodesToRead=nodes, **fields))


@pytest.mark.row(2)
@pytest.mark.parametrize(
    ("text", "first", "last"), [("1", 1, 1), ("0:1", 0, 1), ("1:2", 1, 2), ("2:100", 2, 100)]
)
async def test_that_a_range_gives_a_part_of_an_array(peer: Peer, text: str, first: int, last: int) -> None:
    whole = await peer.value(NAMESPACES)

    found = await peer.read(NAMESPACES, IndexRange=text)

    assert found.Value is not None
    assert found.Value.Value == whole[first : last + 1]


@pytest.mark.row(2)
async def test_that_a_range_gives_a_part_of_a_string(peer: Peer) -> None:
    whole = await peer.value(PRODUCT)

    found = await peer.read(PRODUCT, IndexRange="1:3")

    assert found.Value is not None
    assert found.Value.Value == whole[1:4]


@pytest.mark.row(2)
async def test_that_a_second_range_gives_parts_of_strings_in_an_array(peer: Peer) -> None:
    whole = await peer.value(NAMESPACES)

    found = await peer.read(NAMESPACES, IndexRange="0:1,0:3")

    assert found.Value is not None
    assert found.Value.Value == [each[:4] for each in whole[:2]]


@pytest.mark.row(2)
@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (NAMESPACES, "99", "BadIndexRangeNoData"),
        (TAG, "0", "BadIndexRangeNoData"),
        (METHOD_INPUTS, "0:1,0", "BadIndexRangeNoData"),
        (NAMESPACES, "2:1", "BadIndexRangeInvalid"),
        (NAMESPACES, "1:1", "BadIndexRangeInvalid"),
        (NAMESPACES, "-1", "BadIndexRangeInvalid"),
        (NAMESPACES, "one", "BadIndexRangeInvalid"),
        (NAMESPACES, "0,", "BadIndexRangeInvalid"),
        (NAMESPACES, "0:99999999999", "BadIndexRangeInvalid"),
    ],
)
async def test_that_a_range_that_gives_nothing_is_told_by_its_status(
    peer: Peer, path: str, text: str, expected: str
) -> None:
    found = await peer.read(path, IndexRange=text)

    assert found.StatusCode is not None
    assert found.StatusCode.name == expected
    assert found.Value is None or found.Value.Value is None


@pytest.mark.row(3)
@pytest.mark.parametrize(
    ("stamps", "source", "server"),
    [
        (ua.TimestampsToReturn.Source, True, False),
        (ua.TimestampsToReturn.Server, False, True),
        (ua.TimestampsToReturn.Neither, False, False),
    ],
)
async def test_that_only_the_timestamps_asked_for_come_back(
    peer: Peer, stamps: ua.TimestampsToReturn, source: bool, server: bool
) -> None:
    found = (await peer.results(asked(peer, TAG, TimestampsToReturn=stamps)))[0]

    assert (found.SourceTimestamp is not None, found.ServerTimestamp is not None) == (source, server)


@pytest.mark.also_on_stock
async def test_that_both_timestamps_come_back_when_asked_for(peer: Peer) -> None:
    found = (await peer.results(asked(peer, TAG, TimestampsToReturn=ua.TimestampsToReturn.Both)))[0]

    assert found.SourceTimestamp is not None
    assert found.ServerTimestamp is not None


@pytest.mark.row(3)
async def test_that_a_name_has_a_server_timestamp_and_no_source(peer: Peer) -> None:
    found = await peer.read(TAG, ua.AttributeIds.BrowseName)
    both = ua.ReadParameters(
        NodesToRead=[ua.ReadValueId(NodeId=peer.node(TAG), AttributeId=ua.AttributeIds.BrowseName)],
        TimestampsToReturn=ua.TimestampsToReturn.Both,
    )
    stamped = (await peer.results(ua.ReadRequest(Parameters=both)))[0]

    assert found.SourceTimestamp is None
    assert stamped.SourceTimestamp is None
    assert stamped.ServerTimestamp is not None


@pytest.mark.row(3)
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"MaxAge": -1.0}, "BadMaxAgeInvalid"),
        ({"TimestampsToReturn": ua.TimestampsToReturn.Invalid}, "BadTimestampsToReturnInvalid"),
    ],
)
async def test_that_a_senseless_request_is_refused(peer: Peer, fields: dict[str, Any], expected: str) -> None:
    assert await peer.outcome(asked(peer, TAG, **fields)) == expected


@pytest.mark.row(3)
async def test_that_a_request_for_nothing_is_refused(peer: Peer) -> None:
    assert await peer.outcome(asked(peer)) == "BadNothingToDo"


@pytest.mark.row(3)
async def test_that_more_nodes_than_advertised_are_refused(peer: Peer) -> None:
    advertised = await peer.value("i=11705")

    assert await peer.outcome(asked(peer, *["no such node"] * (advertised + 1))) == "BadTooManyOperations"


@pytest.mark.row(3)
@pytest.mark.parametrize(
    ("path", "attribute", "encoding", "expected"),
    [
        (STATUS, ua.AttributeIds.Value, "Default JSON", "BadDataEncodingUnsupported"),
        (STATUS, ua.AttributeIds.Value, "Morse", "BadDataEncodingInvalid"),
        (TAG, ua.AttributeIds.Value, "Default Binary", "BadDataEncodingInvalid"),
        (STATUS, ua.AttributeIds.BrowseName, "Default Binary", "BadDataEncodingInvalid"),
    ],
)
async def test_that_an_encoding_that_does_not_fit_is_told_by_its_status(
    peer: Peer, path: str, attribute: ua.AttributeIds, encoding: str, expected: str
) -> None:
    found = await peer.read(path, attribute, DataEncoding=ua.QualifiedName(encoding, 0))

    assert found.StatusCode is not None
    assert found.StatusCode.name == expected


@pytest.mark.also_on_stock
async def test_that_a_structure_comes_in_the_binary_encoding(peer: Peer) -> None:
    found = await peer.read(STATUS, DataEncoding=ua.QualifiedName("Default Binary", 0))

    assert found.Value is not None
    assert isinstance(found.Value.Value, ua.ServerStatusDataType)


@pytest.mark.also_on_stock
@pytest.mark.parametrize(
    ("path", "attribute", "expected"),
    [
        ("no such node", ua.AttributeIds.Value, "BadNodeIdUnknown"),
        ("CNC-001", ua.AttributeIds.Value, "BadAttributeIdInvalid"),
    ],
)
async def test_that_what_is_not_there_is_told_by_its_status(
    peer: Peer, path: str, attribute: ua.AttributeIds, expected: str
) -> None:
    found = await peer.read(path, attribute)

    assert found.StatusCode is not None
    assert found.StatusCode.name == expected


@pytest.mark.row(5)
@pytest.mark.parametrize(
    ("path", "attribute", "expected"),
    [
        ("CNC-001/State/Load", ua.AttributeIds.AccessLevelEx, 1),
        ("CNC-001/Setpoints/SpindleSpeedSetpoint", ua.AttributeIds.AccessLevelEx, 3),
        ("CNC-001/State/Load", ua.AttributeIds.AccessRestrictions, 0),
    ],
)
async def test_that_access_is_told_in_full(
    peer: Peer, path: str, attribute: ua.AttributeIds, expected: int
) -> None:
    found = await peer.read(path, attribute)

    assert found.Value is not None
    assert found.Value.Value == expected


@pytest.mark.row(5)
async def test_that_a_node_tells_what_the_session_may_do(peer: Peer) -> None:
    found = await peer.read("CNC-001/Setpoints/SpindleSpeedSetpoint", ua.AttributeIds.UserRolePermissions)

    assert found.Value is not None
    assert found.Value.Value
    permissions = [ua.PermissionType(each.Permissions) for each in found.Value.Value]
    assert all(ua.PermissionType.Read in each for each in permissions)
    assert any(ua.PermissionType.Write in each for each in permissions)


@pytest.mark.only_ours  # a stock server has the attribute of no node
@pytest.mark.row(5)
async def test_that_an_object_has_no_access_level(peer: Peer) -> None:
    found = await peer.read("CNC-001", ua.AttributeIds.AccessLevelEx)

    assert found.StatusCode is not None
    assert found.StatusCode.name == "BadAttributeIdInvalid"


@pytest.mark.row(25)
@pytest.mark.parametrize(
    ("path", "expected"),
    [("CNC-001/State/Load", "BadHistoryOperationUnsupported"), ("no such node", "BadNodeIdUnknown")],
)
async def test_that_what_has_no_history_says_so(peer: Peer, path: str, expected: str) -> None:
    details = ua.ReadRawModifiedDetails(NumValuesPerNode=1)
    wanted = ua.HistoryReadValueId(NodeId=peer.node(path))
    request = ua.HistoryReadRequest(
        Parameters=ua.HistoryReadParameters(HistoryReadDetails=details, NodesToRead=[wanted])
    )

    (found,) = await peer.results(request)

    assert found.StatusCode.name == expected


@pytest.mark.row(25)
async def test_that_history_cannot_be_changed(peer: Peer) -> None:
    assert await peer.outcome(ua.HistoryUpdateRequest()) == "BadServiceUnsupported"
