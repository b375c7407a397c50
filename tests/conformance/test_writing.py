"""Write (OPC 10000-4, 5.11.4): parts of values, types and shapes, access, bounds."""

from typing import Any

import pytest
from asyncua import ua

from tests.conformance.peer import Peer

_Type = ua.VariantType
ARRAY, SCALAR, TEXT, BYTES, PAUSE, HIDDEN = (
    f"Own/{name}" for name in ("Array", "Scalar", "Text", "Bytes", "Pause", "Hidden")
)
SETPOINT = "CNC-001/Setpoints/SpindleSpeedSetpoint"


def data(value: Any, kind: ua.VariantType, **fields: Any) -> ua.DataValue:
    return ua.DataValue(ua.Variant(value, kind), **fields)


@pytest.mark.row(2)
@pytest.mark.parametrize(
    ("path", "before", "text", "part", "after", "kind"),
    [
        (ARRAY, [1.0, 2.0, 3.0], "1", [9.0], [1.0, 9.0, 3.0], _Type.Double),
        (ARRAY, [1.0, 2.0, 3.0], "0:1", [8.0, 9.0], [8.0, 9.0, 3.0], _Type.Double),
        (TEXT, "recipe", "0:1", "XY", "XYcipe", _Type.String),
        (BYTES, b"\0\1\2\3", "2", b"\xff", b"\0\1\xff\3", _Type.ByteString),
    ],
)
async def test_that_a_part_is_written_and_the_rest_stays(
    peer: Peer, path: str, before: Any, text: str, part: Any, after: Any, kind: ua.VariantType
) -> None:
    assert await peer.write(path, data(before, kind)) == "Good"

    outcome = await peer.write(path, data(part, kind), IndexRange=text)

    assert outcome == "Good"
    assert await peer.value(path) == after
    await peer.write(path, data(before, kind))


@pytest.mark.row(2)
@pytest.mark.parametrize(
    ("path", "text", "part", "kind", "expected"),
    [
        (ARRAY, "7", [9.0], _Type.Double, "BadIndexRangeNoData"),
        (ARRAY, "0:1", [9.0], _Type.Double, "BadIndexRangeDataMismatch"),
        (ARRAY, "x", [9.0], _Type.Double, "BadIndexRangeInvalid"),
        (SCALAR, "0", [9], _Type.Int32, "BadIndexRangeNoData"),
    ],
)
async def test_that_a_part_that_does_not_fit_changes_nothing(
    peer: Peer, path: str, text: str, part: Any, kind: ua.VariantType, expected: str
) -> None:
    before = await peer.value(path)

    outcome = await peer.write(path, data(part, kind), IndexRange=text)

    assert (outcome, await peer.value(path)) == (expected, before)


@pytest.mark.row(6)
@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        (ARRAY, 9.0, _Type.Double),
        (SCALAR, [1, 2], _Type.Int32),
        (ARRAY, [[1.0], [2.0]], _Type.Double),
    ],
    ids=["scalar to array", "array to scalar", "matrix to array"],
)
async def test_that_a_value_of_another_shape_is_a_type_mismatch(
    peer: Peer, path: str, value: Any, kind: ua.VariantType
) -> None:
    before = await peer.value(path)

    outcome = await peer.write(path, data(value, kind))

    assert (outcome, await peer.value(path)) == ("BadTypeMismatch", before)


@pytest.mark.also_on_stock
@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [(SCALAR, 1.5, _Type.Double), (ARRAY, ["a"], _Type.String), (SCALAR, None, _Type.Null)],
)
async def test_that_a_value_of_another_type_is_a_type_mismatch(
    peer: Peer, path: str, value: Any, kind: ua.VariantType
) -> None:
    assert await peer.write(path, data(value, kind)) == "BadTypeMismatch"


@pytest.mark.also_on_stock
async def test_that_a_subtype_is_written_as_its_built_in_type(peer: Peer) -> None:
    assert await peer.write(PAUSE, data(125.0, _Type.Double)) == "Good"
    assert await peer.value(PAUSE) == 125.0


@pytest.mark.row(4)
async def test_that_a_variable_without_the_right_to_be_read_is_not_readable(peer: Peer) -> None:
    found = await peer.read(HIDDEN)

    assert found.StatusCode is not None
    assert found.StatusCode.name == "BadNotReadable"
    assert found.Value is None or found.Value.Value is None


@pytest.mark.row(6)
@pytest.mark.parametrize(
    "fields",
    [
        {"StatusCode_": ua.StatusCode(ua.StatusCodes.BadSensorFailure)},
        {"ServerTimestamp": ua.get_win_epoch()},
    ],
    ids=["status", "server timestamp"],
)
async def test_that_what_cannot_be_written_beside_a_value_is_refused(
    peer: Peer, fields: dict[str, Any]
) -> None:
    named = {name.rstrip("_"): value for name, value in fields.items()}

    assert await peer.write(SCALAR, data(7, _Type.Int32, **named)) == "BadWriteNotSupported"


@pytest.mark.row(2)
async def test_that_a_part_of_a_setpoint_cannot_be_written(peer: Peer) -> None:
    assert await peer.write(SETPOINT, data(1.0, _Type.Double), IndexRange="0") == "BadWriteNotSupported"


@pytest.mark.only_ours  # the stock server answers BadUserAccessDenied to all of them
@pytest.mark.parametrize(
    ("path", "attribute", "expected"),
    [
        ("CNC-001/State/Load", ua.AttributeIds.Value, "BadNotWritable"),
        (SETPOINT, ua.AttributeIds.DisplayName, "BadNotWritable"),
        ("no such node", ua.AttributeIds.Value, "BadNodeIdUnknown"),
        ("CNC-001", ua.AttributeIds.Value, "BadAttributeIdInvalid"),
    ],
)
async def test_that_what_is_not_writable_is_told_by_its_status(
    peer: Peer, path: str, attribute: ua.AttributeIds, expected: str
) -> None:
    assert await peer.write(path, data(1.0, _Type.Double), AttributeId=attribute) == expected


@pytest.mark.row(29)
@pytest.mark.parametrize("surplus", [None, 1], ids=["none", "too many"])
async def test_that_a_request_of_no_or_too_many_values_is_refused(peer: Peer, surplus: int | None) -> None:
    wanted = ua.WriteValue(NodeId=peer.node("no such node"), AttributeId=ua.AttributeIds.Value)
    count = 0 if surplus is None else await peer.value("i=11707") + surplus
    request = ua.WriteRequest(Parameters=ua.WriteParameters(NodesToWrite=[wanted] * count))

    expected = "BadNothingToDo" if surplus is None else "BadTooManyOperations"
    assert await peer.outcome(request) == expected
