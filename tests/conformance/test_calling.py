"""Call (OPC 10000-4, 5.12.2): whose method it is, its arguments, its right to be called."""

import asyncio

import pytest
from asyncua import ua

from tests.conformance.peer import Peer

_Type = ua.VariantType
READINGS = "Plant/LatestReadings"
SAMPLE = [ua.Variant(72.5), ua.Variant(40.0), ua.Variant(60.0), ua.Variant(2.0)]


@pytest.mark.row(27)
@pytest.mark.parametrize(
    ("owner", "method", "expected"),
    [
        ("CNC-002", "CNC-001/Start", "BadMethodInvalid"),
        ("CNC-001/State", "CNC-001/Start", "BadMethodInvalid"),
        ("CNC-001", "CNC-001/NoSuchMethod", "BadMethodInvalid"),
        ("no such object", "CNC-001/Start", "BadNodeIdUnknown"),
    ],
)
async def test_that_a_method_of_another_object_is_invalid(
    peer: Peer, owner: str, method: str, expected: str
) -> None:
    assert (await peer.call(owner, method)).StatusCode.name == expected


@pytest.mark.row(27)
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "BadArgumentsMissing"),
        ([ua.Variant("CNC-001", _Type.String)], "BadArgumentsMissing"),
        ([ua.Variant("CNC-001"), ua.Variant(1, _Type.UInt32), ua.Variant(1)], "BadTooManyArguments"),
    ],
    ids=["none", "too few", "too many"],
)
async def test_that_the_number_of_arguments_is_checked(
    peer: Peer, arguments: list[ua.Variant], expected: str
) -> None:
    assert (await peer.call("Plant", READINGS, *arguments)).StatusCode.name == expected


@pytest.mark.row(27)
async def test_that_each_argument_of_the_wrong_type_is_told(peer: Peer) -> None:
    found = await peer.call(
        "Plant", READINGS, ua.Variant("CNC-001", _Type.String), ua.Variant("many", _Type.String)
    )

    assert found.StatusCode.name == "BadInvalidArgument"
    assert [each.name for each in found.InputArgumentResults] == ["Good", "BadTypeMismatch"]


@pytest.mark.row(27)
async def test_that_a_method_that_is_off_is_not_executable(peer: Peer) -> None:
    assert (await peer.call("Own", "Own/Off")).StatusCode.name == "BadNotExecutable"


@pytest.mark.row(27)
@pytest.mark.parametrize("surplus", [None, 1], ids=["none", "too many"])
async def test_that_a_request_of_no_or_too_many_calls_is_refused(peer: Peer, surplus: int | None) -> None:
    wanted = ua.CallMethodRequest(ObjectId=peer.node("no such"), MethodId=peer.node("no such"))
    count = 0 if surplus is None else await peer.value("i=11709") + surplus
    request = ua.CallRequest(Parameters=ua.CallParameters(MethodsToCall=[wanted] * count))

    expected = "BadNothingToDo" if surplus is None else "BadTooManyOperations"
    assert await peer.outcome(request) == expected


@pytest.mark.only_ours  # what the stock server does with a method is the method's business
@pytest.mark.row(28)
async def test_that_a_slow_call_does_not_hold_up_what_comes_after_it(peer: Peer) -> None:
    call = ua.CallMethodRequest(
        ObjectId=peer.node("Plant"), MethodId=peer.node("Plant/Predict"), InputArguments=SAMPLE
    )
    order: list[str] = []
    slow = peer.post(ua.CallRequest(Parameters=ua.CallParameters(MethodsToCall=[call] * 20)))
    slow.add_done_callback(lambda _: order.append("slow"))

    await peer.value("i=2258")
    order.append("quick")
    await asyncio.wait_for(slow, 10.0)

    assert order == ["quick", "slow"]
