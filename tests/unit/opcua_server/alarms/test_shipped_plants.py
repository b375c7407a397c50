"""The shipped plants get the alarms they should have."""

from collections import Counter

import pytest

import resources
from opcua_server.alarms import (
    AlarmDefinition,
    AlarmKind,
    DeviceDescription,
    TagDescription,
    build_definitions,
)
from opcua_server.alarms.lint import lint
from plant.definition import load_plant
from plant.units import UNITS
from tests.unit.opcua_server.alarms.bench import RULES


def definitions_of(plant: str) -> tuple[AlarmDefinition, ...]:
    devices = [
        DeviceDescription(
            tag=device.tag,
            family=str(device.family),
            tags=tuple(
                TagDescription(
                    name=tag.name,
                    display_name=tag.display_name,
                    unit_symbol=UNITS[tag.unit].symbol,
                    precision=tag.precision,
                    low=tag.low,
                    high=tag.high,
                    **tag.limits,
                )
                for tag in device.measurements
            ),
        )
        for device in load_plant(resources.path("plants", plant)).devices
    ]
    return build_definitions(devices, RULES)


@pytest.mark.parametrize("plant", ["factory.toml", "testbed.toml"])
def test_that_every_alarm_of_a_shipped_plant_can_be_acted_on(plant: str) -> None:
    assert lint(definitions_of(plant)) == []


def test_that_the_factory_has_both_rules_and_a_prediction_for_each_machine() -> None:
    definitions = definitions_of("factory.toml")
    kinds = Counter(d.kind for d in definitions)

    assert {d.key for d in definitions if d.kind is AlarmKind.RULE} == {
        "PROC-001/ProcessOutOfLimits",
        "GEN-001/OilLeak",
    }
    assert kinds[AlarmKind.PREDICTION] == 108
    assert kinds[AlarmKind.LIMIT] > 200


def test_that_the_test_rig_has_novelty_alone() -> None:
    kinds = {d.kind for d in definitions_of("testbed.toml") if d.device}

    assert kinds == {AlarmKind.NOVELTY}
