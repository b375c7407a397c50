"""Say in words which devices an emergency stop holds."""

from collections.abc import Iterable
from typing import Final

_NAMED: Final = 6  # devices that the message names; the evidence names all


def estop_message(title: str, *, plant: bool, devices: Iterable[str]) -> str:
    """Return "Emergency stop: CNC-014", or "Emergency stop of the whole plant: CNC-001, ... and 101 more"."""
    names = sorted(devices)
    scope = f"{title} of the whole plant" if plant else title
    if not names:
        return scope
    shown, rest = names[:_NAMED], len(names) - _NAMED
    return f"{scope}: {', '.join(shown)}{f' and {rest} more' if rest > 0 else ''}"


def estop_evidence(devices: Iterable[str], not_controllable: Iterable[str]) -> tuple[str, ...]:
    """Return the full lists as sentences."""
    lists = (("Stopped", sorted(devices)), ("Not controllable", sorted(not_controllable)))
    return tuple(f"{title}: {', '.join(names)}" for title, names in lists if names)
