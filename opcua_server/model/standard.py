"""The standard's own 6,000 nodes, from a table, each made when somebody first looks at it.

The library makes them by generated code, ten megabytes of it, which takes two seconds; few of them are ever looked at. Here a
table says what each node holds. `tests/contract/standard_table.py` writes it from the library's nodes, and a test holds the
outcome against the library's, node by node.

The table, compressed by zlib, little-endian: `COUNTS`; of each node its number, the row of its type definition (-1: none) and
where its attributes and references end; of each attribute its value; of each reference the rows of its type and target; where
each value ends; of each attribute its id; of each reference its flags; the values, each an encoded Variant, equal ones once.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.server.address_space import AddressSpace, AttributeValue, NodeData
from asyncua.ua.ua_binary import variant_from_binary
from numpy.typing import NDArray

import resources

TABLE: Final = Path(resources.__file__).parent / "model" / "standard.bin"
COUNTS: Final = struct.Struct("<4I")  # nodes, attributes, references, values
OWN_ID: Final = 0  # the value of the NodeId attribute
# Flags of a reference, beside whether it is forward: what it says of its target's type definition.
TYPED, NULL_TYPE, NO_TYPE = 2, 4, 8
_A = ua.AttributeIds
_OWN: Final = {int(_A.ArrayDimensions), int(_A.DataTypeDefinition), int(_A.Value)}  # no two nodes share these
_Told = tuple[ua.NodeClass, ua.QualifiedName, ua.LocalizedText]  # what a reference says of its target


def fill_standard(aspace: AddressSpace) -> None:
    """Add the standard address space to an empty one.

    Raises:
        FileNotFoundError: The table is not shipped.
    """
    table = StandardTable.shipped()
    for row, node in enumerate(table.nodes):
        aspace[node] = StandardNode(node, row, table)


class StandardNode(NodeData):  # type: ignore[misc, unused-ignore]
    """A node that takes its attributes and references from the table when they are first asked for."""

    # The library's own fields, but for those that are properties below.
    def __init__(self, node: ua.NodeId, row: int, table: "StandardTable") -> None:
        self.nodeid = node
        self.call = None
        self._row = row
        self._table = table
        self._attributes: dict[ua.AttributeIds, AttributeValue] | None = None
        self._references: list[ua.ReferenceDescription] | None = None

    @property
    def attributes(self) -> dict[ua.AttributeIds, AttributeValue]:
        """All attributes."""
        if self._attributes is None:
            self._attributes = self._table.attributes(self._row)
        return self._attributes

    @property
    def references(self) -> list[ua.ReferenceDescription]:
        """All references; whoever knows the node appends to them."""
        if self._references is None:
            self._references = list(self._table.references(self._row))
        return self._references


class StandardTable:
    """What the nodes are made of."""

    @classmethod
    def shipped(cls) -> Self:
        """Read the table that is shipped."""
        return cls(zlib.decompress(TABLE.read_bytes()))

    def __init__(self, raw: bytes) -> None:
        nodes, attributes, references, values = COUNTS.unpack_from(raw)
        self._raw = raw
        self._at = COUNTS.size
        self.nodes = [ua.NumericNodeId(number) for number in self._take("<u4", nodes).tolist()]
        self._types = self._take("<i4", nodes)
        self._attribute_ends = self._take("<u4", nodes + 1)
        self._reference_ends = self._take("<u4", nodes + 1)
        self._attribute_values = self._take("<u4", attributes)
        self._reference_types = self._take("<u4", references)
        self._targets = self._take("<u4", references)
        self._value_ends = self._take("<u4", values + 1)
        self._attribute_ids = self._take("u1", attributes)
        self._flags = self._take("u1", references)
        self._shared: dict[tuple[int, bool], ua.DataValue] = {}
        self._told: dict[int, _Told] = {}

    def attributes(self, row: int) -> dict[ua.AttributeIds, AttributeValue]:
        """Make the attributes of a node."""
        return {name: AttributeValue(self._value(row, name, value)) for name, value in self._given(row)}

    def references(self, row: int) -> Iterator[ua.ReferenceDescription]:
        """Make the references of a node."""
        here = slice(*self._reference_ends[row : row + 2].tolist())
        found = (self._reference_types[here], self._targets[here], self._flags[here])
        for kind, target, flags in zip(*(each.tolist() for each in found), strict=True):
            node_class, browse_name, display_name = self._tell(target)
            yield ua.ReferenceDescription(
                ReferenceTypeId=self.nodes[kind],
                IsForward=bool(flags & 1),
                NodeId=self.nodes[target],
                BrowseName=browse_name,
                DisplayName=display_name,
                NodeClass=node_class,
                TypeDefinition=self._type(target, flags),
            )

    def _type(self, target: int, flags: int) -> ua.NodeId:
        if flags & TYPED:
            return self.nodes[int(self._types[target])]
        return ua.NodeId() if flags & NULL_TYPE else ua.ExpandedNodeId()

    def _tell(self, row: int) -> _Told:
        found = self._told.get(row)
        if found is None:
            names = (_A.NodeClass, _A.BrowseName, _A.DisplayName)
            given: dict[ua.AttributeIds, Any] = {
                name: self._value(row, name, value).Value.Value
                for name, value in self._given(row)
                if name in names
            }
            node_class, browse_name, display_name = (given[name] for name in names)
            found = self._told[row] = (node_class, browse_name, display_name)
        return found

    def _given(self, row: int) -> Iterator[tuple[ua.AttributeIds, int]]:
        """Yield which attributes a node has, and where their values are."""
        here = slice(*self._attribute_ends[row : row + 2].tolist())
        names, values = self._attribute_ids[here].tolist(), self._attribute_values[here].tolist()
        return zip(map(ua.AttributeIds, names), values, strict=True)

    def _value(self, row: int, name: ua.AttributeIds, value: int) -> ua.DataValue:
        """Return a value, one for all nodes that have it (the library never changes a value, it replaces it)."""
        if value == OWN_ID:
            return ua.DataValue(ua.Variant(self.nodes[row], ua.VariantType.NodeId))
        if int(name) in _OWN:
            return ua.DataValue(self._decoded(value))
        is_class = name == _A.NodeClass
        found = self._shared.get((value, is_class))
        if found is None:
            variant = self._decoded(value)
            if is_class:
                variant = ua.Variant(ua.NodeClass(variant.Value), ua.VariantType.Int32)
            found = self._shared[value, is_class] = ua.DataValue(variant)
        return found

    def _decoded(self, value: int) -> ua.Variant:
        begin, end = self._value_ends[value : value + 2].tolist()
        return variant_from_binary(Buffer(self._raw[self._at + begin : self._at + end]))

    def _take(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self._raw, kind, count, self._at)
        self._at += found.nbytes
        return found
