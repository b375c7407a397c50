"""The service behind WhatIf, on a small plant."""

import asyncio
import math
from collections.abc import Sequence

import pytest
from asyncua import ua

from opcua_server.model.what_if import WHAT_IF_OUTPUTS
from opcua_server.security.identity import Role
from opcua_server.services.caller import Caller
from opcua_server.services.methods import MethodRefusedError
from opcua_server.what_if import WhatIfService
from plant.engine import Engine
from tests.unit.plant.small import column, run, small_engine

pytestmark = pytest.mark.slow  # simulates hours: `make check` leaves it out

NOWHERE = ua.NodeId()


def _caller(*roles: Role) -> Caller:
    return Caller(name="someone", address="", session="", roles=frozenset(roles))


def _arguments(value: float, *, minutes: float = 2.0) -> list[ua.Variant]:
    given: Sequence[tuple[object, ua.VariantType]] = (
        (["CNC-001"], ua.VariantType.String),
        (["SpindleSpeedSetpoint"], ua.VariantType.String),
        ([value], ua.VariantType.Double),
        (minutes, ua.VariantType.Double),
        ([], ua.VariantType.String),
        (10, ua.VariantType.UInt32),
    )
    return [ua.Variant(each, kind) for each, kind in given]


async def _ask(service: WhatIfService, value: float, role: Role = Role.OPERATOR) -> dict[str, list[object]]:
    answer = await service.handle(_caller(role), NOWHERE, _arguments(value))
    return {entry[0]: variant.Value for entry, variant in zip(WHAT_IF_OUTPUTS, answer, strict=True)}


def _engine() -> Engine:
    engine = small_engine(seed=3)
    run(engine, 60.0)
    return engine


async def test_that_alarms_are_predicted_by_the_limits_in_force() -> None:
    engine = _engine()
    speed = column(engine, "CNC-001", "SpindleSpeed")
    limits: dict[int, dict[str, float]] = {}
    service = WhatIfService(engine, lambda: limits, energy_price_eur_kwh=0.2)

    quiet = await _ask(service, 11_000.0)
    limits[speed] = {"hi": 9_500.0, "lo": 10.0}
    found = await _ask(service, 11_000.0)

    assert quiet["AlarmTags"] == []
    assert (found["AlarmTags"], found["AlarmLimits"]) == (["CNC-001/SpindleSpeed"], ["High"])
    assert math.isnan(float(str(found["AlarmNothing_s"][0])))
    assert 0.0 < float(str(found["AlarmProposed_s"][0])) < 60.0


async def test_that_a_predicted_trip_names_device_cause_and_moment() -> None:
    engine = _engine()
    engine.inject("CNC-001", "tool_wear", life_s=30.0)
    run(engine, 1.0)

    found = await _ask(WhatIfService(engine, dict, energy_price_eur_kwh=0.2), 8_000.0)

    assert (found["TripDevices"], found["TripCauses"]) == (["CNC-001"], ["tool_wear"])
    assert 0.0 < float(str(found["TripNothing_s"][0])) < 120.0


async def test_that_who_may_not_write_setpoints_may_not_try_them_out() -> None:
    service = WhatIfService(_engine(), dict, energy_price_eur_kwh=0.2)

    with pytest.raises(MethodRefusedError, match="may not setpoint") as refused:
        await _ask(service, 9_000.0, Role.OBSERVER)
    assert refused.value.status == ua.StatusCodes.BadUserAccessDenied
    for role in (Role.OPERATOR, Role.SUPERVISOR, Role.ENGINEER):
        await _ask(service, 9_000.0, role)


async def test_that_one_question_at_a_time_is_answered_beside_the_loop() -> None:
    service = WhatIfService(_engine(), dict, energy_price_eur_kwh=0.2)
    turns = 0

    first = asyncio.ensure_future(_ask(service, 9_000.0))
    await asyncio.sleep(0)
    with pytest.raises(MethodRefusedError, match="ask again in a moment") as refused:
        await _ask(service, 9_000.0)
    while not first.done():
        turns += 1
        await asyncio.sleep(0.001)

    assert refused.value.status == ua.StatusCodes.BadResourceUnavailable
    assert turns > 10  # the loop had its turn all the while
    assert (await first)["Time_s"]
    assert (await _ask(service, 9_000.0))["Time_s"]  # and the next may ask
