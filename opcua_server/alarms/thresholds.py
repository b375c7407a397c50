"""Check a limit that someone wants to change."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from opcua_server.alarms.definitions import FIELD_OF, AlarmDefinition, LimitName
from opcua_server.alarms.errors import AlarmError, AlarmRefusal
from opcua_server.alarms.formatting import quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChange:
    """One limit that has been changed, in the tag's unit."""

    key: str
    limit: LimitName
    old: float
    new: float


def limit_name(definition: AlarmDefinition, name: str) -> LimitName:
    """Return which limit is meant by "HighHigh" or "hihi".

    Raises:
        AlarmError: The alarm has no such limit.
    """
    short = {field: limit for limit, field in FIELD_OF.items()}
    limit = short.get(name) or next((one for one in LimitName if one == name), None)
    if limit is None or definition.limits.get(limit) is None:
        raise AlarmError(AlarmRefusal.LIMIT_UNKNOWN, f"{definition.key} has no limit {name!r}.")
    return limit


def with_limits(definition: AlarmDefinition, moved: Mapping[LimitName, float]) -> AlarmDefinition:
    """Return the definition with some of its limits moved.

    Raises:
        AlarmError: A limit is not there, not finite, outside the tag's scale, or they break LoLo < Lo < Hi < HiHi.
    """
    for limit, value in moved.items():
        limit_name(definition, limit)
        _check_value(definition, limit, value)
    limits = replace(definition.limits, **{FIELD_OF[limit]: value for limit, value in moved.items()})
    for (below, lower), (above, upper) in pairwise(limits):
        if not lower < upper:
            raise AlarmError(
                AlarmRefusal.LIMIT_ORDER,
                f"{definition.key}: the {below.words} limit {lower:g} must lie below the {above.words} limit {upper:g}.",
            )
    return replace(definition, limits=limits)


def _check_value(definition: AlarmDefinition, limit: LimitName, value: float) -> None:
    tag = definition.tag
    assert tag is not None
    if not math.isfinite(value):
        raise AlarmError(
            AlarmRefusal.NOT_A_NUMBER, f"{definition.key}: a limit must be a number, not {value}."
        )
    if not tag.low <= value <= tag.high:
        low, high = (quantity(bound, tag.precision, tag.unit_symbol) for bound in (tag.low, tag.high))
        raise AlarmError(
            AlarmRefusal.OUT_OF_RANGE,
            f"{definition.key}: the {limit.words} limit {value:g} is outside the scale of {low} to {high}.",
        )
