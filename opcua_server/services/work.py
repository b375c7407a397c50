"""Long work in short pieces: no request holds the loop, and many of them together do not either."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SLICE_S = 0.005  # of work between two breaths


class Job:
    """One request's work; `pause` is called between its pieces."""

    def __init__(self, turn: asyncio.Lock) -> None:
        self._turn = turn
        self._began = time.perf_counter()

    async def pause(self) -> None:
        """Let everyone else go first when a slice is used up."""
        if time.perf_counter() - self._began < SLICE_S:
            return
        self._turn.release()
        try:
            await asyncio.sleep(0)
        finally:
            await self._turn.acquire()
        self._began = time.perf_counter()


class Workbench:
    """Lets one piece of work at a time run: a hundred long requests cost the loop a slice each round, not a hundred."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def job(self) -> AsyncIterator[Job]:
        """Wait for a turn and work; the turn is given back at the end."""
        async with self._turn:
            yield Job(self._turn)
