"""Calibration finds how a machine differs from its name plate, and says how well the twin then follows."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from plant.definition import Family, PlantDefinition
from plant.engine import Engine
from plant.errors import DefinitionError
from plant.twin.calibrate import calibrate
from plant.twin.fit import DeviceFit
from plant.twin.history import History, watch
from plant.twin.twin import Twin
from tests.unit.plant.small import small_plant

pytestmark = pytest.mark.slow  # simulates hours: `make check` leaves it out

FAMILIES = (Family.CNC, Family.PUMP, Family.PROCESS_MACHINE)
DIFFERENT: Mapping[str, float] = {"rise_body_k": 1.25, "vibration_mm_s": 1.2, "coolant_bar": 0.9}


def _different(plant: PlantDefinition, factors: Mapping[str, float]) -> PlantDefinition:
    """Return the plant as it truly is: every machine off its name plate by these factors."""
    devices = [
        replace(
            device,
            parameters={
                name: 0.0 if name == "spread" else value * factors.get(name, 1.0)
                for name, value in device.parameters.items()
            },
        )
        for device in plant.devices
    ]
    return replace(plant, devices=tuple(devices))


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(_different(small_plant(*FAMILIES), DIFFERENT), seed=41)


@pytest.fixture(scope="module")
def history(engine: Engine) -> History:
    return watch(engine, rows=1080, every_s=10.0, step_s=5.0)


@pytest.fixture(scope="module")
def fits(history: History, engine: Engine) -> dict[str, DeviceFit]:
    return calibrate(small_plant(*FAMILIES).devices, engine.tags, history)


def test_that_the_parameters_of_a_machine_are_recovered(fits: dict[str, DeviceFit]) -> None:
    cnc = fits["CNC-001"].parameters

    for name, factor in DIFFERENT.items():
        assert cnc[name] == pytest.approx(factor, rel=0.06), name
    others = [value for name, value in cnc.items() if name not in DIFFERENT]
    assert others == pytest.approx([1.0] * len(others), abs=0.08)


def test_that_the_fit_says_how_well_each_tag_is_followed(fits: dict[str, DeviceFit]) -> None:
    tags = fits["CNC-001"].tags

    assert tags["Power"].r2 > 0.98
    assert tags["SpindleTemperature"].r2 > 0.5
    for name in ("Power", "SpindleTemperature", "Vibration", "Current"):
        assert tags[name].residual_std < 2.0 * tags[name].noise, name
    assert all(fit.samples > 60 for fit in tags.values())


def test_that_a_calibrated_twin_is_nearer_and_its_ranges_narrower(
    engine: Engine, fits: dict[str, DeviceFit]
) -> None:
    devices = small_plant(*FAMILIES).devices
    plain, fitted = Twin(devices, engine.tags), Twin(devices, engine.tags, fits=fits)
    live = engine.fork()
    residuals: list[list[np.ndarray]] = [[], []]
    for _ in range(720):
        live.step(5.0)
        shared = live.utilities
        assert shared is not None
        for twin, kept in zip((plain, fitted), residuals, strict=True):
            twin.look(live.values, live.status, shared.values, 5.0)
            kept.append(twin.residual.copy())

    warmth = next(
        i
        for i, t in enumerate(plain.tags)
        if (t.device, t.definition.name) == ("CNC-001", "SpindleTemperature")
    )
    before, after = (abs(np.array(kept)[360:, warmth]).mean() for kept in residuals)
    assert after < 0.4 * before
    assert (fitted.high - fitted.low)[warmth] < 0.7 * (plain.high - plain.low)[warmth]
    outside = np.abs(np.array(residuals[1])[360:]) > (fitted.high - fitted.low)
    assert outside.mean() < 0.005


def test_that_a_machine_that_never_ran_gets_no_fit(history: History, engine: Engine) -> None:
    stopped = replace(history, values=history.values.copy())
    mode = next(t.index for t in engine.tags if (t.device, t.definition.name) == ("PUMP-001", "RunningState"))
    stopped.values[:, mode] = 0.0
    short = replace(
        stopped,
        time_s=stopped.time_s[:200],
        values=stopped.values[:200],
        status=stopped.status[:200],
        utilities=stopped.utilities[:200],
    )

    found = calibrate(small_plant(*FAMILIES).devices, engine.tags, short)

    assert set(found) == {"CNC-001", "PROC-001"}


def test_that_a_stretch_that_is_too_short_is_refused(history: History, engine: Engine) -> None:
    short = History(
        time_s=history.time_s[:50],
        values=history.values[:50],
        status=history.status[:50],
        utilities=history.utilities[:50],
    )

    with pytest.raises(DefinitionError, match="50 rows are fewer than 60"):
        calibrate(small_plant(*FAMILIES).devices, engine.tags, short)
