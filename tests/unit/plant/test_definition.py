from pathlib import Path

import pytest

import resources
from plant.definition import Family, Group, load_plant, merge_plants
from plant.errors import DefinitionError
from tests.unit.plant.small import FACTORY

PLANT = """
[plant]
id = "little"
name = "Little"
seed = 7

[family.robot_arm]
display_name = "Robot arm"
manufacturer = "Helix"
model = "HX 6"

[family.robot_arm.parameters]
rated_kw = 4.0

[family.robot_arm.measurements]
JointTemperature = { description = "Joint", unit = "degC", range = [0.0, 120.0], normal = [20.0, 50.0], hi = 60.0, hihi = 70.0 }
GripperPressure = { description = "Air", unit = "bar", range = [0.0, 10.0], normal = [5.0, 7.0], lolo = 3.0, lo = 4.0 }
FollowingError = { description = "Error", unit = "mm", range = [0.0, 2.0], normal = [0.0, 0.2] }
Current = { description = "Current", unit = "A", range = [0.0, 25.0], normal = [0.0, 8.0] }
Power = { description = "Power", unit = "kW", range = [0.0, 12.0], normal = [0.0, 4.0], precision = 2 }

[family.robot_arm.setpoints]
SpeedOverride = { description = "Speed", unit = "percent", range = [5.0, 100.0], normal = [40.0, 100.0], initial = 80.0 }

[[devices]]
tags = "ROBOT-001..003"
family = "robot_arm"
area = "Hall"
line = "Line 1"
stopped = ["ROBOT-002"]
"""

SECOND = '[[devices]]\ntags = "ROBOT-003"\nfamily = "robot_arm"\narea = "Hall"\nline = "Line 2"'

MISTAKES = {
    "unknown key in a tag": ("hi = 60.0", "high = 60.0", "JointTemperature.high: 60.0 belongs to an unknown key"),
    "unknown key at the top": ("[plant]", "colour = 1\n[plant]", "colour: 1 belongs to an unknown key"),
    "unknown key of a device": ('line = "Line 1"', 'line = "Line 1"\nbay = 2', "devices[0].bay: 2 belongs to"),
    "unknown parameter": ("rated_kw = 4.0", "rated_hp = 4.0", "parameters.rated_hp: 4.0 belongs to an unknown key"),
    "parameter too large": ("rated_kw = 4.0", "rated_kw = 1e9", "rated_kw: 1000000000.0 is above 5000"),
    "parameter too small": ("rated_kw = 4.0", "rated_kw = 0.0", "rated_kw: 0.0 is below 0.01"),
    "text for a number": ("hi = 60.0", 'hi = "60"', "JointTemperature.hi: '60' is not a number"),
    "truth for a number": ("hi = 60.0", "hi = true", "JointTemperature.hi: True is not a number"),
    "number for text": ('name = "Little"', "name = 3", "plant.name: 3 is not text"),
    "empty text": ('name = "Little"', 'name = " "', "plant.name: ' ' is empty"),
    "not a number": ("hi = 60.0", "hi = nan", "JointTemperature.hi: nan is not a finite number"),
    "infinite range": ("[0.0, 120.0]", "[0.0, inf]", "JointTemperature.range: inf is not a finite number"),
    "low above high": ("[0.0, 120.0]", "[130.0, 120.0]", "range: [130.0, 120.0] has low 130 that is not below high 120"),
    "low equal to high": ("[0.0, 2.0]", "[2.0, 2.0]", "range: [2.0, 2.0] has low 2 that is not below high 2"),
    "three numbers in a range": ("[0.0, 2.0]", "[0.0, 1.0, 2.0]", "range: [0.0, 1.0, 2.0] is not a pair"),
    "normal band outside": ("[5.0, 7.0]", "[5.0, 11.0]", "normal: [5.0, 11.0] is outside the range 0..10"),
    "limit outside": ("hihi = 70.0", "hihi = 121.0", "JointTemperature.hihi: 121.0 is above 120"),
    "limits unordered": ("hihi = 70.0", "hihi = 55.0", "JointTemperature.hihi: 55.0 is not above hi 60"),
    "limits equal": ("lo = 4.0", "lo = 3.0", "GripperPressure.lo: 3.0 is not above lolo 3"),
    "unknown unit": ('unit = "mm"', 'unit = "inch"', "FollowingError.unit: 'inch' is not one of"),
    "unknown family": ("family.robot_arm.parameters", "family.robot.parameters", "'robot' is not a family"),
    "unknown family of a device": ('family = "robot_arm"', 'family = "cnc"', "devices[0].family: 'cnc' is not one of"),
    "unknown tag of a family": ("FollowingError =", "Error =", "'Error' is not a tag of this family"),
    "tag that is no PascalCase": ("FollowingError =", "following_error =", "'following_error' is not a PascalCase"),
    "tag missing": ('Current = { description = "Current"', 'Curent = { description = "Current"', "'Curent' is not a tag"),
    "duplicate device": ('line = "Line 1"', f'line = "Line 1"\n{SECOND}', "tags: 'ROBOT-003' is a device already defined"),
    "range backwards": ("ROBOT-001..003", "ROBOT-003..001", "'ROBOT-003..001' runs backwards"),
    "wrong device tag": ("ROBOT-001..003", "robot 1", "tags: 'robot 1' is neither a device tag"),
    "stranger stopped": ("ROBOT-002", "ROBOT-009", "stopped: 'ROBOT-009' is not among the tags"),
    "negative seed": ("seed = 7", "seed = -7", "plant.seed: -7 is below 0"),
    "broken seed": ("seed = 7", "seed = 7.5", "plant.seed: 7.5 is not a whole number"),
    "physics slower than publishing": ("seed = 7", "physics_hz = 0.5", "plant.physics_hz: 0.5 is below 1"),
    "wrong plant id": ('"little"', '"Little One"', "plant.id: 'Little One' is not made of small letters"),
    "initial out of range": ("initial = 80.0", "initial = 180.0", "SpeedOverride.initial: 180.0 is above 100"),
    "missing initial": (", initial = 80.0", "", "SpeedOverride.initial: is missing"),
    "missing description": ('description = "Air", ', "", "GripperPressure.description: is missing"),
    "precision too fine": ("precision = 2", "precision = 9", "Power.precision: 9 is above 6"),
    "no TOML": ("[plant]", "[plant", "not valid TOML"),
}  # fmt: skip


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "little.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("right", "wrong", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_that_a_mistake_is_told_with_file_key_value_and_bound(
    tmp_path: Path, right: str, wrong: str, sentence: str
) -> None:
    assert right in PLANT

    with pytest.raises(DefinitionError) as refusal:
        load_plant(_write(tmp_path, PLANT.replace(right, wrong)))

    assert str(refusal.value).startswith("little.toml: ")
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_that_a_right_file_becomes_devices_with_all_their_tags(tmp_path: Path) -> None:
    plant = load_plant(_write(tmp_path, PLANT))

    assert [device.tag for device in plant.devices] == ["ROBOT-001", "ROBOT-002", "ROBOT-003"]
    assert [device.running for device in plant.devices] == [True, False, True]
    tag = plant.devices[0].measurements[0]
    assert (tag.name, tag.display_name, tag.unit, tag.limits) == (
        "JointTemperature",
        "Joint temperature",
        "degC",
        {"hi": 60.0, "hihi": 70.0},
    )
    assert plant.devices[0].setpoints[0].writable


def test_that_a_missing_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"nowhere\.toml: cannot be read"):
        load_plant(tmp_path / "nowhere.toml")


def test_that_the_shipped_factory_holds_the_108_devices() -> None:
    counts = {family: sum(device.family is family for device in FACTORY.devices) for family in Family}

    assert len(FACTORY.devices) == 108
    assert counts == {
        Family.CNC: 26,
        Family.ROBOT_ARM: 22,
        Family.PRESS: 14,
        Family.DRILL: 14,
        Family.CONVEYOR: 18,
        Family.PUMP: 2,
        Family.PROCESS_MACHINE: 1,
        Family.GENERATOR: 1,
        Family.COMPONENT_CELL: 6,
        Family.EDGE_GATEWAY: 4,
        Family.REPLAY: 0,
    }


def test_that_every_tag_name_and_serial_is_unique_on_its_device() -> None:
    for device in FACTORY.devices:
        names = [(tag.group, tag.name) for tag in device.tags]
        assert len(set(names)) == len(names)
    assert len({device.serial for device in FACTORY.devices}) == 108


def test_that_the_test_rig_maps_eight_columns_and_no_label() -> None:
    rig = load_plant(resources.path("plants", "testbed.toml")).devices[0]

    assert rig.replay is not None
    assert rig.replay.file == "other/5.csv"
    channels = {tag.channel: tag.novelty for tag in rig.measurements}
    assert channels == {
        "Accelerometer1RMS": True,
        "Accelerometer2RMS": True,
        "Current": True,
        "Pressure": True,
        "Temperature": False,
        "Thermocouple": False,
        "Voltage": True,
        "Volume Flow RateRMS": True,
    }
    assert {tag.group for tag in rig.tags} == {Group.MEASUREMENTS, Group.STATE, Group.PLAYBACK}


def test_that_a_replay_file_cannot_leave_the_recordings_folder(tmp_path: Path) -> None:
    text = resources.path("plants", "testbed.toml").read_text(encoding="utf-8")

    with pytest.raises(DefinitionError, match="leaves the recordings folder"):
        load_plant(_write(tmp_path, text.replace("other/5.csv", "../5.csv")))


def test_that_merging_keeps_the_first_plant_and_adds_the_devices_of_the_second() -> None:
    rig = load_plant(resources.path("plants", "testbed.toml"))

    both = merge_plants(FACTORY, rig)

    assert both.id == "factory"
    assert [device.tag for device in both.devices][-1] == "RIG-001"
    with pytest.raises(DefinitionError, match="RIG-001: plant factory has this device already"):
        merge_plants(both, rig)
