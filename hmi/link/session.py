"""The session that carries the values: browse, subscribe, listen, and say how the link stands."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from asyncua import ua

from hmi.link.browse import browse
from hmi.link.catalogue import Catalogue
from hmi.link.conditions import ConditionFeed
from hmi.link.connection import Connection
from hmi.link.errors import LinkError, NoConnectionError
from hmi.link.freshness import TICK_S, Freshness
from hmi.link.limits import LimitWatch
from hmi.link.outbox import Outbox, text_of
from hmi.link.sink import Sink
from hmi.link.subscription import HEARTBEAT_PATH, Heartbeat, ValueFeed
from hmi.link.supervise import Keeper
from hmi.link.types import LinkState, LinkStatus, PlantModel

GIVE_UP_S: Final = 8.0  # of silence on an open connection, before a new one is made
WATCH_S: Final = 0.5  # how often a silence is held against it; a broken connection is heard of at once
STATUS_EVERY_S: Final = 1.0

_log = logging.getLogger(__name__)


class StatusBoard:
    """How the link stands; tells the screen of each change at once, of ages once a second."""

    def __init__(self, url: str, publish: Callable[[LinkStatus], None]) -> None:
        self.status = LinkStatus(state=LinkState.CONNECTING, url=url)
        self._publish = publish
        self._told_s = 0.0

    def change(self, **changes: object) -> None:
        """Change fields and tell at once if any differs."""
        new = replace(self.status, **changes)  # type: ignore[arg-type]
        if new != self.status:
            self.status = new
            self._tell()

    def note(self, **changes: object) -> None:
        """Change fields that need no hurry: they go out once a second."""
        self.status = replace(self.status, **changes)  # type: ignore[arg-type]
        if time.monotonic() - self._told_s >= STATUS_EVERY_S:
            self._tell()

    def _tell(self) -> None:
        self._told_s = time.monotonic()
        self._publish(self.status)


class PlantSession:
    """What the values session does while it lives."""

    def __init__(self, board: StatusBoard, sink: Sink, outbox: Outbox) -> None:
        self.keeper: Keeper | None = None
        self.on_catalogue: Callable[[Catalogue], None] = lambda _catalogue: None
        self._board = board
        self._sink = sink
        self._outbox = outbox
        self._catalogue: Catalogue | None = None
        self._values: ValueFeed | None = None
        self._limits: LimitWatch | None = None
        self._first: tuple[int, ...] = ()
        self._feeds: list[Freshness] = []

    # ---- life ----------------------------------------------------------------------------------------------------

    async def serve(self, connection: Connection) -> None:
        """Use one connection until it is lost.

        Raises:
            LinkError: It is lost (possibly inside an exception group).
        """
        self._outbox.clear()
        feed = await ValueFeed.feed(connection)
        heartbeat = await self._listen_for_beats(connection)
        self._board.note(server_version=await _server_version(connection))
        catalogue = await self._browse(connection)
        self._values = values = ValueFeed(connection, feed, catalogue, self._outbox)
        values.show_first(self._first)
        conditions = ConditionFeed(connection, self._outbox.add_condition, self._on_refreshed)
        self._limits = limits = LimitWatch(connection, catalogue, self._on_limits_moved)
        async with asyncio.TaskGroup() as tasks:
            ready = asyncio.Event()
            tasks.create_task(values.run(ready.set))
            tasks.create_task(self._watch(connection))
            await ready.wait()
            tasks.create_task(conditions.run())
            tasks.create_task(limits.run())
            self._feeds = [values.freshness]
            self._feeds += [heartbeat.freshness] if heartbeat is not None else []
            if self.keeper is not None:
                self.keeper.up(connection)
            self._judge(time.monotonic())

    def on_down(self, reason: str) -> None:
        """Show that there is no session."""
        self._feeds = []
        self._values = None
        losses = self.keeper.losses if self.keeper is not None else 0
        self._board.change(state=LinkState.LOST, reason=reason, reconnects=losses)

    def show_first(self, tag_ids: Sequence[int]) -> None:
        """Subscribe the visible page's tags before the others, now and after each reconnect."""
        self._first = tuple(tag_ids)
        if self._values is not None:
            self._values.show_first(self._first)

    def look_at_limits(self) -> None:
        """Read the limits again: a command may have moved one."""
        if self._limits is not None:
            self._limits.look_now()

    async def tick(self) -> None:
        """Every 50 ms: pass on what has gathered, and judge the age of the last sign of life."""
        while True:
            self._flush()
            self._judge(time.monotonic())
            await asyncio.sleep(TICK_S)

    # ---- inside --------------------------------------------------------------------------------------------------

    def _on_limits_moved(self, model: PlantModel) -> None:
        if self._catalogue is not None:
            self._catalogue = replace(self._catalogue, model=model)
            self.on_catalogue(self._catalogue)
        self._sink.model(model)

    async def _browse(self, connection: Connection) -> Catalogue:
        begun_s = time.monotonic()
        catalogue = await browse(connection)
        _log.info(
            "browsed %d devices, %d tags in %.2f s",
            len(catalogue.model.devices),
            len(catalogue.model.tags),
            time.monotonic() - begun_s,
        )
        # Compared as text: a NaN in a range is not equal to itself.
        if self._catalogue is None or repr(self._catalogue.model) != repr(catalogue.model):
            self._sink.model(catalogue.model)
        self._catalogue = catalogue
        self.on_catalogue(catalogue)
        return catalogue

    async def _listen_for_beats(self, connection: Connection) -> Heartbeat | None:
        node = connection.namespaces.of_plant(HEARTBEAT_PATH)
        if node is None:
            return None
        heartbeat = Heartbeat()
        return heartbeat if await heartbeat.start(connection, node) else None

    async def _watch(self, connection: Connection) -> None:
        """End the connection when it is lost, or silent for so long that a new one is the better bet."""
        while not connection.lost.is_set():
            silent_s = self._board.status.silent_s or 0.0
            if self._board.status.state is LinkState.STALE and silent_s > GIVE_UP_S:
                raise NoConnectionError(f"The server has been silent for {silent_s:.0f} s.")
            try:
                async with asyncio.timeout(WATCH_S):
                    await connection.lost.wait()
            except TimeoutError:
                continue
        raise NoConnectionError("The connection to the server is broken.")

    def _on_refreshed(self, events: tuple[object, ...]) -> None:
        self._outbox.take_conditions()  # all in the list already
        self._sink.refreshed(events)  # type: ignore[arg-type]

    def _flush(self) -> None:
        batch = self._outbox.take_samples()
        if batch is not None:
            self._sink.samples(batch)
        if texts := self._outbox.take_texts():
            self._sink.texts(texts)
        if events := self._outbox.take_conditions():
            self._sink.conditions(events)

    def _judge(self, now_s: float) -> None:
        if not self._feeds:
            self._board.note()
            return
        looks = [(feed.look(now_s), feed.bound_s) for feed in self._feeds]
        # The feed nearest to its bound decides what is shown.
        verdict, bound_s = max(looks, key=lambda look: look[0].silent_s / look[1])
        stale = any(look.is_stale for look, _ in looks)
        state = LinkState.STALE if stale else LinkState.LIVE
        reason = f"No sign of life from the server for over {bound_s:.1f} s." if stale else ""
        if state is not self._board.status.state:
            losses = self.keeper.losses if self.keeper is not None else 0
            self._board.change(
                state=state,
                reason=reason,
                silent_s=verdict.silent_s,
                stale_after_s=bound_s,
                reconnects=losses,
            )
        else:
            self._board.note(silent_s=verdict.silent_s, stale_after_s=bound_s)


async def _server_version(connection: Connection) -> str:
    nodes = [ua.NodeId(ua.ObjectIds.Server_ServerStatus_BuildInfo_SoftwareVersion)]
    own = connection.namespaces.of_plant("Diagnostics/ServerVersion")
    if own is not None:
        nodes.insert(0, own)
    try:
        values = await connection.read(nodes)
    except LinkError:
        return ""
    return next((t for v in values if v.Value is not None and (t := text_of(v.Value.Value))), "")
