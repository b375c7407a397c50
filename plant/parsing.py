"""Turn the tables of a plant file into definitions."""

import math
import re
from collections.abc import Mapping

from plant.common_tags import common_tags
from plant.entities import DeviceDefinition, Family, Group, PlantDefinition, ReplayDefinition, TagDefinition
from plant.parameters import parameters_of
from plant.toml_reader import Table
from plant.units import UNITS

SPEED_RANGE = (0.1, 100.0)  # the console's playback control offers this range

_DEVICE_TAG = re.compile(r"^[A-Z]{2,8}-\d{3}$")
_DEVICE_RANGE = re.compile(r"^([A-Z]{2,8})-(\d{3})\.\.(\d{3})$")
_TAG_NAME = re.compile(r"^[A-Z][A-Za-z0-9]*$")
_PLANT_ID = re.compile(r"^[a-z][a-z0-9-]*$")
_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[a-z])(?=\d)")


def parse_plant(top: Table) -> PlantDefinition:
    """Return the plant of a whole file, every key of it used."""
    head = top.table("plant")
    families = {key: _parse_family(key, table) for key, table in top.table("family").subtables()}
    devices: list[DeviceDefinition] = []
    for entry in top.tables("devices"):
        devices += _parse_devices(entry, families, {device.tag for device in devices})
    plant = _parse_head(head, tuple(devices))
    top.close()
    return plant


def _parse_head(head: Table, devices: tuple[DeviceDefinition, ...]) -> PlantDefinition:
    plant_id = head.text("id")
    if not _PLANT_ID.match(plant_id):
        head.refuse("id", plant_id, "is not made of small letters, digits and hyphens")
    publish_hz = head.number("publish_hz", 0.1, 20.0, 1.0)
    physics_hz = head.number("physics_hz", publish_hz, 100.0, 10.0)
    plant = PlantDefinition(
        id=plant_id,
        name=head.text("name"),
        seed=head.integer("seed", 0, 2**63 - 1, 1),
        physics_hz=physics_hz,
        publish_hz=publish_hz,
        devices=devices,
    )
    head.close()
    return plant


class _FamilySheet:
    """What a `[family.x]` table says about all of its devices."""

    def __init__(self, family: Family, table: Table) -> None:
        self.family = family
        self.display_name = table.text("display_name")
        self.manufacturer = table.text("manufacturer")
        self.model = table.text("model")
        self.parameters = _parse_parameters(family, table.table("parameters", optional=True))
        measurements = table.table("measurements").subtables()
        setpoints = table.table("setpoints", optional=True).subtables()
        own = [_parse_tag(name, Group.MEASUREMENTS, each, family) for name, each in measurements]
        own += [_parse_tag(name, Group.SETPOINTS, each, family) for name, each in setpoints]
        if not measurements:
            table.refuse("measurements", {}, "holds no measurement")
        _check_tag_set(family, own, table)
        self.tags = tuple(own) + common_tags(family)
        table.close()


def _parse_family(key: str, table: Table) -> _FamilySheet:
    if key not in list(Family):
        table.refuse("", key, f"is not a family; known: {', '.join(Family)}")
    return _FamilySheet(Family(key), table)


def _check_tag_set(family: Family, own: list[TagDefinition], table: Table) -> None:
    """Refuse tags that the family's physics does not compute, and the absence of those that it does."""
    required = FAMILY_TAGS.get(family)
    if required is None:
        return
    for group, names in required.items():
        found = [tag.name for tag in own if tag.group is group]
        for name in found:
            if name not in names:
                table.refuse(
                    group.value.lower(), name, f"is not a tag of this family; known: {', '.join(names)}"
                )
        for name in names:
            if name not in found:
                table.refuse(group.value.lower(), name, "is missing")


FAMILY_TAGS: Mapping[Family, Mapping[Group, tuple[str, ...]]] = {
    family: {Group.MEASUREMENTS: tuple(measurements.split()), Group.SETPOINTS: (setpoint,)}
    for family, measurements, setpoint in (
        (
            Family.CNC,
            (
                "SpindleSpeed SpindleLoad SpindleTemperature Vibration CoolantPressure Current Power "
                "VibrationKurtosis CoolantFlow SpindleGrowth SpindleTorque"
            ),
            "SpindleSpeedSetpoint",
        ),
        (Family.ROBOT_ARM, "JointTemperature GripperPressure FollowingError Current Power", "SpeedOverride"),
        (
            Family.PRESS,
            "OilTemperature HydraulicPressure Vibration Current Power CycleTime",
            "PressureSetpoint",
        ),
        (
            Family.DRILL,
            "SpindleTemperature CoolantPressure Vibration Current Power VibrationKurtosis SpindleTorque",
            "SpindleSpeedSetpoint",
        ),
        (
            Family.CONVEYOR,
            "DrumTemperature TensionerPressure BeltSpeed Current Power BeltOffset SoundVolume",
            "BeltSpeedSetpoint",
        ),
        (
            Family.GENERATOR,
            (
                "Speed VoltageL1 VoltageL2 VoltageL3 CurrentL1 CurrentL2 CurrentL3 Frequency PowerFactor "
                "OilPressure CoolantTemperature WindingTemperature Power Torque Revenue OilLevel "
                "InsulationResistance"
            ),
            "LoadSetpoint",
        ),
        (
            Family.PUMP,
            "DischargePressure Flow BearingTemperature Vibration Current Power",
            "SpeedSetpoint",
        ),
        (Family.PROCESS_MACHINE, "Temperature Vibration Pressure Current Power", "TemperatureSetpoint"),
        (
            Family.COMPONENT_CELL,
            "Temperature Humidity SoundVolume Vibration Power VacuumPressure",
            "TemperatureSetpoint",
        ),
        (Family.EDGE_GATEWAY, "CpuUsage Temperature NetworkTraffic MemoryUsage ResponseTime", "RequestLimit"),
    )
}


def _parse_parameters(family: Family, table: Table) -> dict[str, float]:
    values = {
        name: table.number(name, each.low, each.high, each.default)
        for name, each in parameters_of(family).items()
    }
    table.close()
    return values


def _parse_tag(name: str, group: Group, table: Table, family: Family) -> TagDefinition:
    if not _TAG_NAME.match(name):
        table.refuse("", name, "is not a PascalCase name")
    low, high = table.pair("range")
    normal_low, normal_high = table.pair("normal")
    for bound in (normal_low, normal_high):
        if not low <= bound <= high:
            table.refuse("normal", [normal_low, normal_high], f"is outside the range {low:g}..{high:g}")
    is_setpoint, is_replay = group is Group.SETPOINTS, family is Family.REPLAY
    limits = _parse_limits(table, low, high)
    tag = TagDefinition(
        name=name,
        display_name=table.text("display_name", _spaced(name)),
        description=table.text("description"),
        unit=table.choice("unit", list(UNITS)),
        group=group,
        low=low,
        high=high,
        normal_low=normal_low,
        normal_high=normal_high,
        precision=table.integer("precision", 0, 6, 1),
        lolo=limits["lolo"],
        lo=limits["lo"],
        hi=limits["hi"],
        hihi=limits["hihi"],
        writable=is_setpoint,
        channel=table.text("channel") if is_replay else None,
        novelty=table.flag("novelty", default=True) if is_replay else False,
        initial=table.number("initial", low, high) if is_setpoint else 0.0,
    )
    table.close()
    return tag


def _parse_limits(table: Table, low: float, high: float) -> dict[str, float | None]:
    limits = {name: table.optional_number(name, low, high) for name in ("lolo", "lo", "hi", "hihi")}
    last_name, last = "", -math.inf
    for name, value in limits.items():
        if value is None:
            continue
        if value <= last:
            table.refuse(name, value, f"is not above {last_name} {last:g}")
        last_name, last = name, value
    return limits


def _spaced(name: str) -> str:
    """Return `SpindleTemperature` as "Spindle temperature"."""
    first, *rest = _WORD_START.sub(" ", name).split(" ")
    return " ".join([first, *(word if len(word) < 3 else word.lower() for word in rest)])


def _parse_devices(
    entry: Table, families: Mapping[str, _FamilySheet], taken: set[str]
) -> list[DeviceDefinition]:
    sheet = families[entry.choice("family", list(families))]
    tags = _expand(entry)
    for tag in tags:
        if tag in taken:
            entry.refuse("tags", tag, "is a device already defined")
    stopped = entry.texts("stopped")
    for tag in stopped:
        if tag not in tags:
            entry.refuse("stopped", tag, "is not among the tags of this entry")
    area, line = entry.text("area"), entry.text("line")
    replay = _parse_replay(entry) if sheet.family is Family.REPLAY else None
    entry.close()
    return [
        DeviceDefinition(
            tag=tag,
            family=sheet.family,
            area=area,
            line=line,
            display_name=f"{sheet.display_name} {tag.rsplit('-', 1)[1]}",
            manufacturer=sheet.manufacturer,
            model=sheet.model,
            serial=f"{sheet.model.replace(' ', '')}-{tag.replace('-', '')}",
            tags=sheet.tags,
            parameters=sheet.parameters,
            replay=replay,
            running=tag not in stopped,
        )
        for tag in tags
    ]


def _expand(entry: Table) -> list[str]:
    """Return the device tags of `CNC-001..013`, or the single one of `GEN-001`."""
    text = entry.text("tags")
    if _DEVICE_TAG.match(text):
        return [text]
    match = _DEVICE_RANGE.match(text)
    if not match:
        entry.refuse("tags", text, "is neither a device tag such as CNC-001 nor a range such as CNC-001..013")
    prefix, first, last = match[1], int(match[2]), int(match[3])
    if first > last:
        entry.refuse("tags", text, f"runs backwards: {first:03} is above {last:03}")
    return [f"{prefix}-{number:03}" for number in range(first, last + 1)]


def _parse_replay(entry: Table) -> ReplayDefinition:
    table = entry.table("replay")
    file = table.text("file")
    if file.startswith(("/", "\\")) or ".." in file.replace("\\", "/").split("/"):
        table.refuse("file", file, "leaves the recordings folder")
    definition = ReplayDefinition(
        file=file,
        time_column=table.text("time_column"),
        delimiter=table.choice("delimiter", [";", ","], ";"),
        speed=table.number("speed", *SPEED_RANGE, 1.0),
        loop=table.flag("loop", default=True),
        gap_s=table.number("gap_s", 0.1, 86400.0, 5.0),
    )
    table.close()
    return definition
