import pytest

from plant.definition import Family
from plant.engine import Engine
from plant.laws.utilities import Utilities
from plant.utility_faults import UTILITIES, UTILITY_FAULTS
from tests.unit.plant.small import run, small_engine


def _utilities(engine: Engine) -> Utilities:
    assert engine._machines is not None
    return engine._machines.utilities


def test_that_cooling_water_goes_at_its_onset_and_comes_back() -> None:
    engine = small_engine(Family.CNC)
    engine.inject(UTILITIES, "cooling_water_lost", severity=0.75, onset_s=10.0, life_s=30.0)
    shares = []

    for _ in range(60):
        engine.step(1.0)
        shares.append(_utilities(engine).water_share)

    assert set(shares[:9]) == {1.0}
    assert shares[15] == pytest.approx(0.25)
    assert shares[-1] == 1.0
    assert sum(share < 1.0 for share in shares) == 30
    ((truth, ended_s),) = engine.fault_history()
    assert (truth.device, truth.fault, truth.severity) == ("Utilities", "cooling_water_lost", 0.75)
    assert (truth.onset_s, ended_s) == (10.0, 40.0)
    assert engine.ground_truth() == ()


def test_that_a_sag_raises_the_current_of_every_motor() -> None:
    families = (Family.CNC, Family.PUMP, Family.DRILL)
    sagging, sound = small_engine(*families), small_engine(*families)
    sagging.inject(UTILITIES, "supply_sag", severity=0.5, life_s=20.0)
    run(sagging, 5.0, 0.5)
    run(sound, 5.0, 0.5)

    assert _utilities(sagging).voltage_pu == pytest.approx(_utilities(sound).voltage_pu - 0.2, abs=0.02)
    for tag, there, here in zip(sagging.tags, sagging.values, sound.values, strict=True):
        if tag.definition.name == "Current":
            assert there > here * 1.05


def test_that_lost_air_sinks_slowly() -> None:
    engine = small_engine(Family.ROBOT_ARM)
    run(engine, 1.0)
    before = _utilities(engine).air_bar
    engine.inject(UTILITIES, "air_lost", life_s=300.0)

    run(engine, 5.0)
    assert before * 0.8 < _utilities(engine).air_bar < before
    run(engine, 200.0)
    assert _utilities(engine).air_bar < before * 0.2


@pytest.mark.parametrize("mode", UTILITY_FAULTS, ids=lambda mode: mode.name)
def test_that_clearing_ends_a_loss_at_once(mode: object) -> None:
    name = str(getattr(mode, "name", ""))
    engine = small_engine(Family.CNC)
    engine.inject(UTILITIES, name)
    run(engine, 1.0)
    assert [truth.damage for truth in engine.ground_truth()] == [1.0]

    engine.clear_faults(UTILITIES)

    assert engine.ground_truth() == ()
    run(engine, 400.0)
    utilities = _utilities(engine)
    assert utilities.water_share == 1.0
    assert utilities.voltage_pu > 0.85
    assert utilities.air_bar > 5.5


def test_that_every_loss_has_a_life_of_its_own_when_none_is_named() -> None:
    engine = small_engine(Family.CNC)
    for mode in UTILITY_FAULTS:
        engine.inject(UTILITIES, mode.name)
    run(engine, 1900.0, 10.0)

    assert {truth.fault for truth, _ in engine.fault_history()} == {mode.name for mode in UTILITY_FAULTS}
    for truth, ended_s in engine.fault_history():
        mode = next(mode for mode in UTILITY_FAULTS if mode.name == truth.fault)
        assert ended_s is not None
        assert mode.life_s[0] <= ended_s - truth.onset_s <= mode.life_s[1]
