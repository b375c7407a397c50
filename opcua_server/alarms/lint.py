"""Find alarms that would not help an operator: no action, no cause, no time to respond."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from opcua_server.alarms.definitions import AlarmDefinition, AlarmKind, AlarmText

_SHORTEST = 8  # characters; "n/a" and "none" are no answers
# look.md: an alarm says what is likely, why, and what to do, never an algorithm's name.
_ALGORITHMS: Final = re.compile(r"forest|xgboost|mahalanobis|ewma|classifier|neural|algorithm", re.IGNORECASE)


def lint(definitions: Iterable[AlarmDefinition]) -> list[str]:
    """Return one sentence per fault, empty when all is well.

    Source: ISA-18.2 by secondary sources: an alarm record has cause, consequence, operator action and time to respond;
    without an action it is an event, not an alarm.
    """
    return [f"{definition.key}: {fault}" for definition in definitions for fault in _faults(definition)]


def _faults(definition: AlarmDefinition) -> Iterator[str]:
    for text in {definition.text, definition.low_text} - {None}:
        assert text is not None
        yield from _text_faults(text)
    if not definition.name.strip() or not definition.message.strip():
        yield "has no name or no message"
    if definition.kind is AlarmKind.LIMIT and (definition.tag is None or not definition.limits):
        yield "is a limit alarm without tag or limits"
    if definition.kind is AlarmKind.RULE and definition.rule is None:
        yield "is a rule alarm without a rule"
    if definition.deadband < 0 or definition.on_delay_s < 0 or definition.off_delay_s < 0:
        yield "has a negative deadband or delay"
    if definition.predicted and definition.priority < 4:
        yield f"is a prediction of priority {definition.priority}: they start at 4"
    if _ALGORITHMS.search(f"{definition.name} {definition.message}"):
        yield "names an algorithm"


def _text_faults(text: AlarmText) -> Iterator[str]:
    fields = {"cause": text.cause, "consequence": text.consequence, "operator action": text.action}
    for name, value in fields.items():
        if len(value.strip()) < _SHORTEST:
            yield f"has no {name}"
        if _ALGORITHMS.search(value):
            yield f"names an algorithm in its {name}"
    if not text.respond_within_s > 0:
        yield "has no time to respond"
