"""Turn tags and readings into what the widgets draw."""

import math
from typing import Final

from hmi.link.types import CommandStage, ConditionEvent, TagInfo
from hmi.state.alarm_table import alarm_name, words
from hmi.state.alarms import badge, first_seen_ns, state_text
from hmi.state.catalogue import Catalogue, source_tag
from hmi.state.clock import ScreenClock
from hmi.state.commands import CommandLife
from hmi.state.console import ConsoleState
from hmi.theme.badges import Badge
from hmi.theme.numbers import duration, number, span
from hmi.widgets.analog import Scale, Shown
from hmi.widgets.banner_row import BannerLine
from hmi.widgets.command_strip import StripState, Verdict
from hmi.widgets.trend import TrendPen

LIMIT_WORDS: Final = {"HighHigh": "HiHi", "High": "Hi", "Low": "Lo", "LowLow": "LoLo"}
_SYMBOLS: Final = {"1": "", "one": "", "EUR": "€"}
_ORDER: Final = (CommandStage.SENT, CommandStage.ACCEPTED, CommandStage.READ_BACK, CommandStage.VERIFIED)


def unit_of(tag: TagInfo) -> str:
    """Return a tag's unit as shown: a pure number has none."""
    return _SYMBOLS.get(tag.unit, tag.unit)


def title_of(tag: TagInfo) -> str:
    """Return a tag's name in words."""
    return words(tag.display_name or tag.name)


def scale_of(tag: TagInfo) -> Scale:
    """Return a tag's scale."""
    return Scale(
        low=tag.low,
        high=tag.high,
        low_text=number(tag.low, 0) if math.isfinite(tag.low) else "",
        high_text=number(tag.high, 0) if math.isfinite(tag.high) else "",
        normal_low=tag.normal_low,
        normal_high=tag.normal_high,
        limits=tuple(
            (f"{LIMIT_WORDS.get(k, k)} {number(v, _limit_digits(v))}", v)
            for k, v in tag.limits.items()
            if math.isfinite(v)
        ),
    )


def _limit_digits(value: float) -> int:
    return 0 if float(value).is_integer() else (1 if round(value, 1) == value else 2)


def pen_of(tag: TagInfo, *, with_device: bool = False) -> TrendPen:
    """Return a tag's pen."""
    normal = ""
    if math.isfinite(tag.normal_low) or math.isfinite(tag.normal_high):
        normal = f"normal {span(tag.normal_low, tag.normal_high, tag.precision)}"
    unit = unit_of(tag)
    return TrendPen(
        key=tag.tag_id,
        label=f"{tag.device} {title_of(tag)}" if with_device else title_of(tag),
        unit=unit,
        low=tag.low,
        high=tag.high,
        normal_low=tag.normal_low,
        normal_high=tag.normal_high,
        normal_text=normal,
        limits=tuple(
            (f"{LIMIT_WORDS.get(k, k)} {number(v, tag.precision)} {unit}".rstrip(), v)
            for k, v in tag.limits.items()
            if math.isfinite(v)
        ),
    )


def shown_of(
    state: ConsoleState,
    tag: TagInfo,
    *,
    badge: Badge | None = None,
    note: str = "",
    setpoint: TagInfo | None = None,
) -> Shown:
    """Return a tag's newest value as an indicator draws it."""
    reading = state.store.reading(tag.tag_id)
    fault = "" if reading.is_shown_as_good else reading.reason
    aim = float(state.store.values[setpoint.tag_id]) if setpoint is not None else math.nan
    if not note and setpoint is not None and math.isfinite(aim):
        note = f"setpoint {number(aim, setpoint.precision)}"
    return Shown(
        value=reading.value,
        text=reading.text,
        setpoint=aim,
        fault=state.session.stale_reason() or fault,
        badge=badge,
        note=note or (reading.reason if reading.is_shown_as_good else ""),
    )


def setpoint_for(catalogue: Catalogue, tag: TagInfo) -> TagInfo | None:
    """Return the setpoint that aims at a measurement, by name and unit."""
    for found in catalogue.tags_of(tag.device, "Setpoints"):
        wanted = found.name.removesuffix("Setpoint")
        if (
            found.unit == tag.unit
            and wanted
            and (tag.name == wanted or (tag.name.endswith(wanted) and tag.name != "VoltageL1"))
        ):
            return found
    return None


def alarm_on(state: ConsoleState, tag: TagInfo) -> ConditionEvent | None:
    """Return the worst alarm whose source is a tag."""
    return next((e for e in state.alarms.of_device(tag.device) if source_tag(e.source) == tag.name), None)


def alarm_tag(catalogue: Catalogue, event: ConditionEvent) -> TagInfo | None:
    """Return the tag that an alarm is about, if it is about one."""
    return catalogue.find(event.device, "Measurements", source_tag(event.source))


def banner_line(
    event: ConditionEvent, clock: ScreenClock, catalogue: Catalogue, *, may_ack: bool
) -> BannerLine:
    """Return an alarm as the banner tells it."""
    tag = alarm_tag(catalogue, event)
    left_s = event.respond_within_s - (clock.now_ns() - first_seen_ns(event)) / 1e9
    waits = event.active and not event.acknowledged and not event.predicted
    return BannerLine(
        key=event.condition_id,
        badge=badge(event),
        time=clock.short(first_seen_ns(event)),
        device=event.device,
        source=title_of(tag) if tag is not None else alarm_name(event),
        message=event.message,
        action=event.action,
        predicted=event.predicted,
        respond=duration(left_s) if waits and left_s >= 10 else "",
        state=state_text(event),
        can_acknowledge=may_ack and not event.acknowledged,
    )


def strip_state(life: CommandLife | None, clock: ScreenClock) -> StripState | None:
    """Return a command's life as the strip draws it."""
    if life is None:
        return None
    reached = max((i + 1 for i, s in enumerate(_ORDER) if s in life.times_ns), default=0)
    verdicts = {
        CommandStage.VERIFIED: Verdict.VERIFIED,
        CommandStage.REFUSED: Verdict.REFUSED,
        CommandStage.UNKNOWN: Verdict.UNKNOWN,
    }
    times = tuple(clock.of_day(life.times_ns.get(s, 0)) for s in _ORDER[:reached])
    return StripState(life.label, reached, times, verdicts.get(life.stage, Verdict.PENDING), life.reason)
