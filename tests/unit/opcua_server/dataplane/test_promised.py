"""Promised nodes: there for whoever asks, made when somebody does."""

from collections.abc import Callable

import pytest
from asyncua import ua
from asyncua.server.address_space import NodeData

from opcua_server.dataplane.address_space import ColumnAddressSpace
from opcua_server.dataplane.promised import LateParent

PARENT = ua.NodeId("GEN-001/Alarms/OilLeak", 2)
FIELDS = tuple(
    ua.NodeId(f"{PARENT.Identifier}/{name}", 2) for name in ("EventId", "ActiveState", "ActiveState/Id")
)
STRANGERS = (
    ua.NodeId("GEN-001/Alarms/OilLeak2/EventId", 2),
    ua.NodeId("GEN-001/Alarms/OilLeak/EventId", 3),
    ua.NodeId("GEN-001/Alarms/OilLeak/A/B/C", 2),
    ua.NodeId("GEN-001/Alarms", 2),
    ua.NodeId(b"GEN-001/Alarms/OilLeak/EventId", 2),
    ua.NodeId(),
)


class Plant:
    """An alarm with three promised fields, and a count of how often they were made."""

    def __init__(self) -> None:
        self.aspace = ColumnAddressSpace()
        self.parent = self.aspace[PARENT] = LateParent(PARENT)
        self.made = 0
        self.aspace.promise(self.parent, len(FIELDS), self._make)

    def _make(self) -> None:
        self.made += 1
        for field in FIELDS:
            assert field not in self.aspace
            self.aspace[field] = NodeData(field)
            self.parent.references.append(ua.ReferenceDescription(NodeId=field, IsForward=True))


ASKS: dict[str, Callable[[Plant], object]] = {
    "in": lambda plant: FIELDS[0] in plant.aspace,
    "get": lambda plant: plant.aspace.get(FIELDS[1]),
    "[]": lambda plant: plant.aspace[FIELDS[2]],
    "references": lambda plant: len(plant.parent.references) == len(FIELDS),
    "all": lambda plant: set(plant.aspace.keys()) == {PARENT, *FIELDS},
    "items": lambda plant: len(dict(plant.aspace._nodes.items())) == len(FIELDS) + 1,
    "values": lambda plant: len(list(plant.aspace._nodes.values())) == len(FIELDS) + 1,
    "loop": lambda plant: len(list(plant.aspace._nodes)) == len(FIELDS) + 1,
    "bit by bit": lambda plant: plant.aspace.keep_promise(),
}


@pytest.mark.parametrize("ask", ASKS)
def test_that_any_way_of_asking_makes_what_is_promised_once(ask: str) -> None:
    plant = Plant()
    assert ASKS[ask](plant)
    assert ASKS["all"](plant)
    assert plant.made == 1
    assert not plant.aspace.keep_promise()


def test_that_promised_nodes_are_counted() -> None:
    plant = Plant()
    assert len(plant.aspace._nodes) == len(FIELDS) + 1
    assert plant.made == 0
    plant.aspace.keep_promise()
    assert len(plant.aspace._nodes) == len(FIELDS) + 1


@pytest.mark.parametrize("stranger", STRANGERS, ids=str)
def test_that_asking_for_a_node_that_nobody_promised_makes_nothing(stranger: ua.NodeId) -> None:
    plant = Plant()
    assert stranger not in plant.aspace
    assert plant.aspace.get(stranger) is None
    with pytest.raises(KeyError):
        plant.aspace[stranger]
    assert plant.made == 0
