"""Write the sentence that an alarm shows from the values that fired it."""

import re
from collections.abc import Mapping
from typing import Final

from opcua_server.alarms.definitions import AlarmDefinition, Comparison, LimitName
from opcua_server.alarms.formatting import beyond, number, quantity

_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z0-9.]+)\}")


def limit_message(definition: AlarmDefinition, limit: LimitName, value: float) -> str:
    """Return "Spindle temperature 79.3 °C is above the high-high limit of 78.0 °C"."""
    tag, bound = definition.tag, definition.limits.get(limit)
    if tag is None or bound is None:
        raise ValueError(f"{definition.key} has no {limit} limit")
    side = "above" if limit.is_high else "below"
    shown = beyond(value, bound, tag.precision, tag.unit_symbol)
    return f"{tag.display_name} {shown} is {side} the {limit.words} limit of {_bound(bound, tag.precision, tag.unit_symbol)}"


def rule_message(template: str, comparisons: Mapping[Comparison, float]) -> str:
    """Return a rule's message with its placeholders filled.

    Args:
        template: May hold {Tag}, {Tag.bound} and {fired}, the clauses of all comparisons that hold.
        comparisons: The rule's comparisons with the value of each, NaN where there is none.
    """
    fields = {
        "fired": ", ".join(_clause(part, value) for part, value in comparisons.items() if _holds(part, value))
    }
    for part, value in comparisons.items():
        fields[part.tag.name] = beyond(value, part.bound, part.tag.precision, part.tag.unit_symbol)
        fields[f"{part.tag.name}.bound"] = f"{part.bound_text} {part.tag.unit_symbol}"
    return _PLACEHOLDER.sub(lambda found: fields[found[1]], template)


def placeholders(template: str) -> frozenset[str]:
    """Return the names that a template asks for."""
    return frozenset(_PLACEHOLDER.findall(template))


def _clause(part: Comparison, value: float) -> str:
    tag = part.tag
    shown = beyond(value, part.bound, tag.precision, tag.unit_symbol)
    return (
        f"{tag.display_name} {shown} {'above' if part.above else 'below'} {part.bound_text} {tag.unit_symbol}"
    )


def _holds(part: Comparison, value: float) -> bool:
    return value > part.bound if part.above else value < part.bound


def _bound(bound: float, decimals: int, unit: str) -> str:
    needed = next((n for n in range(decimals, 7) if float(number(bound, n).replace(" ", "")) == bound), 6)
    return quantity(bound, needed, unit)
