"""The twin says what each measurement should read, and knows no more than a real one would."""

import ast
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import plant.twin
from plant.definition import Family
from plant.engine import Engine
from plant.twin.twin import Twin
from tests.unit.plant.small import small_engine

pytestmark = pytest.mark.slow  # simulates hours: `make check` leaves it out

HIDDEN_MODULES = (
    "engine",
    "fault",
    "lives",
    "degradation",
    "scenario",
    "sensor_faults",
    "truth",
    "record",
    "what_if",
)
HIDDEN_NAMES = {
    *(
        "damage",
        "faults",
        "natural",
        "progress",
        "rul_s",
        "rul_h",
        "life_s",
        "stress",
        "wear_truth",
        "ground_truth",
    ),
    *("fault", "failed", "fault_labels", "inject", "life_meter", "remaining_life_s"),
}


def _twin_of(engine: Engine) -> Twin:
    return Twin(engine.definition.devices, engine.tags)


def _look(twin: Twin, engine: Engine, dt_s: float) -> None:
    utilities = engine.utilities
    assert utilities is not None
    twin.look(engine.values, engine.status, utilities.values, dt_s)


def _follow(twin: Twin, engine: Engine, seconds: float, dt_s: float = 1.0) -> dict[str, NDArray[np.float64]]:
    """Run both and return what the twin said at each look, shape (looks, tags)."""
    found: dict[str, list[NDArray[np.float64]]] = {"expected": [], "residual": [], "low": [], "high": []}
    for _ in range(round(seconds / dt_s)):
        engine.step(dt_s)
        _look(twin, engine, dt_s)
        for name, kept in found.items():
            kept.append(getattr(twin, name).copy())
    return {name: np.array(kept) for name, kept in found.items()}


def _row(twin: Twin, device: str, name: str) -> int:
    return next(i for i, tag in enumerate(twin.tags) if (tag.device, tag.definition.name) == (device, name))


def test_that_a_healthy_plant_stays_within_its_normal_ranges() -> None:
    engine = small_engine(copies=3, seed=21)
    twin = _twin_of(engine)
    _follow(twin, engine, 1800.0, 10.0)

    said = _follow(twin, engine, 900.0, 2.0)

    measured = said["expected"] + said["residual"]
    inside = (measured >= said["low"]) & (measured <= said["high"])
    assert inside.mean() > 0.995
    worst = inside.mean(axis=0).argmin()
    assert inside.mean(axis=0)[worst] > 0.8, twin.tags[worst]


def test_that_normal_ranges_are_much_narrower_than_the_fixed_bands() -> None:
    engine = small_engine(copies=2, seed=22)
    twin = _twin_of(engine)
    _follow(twin, engine, 300.0, 5.0)

    bands = np.array([tag.definition.normal_high - tag.definition.normal_low for tag in twin.tags])

    assert np.median((twin.high - twin.low) / bands) < 0.4


def test_that_expected_values_follow_the_load() -> None:
    engine = small_engine(Family.CNC, seed=23)
    twin = _twin_of(engine)

    said = _follow(twin, engine, 3600.0, 5.0)

    row = _row(twin, "CNC-001", "Power")
    measured = said["expected"][:, row] + said["residual"][:, row]
    assert measured.std() > 5.0 * said["residual"][:, row].std()
    width = (said["high"] - said["low"])[:, row]
    heavy, light = measured > np.quantile(measured, 0.9), measured < np.quantile(measured, 0.1)
    assert width[heavy].mean() > 1.2 * width[light].mean()


def test_that_hidden_wear_changes_no_expected_value_but_the_residual() -> None:
    """A second twin hears of the same commands and never of a measurement: it says the same."""
    engine = small_engine(Family.PUMP, seed=24)
    engine.inject("PUMP-001", "bearing_wear", severity=0.9, life_s=900.0)
    twin, deaf = _twin_of(engine), _twin_of(engine)
    measured = np.array([tag.group == "Measurements" for tag in engine.tags])
    row = _row(twin, "PUMP-001", "Vibration")
    residuals = []
    for _ in range(600):
        engine.step(2.0)
        shown = engine.utilities
        assert shown is not None
        _look(twin, engine, 2.0)
        deaf.look(np.where(measured, -1e6, engine.values), engine.status.copy(), shown.values.copy(), 2.0)
        residuals.append(twin.residual[row])

    assert np.array_equal(twin.expected, deaf.expected)
    assert np.mean(residuals[-30:]) > 10.0 * abs(np.mean(residuals[:30]))
    assert twin.expected[row] + twin.residual[row] > twin.high[row]


def test_that_a_new_setpoint_is_expected_to_be_followed() -> None:
    engine = small_engine(Family.CNC, seed=26)
    twin = _twin_of(engine)
    _follow(twin, engine, 60.0)
    row = _row(twin, "CNC-001", "SpindleSpeed")

    engine.write_setpoint("CNC-001", "SpindleSpeedSetpoint", 11_000.0)
    said = _follow(twin, engine, 60.0)

    assert said["expected"][-1, row] == pytest.approx(11_000.0, rel=0.005)
    measured = said["expected"][:, row] + said["residual"][:, row]
    assert ((measured >= said["low"][:, row]) & (measured <= said["high"][:, row])).mean() > 0.95


def test_that_a_stopped_machine_is_expected_to_stand_still() -> None:
    engine = small_engine(Family.CNC, Family.PUMP, seed=27)
    twin = _twin_of(engine)
    _follow(twin, engine, 60.0)

    engine.shutdown("PUMP-001")
    said = _follow(twin, engine, 300.0)

    assert abs(said["expected"][-1, _row(twin, "PUMP-001", "Flow")]) < 0.5
    assert abs(said["expected"][-1, _row(twin, "PUMP-001", "Vibration")]) < 0.05


def test_that_a_value_that_is_bad_has_no_residual() -> None:
    engine = small_engine(Family.CNC, seed=28)
    twin = _twin_of(engine)
    engine.inject("CNC-001", "offline")
    engine.step(1.0)

    _look(twin, engine, 1.0)

    assert np.isnan(twin.residual).all()
    assert np.isfinite(twin.expected).all()


def test_that_a_warmer_hall_is_expected_to_warm_the_machines() -> None:
    warm, cool = small_engine(Family.CNC, seed=29), small_engine(Family.CNC, seed=29)
    assert warm._machines is not None
    warm._machines.utilities.ambient_offset_k = 10.0
    twins = _twin_of(warm), _twin_of(cool)

    hot, normal = _follow(twins[0], warm, 7200.0, 10.0), _follow(twins[1], cool, 7200.0, 10.0)

    row = _row(twins[0], "CNC-001", "SpindleTemperature")
    rise = hot["expected"][-1, row] - normal["expected"][-1, row]
    assert 3.0 < rise < 11.0
    assert abs(hot["residual"][-1, row]) < 3.0


def test_that_the_length_of_a_look_does_not_matter() -> None:
    engine = small_engine(seed=30)
    often, seldom = _twin_of(engine), _twin_of(engine)
    for second in range(1, 601):
        engine.step(1.0)
        _look(often, engine, 1.0)
        if second % 5 == 0:
            _look(seldom, engine, 5.0)

    warmth = [i for i, tag in enumerate(often.tags) if tag.definition.unit == "degC"]
    assert often.expected[warmth] == pytest.approx(seldom.expected[warmth], abs=1.0)


@pytest.mark.parametrize(
    "path", sorted(Path(plant.twin.__file__).parent.glob("*.py")), ids=lambda path: path.name
)
def test_that_no_module_of_the_twin_can_see_what_is_hidden(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))

    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    hidden = {m for m in modules for word in HIDDEN_MODULES if m.startswith(f"plant.{word}")}
    assert not hidden
    assert not names & HIDDEN_NAMES
    assert not texts & HIDDEN_NAMES
