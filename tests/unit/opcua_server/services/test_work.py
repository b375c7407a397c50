"""Slices of work: whose turn it is."""

import asyncio
import time
from collections.abc import Callable

import pytest

from opcua_server.services.work import SLICE_S, Gate, Job, Pace, Workbench


class Lane:
    """A connection."""


async def use_up_a_slice(job: Job) -> None:
    busy_until(time.perf_counter() + SLICE_S)
    await job.pause()


def busy_until(end: float) -> None:
    while time.perf_counter() <= end:
        pass


async def until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(5.0):
        while not check():  # noqa: ASYNC110  # round by round: whose turn it is, is what is looked at
            await asyncio.sleep(0)


async def long_work(bench: Workbench, log: list[str], name: str, slices: int, lane: Lane) -> None:
    async with bench.job(lane) as job:
        for _ in range(slices):
            log.append(name)
            await use_up_a_slice(job)


async def short_work(bench: Workbench, log: list[str], name: str) -> None:
    async with bench.job(Lane()):
        log.append(name)


async def test_that_long_jobs_of_two_connections_take_turns() -> None:
    bench, log = Workbench(), list[str]()

    await asyncio.gather(*(long_work(bench, log, name, 3, Lane()) for name in "ab"))

    assert log[:4] == ["a", "b", "a", "b"]


async def test_that_a_newcomer_waits_for_one_slice_however_many_work() -> None:
    bench, log = Workbench(), list[str]()
    working = [asyncio.create_task(long_work(bench, log, "long", 5, Lane())) for _ in range(10)]
    await until(lambda: len(log) >= 20)

    began = len(log)
    await short_work(bench, log, "new")

    assert log.index("new") - began <= 4
    await asyncio.gather(*working)


async def test_that_a_connection_has_one_request_at_work() -> None:
    bench, log, lane = Workbench(), list[str](), Lane()

    await asyncio.gather(*(long_work(bench, log, name, 3, lane) for name in "ab"))

    assert log == ["a"] * 3 + ["b"] * 3


async def test_that_newcomers_do_not_keep_begun_work_waiting_for_ever() -> None:
    bench, log = Workbench(), list[str]()
    old = asyncio.create_task(long_work(bench, log, "old", 4, Lane()))
    await until(lambda: bool(log))

    await asyncio.gather(*(short_work(bench, log, "new") for _ in range(30)), old)

    assert log.index("old", 1) < 10


@pytest.mark.parametrize("moment", ["waiting", "working"])
async def test_that_a_cancelled_job_gives_its_turn_back(moment: str) -> None:
    bench, log = Workbench(), list[str]()
    first = asyncio.create_task(long_work(bench, log, "a", 1000, Lane()))
    second = asyncio.create_task(long_work(bench, log, "b", 1000, Lane()))
    await until(lambda: {"a", "b"} <= set(log))

    order = (first, second) if moment == "waiting" else (second, first)
    for task in order:
        task.cancel()
    await asyncio.gather(first, second, return_exceptions=True)

    await asyncio.wait_for(short_work(bench, log, "after"), 1.0)
    assert log[-1] == "after"


async def test_that_of_many_long_requests_one_goes_on_in_each_turn_of_the_loop() -> None:
    gate, log = Gate(), list[str]()

    async def paced(name: str) -> None:
        pace = Pace(gate)
        for _ in range(3):
            busy_until(time.perf_counter() + SLICE_S)
            log.append(name)
            await pace.pause()

    working = [asyncio.create_task(paced(str(number))) for number in range(10)]
    await until(lambda: len(log) >= 10)  # each has had its first slice
    turns = []
    while not all(task.done() for task in working):
        before = len(log)
        await asyncio.sleep(0)
        turns.append(len(log) - before)

    assert max(turns) == 1
    assert sorted(log) == sorted(str(number) for number in range(10) for _ in range(3))


async def test_that_who_gave_up_at_the_gate_keeps_nobody_waiting() -> None:
    gate = Gate()
    waiting = [asyncio.create_task(gate.pass_through()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    waiting[1].cancel()

    async with asyncio.timeout(1.0):
        await waiting[2]
        await gate.pass_through()


async def test_that_a_request_within_its_slice_does_not_wait() -> None:
    gate = Gate()
    pace = Pace(gate)

    pausing = pace.pause()

    with pytest.raises(StopIteration):
        pausing.send(None)
