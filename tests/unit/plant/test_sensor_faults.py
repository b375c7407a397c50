import math

import numpy as np
import pytest

from plant import sensor_modes as modes
from plant.definition import Family
from plant.engine import Engine
from plant.entities import TagDefinition
from plant.errors import PlantError, Refusal
from plant.families.registry import MODELS
from plant.fault_checks import find_mode, measured_tags
from plant.laws.utilities import UTILITY_TAGS
from plant.quality import StatusCode
from plant.scenario_files import ScenarioShelf
from plant.sensor_effects import EFFECTS
from plant.sensor_faults import SensorFault, SensorFaultBook
from plant.tag_map import TagMap
from tests.unit.plant.small import column, first_of, run, small_engine, small_plant, status, value

pytestmark = pytest.mark.slow

TEMPERATURE = "BearingTemperature"


def _pair(fault: str, *, life_s: float | None = None, seed: int = 1) -> tuple[Engine, Engine, int]:
    """Return a pump with a fault, the same without, and the column of the spoiled tag."""
    spoiled, sound = (small_engine(Family.PUMP, seed=seed) for _ in range(2))
    spoiled.inject("PUMP-001", f"{fault}/{TEMPERATURE}", life_s=life_s)
    return spoiled, sound, column(spoiled, "PUMP-001", TEMPERATURE)


def _book(fault: str) -> tuple[SensorFaultBook, TagMap]:
    """Return a book with one fault of a pump's first tag, and the columns that it knows."""
    plant = small_plant(Family.PUMP)
    tags = TagMap(plant)
    book = SensorFaultBook([column.definition for column in tags.columns], np.random.default_rng(1))
    mode, _, tag = find_mode(plant.devices[0], fault)
    fault_of_tag = SensorFault(
        device="PUMP-001",
        position=0,
        mode=mode,
        code=0,
        tag=tag,
        columns=(0,),
        severity=1.0,
        onset_s=0.0,
        life_s=math.inf,
    )
    book.add(fault_of_tag)
    return book, tags


def _readings(engine: Engine, tag: int, steps: int, dt_s: float = 1.0) -> list[float]:
    found = []
    for _ in range(steps):
        engine.step(dt_s)
        found.append(float(engine.values[tag]))
    return found


def _span(engine: Engine, tag: int) -> float:
    return engine.tags[tag].definition.high - engine.tags[tag].definition.low


@pytest.mark.parametrize("family", list(MODELS))
def test_that_every_measured_tag_of_every_family_can_have_every_sensor_fault(family: Family) -> None:
    engine = small_engine(family)
    device = engine.definition.devices[0]
    for fault in EFFECTS:
        engine.clear_faults()
        for tag in measured_tags(device):
            engine.inject(device.tag, f"{fault}/{tag.name}")
        engine.step(1.0)
        assert len(engine.ground_truth()) == len(measured_tags(device)) >= 8
        assert {truth.damage for truth in engine.ground_truth()} == {1.0}


def test_that_an_injected_sensor_fault_changes_nothing_but_its_tag() -> None:
    spoiled, sound = small_engine(Family.PUMP, Family.CNC), small_engine(Family.PUMP, Family.CNC)
    for fault in EFFECTS:
        spoiled.inject("PUMP-001", f"{fault}/Flow", life_s=50.0)
    flow = column(spoiled, "PUMP-001", "Flow")

    for _ in range(60):
        spoiled.step(1.0)
        sound.step(1.0)
        differs = np.flatnonzero((spoiled.values != sound.values) | (spoiled.status != sound.status))
        assert set(differs.tolist()) <= {flow}
    assert spoiled.values[flow] == sound.values[flow]  # it is over


def test_that_a_drift_grows_by_a_quarter_of_the_scale_over_its_life() -> None:
    spoiled, sound, tag = _pair(modes.DRIFT, life_s=7200.0)
    quarter = 0.25 * _span(spoiled, tag)
    shift = []

    for _ in range(719):
        spoiled.step(10.0)
        sound.step(10.0)
        shift.append(abs(spoiled.values[tag] - sound.values[tag]))

    assert shift[359] == pytest.approx(quarter / 2, rel=0.02)
    assert shift[-1] == pytest.approx(quarter, rel=0.02)
    assert spoiled.status[tag] == StatusCode.GOOD
    spoiled.step(10.0)
    sound.step(10.0)
    assert spoiled.values[tag] == sound.values[tag]


def test_that_a_drift_without_a_life_takes_four_hours_and_stays() -> None:
    spoiled, sound, tag = _pair(modes.DRIFT)
    for engine in (spoiled, sound):
        run(engine, 6 * 3600.0, 10.0)

    assert abs(spoiled.values[tag] - sound.values[tag]) == pytest.approx(0.25 * _span(spoiled, tag), rel=0.02)


@pytest.mark.parametrize("dt_s", [0.1, 1.0])
@pytest.mark.parametrize(("fault", "way"), [(modes.SPIKES, 1.0), (modes.DIPS, -1.0)])
def test_that_spikes_and_dips_come_once_a_minute_for_a_second_or_two(
    fault: str, way: float, dt_s: float
) -> None:
    book, tags = _book(fault)
    middle = np.array([(tag.definition.low + tag.definition.high) / 2 for tag in tags.columns])
    shift = np.zeros(round(7200.0 / dt_s))
    status = np.zeros(len(tags), dtype=np.uint32)

    for step in range(len(shift)):
        values = middle.copy()
        book.update(status, step * dt_s)
        book.spoil(values, status, step * dt_s, dt_s)
        shift[step] = values[0] - middle[0]

    begins = np.count_nonzero(np.diff((shift != 0.0).astype(int)) > 0)
    assert 90 < begins < 140  # 120 in two hours
    assert (shift[shift != 0.0] * way > 0.0).all()
    assert (shift != 0.0).mean() == pytest.approx(2.0 / 60.0, rel=0.4)
    span = tags.columns[0].definition.high - tags.columns[0].definition.low
    assert 0.3 * span * 0.99 <= np.abs(shift[shift != 0.0]).min()
    assert np.abs(shift).max() <= 0.5 * span  # held inside the scale


def test_that_noise_grows_and_its_mean_stays() -> None:
    spoiled, sound, tag = _pair(modes.NOISE)
    shift = np.array(_readings(spoiled, tag, 2000)) - np.array(_readings(sound, tag, 2000))

    assert shift.std() == pytest.approx(0.03 * _span(spoiled, tag), rel=0.1)
    assert abs(shift.mean()) < 0.005 * _span(spoiled, tag)


def test_that_a_clipped_sensor_reads_no_higher_than_its_ceiling() -> None:
    spoiled, _, tag = _pair(modes.CLIPPING)

    assert set(_readings(spoiled, tag, 20)) == {spoiled.tags[tag].definition.normal_low}
    assert spoiled.status[tag] == StatusCode.GOOD


def test_that_a_bias_is_a_tenth_of_the_scale_and_held_at_its_end() -> None:
    spoiled, sound, tag = _pair(modes.BIAS)
    shift = np.array(_readings(spoiled, tag, 20)) - np.array(_readings(sound, tag, 20))
    assert shift == pytest.approx(0.1 * _span(spoiled, tag), abs=0.11)

    book, tags = _book(modes.BIAS)
    values = np.array([tags.columns[0].definition.high - 0.01] * len(tags))
    marks = np.zeros(len(tags), dtype=np.uint32)
    book.update(marks, 1.0)
    book.spoil(values, marks, 1.0, 1.0)
    assert values[0] == tags.columns[0].definition.high
    assert marks.tolist() == [StatusCode.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED] + [0] * (len(tags) - 1)


def test_that_a_slow_clock_shifts_the_times_of_a_tag_or_of_all_and_no_value() -> None:
    engine = small_engine(Family.PUMP, Family.CNC)
    assert small_engine(Family.PUMP).time_offset_s is None
    engine.inject("PUMP-001", "sensor_clock_offset/Flow", severity=0.5, life_s=5.0)
    engine.inject("CNC-001", "sensor_clock_offset", onset_s=2.0, life_s=3.0)

    engine.step(1.0)
    first = engine.time_offset_s
    assert first is not None
    assert np.flatnonzero(first).tolist() == [column(engine, "PUMP-001", "Flow")]
    assert first.min() == -1800.0
    engine.step(1.5)
    later = engine.time_offset_s
    assert later is not None
    slow = {engine.tags[index].device for index in np.flatnonzero(later == -3600.0)}
    assert slow == {"CNC-001"}
    assert np.count_nonzero(later == -3600.0) == sum(tag.device == "CNC-001" for tag in engine.tags)
    engine.step(5.0)
    assert engine.time_offset_s is None


def test_that_several_faults_of_one_tag_act_together_and_end_apart() -> None:
    engine = small_engine(Family.PUMP)
    engine.inject("PUMP-001", "sensor_stuck/Vibration", life_s=30.0)
    engine.step(1.0)
    held = value(engine, "PUMP-001", "Vibration")
    engine.inject("PUMP-001", "sensor_failure/Vibration", life_s=5.0)
    engine.inject("PUMP-001", "sensor_stuck/Flow", life_s=5.0)

    run(engine, 3.0)
    assert value(engine, "PUMP-001", "Vibration") == held
    assert status(engine, "PUMP-001", "Vibration") == StatusCode.BAD_SENSOR_FAILURE
    run(engine, 5.0)
    assert value(engine, "PUMP-001", "Vibration") == held  # what it held survives the end of the others
    assert status(engine, "PUMP-001", "Vibration") == StatusCode.GOOD
    run(engine, 40.0)
    assert value(engine, "PUMP-001", "Vibration") != held


def test_that_a_spoiled_counter_is_good_again_after_its_fault() -> None:
    engine = small_engine(Family.PUMP)
    engine.inject("PUMP-001", "sensor_dropout/Energy", life_s=20.0)
    run(engine, 10.0)
    assert status(engine, "PUMP-001", "Energy") == StatusCode.BAD_NO_COMMUNICATION
    stuck = value(engine, "PUMP-001", "Energy")

    run(engine, 30.0)

    assert status(engine, "PUMP-001", "Energy") == StatusCode.GOOD
    assert value(engine, "PUMP-001", "Energy") > stuck


def test_that_a_repaired_sensor_that_sticks_again_holds_its_new_reading() -> None:
    engine = small_engine(Family.PUMP)
    engine.inject("PUMP-001", "sensor_stuck/Energy")
    run(engine, 5.0)
    old = value(engine, "PUMP-001", "Energy")
    run(engine, 600.0)

    engine.clear_faults("PUMP-001")
    engine.inject("PUMP-001", "sensor_stuck/Energy")
    engine.step(1.0)

    assert value(engine, "PUMP-001", "Energy") > old


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("sensor_stuck/Nope", "PUMP-001 has no measured tag 'Nope'; it has DischargePressure, Flow"),
        ("sensor_stuck/SpeedSetpoint", "no measured tag 'SpeedSetpoint'"),
        ("sensor_stuck/", "no measured tag ''"),
        ("offline/Nope", "no measured tag 'Nope'"),
        ("cavitation/Flow", "cavitation is a fault of the machine, not of a tag 'Flow'"),
    ],
)
def test_that_a_tag_that_cannot_be_meant_is_refused(fault: str, sentence: str) -> None:
    engine = small_engine(Family.PUMP)

    with pytest.raises(PlantError, match=sentence) as refusal:
        engine.inject("PUMP-001", fault)

    assert refusal.value.reason is Refusal.UNKNOWN_TAG
    assert engine.ground_truth() == ()


def test_that_the_truth_names_the_tag() -> None:
    engine = small_engine(Family.PUMP)
    engine.inject("PUMP-001", "sensor_stuck/Flow")
    engine.inject("PUMP-001", "sensor_drift")
    engine.inject("PUMP-001", "offline")

    first = first_of(Family.PUMP).measurements[0].name
    assert [truth.tag for truth in engine.ground_truth()] == ["Flow", first, ""]


@pytest.mark.parametrize("tag", UTILITY_TAGS, ids=lambda tag: tag.name)
def test_that_the_instruments_of_the_utilities_go_wrong_like_any_other(tag: TagDefinition) -> None:
    spoiled, sound = small_engine(Family.PUMP), small_engine(Family.PUMP)
    place = UTILITY_TAGS.index(tag)
    spoiled.inject("Utilities", f"sensor_bias/{tag.name}", life_s=5.0)
    spoiled.inject("Utilities", f"sensor_dropout/{tag.name}", onset_s=10.0, life_s=10.0)

    spoiled.step(1.0)
    sound.step(1.0)
    there, here = spoiled.utilities, sound.utilities
    assert there is not None
    assert here is not None
    shift = there.values - here.values
    assert shift[place] == pytest.approx(
        min(0.1 * (tag.high - tag.low), tag.high - here.values[place]), rel=0.05
    )
    assert np.count_nonzero(shift) == 1
    assert (spoiled.values == sound.values).all()
    run(spoiled, 17.0)
    assert spoiled.utilities is not None
    assert spoiled.utilities.status[place] == StatusCode.BAD_NO_COMMUNICATION
    run(spoiled, 5.0)
    assert spoiled.utilities.status[place] == StatusCode.GOOD
    assert len(spoiled.ground_truth()) == 2


def test_that_a_tag_that_the_utilities_have_not_is_refused() -> None:
    engine = small_engine(Family.PUMP)
    with pytest.raises(
        PlantError, match="Utilities have no measured tag 'Nope'; they have AmbientTemperature"
    ):
        engine.inject("Utilities", "sensor_bias/Nope")
    with pytest.raises(PlantError, match="Utilities: air_lost is no fault of a tag 'AirPressure'"):
        engine.inject("Utilities", "air_lost/AirPressure")


def test_that_a_fork_goes_on_with_every_fault_and_scenario_alike() -> None:
    engine = small_engine(Family.PUMP, Family.CNC)
    for fault in EFFECTS:
        engine.inject("PUMP-001", f"{fault}/Flow", onset_s=3.0, life_s=40.0)
    engine.inject("Utilities", "supply_sag", onset_s=5.0, life_s=20.0)
    engine.inject("Utilities", "sensor_noise/AirPressure")
    engine.schedule(ScenarioShelf().load("training"))
    run(engine, 10.0)

    twin = engine.fork()
    for _ in range(60):
        engine.step(1.0)
        twin.step(1.0)

    assert engine.values.tobytes() == twin.values.tobytes()
    assert engine.status.tobytes() == twin.status.tobytes()
    assert engine.utilities is not None
    assert twin.utilities is not None
    assert engine.utilities.values.tobytes() == twin.utilities.values.tobytes()
    assert engine.ground_truth() == twin.ground_truth()
