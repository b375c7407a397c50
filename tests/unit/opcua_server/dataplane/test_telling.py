"""Tests of a value that a crowd watches."""

import asyncio

from asyncua import ua

from opcua_server.dataplane.address_space import TOLD_AT_ONCE, tell

DATA = ua.DataValue(ua.Variant(1.0))


async def test_that_the_loop_gets_its_turn_while_a_crowd_is_told_and_who_leaves_is_left_alone() -> None:
    told: list[int] = []
    turns: list[int] = []

    async def hear(handle: int, _: ua.DataValue) -> None:
        told.append(handle)

    crowd = dict.fromkeys(range(3 * TOLD_AT_ONCE), hear)

    async def bystander() -> None:
        while len(told) < 2 * TOLD_AT_ONCE:
            turns.append(len(told))
            crowd.pop(2 * TOLD_AT_ONCE + 7, None)
            await asyncio.sleep(0)

    await asyncio.gather(tell(crowd, DATA), bystander())

    assert {TOLD_AT_ONCE} <= set(turns)
    assert told == [handle for handle in range(3 * TOLD_AT_ONCE) if handle != 2 * TOLD_AT_ONCE + 7]
