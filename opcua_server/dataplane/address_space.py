"""An address space whose column tags have no DataValue until somebody reads one, and whose promised nodes wait for that too."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from asyncua import ua
from asyncua.server.address_space import AddressSpace, AttributeValue

from opcua_server.dataplane.columns import WAITING, WIRE, ColumnStore, is_null
from opcua_server.dataplane.promised import LateParent, Make, NodeTable
from opcua_server.dataplane.ticks import now_ticks, to_moment, to_ticks

TOLD_AT_ONCE: Final = 500  # of those who watch one value: some 3 ms
_log = logging.getLogger(__name__)
_PLAIN: Final[dict[int, Callable[[float], object]]] = {
    kind: bool if code == "?" else float if "f" in code else int for kind, code in WIRE.items()
}


class ColumnValue(AttributeValue):
    """The Value attribute of a column tag: reads build it, writes go into the column."""

    # The library's own fields, without its `value`: that is the property below.
    def __init__(self, store: ColumnStore, row: int) -> None:
        self._store = store
        self.row = row
        self.value_callback: Callable[..., Any] | None = None
        self.value_setter: Callable[..., Any] | None = None
        self.datachange_callbacks: dict[int, Callable[..., Any]] = {}

    @property
    def value(self) -> ua.DataValue:
        """What the column holds now."""
        store, row = self._store, self.row
        kind, status, value = int(store.kinds[row]), int(store.status[row]), float(store.values[row])
        one = slice(row, row + 1)
        if is_null(store.kinds[one], store.values[one], store.status[one])[0]:
            variant = ua.Variant(None, ua.VariantType.Null)
        else:
            if kind == ua.VariantType.Float.value:
                value = float(np.float32(value))
            variant = ua.Variant(_PLAIN[kind](value), ua.VariantType(kind))
        return ua.DataValue(
            Value=variant,
            StatusCode=ua.StatusCode(status),
            SourceTimestamp=to_moment(int(store.source[row])),
            ServerTimestamp=to_moment(int(store.server[row])),
        )

    @value.setter
    def value(self, data: ua.DataValue | None) -> None:
        """Take a value that came the ordinary path; subscribers hear of it as of any other."""
        if data is None:
            return
        found = data.Value.Value if data.Value is not None else None
        status = data.StatusCode.value if data.StatusCode is not None else 0
        self._store.put(
            np.array([self.row]),
            np.array([np.nan if found is None else float(found)]),
            np.array([status], np.uint32),
            to_ticks(data.SourceTimestamp) or now_ticks(),
            now_ticks(),
        )


class ColumnAddressSpace(AddressSpace):
    """The library's address space with a column store beside its nodes."""

    def __init__(self) -> None:
        super().__init__()
        self._nodes = NodeTable()
        self.columns = ColumnStore()

    def promise(self, parent: LateParent, count: int, make: Make) -> None:
        """Have `count` nodes below a parent made when somebody asks for one of them."""
        self._nodes.promise(parent, count, make)

    def keep_promise(self) -> bool:
        """Make the promised nodes of one parent; returns whether there were any left."""
        return self._nodes.keep_one()

    def make_block(
        self, nodes: Sequence[ua.NodeId], kinds: Sequence[ua.VariantType], tick_s: float = 0.0
    ) -> int:
        """Move the values of `nodes` into columns; returns the first row, the others follow in order.

        Args:
            nodes: Variables that exist, each in no block yet.
            kinds: Their built-in types, each one of `columns.WIRE`.
            tick_s: How often a value can change at most; 0 where that is not known.
        """
        first = self.columns.extend([kind.value for kind in kinds], tick_s)
        for row, node in enumerate(nodes, start=first):
            attributes = self._nodes[node].attributes
            before = attributes.get(ua.AttributeIds.Value)
            made = ColumnValue(self.columns, row)
            if before is not None:
                made.datachange_callbacks = before.datachange_callbacks
                if _is_set(before.value):
                    made.value = before.value
            attributes[ua.AttributeIds.Value] = made
        return first

    async def write_attribute_value(
        self, nodeid: ua.NodeId, attr: ua.AttributeIds, value: ua.DataValue
    ) -> ua.StatusCode:
        """Write a value as the library does; a crowd that watches it is told some at a time."""
        node = self._nodes.get(nodeid)
        attribute = node.attributes.get(attr) if node is not None else None
        if attribute is None or len(attribute.datachange_callbacks) <= TOLD_AT_ONCE:
            code: ua.StatusCode = await super().write_attribute_value(nodeid, attr, value)
            return code
        crowd, attribute.datachange_callbacks = attribute.datachange_callbacks, {}
        try:
            code = await super().write_attribute_value(
                nodeid, attr, value
            )  # tells nobody, so nobody comes between
        finally:
            attribute.datachange_callbacks = crowd
        if code.is_good():
            await tell(crowd, value)
        return code

    def row_of(self, node: ua.NodeId) -> int | None:
        """Return the row of a column tag; None for any other node."""
        data = self._nodes.get(node)
        value = data.attributes.get(ua.AttributeIds.Value) if data is not None else None
        return value.row if isinstance(value, ColumnValue) and value.value_callback is None else None


async def tell(crowd: Mapping[int, Callable[..., Any]], data: ua.DataValue) -> None:
    """Tell everybody who watches a value that it has changed; the loop gets its turn in between."""
    for count, (handle, callback) in enumerate(list(crowd.items()), start=1):
        if handle in crowd:  # who has left meanwhile wants to know nothing
            try:
                await callback(handle, data)
            except Exception:  # noqa: BLE001  # one client's subscription must not end the plant's publishing
                _log.exception("a subscription could not take a value")
        if count % TOLD_AT_ONCE == 0:
            await asyncio.sleep(0)


def _is_set(data: ua.DataValue | None) -> bool:
    return data is not None and (data.StatusCode is None or data.StatusCode.value != WAITING)
