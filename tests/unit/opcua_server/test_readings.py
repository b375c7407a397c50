"""Tests of what `LatestReadings` keeps."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from asyncua import ua

from opcua_server.readings import KEPT, LatestReadings
from opcua_server.services.caller import INTERNAL
from plant.definition import load_plant
from plant.engine import Engine
from resources import path

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_plant(path("plants", "factory.toml")))


async def _ask(readings: LatestReadings, device: str, count: int) -> list[list[object]]:
    arguments = [ua.Variant(device, ua.VariantType.String), ua.Variant(count, ua.VariantType.UInt32)]
    return [variant.Value for variant in await readings.handle(INTERNAL, ua.NodeId(), arguments)]


async def test_that_the_newest_come_oldest_first_and_bad_ones_as_nan(engine: Engine) -> None:
    readings = LatestReadings(engine)
    temperature = next(
        t.index for t in engine.tags if (t.device, t.definition.name) == ("PROC-001", "Temperature")
    )
    status = np.zeros(len(engine.tags), np.uint32)
    for second in range(KEPT + 3):
        values = np.full(len(engine.tags), float(second))
        status[temperature] = ua.StatusCodes.BadSensorFailure if second == KEPT + 1 else 0
        readings.add(BEGAN + timedelta(seconds=second), values, status)

    times, temperatures, vibrations, pressures = await _ask(readings, "PROC-001", 3)

    assert times == [BEGAN + timedelta(seconds=KEPT + n) for n in range(3)]
    assert vibrations == pressures == [KEPT, KEPT + 1, KEPT + 2]
    assert temperatures[0] == KEPT
    assert isinstance(temperatures[1], float)
    assert math.isnan(temperatures[1])
    assert len((await _ask(readings, "PROC-001", KEPT))[0]) == KEPT


async def test_that_a_quantity_a_device_lacks_is_nan_and_no_frame_is_no_reading(engine: Engine) -> None:
    readings = LatestReadings(engine)

    assert await _ask(readings, "EDGE-001", 5) == [[], [], [], []]

    readings.add(BEGAN, np.ones(len(engine.tags)), np.zeros(len(engine.tags), np.uint32))
    times, _, vibrations, _ = await _ask(readings, "EDGE-001", 5)

    assert times == [BEGAN]
    assert [math.isnan(float(str(value))) for value in vibrations] == [True]
