"""The operator hears of an audit log that cannot be written, or fills up."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest_asyncio
from asyncua import ua

from opcua_server.alarms.rules import SystemAlarm
from opcua_server.security.identity import Role
from tests.conformance.peer import connected
from tests.conformance.small_plant import write_small_plant
from tests.support.roles import Served, served
from tests.support.secure_client import until

SETPOINT = "CNC-001/Setpoints/SpindleSpeedSetpoint"


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(write_small_plant(tmp_path / "small.toml"), tmp_path / "state") as running:
        yield running


def is_raised(site: Served, alarm: SystemAlarm) -> bool:
    return alarm in site.parts.alarms._shown


async def test_that_a_log_that_cannot_be_written_raises_an_alarm_until_it_can(site: Served) -> None:
    site.wanted.roles = frozenset({Role.OPERATOR})
    async with connected(site.endpoint) as peer:
        with closing(sqlite3.connect(site.parts.rights.log.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            value = ua.DataValue(ua.Variant(6000.0, ua.VariantType.Double))
            assert await peer.write(SETPOINT, value) == "BadResourceUnavailable"
            await until(lambda: is_raised(site, SystemAlarm.AUDIT_NOT_WRITTEN))
            other.execute("ROLLBACK")
        await until(lambda: not is_active(site, SystemAlarm.AUDIT_NOT_WRITTEN))
        assert await peer.write(SETPOINT, value) == "Good"


async def test_that_a_log_that_fills_up_raises_an_alarm(site: Served) -> None:
    assert not is_raised(site, SystemAlarm.AUDIT_ALMOST_FULL)
    site.parts.rights.log._budget_bytes = 10_000

    await until(lambda: is_raised(site, SystemAlarm.AUDIT_ALMOST_FULL))


def is_active(site: Served, alarm: SystemAlarm) -> bool:
    return site.parts.alarms._shown[alarm].state.is_active if is_raised(site, alarm) else False
