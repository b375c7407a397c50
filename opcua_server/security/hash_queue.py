"""Hashes computed off the loop, two at once, in a queue that ends: 128 MB and a quarter of a second each."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

AT_ONCE: Final = 2
LONGEST_QUEUE: Final = 16  # of those on this machine, and of all others

_T = TypeVar("_T")


class HashQueueFullError(Exception):
    """Too many logins wait already."""


class HashQueue:
    """Runs work in threads of its own; who is on this machine goes first and never waits for a place behind the others."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="andon-password")
        self._running = 0
        self._waiting: tuple[deque[asyncio.Future[None]], ...] = (deque(), deque())

    async def run(self, work: Callable[[], _T], *, is_local: bool) -> _T:
        """Return what `work` returns.

        Raises:
            HashQueueFullError: The queue is full.
        """
        await self._wait_for_turn(self._waiting[0 if is_local else 1])
        try:
            doing = asyncio.get_running_loop().run_in_executor(self._pool, work)
        except BaseException:
            self._next()
            raise
        # A client that goes away does not end the thread: the place is free when the work is done.
        doing.add_done_callback(lambda _: self._next())
        return await asyncio.shield(doing)

    def close(self) -> None:
        """End the threads, after what they are at."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _wait_for_turn(self, queue: "deque[asyncio.Future[None]]") -> None:
        if self._running < AT_ONCE:
            self._running += 1
            return
        if len(queue) >= LONGEST_QUEUE:
            raise HashQueueFullError
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._next()  # it was our turn already
            elif turn in queue:
                queue.remove(turn)
            raise

    def _next(self) -> None:
        for queue in self._waiting:
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._running -= 1
