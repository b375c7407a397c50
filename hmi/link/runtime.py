"""Everything that runs in the link's thread: three sessions, the ticker, and what the screen has asked for."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from asyncua import ua

from hmi.account import Account
from hmi.link import conditions, journal, methods, what_if
from hmi.link.catalogue import Catalogue
from hmi.link.commands import Commander
from hmi.link.connection import Connection, opened, quiet_library
from hmi.link.errors import LinkError
from hmi.link.outbox import Outbox
from hmi.link.reasons import login_problem, why
from hmi.link.security import Keyring, ServerChangedError
from hmi.link.session import PlantSession, StatusBoard
from hmi.link.sink import Sink
from hmi.link.stop import StopLine
from hmi.link.supervise import Keeper
from hmi.link.types import CommandRequest, CommandStage, CommandUpdate, Reply
from opcua_server.wire.decoding import DecodeLimits
from opcua_server.wire.hardening import harden

QUESTION_TIMEOUT_S = 10.0  # a page of the journal, a prediction
EXPORT_TIMEOUT_S = 120.0  # a long journal comes in many pages
WHAT_IF_TIMEOUT_S = 20.0  # ten minutes of plant are reckoned twice, one question after the other

_log = logging.getLogger(__name__)
# What a server may ask of us in one message: a whole plant, and no more.
DECODING = DecodeLimits(objects=2_000_000, array_length=10_000_000, string_bytes=64 * 1024 * 1024)

Question = Callable[[Connection], Awaitable[object]]


class Runtime:
    """The link's inside. Made in its own thread; `run()` works until `stop()`."""

    def __init__(self, url: str, sink: Sink, keyring: Keyring | None = None) -> None:
        self._url = url
        self._keyring = keyring
        self._sink = sink
        self._board = StatusBoard(url, sink.status)
        self.session = PlantSession(self._board, sink, Outbox())
        self.commander = Commander(self._on_command)
        self.stops = StopLine(sink.command, self._on_stop_ready)
        # One line a loss: the values session logs it for all three.
        self._values = Keeper(
            "values", self._opener("values"), self._serve_values, self.session.on_down, logging.WARNING
        )
        self._commands = Keeper("commands", self._opener("commands"), self.commander.serve)
        self._stop = Keeper("e-stop", self._opener("e-stop", personal=False), self.stops.serve)
        self.session.keeper, self.commander.keeper = self._values, self._commands
        self.stops.keeper, self.stops.reset_keeper = self._stop, self._commands
        self.session.on_catalogue = self._on_catalogue
        self.commander.on_ready = self._on_commands_ready
        self._tasks: asyncio.TaskGroup | None = None
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Keep the sessions and answer the screen until `stop()`."""
        quiet_library()
        harden(DECODING)
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            keepers = (self._stop, self._commands, self._values)
            for keeper in keepers:
                keeper.start(tasks)
            ticker = tasks.create_task(self.session.tick())
            tasks.create_task(self._prepare_station())
            await self._stopped.wait()
            self._tasks = None
            for keeper in keepers:
                keeper.end()
            ticker.cancel()

    async def _prepare_station(self) -> None:
        """Make the console's first certificate, which takes half a second, while a server may still be starting."""
        if self._keyring is not None:
            with contextlib.suppress(LinkError):  # whoever connects hears of it
                await self._keyring.station()

    def stop(self) -> None:
        """End everything; called in the loop."""
        self._stopped.set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something the screen has asked for; its failure is logged and ends nothing else."""
        if self._tasks is None:
            work.close()
            return
        self._tasks.create_task(_guarded(work))

    # ---- what the screen asks --------------------------------------------------------------------------------------

    async def acknowledge(self, request_id: int, condition_id: str, event_id: bytes, comment: str) -> None:
        """Acknowledge an alarm over the command session."""
        await self._answer(
            request_id, self._commands, lambda c: conditions.acknowledge(c, condition_id, event_id, comment)
        )

    async def query_journal(
        self, request_id: int, from_iso: str, to_iso: str, after_seq: int, limit: int
    ) -> None:
        """Answer with a page of the journal."""
        await self._ask(request_id, lambda c: journal.query(c, from_iso, to_iso, after_seq, limit))

    async def export_journal(self, request_id: int, from_iso: str, to_iso: str, fmt: str, path: str) -> None:
        """Write the journal to a file."""
        await self._ask(
            request_id, lambda c: methods.export(c, from_iso, to_iso, fmt, path), EXPORT_TIMEOUT_S
        )

    async def predict(self, request_id: int, readings: tuple[float, float, float, float]) -> None:
        """Answer with the server's judgement of one reading."""
        await self._ask(request_id, lambda c: methods.predict(c, readings))

    async def playback(self, request_id: int, device: str, action: str, value: float | None) -> None:
        """Play, pause or pace a recording."""
        await self._ask(request_id, lambda c: methods.playback(c, device, action, value))

    async def simulate(self, request_id: int, method: str, values: Sequence[str | float | bool]) -> None:
        """Answer with the outputs of one of the trainer's methods."""
        await self._ask(request_id, lambda c: methods.simulate(c, method, values))

    async def what_if(
        self, request_id: int, device: str, setpoint: str, value: float, minutes: float
    ) -> None:
        """Answer with both futures of a device."""
        await self._ask(
            request_id, lambda c: what_if.what_if(c, device, setpoint, value, minutes), WHAT_IF_TIMEOUT_S
        )

    async def inject_fault(
        self, request_id: int, device: str, fault: str, severity: float, onset_s: float, life_s: float
    ) -> None:
        """Make a device develop a fault."""
        numbers = (severity, onset_s, life_s)
        await self._ask(request_id, lambda c: methods.inject_fault(c, device, fault, numbers))

    async def clear_faults(self, request_id: int, device: str) -> None:
        """Remove injected faults."""
        await self._ask(request_id, lambda c: methods.clear_faults(c, device))

    async def log_in(self, request_id: int, account: Account | None) -> None:
        """Act for somebody else from now on, None for nobody; what is subscribed stays."""
        keyring = self._keyring
        if keyring is None:
            self._sink.reply(
                Reply(request_id=request_id, ok=False, error="This console is not set up for logins.")
            )
            return
        before = keyring.credentials
        keyring.credentials = account
        keyring.refused_account = account is None or keyring.refused_account  # logged out means nobody
        try:
            for keeper in (self._commands, self._values):
                if keeper.connection is not None:
                    await keeper.connection.log_in(account)
        except LinkError as error:
            keyring.credentials = before
            self._sink.reply(Reply(request_id=request_id, ok=False, error=login_problem(error)))
            return
        self._board.change(user=account.name if account else "")
        self._sink.reply(Reply(request_id=request_id, ok=True, payload=account.name if account else ""))

    async def accept_server(self, thumbprint: str) -> None:
        """Believe a server that shows a new certificate."""
        if self._keyring is not None:
            self._keyring.accepted = thumbprint
            self._board.change(changed_certificate="")

    async def execute(self, request: CommandRequest) -> None:
        """Carry out a command."""
        await self.commander.execute(request)

    async def _ask(self, request_id: int, question: Question, timeout_s: float = QUESTION_TIMEOUT_S) -> None:
        """Put a question to the server over the values session: it must not hold up a command."""
        await self._answer(request_id, self._values, question, timeout_s)

    async def _answer(
        self, request_id: int, keeper: Keeper, question: Question, timeout_s: float = QUESTION_TIMEOUT_S
    ) -> None:
        connection = keeper.connection
        if connection is None:
            self._sink.reply(
                Reply(request_id=request_id, ok=False, error="There is no connection to the server.")
            )
            return
        try:
            async with asyncio.timeout(timeout_s):
                payload = await question(connection)
        except (LinkError, TimeoutError, ua.UaError, ValueError) as error:
            self._sink.reply(Reply(request_id=request_id, ok=False, error=why(error)))
        else:
            self._sink.reply(Reply(request_id=request_id, ok=True, payload=payload))

    # ---- inside --------------------------------------------------------------------------------------------------

    def _opener(
        self, role: str, *, personal: bool = True
    ) -> Callable[[], AbstractAsyncContextManager[Connection]]:
        return lambda: self._opened(role, personal=personal)

    @asynccontextmanager
    async def _opened(self, role: str, *, personal: bool) -> AsyncIterator[Connection]:
        try:
            async with opened(self._url, role, self._keyring, personal=personal) as connection:
                yield connection
        except ServerChangedError as error:
            self._board.change(changed_certificate=error.thumbprint)
            raise

    async def _serve_values(self, connection: Connection) -> None:
        offer = connection.offer
        self._board.note(
            user=connection.user,
            takes_login=offer.takes_names,
            encryption=offer.name,
            server_thumbprint=offer.thumbprint,
            changed_certificate="",
        )
        await self.session.serve(connection)

    def _on_catalogue(self, catalogue: Catalogue) -> None:
        self.commander.catalogue = catalogue

    def _on_command(self, update: CommandUpdate) -> None:
        self._sink.command(update)
        if update.stage is not CommandStage.SENT:
            self.session.look_at_limits()

    def _on_commands_ready(self, ready: bool, round_trip_s: float | None) -> None:
        self._tell("commands_ready", ready, "latency_ms", round_trip_s)

    def _on_stop_ready(self, ready: bool, round_trip_s: float | None) -> None:
        self._tell("stop_ready", ready, "stop_latency_ms", round_trip_s)

    def _tell(self, flag: str, ready: bool, latency: str, round_trip_s: float | None) -> None:
        latency_ms = None if round_trip_s is None else round_trip_s * 1000.0
        tell = self._board.note if getattr(self._board.status, flag) is ready else self._board.change
        tell(**{flag: ready, latency: latency_ms})


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:  # noqa: BLE001  one question that fails must not end the link
        _log.exception("a request of the screen failed")
