"""The standard address space that we fill is the library's, node by node."""

import re
import zlib

import pytest
from asyncua import ua
from asyncua.server.address_space import AddressSpace, NodeData
from asyncua.ua.ua_binary import variant_to_binary

from opcua_server.model.standard import TABLE, fill_standard
from tests.contract.standard_table import library_nodes, pack

pytestmark = pytest.mark.slow


def test_that_the_standard_nodes_are_the_librarys() -> None:
    wanted, found = library_nodes(), AddressSpace()
    fill_standard(found)
    assert list(found.keys()) == list(wanted.keys())
    for count, node in enumerate(wanted.keys()):
        ours, theirs = found[node], wanted[node]
        assert _values(ours) == _values(theirs), node
        assert ours.references == theirs.references, node
        if (
            count % 20 == 0
        ):  # types too, which neither `==` nor the wire tells; for all of them it takes too long
            assert _told(ours.attributes) == _told(theirs.attributes), node
            assert _told(ours.references) == _told(theirs.references), node


def test_that_the_table_is_made_of_these_nodes() -> None:
    assert zlib.decompress(TABLE.read_bytes()) == zlib.decompress(pack(library_nodes()))


def test_that_what_is_added_to_a_node_stays_with_it() -> None:
    aspace = AddressSpace()
    fill_standard(aspace)
    server = ua.NodeId(ua.ObjectIds.Server)
    before = len(aspace[server].references)
    aspace[server].references.append(ua.ReferenceDescription())
    aspace[server].attributes[ua.AttributeIds.DisplayName].value = ua.DataValue(ua.Variant("another"))
    assert len(aspace[server].references) == before + 1
    assert aspace.read_attribute_value(server, ua.AttributeIds.DisplayName).Value.Value == "another"


def _values(node: NodeData) -> list[tuple[ua.AttributeIds, bytes]]:
    assert all(
        each.value == ua.DataValue(each.value.Value) for each in node.attributes.values() if each.value
    )
    return [
        (name, variant_to_binary(each.value.Value)) for name, each in node.attributes.items() if each.value
    ]


def _told(things: object) -> str:
    """Return all that there is to tell, without what the library's decoder and its generated code write differently."""
    text = re.sub(r"NodeIdType=<NodeIdType\.\w+: \d>|(?<=\d)\.0\b", "", repr(things))
    return text.replace("NumericNodeId", "NodeId").replace("is_array=False", "is_array=True")


def test_that_no_two_nodes_share_what_can_be_written() -> None:
    aspace = AddressSpace()
    fill_standard(aspace)
    attributes = [
        attribute
        for node in aspace.keys()  # noqa: SIM118
        for attribute in aspace[node].attributes.values()
    ]
    assert len(set(map(id, attributes))) == len(attributes)
    references = [reference for node in aspace.keys() for reference in aspace[node].references]  # noqa: SIM118
    assert len(set(map(id, references))) == len(references)
    lists = [aspace[node].references for node in (ua.NodeId(1), ua.NodeId(2))]
    assert lists[0] is not lists[1]
