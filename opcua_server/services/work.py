"""Long work in short pieces: no request holds the loop, and many of them together do not either."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

SLICE_S = 0.005  # of work between two breaths
_LONG_EVERY = 4  # of so many turns one goes to work that has had its first slice, however many newcomers wait


class Workbench:
    """Has one piece of work done at a time, newcomers first.

    A hundred long requests thus cost the loop one slice each round, not a hundred; a short request waits for one slice, not
    for a slice of each of them; and a connection has one request at work, however many it has sent.
    """

    def __init__(self) -> None:
        self._is_busy = False
        self._new: deque[asyncio.Future[None]] = deque()
        self._begun: deque[asyncio.Future[None]] = deque()
        self._turns = 0
        self._lanes: WeakKeyDictionary[object, asyncio.Lock] = WeakKeyDictionary()

    @asynccontextmanager
    async def job(self, lane: object) -> AsyncIterator["Job"]:
        """Wait for a turn and work; `lane` is whose work it is, a connection."""
        async with self._lanes.setdefault(lane, asyncio.Lock()):
            await self.take(self._new)
            job = Job(self, self._begun)
            try:
                yield job
            finally:
                if job.has_turn:
                    self.give()

    async def take(self, waiting: deque[asyncio.Future[None]]) -> None:
        """Wait in one of the queues for a turn."""
        if not self._is_busy:
            self._is_busy = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give()  # the turn came, and nobody is there to take it
            raise

    def give(self) -> None:
        """End a turn."""
        self._turns += 1
        queues = (self._begun, self._new) if self._turns % _LONG_EVERY == 0 else (self._new, self._begun)
        for queue in queues:
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._is_busy = False


class Job:
    """One request's work; `pause` is called between its pieces."""

    def __init__(self, bench: Workbench, queue: deque[asyncio.Future[None]]) -> None:
        self._bench = bench
        self._queue = queue
        self._began = time.perf_counter()
        self.has_turn = True

    async def pause(self) -> None:
        """Let everyone else go first when a slice is used up."""
        if time.perf_counter() - self._began < SLICE_S:
            return
        self.has_turn = False
        self._bench.give()
        await asyncio.sleep(0)
        await self._bench.take(self._queue)
        self.has_turn = True
        self._began = time.perf_counter()


class Gate:
    """Lets one long request on in each turn of the loop, however many wait.

    For work that waits for disk or plant between its pieces: a turn at the bench would be held meanwhile, and keep others waiting.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_open = False

    async def pass_through(self) -> None:
        """Wait for one's turn of the loop."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        if not self._is_open:
            self._is_open = True
            loop.call_soon(self._let_one)
        await turn

    def _let_one(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                break
        self._is_open = bool(self._waiting)
        if self._is_open:
            asyncio.get_running_loop().call_soon(self._let_one)


class Pace:
    """One request's steps between its operations: `pause` is called after each."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._began = time.perf_counter()

    async def pause(self) -> None:
        """Let everyone else go first when a slice is used up, by work or by waiting."""
        if time.perf_counter() - self._began < SLICE_S:
            return
        await self._gate.pass_through()
        self._began = time.perf_counter()
