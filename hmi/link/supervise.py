"""Keep a session alive: connect, serve, and after a loss connect anew with back-off."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from hmi.link.connection import Connection
from hmi.link.errors import LinkError, NoConnectionError

START_DELAY_S: Final = 0.2  # while the server may just be starting beside us
START_TRIES: Final = 50
FIRST_DELAY_S: Final = 0.5
LAST_DELAY_S: Final = 2.0
PROBE_EVERY_S: Final = 1.0
PROBE_TIMEOUT_S: Final = 2.0
PROBE_STRIKES: Final = 2  # one slow answer is no loss (a link with 1 s round trip must not flap)

_log = logging.getLogger(__name__)

Opener = Callable[[], AbstractAsyncContextManager[Connection]]
Serve = Callable[[Connection], Awaitable[None]]


class Backoff:
    """0.5 s, 1 s, then 2 s for ever; before the first success 0.2 s, after ten seconds of it 0.5 s."""

    def __init__(self) -> None:
        self._delay_s = FIRST_DELAY_S
        self._was_up = False
        self._tries = 0

    def succeeded(self) -> None:
        self._delay_s = FIRST_DELAY_S
        self._was_up = True

    def next_s(self) -> float:
        """Return how long to wait before the next try."""
        self._tries += 1
        if not self._was_up and self._tries <= START_TRIES:
            return START_DELAY_S
        delay_s = self._delay_s
        if self._was_up:
            self._delay_s = min(2 * self._delay_s, LAST_DELAY_S)
        return delay_s


class Keeper:
    """One session kept alive.

    Args:
        name: For the log: "values", "commands", "e-stop".
        open_session: Opens a session for the length of a `with` block.
        serve: Uses it; returns or raises `LinkError` when it is lost. It calls `up()` when the session is of use.
        on_down: Told the reason after each loss and each failed try.
        level: At which the loss and the recovery are logged, a line each.
    """

    def __init__(
        self,
        name: str,
        open_session: Opener,
        serve: Serve,
        on_down: Callable[[str], None] = lambda _reason: None,
        level: int = logging.INFO,
    ) -> None:
        self.connection: Connection | None = None
        self.losses = 0
        self._name = name
        self._open = open_session
        self._serve = serve
        self._on_down = on_down
        self._level = level
        self._backoff = Backoff()
        self._is_up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ending = False
        self._lost_s: float | None = None

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin to work, in a task of the group."""
        self._task = tasks.create_task(self.run(), name=f"keep {self._name}")

    def end(self) -> None:
        """End the work."""
        self._ending = True
        if self._task is not None:
            self._task.cancel()

    async def run(self) -> None:
        """Work until `end()`."""
        while not self._ending:
            try:
                await self._one_session()
                await asyncio.sleep(self._backoff.next_s())
            except asyncio.CancelledError:
                if self._ending:
                    raise
                # Nobody else may end it: a cancellation astray must not leave the operator without a link for good.
                _log.exception("%s: a cancellation went astray", self._name)
                self._down("The link failed inside: the log says more.")

    async def _one_session(self) -> None:
        try:
            async with self._open() as connection:
                await self._serve(connection)
            raise NoConnectionError("The connection to the server is broken.")
        except* LinkError as errors:
            self._down(_first_reason(errors))
        except* Exception:  # noqa: BLE001  nor may a fault of ours
            _log.exception("%s: the link failed inside", self._name)
            self._down("The link failed inside: the log says more.")
        finally:
            self.connection = None
            self._is_up.clear()

    def up(self, connection: Connection) -> None:
        """Note that the session is of use now."""
        self.connection = connection
        self._is_up.set()
        self._backoff.succeeded()
        if self._lost_s is not None:
            down_s = time.monotonic() - self._lost_s
            _log.log(self._level, "%s: connected again after %.1f s", self._name, down_s)
            self._lost_s = None

    async def live(self) -> Connection:
        """Return the live session, waiting for one."""
        while self.connection is None or self.connection.lost.is_set():
            self._is_up.clear()
            await self._is_up.wait()
        return self.connection

    def _down(self, reason: str) -> None:
        if self.connection is not None:
            self.losses += 1
            if self._lost_s is None:
                self._lost_s = time.monotonic()
                _log.log(self._level, "%s: connection lost: %s", self._name, reason)
        self._on_down(reason)


async def probe_until_lost(
    connection: Connection,
    on_probe: Callable[[float, float], None],
    on_strike: Callable[[], None],
    timeout_s: float = PROBE_TIMEOUT_S,
) -> None:
    """Ask the server for its clock each second.

    Args:
        connection: The session to keep alive.
        on_probe: Told round trip and the server's clock minus ours, both in s.
        on_strike: Told of each probe that came back late or not at all.
        timeout_s: What is late.

    Raises:
        NoConnectionError: The session is lost, or two probes in a row got no answer.
    """
    strikes = 0
    while not connection.lost.is_set():
        try:
            async with asyncio.timeout(timeout_s):
                probe = await connection.probe()
        except (TimeoutError, LinkError) as error:
            strikes += 1
            on_strike()
            if strikes >= PROBE_STRIKES or connection.lost.is_set():
                raise NoConnectionError("The server does not answer.") from error
        else:
            strikes = 0
            on_probe(probe.round_trip_s, probe.server_ahead_s)
            await _sleep_or_lost(connection, PROBE_EVERY_S)
    raise NoConnectionError("The server has closed the connection.")


async def _sleep_or_lost(connection: Connection, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await connection.lost.wait()
    except TimeoutError:
        return


def _first_reason(errors: BaseExceptionGroup[LinkError]) -> str:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error)
