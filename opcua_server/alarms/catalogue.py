"""Make the alarm definitions of a plant from its devices' descriptions."""

from collections.abc import Iterable, Sequence
from typing import Final

from opcua_server.alarms.definitions import (
    FIELD_OF,
    AlarmDefinition,
    AlarmKind,
    Comparison,
    DeviceDescription,
    Limits,
    Rule,
    TagDescription,
)
from opcua_server.alarms.errors import RulesError
from opcua_server.alarms.messages import placeholders
from opcua_server.alarms.rules import AlarmTemplate, ComparisonText, RuleBook, RuleTemplate
from opcua_server.alarms.severity import Priority

ESTOP_KEY: Final = "Plant/EmergencyStop"
_LIMIT_PRIORITY: Final = Priority.P3  # Hi and Lo; HiHi and LoLo are P2 by AlarmDefinition.priority_for


def build_definitions(devices: Sequence[DeviceDescription], book: RuleBook) -> tuple[AlarmDefinition, ...]:
    """Return every alarm of the plant: rules, limits and predictions by device, then e-stop and system alarms.

    Raises:
        RulesError: A rule does not fit a device of its family, or two alarms have one key.
    """
    found = [definition for device in devices for definition in _of_device(device, book)]
    found.append(_plain(book.emergency_stop, "Plant", AlarmKind.ESTOP))
    found.extend(_plain(alarm, "System", AlarmKind.SYSTEM) for alarm in book.system)
    _refuse_doubles(found, book.file)
    return tuple(found)


def _of_device(device: DeviceDescription, book: RuleBook) -> Iterable[AlarmDefinition]:
    rules = [rule for rule in book.rules if rule.family == device.family]
    yield from (made for rule in rules if (made := _rule(device, rule, book.file)) is not None)
    for tag in device.tags:
        limits = _without_covered(tag, rules)
        if limits:
            yield _limit(device, tag, limits, rules, book)
    if book.prediction.fits(device.family):
        yield _plain(book.prediction.alarm, device.tag, AlarmKind.PREDICTION)
    if book.novelty.fits(device.family):
        yield _plain(book.novelty.alarm, device.tag, AlarmKind.NOVELTY)


def _plain(alarm: AlarmTemplate, owner: str, kind: AlarmKind) -> AlarmDefinition:
    of_device = kind in {AlarmKind.PREDICTION, AlarmKind.NOVELTY, AlarmKind.RULE}
    return AlarmDefinition(
        key=f"{owner}/{alarm.key}",
        device=owner if of_device else "",
        source="",
        name=alarm.name,
        kind=kind,
        priority=alarm.priority,
        message=alarm.message,
        text=alarm.text,
        cause_group=owner,
        on_delay_s=alarm.on_delay_s,
        off_delay_s=alarm.off_delay_s,
    )


def _rule(device: DeviceDescription, rule: RuleTemplate, file: str) -> AlarmDefinition | None:
    tags = {tag.name: tag for tag in device.tags}
    present = [part for part in rule.comparisons if part.tag in tags]
    if not present or (rule.needs_all and len(present) < len(rule.comparisons)):
        return None
    comparisons = tuple(_comparison(part, tags[part.tag], device.tag, rule, file) for part in present)
    known = {"fired"} | {f"{part.tag.name}{end}" for part in comparisons for end in ("", ".bound")}
    for name in placeholders(rule.alarm.message) - known:
        raise RulesError(
            f"{file}: rule {rule.alarm.key}: message: {{{name}}} is none of {', '.join(sorted(known))}"
        )
    plain = _plain(rule.alarm, device.tag, AlarmKind.RULE)
    return AlarmDefinition(
        key=plain.key,
        device=plain.device,
        source="",
        name=plain.name,
        kind=plain.kind,
        priority=plain.priority,
        message=plain.message,
        text=plain.text,
        cause_group=plain.key,
        on_delay_s=plain.on_delay_s,
        off_delay_s=plain.off_delay_s,
        rule=Rule(needs_all=rule.needs_all, comparisons=comparisons),
    )


def _comparison(
    part: ComparisonText, tag: TagDescription, device: str, rule: RuleTemplate, file: str
) -> Comparison:
    if part.unit != tag.unit_symbol:
        raise RulesError(
            f"{file}: rule {rule.alarm.key}: {part.tag}: {part.unit!r} is not the unit of {device}, {tag.unit_symbol!r}"
        )
    return Comparison(tag=tag, above=part.above, bound=part.bound, bound_text=part.bound_text)


def _without_covered(tag: TagDescription, rules: Iterable[RuleTemplate]) -> Limits:
    """Return the tag's limits without those at which a rule of the device fires anyway."""
    covered = {
        (part.above, part.bound) for rule in rules for part in rule.comparisons if part.tag == tag.name
    }
    kept = {FIELD_OF[name]: value for name, value in tag.limits if (name.is_high, value) not in covered}
    return Limits(**kept)


def _limit(
    device: DeviceDescription,
    tag: TagDescription,
    limits: Limits,
    rules: Iterable[RuleTemplate],
    book: RuleBook,
) -> AlarmDefinition:
    template = book.limit_template(tag.name, tag.unit_symbol)
    covering = next((rule for rule in rules if tag.name in rule.covers), None)
    has_high = any(name.is_high for name, _ in limits)
    return AlarmDefinition(
        key=f"{device.tag}/{tag.name}",
        device=device.tag,
        source=tag.name,
        name=tag.display_name,
        kind=AlarmKind.LIMIT,
        priority=_LIMIT_PRIORITY,
        message=f"{tag.display_name} is beyond its limit",
        text=template.high if has_high else template.low,
        low_text=template.low,
        cause_group=f"{device.tag}/{covering.alarm.key}" if covering else f"{device.tag}/{tag.name}",
        limits=limits,
        deadband=(tag.high - tag.low) * template.deadband_percent / 100.0,
        on_delay_s=template.on_delay_s,
        off_delay_s=template.off_delay_s,
        tag=tag,
    )


def _refuse_doubles(definitions: Iterable[AlarmDefinition], file: str) -> None:
    seen: set[str] = set()
    for definition in definitions:
        if definition.key in seen:
            raise RulesError(f"{file}: alarm {definition.key!r} is defined twice")
        seen.add(definition.key)
