"""Nodes that are made when somebody first asks for one of them.

Two fifths of a plant's nodes are the fields below its alarms. Clients hear of alarms by events and seldom read those nodes:
made at the start, they would keep every client waiting for half a second.
"""

from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from typing import Any, Final

from asyncua import ua
from asyncua.server.address_space import NodeData
from typing_extensions import override

Make = Callable[[], None]
_DEPTH: Final = (
    2  # of promised nodes below their parent ("ActiveState/Id"); bounds what a stranger's id can cost
)


class LateParent(NodeData):  # type: ignore[misc, unused-ignore]
    """A node whose children are made before anybody sees its references."""

    def __init__(self, nodeid: ua.NodeId) -> None:
        self.grow: Make | None = None
        super().__init__(nodeid)

    @property
    def references(self) -> list[ua.ReferenceDescription]:
        """All references; the first look makes the children."""
        if self.grow is not None:
            self.grow()
        return self._references

    @references.setter
    def references(self, references: list[ua.ReferenceDescription]) -> None:
        self._references = references


class NodeTable(dict[ua.NodeId, NodeData]):
    """All nodes of an address space by id, those included that are only promised.

    A promise is kept when a node is asked for whose id is the parent's with a path behind it ("…/EventId"), when somebody
    looks at the parent's references, and when somebody goes through all nodes.
    """

    def __init__(self) -> None:
        super().__init__()
        self._promises: dict[tuple[int, str], tuple[LateParent, int]] = {}

    def promise(self, parent: LateParent, count: int, make: Make) -> None:
        """Have `count` nodes made below a parent when they are asked for; their ids begin with the parent's and "/"."""
        key = (int(parent.nodeid.NamespaceIndex), str(parent.nodeid.Identifier))

        def grow() -> None:
            parent.grow = None  # first: making the children looks at the parent's references
            del self._promises[key]
            make()

        parent.grow = grow
        self._promises[key] = (parent, count)

    def keep_one(self) -> bool:
        """Keep a promise; returns whether there was one left."""
        for parent, _ in self._promises.values():
            if parent.grow is not None:
                parent.grow()
            return True
        return False

    def keep_all(self) -> None:
        """Make all that is promised."""
        while self.keep_one():
            continue

    def _look(self, node: object) -> NodeData | None:
        """Return a node that is not there yet, made now if it is promised."""
        if not self._promises or not isinstance(node, ua.NodeId) or not isinstance(node.Identifier, str):
            return None
        path, space = node.Identifier, int(node.NamespaceIndex)
        for _ in range(_DEPTH):
            path = path.rpartition("/")[0]
            parent, _count = self._promises.get((space, path), (None, 0))
            if parent is not None and parent.grow is not None:
                parent.grow()
                return dict.get(self, node)
        return None

    # ---- what a dictionary does ------------------------------------------------------------------------------------

    def __missing__(self, node: ua.NodeId) -> NodeData:
        found = self._look(node)
        if found is None:
            raise KeyError(node)
        return found

    @override
    def get(self, node: ua.NodeId, default: Any = None) -> Any:
        found = dict.get(self, node)
        if found is None:
            found = self._look(node)
        return default if found is None else found

    @override
    def __contains__(self, node: object) -> bool:
        return dict.__contains__(self, node) or self._look(node) is not None

    @override
    def __len__(self) -> int:
        return dict.__len__(self) + sum(count for _, count in self._promises.values())

    @override
    def __iter__(self) -> Iterator[ua.NodeId]:
        self.keep_all()
        return super().__iter__()

    @override
    def keys(self) -> KeysView[ua.NodeId]:  # type: ignore[override]
        self.keep_all()
        return super().keys()

    @override
    def values(self) -> ValuesView[NodeData]:  # type: ignore[override]
        self.keep_all()
        return super().values()

    @override
    def items(self) -> ItemsView[ua.NodeId, NodeData]:  # type: ignore[override]
        self.keep_all()
        return super().items()
