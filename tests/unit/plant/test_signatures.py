"""Whether every way of wearing shows in its own way, and in a way that fixed thresholds mostly miss."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from plant.definition import Family
from plant.engine import Engine
from plant.families.registry import MODELS
from tests.unit.plant.small import FACTORY, first_of

pytestmark = pytest.mark.slow

Array = NDArray[np.float64]
HOT_DEGC, SHAKING, PRESSED_BAR, OIL_BAR = 80.0, 4.0, 90.0, 2.0  # the source systems' thresholds
MODES = [(family, mode.name) for family, model in MODELS.items() for mode in model.faults]
FACTORY_SEED = 11
LARGE = 5.0  # normal bands: beyond that a deviation is just large


class Course:
    """An hour of every mode, each on a machine of its own, grown to just short of failure."""

    def __init__(self, severity: float) -> None:
        devices = []
        self.place: dict[tuple[Family, str], str] = {}
        for number, (family, fault) in enumerate(MODES):
            model = first_of(family)
            tag = f"{model.tag[:-3]}{number:03}"
            devices.append(replace(model, tag=tag, running=True))
            self.place[family, fault] = tag
        self.engine = Engine(replace(FACTORY, devices=tuple(devices)), seed=FACTORY_SEED)
        if severity:
            for (_, fault), device in self.place.items():
                self.engine.inject(device, fault, life_s=300.0, severity=severity)
        for _ in range(240):
            self.engine.step(10.0)
        rows = []
        for _ in range(360):
            self.engine.step(5.0)
            rows.append(self.engine.values.copy())
        self.rows = np.array(rows)


@pytest.fixture(scope="module")
def healthy() -> Course:
    return Course(0.0)


@pytest.fixture(scope="module")
def worn() -> Course:
    return Course(0.95)


def _signature(healthy: Course, worn: Course, device: str) -> Array:
    """Return how far each measurement shifts and how much more it swings, in widths of its normal band."""
    tags = [tag for tag in worn.engine.tags if tag.device == device and tag.group == "Measurements"]
    columns = [tag.index for tag in tags]
    width = np.array([tag.definition.normal_high - tag.definition.normal_low for tag in tags])
    shift = worn.rows[:, columns].mean(axis=0) - healthy.rows[:, columns].mean(axis=0)
    swing = worn.rows[:, columns].std(axis=0) - healthy.rows[:, columns].std(axis=0)
    return np.clip(np.concatenate([shift / width, swing / width]), -LARGE, LARGE)


@pytest.mark.parametrize("family", list(MODELS), ids=str)
def test_that_each_mode_of_a_family_has_a_signature_of_its_own(
    family: Family, healthy: Course, worn: Course
) -> None:
    signatures = {
        fault: _signature(healthy, worn, worn.place[each, fault]) for each, fault in MODES if each is family
    }

    for fault, signature in signatures.items():
        assert np.linalg.norm(signature) > 0.15, fault
    for one, other in combinations(signatures, 2):
        a, b = signatures[one], signatures[other]
        likeness = float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
        assert likeness < 0.95, f"{one} looks like {other}"


def test_that_fixed_thresholds_find_less_than_half_of_the_modes(worn: Course) -> None:
    found = [key for key, device in worn.place.items() if _is_found(worn, device, key[0])]

    assert 0 < len(found) < len(MODES) / 2


def _is_found(worn: Course, device: str, family: Family) -> bool:
    for tag in worn.engine.tags:
        if tag.device != device or tag.group != "Measurements":
            continue
        highest, lowest = worn.rows[:, tag.index].max(), worn.rows[:, tag.index].min()
        unit, name = tag.definition.unit, tag.definition.name
        if unit == "degC" and family is not Family.GENERATOR and highest > HOT_DEGC:
            return True
        if unit in ("mm/s", "m/s2") and highest > SHAKING:
            return True
        if family is Family.PROCESS_MACHINE and unit == "bar" and highest > PRESSED_BAR:
            return True
        if name == "OilPressure" and lowest < OIL_BAR:
            return True
    return False
