"""The twin's nodes behind the wire: what they read, cost nobody, and refuse."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asyncua import ua

from opcua_server.assembly import Assembly, StartError, assemble
from opcua_server.dataplane.publish import Frame
from opcua_server.settings import Settings
from opcua_server.statedir import StateDir
from plant.twin.fit import DeviceFit, TagFit
from plant.twin.store import save_fits
from tests.conformance.small_plant import write_small_plant

pytestmark = pytest.mark.slow  # simulates hours: `make check` leaves it out

TEMPERATURE = "CNC-001/Measurements/SpindleTemperature"


@asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[Assembly]:
    """Assemble a small plant's server, without a network."""
    with StateDir(folder) as state:
        plant = write_small_plant(folder / "plant.toml")
        settings = Settings(plant=plant, state=folder, port=0, seed=5)
        parts = await assemble(settings, state)
        try:
            yield parts
        finally:
            await parts.close()


def _read(parts: Assembly, path: str) -> ua.DataValue:
    return parts.aspace.read_attribute_value(parts.ns.node(path), ua.AttributeIds.Value)


def _number(parts: Assembly, path: str) -> float:
    variant = _read(parts, path).Value
    assert variant is not None
    assert isinstance(variant.Value, float)
    return variant.Value


async def _publish(parts: Assembly, seconds: int = 1) -> None:
    """Let the plant run and the twin look, as the runtime does each second."""
    engine = parts.engine
    for _ in range(seconds):
        engine.step(1.0)
        frame = Frame(values=engine.values.copy(), status=engine.status.copy(), source_time=datetime.now(UTC))
        await parts.publisher.publish(frame)
        await parts.twin.publish(frame)


async def test_that_the_twin_waits_until_it_stands_and_then_adds_up(tmp_path: Path) -> None:
    async with _server(tmp_path) as parts:
        await _publish(parts)
        waiting = _read(parts, f"{TEMPERATURE}/Expected").StatusCode
        band = _read(parts, f"{TEMPERATURE}/Expected/NormalRange").Value
        await parts.twin.build()
        await _publish(parts, 3)

        assert waiting is not None
        assert waiting.value == ua.StatusCodes.BadWaitingForInitialData
        assert band is not None
        assert (band.Value.Low, band.Value.High) == (28.0, 55.0)
        expected, residual = (_number(parts, f"{TEMPERATURE}/{name}") for name in ("Expected", "Residual"))
        assert expected + residual == pytest.approx(_number(parts, TEMPERATURE))
        moved = _read(parts, f"{TEMPERATURE}/Expected/NormalRange").Value
        assert moved is not None
        assert moved.Value.Low < expected < moved.Value.High
        assert (moved.Value.Low, moved.Value.High) != (28.0, 55.0)
        assert 300.0 < _number(parts, "Utilities/SupplyVoltage") < 450.0


async def test_that_a_moving_range_is_told_to_those_who_subscribe(tmp_path: Path) -> None:
    async with _server(tmp_path) as parts:
        await parts.twin.build()
        told: list[ua.DataValue] = []

        async def hear(_: int, data: ua.DataValue) -> None:
            told.append(data)

        node = parts.ns.node("CNC-001/Measurements/Power/Expected/NormalRange")
        parts.aspace.add_datachange_callback(node, ua.AttributeIds.Value, hear)
        await _publish(parts, 3)

        ranges = [each.Value.Value for each in told if each.Value is not None]
        assert len(ranges) == 3
        assert len({each.Low for each in ranges}) > 1


async def test_that_a_device_that_is_away_keeps_an_uncertain_expected_value(tmp_path: Path) -> None:
    async with _server(tmp_path) as parts:
        await parts.twin.build()
        await _publish(parts)
        parts.engine.inject("CNC-001", "offline")
        await _publish(parts, 2)

        expected, residual = (_read(parts, f"{TEMPERATURE}/{name}") for name in ("Expected", "Residual"))
        assert expected.StatusCode is not None
        assert residual.StatusCode is not None
        assert expected.StatusCode.value == ua.StatusCodes.UncertainLastUsableValue
        assert residual.StatusCode.value == ua.StatusCodes.BadNoCommunication
        assert residual.Value is None or residual.Value.Value is None


async def test_that_a_calibration_in_the_state_directory_is_used(tmp_path: Path) -> None:
    fit = TagFit(gain=1.0, offset=7.0, r2=0.9, residual_std=0.3, noise=0.2, level=20.0, samples=500)
    known = DeviceFit(
        device="CNC-001", family="cnc", samples=500, seconds=3600.0, tags={"SpindleTemperature": fit}
    )
    found = {}
    for name in ("plain", "calibrated"):
        if name == "calibrated":
            save_fits(tmp_path / name / "twin", [known])
        async with _server(tmp_path / name) as parts:
            await parts.twin.build()
            await _publish(parts)
            found[name] = _number(parts, f"{TEMPERATURE}/Expected")

    assert found["calibrated"] == pytest.approx(found["plain"] + 7.0, abs=0.2)


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda path: path.write_text("{", encoding="utf-8"), "it is no calibration"),
        (lambda path: path.rename(path.with_name("CNC-002.json")), "device: 'CNC-001' is not 'CNC-002'"),
    ],
    ids=["no-json", "of-another"],
)
async def test_that_a_wrong_calibration_stops_the_start_in_one_sentence(
    tmp_path: Path, break_it: Callable[[Path], object], says: str
) -> None:
    fit = DeviceFit(device="CNC-001", family="cnc", samples=500, seconds=3600.0)
    (path,) = save_fits(tmp_path / "twin", [fit])
    break_it(path)

    with pytest.raises(StartError, match=says) as refused:
        async with _server(tmp_path):
            await asyncio.sleep(0)
    assert "\n" not in str(refused.value)
