"""Keep what the detectors say, their delays counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from opcua_server.alarms.definitions import AlarmDefinition
from opcua_server.alarms.lifecycle import Finding

_QUIET: Final = Finding(active=False)


@dataclass(slots=True)
class _Said:
    """The latest word of one detector, and since when it differs from what counts."""

    finding: Finding
    counts: bool = False
    since_s: float | None = None


class DetectionBoard:
    """One entry a detector: what it said last, and whether that counts yet."""

    def __init__(self, definitions: Mapping[str, AlarmDefinition]) -> None:
        self._definitions = definitions
        self._said: dict[str, _Said] = {key: _Said(_QUIET) for key in definitions}
        self._waiting: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._said

    def restore(self, key: str, finding: Finding) -> None:
        """Take up what counted before a restart."""
        self._said[key] = _Said(finding, counts=finding.active)

    def finding(self, key: str) -> Finding:
        """Return what counts now."""
        said = self._said[key]
        return said.finding if said.counts else _QUIET

    def say(self, key: str, finding: Finding, mono_s: float) -> bool:
        """Note what a detector says, and return whether that changes what counts."""
        said = self._said[key]
        was = self.finding(key)
        if finding.active or not said.counts:
            said.finding = finding
        self._note(key, said, finding.active, mono_s)
        return self._settle(key, mono_s) or self.finding(key).priority != was.priority

    def due(self, mono_s: float) -> list[str]:
        """Return the detectors whose delay has now passed."""
        return [key for key in sorted(self._waiting) if self._settle(key, mono_s)]

    def _note(self, key: str, said: _Said, active: bool, mono_s: float) -> None:
        if active == said.counts:
            said.since_s = None
            self._waiting.discard(key)
        elif said.since_s is None:
            said.since_s = mono_s
            self._waiting.add(key)

    def _settle(self, key: str, mono_s: float) -> bool:
        said, definition = self._said[key], self._definitions[key]
        if said.since_s is None:
            return False
        delay_s = definition.off_delay_s if said.counts else definition.on_delay_s
        if mono_s - said.since_s < delay_s:
            return False
        said.counts, said.since_s = not said.counts, None
        self._waiting.discard(key)
        return True
