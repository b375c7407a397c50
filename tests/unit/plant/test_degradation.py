import numpy as np
import pytest

from plant.definition import Family
from plant.degradation.catalogue import BEARING, LEAK, TOOL
from plant.degradation.curves import Curves
from plant.degradation.law import draw_life_s
from plant.degradation.natural import NaturalWear
from plant.families.registry import MODELS
from tests.unit.plant.small import run, small_engine, value


def test_that_the_table_of_curves_meets_each_law() -> None:
    curves = Curves([BEARING, LEAK])
    progress = np.linspace(0.0, 1.0, 1001)

    for number, law in enumerate((BEARING, LEAK)):
        found = curves.damage(np.full(1001, number), progress)
        assert np.abs(found - law.shape(progress)).max() < 1e-3
    assert curves.damage(np.array([0, 0]), np.array([-1.0, 7.0])).tolist() == [0.0, 1.0]


def test_that_lives_follow_the_weibull_distribution() -> None:
    lives_h = draw_life_s(TOOL, 20000, np.random.default_rng(1)) / 3600.0

    shorter = float((lives_h < TOOL.life_h).mean())

    assert shorter == pytest.approx((1.0 - np.exp(-1.0) - 0.01) / 0.99, abs=0.01)
    assert lives_h.min() > 0.0


def test_that_natural_wear_needs_running_and_grows_with_stress() -> None:
    wear = NaturalWear([[BEARING, TOOL]] * 3, 4, np.random.default_rng(1))
    before = wear.progress.copy()
    stress = np.ones((4, 3))
    stress[:, 1] = 2.0

    wear.step(3600.0, stress, np.array([True, True, False]))

    used = (wear.progress - before)[:2] * wear.life_s[:2]
    assert used[0] == pytest.approx([3600.0, 7200.0, 0.0])
    assert not wear.progress[2:].any()  # rows without a mode


def test_that_every_machine_wears_and_a_healthy_one_is_nearly_undamaged() -> None:
    engine = small_engine()

    wear = engine.wear_truth()

    assert len(wear) == sum(len(model.faults) for model in MODELS.values())
    assert max(truth.damage for truth in wear) < 0.03
    assert min(truth.rul_s or 0.0 for truth in wear) > 24 * 3600.0
    assert all(truth.natural and truth.law for truth in wear)


def test_that_natural_wear_ends_in_failure_until_maintenance_fits_new_parts() -> None:
    engine = small_engine(Family.PUMP)
    assert engine._machines is not None
    engine._machines.faults.natural.progress[1, 0] = 1.0 - 1e-9

    run(engine, 130.0)

    assert engine.has_failed("PUMP-001")
    (truth,) = engine.ground_truth()
    assert (truth.fault, truth.natural, truth.damage, truth.rul_s) == ("bearing_wear", True, 1.0, 0.0)
    engine.maintain("PUMP-001")
    run(engine, 1.0)
    assert engine.ground_truth() == ()
    assert max(truth.progress for truth in engine.wear_truth()) < 1e-6
    engine.start("PUMP-001")
    run(engine, 60.0)
    assert value(engine, "PUMP-001", "Vibration") < 2.5


@pytest.mark.slow
def test_that_the_true_remaining_life_counts_down_to_failure() -> None:
    engine = small_engine(Family.ROBOT_ARM)
    engine.inject("ROBOT-001", "encoder_battery", life_s=1000.0)  # no load hastens it
    run(engine, 500.0)

    (truth,) = engine.ground_truth()

    assert truth.law == "battery"
    left = truth.rul_s or 0.0
    assert left == pytest.approx(500.0, rel=0.2)
    while not engine.has_failed("ROBOT-001"):
        engine.step(1.0)
        left -= 1.0
    assert left == pytest.approx(0.0, abs=100.0)


def test_that_a_fault_that_cannot_fail_has_no_remaining_life() -> None:
    engine = small_engine(Family.GENERATOR)
    engine.inject("GEN-001", "oil_leak", life_s=1000.0, severity=0.5)
    engine.inject("GEN-001", "sensor_stuck/Power")

    assert [truth.rul_s for truth in engine.ground_truth()] == [None, None]
