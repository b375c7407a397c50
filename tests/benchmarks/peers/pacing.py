"""The main loop of a Python server that is measured: orders come in on standard input, frames go out on time."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Publish = Callable[[int, datetime], Awaitable[None]]


def frame_time(frame: int, hz: int) -> datetime:
    """Return when a frame is due."""
    return EPOCH + timedelta(microseconds=frame * (1_000_000 // hz))


async def serve_orders(publish: Publish) -> None:
    """Publish frames at the rate last told by a line `hz N` (0 rests), until standard input ends.

    A server that cannot keep up falls behind by at most a second and then leaves frames out: the client sees them lost.
    """
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    pace: asyncio.Task[None] | None = None
    while line := await reader.readline():
        if pace is not None:
            pace.cancel()
            await asyncio.gather(pace, return_exceptions=True)
            pace = None
        if hz := int(line.split()[1]):
            pace = asyncio.create_task(_pace(publish, hz))
        print("ok", flush=True)
    if pace is not None:
        pace.cancel()


async def _pace(publish: Publish, hz: int) -> None:
    frame = int(time.time() * hz) + 1
    while True:
        await asyncio.sleep(max(0.0, frame / hz - time.time()))
        await publish(frame, frame_time(frame, hz))
        frame += 1
        if time.time() - frame / hz > 1.0:
            frame = int(time.time() * hz) + 1
