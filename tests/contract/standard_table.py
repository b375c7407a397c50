"""Write the standard's own nodes as the table that the server starts from: `python -m tests.contract.standard_table`.

Made from the library's address space, to be made anew when the library changes; a test holds every node against the library's.
"""

import struct
import sys
import zlib
from typing import Any

import numpy as np
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.server.address_space import AddressSpace, NodeData, NodeManagementService
from asyncua.server.standard_address_space.standard_address_space import fill_address_space
from asyncua.ua.ua_binary import variant_from_binary, variant_to_binary

from opcua_server.model.standard import COUNTS, NO_TYPE, NULL_TYPE, OWN_ID, TABLE, TYPED

_A = ua.AttributeIds
_HAS_TYPE = ua.NodeId(ua.ObjectIds.HasTypeDefinition)


def library_nodes() -> AddressSpace:
    """Return the standard address space as the library makes it."""
    aspace = AddressSpace()
    fill_address_space(NodeManagementService(aspace))
    return aspace


def pack(aspace: AddressSpace) -> bytes:
    """Return the table of all nodes of an address space, all of them in namespace 0."""
    nodes = list(aspace.keys())
    rows = {node.Identifier: row for row, node in enumerate(nodes)}
    pool: dict[bytes, int] = {b"": OWN_ID}
    attributes, references = [], []
    attribute_ends, reference_ends, types = [0], [0], []
    for node in nodes:
        data = aspace[node]
        attributes += [(int(name), _pooled(pool, name, data)) for name in data.attributes]
        attribute_ends.append(len(attributes))
        references += [_packed(aspace, rows, each) for each in data.references]
        reference_ends.append(len(references))
        types.append(rows[kind.Identifier] if (kind := _type_of(data)) is not None else -1)
    ends = np.cumsum([len(each) for each in pool])
    parts = (
        COUNTS.pack(len(nodes), len(attributes), len(references), len(pool)),
        np.array([node.Identifier for node in nodes], "<u4").tobytes(),
        np.array(types, "<i4").tobytes(),
        np.array(attribute_ends, "<u4").tobytes(),
        np.array(reference_ends, "<u4").tobytes(),
        np.array([value for _, value in attributes], "<u4").tobytes(),
        np.array([kind for kind, _, _ in references], "<u4").tobytes(),
        np.array([target for _, target, _ in references], "<u4").tobytes(),
        np.array([0, *ends], "<u4").tobytes(),
        np.array([name for name, _ in attributes], "u1").tobytes(),
        np.array([flags for _, _, flags in references], "u1").tobytes(),
        *pool,
    )
    return zlib.compress(b"".join(parts), 9)


def _pooled(pool: dict[bytes, int], name: ua.AttributeIds, data: NodeData) -> int:
    value = data.attributes[name].value
    assert value is not None
    variant = value.Value
    assert variant is not None
    assert value == ua.DataValue(variant), data
    if name == _A.NodeId:
        return OWN_ID
    encoded = variant_to_binary(variant)
    again = variant_from_binary(Buffer(encoded))
    assert variant_to_binary(again) == encoded, (data.nodeid, name, variant, again)
    return pool.setdefault(encoded, len(pool))


def _packed(
    aspace: AddressSpace, rows: dict[Any, int], found: ua.ReferenceDescription
) -> tuple[int, int, int]:
    target = aspace[found.NodeId]
    told = (found.NodeClass, found.BrowseName, found.DisplayName)
    assert told == tuple(
        target.attributes[name].value.Value.Value for name in (_A.NodeClass, _A.BrowseName, _A.DisplayName)
    )
    flags = int(found.IsForward)
    if found.TypeDefinition.is_null():
        flags |= NULL_TYPE if type(found.TypeDefinition) is ua.NodeId else NO_TYPE
    else:
        assert found.TypeDefinition == _type_of(target), found
        flags |= TYPED
    return rows[found.ReferenceTypeId.Identifier], rows[found.NodeId.Identifier], flags


def _type_of(data: NodeData) -> ua.NodeId | None:
    return next(
        (each.NodeId for each in data.references if each.IsForward and each.ReferenceTypeId == _HAS_TYPE),
        None,
    )


if __name__ == "__main__":
    assert struct.calcsize("<I") == 4
    made = pack(library_nodes())
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_bytes(made)
    sys.stdout.write(f"{TABLE}: {len(made)} bytes\n")
