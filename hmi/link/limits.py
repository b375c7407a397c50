"""Keep the limits shown those in force: whoever moved them, here or at another client."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace

from asyncua import ua

from hmi.link.catalogue import Catalogue
from hmi.link.connection import Connection
from hmi.link.types import PlantModel, TagInfo

LOOK_EVERY_S = 5.0
NODES_PER_READ = 1000


class LimitWatch:
    """Reads all limits now and then, and at once when a command has moved one."""

    def __init__(
        self, connection: Connection, catalogue: Catalogue, publish: Callable[[PlantModel], None]
    ) -> None:
        self._connection = connection
        self._model = catalogue.model
        self._publish = publish
        self._places = [(tag.tag_id, key) for tag in self._model.tags for key in tag.limit_nodes]
        texts = [self._model.tags[tag].limit_nodes[key] for tag, key in self._places]
        self._wanted = [
            ua.ReadValueId(NodeId=connection.namespaces.node_id(text), AttributeId=ua.AttributeIds.Value)
            for text in texts
        ]
        self._look_now = asyncio.Event()

    def look_now(self) -> None:
        """Do not wait for the next look."""
        self._look_now.set()

    async def run(self) -> None:
        """Look until cancelled, or until the connection is lost."""
        while self._wanted:
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._look_now.wait()
            except TimeoutError:
                pass  # nobody asked: it is time for a look all the same
            self._look_now.clear()
            await self._look()

    async def _look(self) -> None:
        values: list[ua.DataValue] = []
        for start in range(0, len(self._wanted), NODES_PER_READ):
            values += await self._connection.read_attributes(self._wanted[start : start + NODES_PER_READ])
        moved: dict[int, dict[str, float]] = {}
        for (tag, key), data in zip(self._places, values, strict=True):
            value = data.Value.Value if data.Value is not None else None
            if (
                isinstance(value, float)
                and math.isfinite(value)
                and value != self._model.tags[tag].limits[key]
            ):
                moved.setdefault(tag, {})[key] = value
        if moved:
            tags = tuple(_with_limits(tag, moved.get(tag.tag_id)) for tag in self._model.tags)
            self._model = replace(self._model, tags=tags)
            self._publish(self._model)


def _with_limits(tag: TagInfo, moved: dict[str, float] | None) -> TagInfo:
    return tag if moved is None else replace(tag, limits={**tag.limits, **moved})
