"""The standard address space that we fill is the library's, node by node."""

import pytest
from asyncua import ua
from asyncua.server.address_space import AddressSpace, NodeData, NodeManagementService
from asyncua.server.standard_address_space.standard_address_space import fill_address_space

from opcua_server.model.standard import fill_standard

pytestmark = pytest.mark.slow


def test_that_the_standard_nodes_are_the_librarys() -> None:
    wanted, found = AddressSpace(), AddressSpace()
    fill_address_space(NodeManagementService(wanted))
    fill_standard(found)
    assert list(found.keys()) == list(wanted.keys())
    for count, node in enumerate(wanted.keys()):
        ours, theirs = found[node], wanted[node]
        assert _values(ours) == _values(theirs), node
        assert ours.references == theirs.references, node
        if count % 20 == 0:  # types too, which `==` does not tell; for all of them it takes too long
            assert repr(_values(ours)) == repr(_values(theirs)), node
            assert repr(ours.references) == repr(theirs.references), node


def _values(node: NodeData) -> list[tuple[ua.AttributeIds, ua.DataValue | None]]:
    return [(name, attribute.value) for name, attribute in node.attributes.items()]


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
