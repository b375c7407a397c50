from collections import Counter
from dataclasses import replace

import pytest

from plant.definition import Family
from plant.engine import Engine
from plant.errors import DefinitionError
from plant.scaling import only, scaled
from tests.unit.plant.small import FACTORY, small_plant


@pytest.mark.parametrize("count", [50, 108, 500, 1000, 5000])
def test_that_a_scaled_plant_keeps_the_proportions_of_its_families(count: int) -> None:
    plant = scaled(FACTORY, count)

    own = Counter(device.family for device in FACTORY.devices)
    found = Counter(device.family for device in plant.devices)
    assert sum(found.values()) == count
    assert len({device.tag for device in plant.devices}) == count
    assert len({device.serial for device in plant.devices}) == count
    for family, number in own.items():
        assert abs(found[family] - number * count / len(FACTORY.devices)) <= 1.0
        assert found[family] >= 1
    assert {(d.area, d.line) for d in plant.devices} <= {(d.area, d.line) for d in FACTORY.devices}


def test_that_the_plant_at_its_own_size_is_itself_in_all_but_order() -> None:
    assert {d.tag for d in scaled(FACTORY, 108).devices} == {d.tag for d in FACTORY.devices}


def test_that_a_small_plant_has_one_of_each_family() -> None:
    found = Counter(device.family for device in scaled(FACTORY, 20).devices)
    assert set(found) == {device.family for device in FACTORY.devices}
    assert sum(found.values()) == 20


def test_that_fewer_machines_than_families_is_possible() -> None:
    assert len(scaled(FACTORY, 3).devices) == 3
    assert len(scaled(small_plant(Family.CNC), 1).devices) == 1


def test_that_a_scaled_plant_runs() -> None:
    engine = Engine(scaled(FACTORY, 150))
    engine.step(1.0)
    assert len({tag.device for tag in engine.tags}) == 150


@pytest.mark.parametrize("count", [0, -1, 20_001])
def test_that_a_senseless_number_is_refused(count: int) -> None:
    with pytest.raises(DefinitionError, match=f"devices: {count} is outside 1 to 20000"):
        scaled(FACTORY, count)


def test_that_a_plant_without_the_family_is_refused() -> None:
    with pytest.raises(DefinitionError, match="there is none of the family pump"):
        only(small_plant(Family.CNC), (Family.PUMP,))
    with pytest.raises(DefinitionError, match="has no machine to make 5 of"):
        scaled(replace(FACTORY, devices=()), 5)
