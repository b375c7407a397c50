"""Subscribe the plant's values, the visible page first, and the server's heartbeat beside them."""

import asyncio
import time
from collections.abc import Callable, Sequence

import numpy as np
from asyncua import ua

from hmi.link.catalogue import Catalogue
from hmi.link.connection import Connection, Feed
from hmi.link.decode import DataChange
from hmi.link.freshness import BEAT_BOUND_S, BEAT_PERIOD_S, Freshness, foreign_bound_s
from hmi.link.outbox import Outbox

VALUES_INTERVAL_MS = 250.0
VALUES_KEEP_ALIVE = 4  # x 250 ms: a keep-alive a second from a plant that does not change
VALUES_QUEUE = 10
ITEMS_PER_REQUEST = 500  # a request of 1,000 holds stock asyncua for 80 ms
BEAT_KEEP_ALIVE = 5  # x 200 ms is above the bound: only true beats keep the link fresh
HEARTBEAT_PATH = "Plant/Heartbeat"


class ValueFeed:
    """The values of one connection, in a subscription that is there before anybody knows of what.

    So its publishing interval is already running when the first items are added.
    """

    def __init__(self, connection: Connection, feed: Feed, catalogue: Catalogue, outbox: Outbox) -> None:
        self._connection = connection
        self._feed = feed
        self._catalogue = catalogue
        self._outbox = outbox
        self._is_text = np.array([tag.is_text for tag in catalogue.model.tags], np.bool_)
        self._on_demand = {
            tag.tag_id for tag in catalogue.model.tags if tag.on_demand
        }  # and nobody has asked
        self._wanted = [t.tag_id for t in catalogue.model.tags if not t.on_demand]  # in order of turn
        self._more = asyncio.Event()
        self.freshness = Freshness(foreign_bound_s(feed.interval_ms, feed.keep_alive_count), time.monotonic())
        connection.listen(feed, self._on_result)

    @staticmethod
    async def feed(connection: Connection) -> Feed:
        """Create the subscription that the values will come by."""
        return await connection.subscribe(VALUES_INTERVAL_MS, VALUES_KEEP_ALIVE, _ignore)

    def show_first(self, tag_ids: Sequence[int]) -> None:
        """Subscribe these tags before the others that still wait, and those that wait to be asked for."""
        first = dict.fromkeys(tag_ids)
        asked = self._on_demand & first.keys()
        self._on_demand -= asked
        self._wanted += sorted(asked)
        waiting = set(self._wanted)
        self._wanted = [tag for tag in first if tag in waiting] + [
            tag for tag in self._wanted if tag not in first
        ]
        self._more.set()

    async def run(self, on_first: Callable[[], None]) -> None:
        """Subscribe everything, then what is asked for; `on_first` is called when the first request is through."""
        while True:
            self._more.clear()
            while self._wanted:
                batch, self._wanted = self._wanted[:ITEMS_PER_REQUEST], self._wanted[ITEMS_PER_REQUEST:]
                await self._subscribe(batch)
                on_first()
            on_first()
            await self._more.wait()

    async def _subscribe(self, tag_ids: list[int]) -> None:
        nodes = self._catalogue.tag_nodes
        items = [item(nodes[tag], tag + 1, VALUES_INTERVAL_MS, VALUES_QUEUE) for tag in tag_ids]
        results = await self._connection.monitor(self._feed, items)
        for tag, result in zip(tag_ids, results, strict=True):
            status = int(result.StatusCode.value)
            if status & 0x80000000:
                self._outbox.add_refused(tag, status, is_text=bool(self._is_text[tag]))

    def _on_result(self, result: ua.PublishResult) -> None:
        now_s = time.monotonic()
        self.freshness.arrived(now_s)
        for notification in result.NotificationMessage.NotificationData or ():
            if isinstance(notification, DataChange):
                self._outbox.add(notification, self._is_text, now_s)


def _ignore(_result: ua.PublishResult) -> None:
    """Take in that a subscription without items is alive."""


class Heartbeat:
    """The 5 Hz beat of an Andon server, on a subscription of its own."""

    def __init__(self) -> None:
        self.freshness = Freshness(BEAT_BOUND_S, time.monotonic())

    async def start(self, connection: Connection, node: ua.NodeId) -> bool:
        """Subscribe the beat; returns False where the server has none."""
        feed = await connection.subscribe(BEAT_PERIOD_S * 1000.0, BEAT_KEEP_ALIVE, self._on_result)
        (result,) = await connection.monitor(feed, [item(node, 1, BEAT_PERIOD_S * 1000.0, 1)])
        self.freshness.arrived(time.monotonic())
        return not result.StatusCode.value & 0x80000000

    def _on_result(self, _result: ua.PublishResult) -> None:
        self.freshness.arrived(time.monotonic())


def item(node: ua.NodeId, handle: int, sampling_ms: float, queue: int) -> ua.MonitoredItemCreateRequest:
    """Return the request to report a node's value."""
    return ua.MonitoredItemCreateRequest(
        ItemToMonitor=ua.ReadValueId(NodeId=node, AttributeId=ua.AttributeIds.Value),
        MonitoringMode=ua.MonitoringMode.Reporting,
        RequestedParameters=ua.MonitoringParameters(
            ClientHandle=handle, SamplingInterval=sampling_ms, QueueSize=queue, DiscardOldest=True
        ),
    )
