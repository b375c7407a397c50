"""Keep the alarms as the server told them, and pick what the banner shows."""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QObject, Signal

from hmi.link.types import ConditionEvent
from hmi.theme.badges import Badge, BadgeState

PROCESS_ROWS: Final = 2  # look.md: two rows for process alarms, one kept for predictions
_REMEMBERED: Final = 1000  # occurrences kept for the device pages


class AlarmBook(QObject):
    """The retained conditions, one entry each, and the occurrences seen since the start."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now: dict[str, ConditionEvent] = {}
        self._seen: OrderedDict[tuple[str, int], ConditionEvent] = OrderedDict()
        self._ranked: tuple[ConditionEvent, ...] = ()
        self._by_device: dict[str, list[ConditionEvent]] = {}
        self.revision = 0

    def take(self, events: Iterable[ConditionEvent]) -> None:
        """Take in what has changed."""
        for event in events:
            self._take(event)
        self._settle()

    def refresh(self, events: Iterable[ConditionEvent]) -> None:
        """Replace the whole list, as after a ConditionRefresh."""
        self._now.clear()
        for event in events:
            self._take(event)
        self._settle()

    def _take(self, event: ConditionEvent) -> None:
        if event.retain:
            self._now[event.condition_id] = event
        else:
            self._now.pop(event.condition_id, None)
        if event.active_ns or event.retain:
            key = (event.condition_id, event.active_ns)
            self._seen[key] = event
            self._seen.move_to_end(key)
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)

    def _settle(self) -> None:
        self._ranked = tuple(sorted(self._now.values(), key=rank))
        self._by_device = {}
        for event in self._ranked:
            self._by_device.setdefault(event.device, []).append(event)
        self.revision += 1
        self.changed.emit()

    def ranked(self) -> tuple[ConditionEvent, ...]:
        """Return all retained alarms, the one to look at first on top."""
        return self._ranked

    def get(self, condition_id: str) -> ConditionEvent | None:
        """Return one retained alarm."""
        return self._now.get(condition_id)

    def of_device(self, device: str) -> tuple[ConditionEvent, ...]:
        """Return a device's retained alarms, worst first."""
        return tuple(self._by_device.get(device, ()))

    def seen_of_device(self, device: str, limit: int = 50) -> tuple[ConditionEvent, ...]:
        """Return a device's occurrences since the console started, newest first."""
        found = [e for e in self._seen.values() if e.device == device]
        return tuple(sorted(found, key=first_seen_ns, reverse=True)[:limit])

    def last_seen(self) -> dict[str, int]:
        """Return when each device last had an alarm, ns since 1970 UTC."""
        newest: dict[str, int] = {}
        for event in self._seen.values():
            newest[event.device] = max(newest.get(event.device, 0), first_seen_ns(event))
        return newest

    def worst_of(self, device: str) -> Badge | None:
        """Return the badge of a device's worst alarm."""
        found = self._by_device.get(device)
        return badge(found[0]) if found else None

    def counts(self) -> Counter[int]:
        """Return how many alarms of each priority are active."""
        return Counter(e.priority for e in self._ranked if e.active)

    def unacknowledged(self) -> int:
        """Return how many alarms wait for an acknowledgement."""
        return sum(not e.acknowledged for e in self._ranked)

    def active(self) -> int:
        """Return how many alarms are active."""
        return sum(e.active for e in self._ranked)

    def process_banner(self) -> tuple[ConditionEvent, ...]:
        """Return the alarms for the banner's process rows."""
        return tuple(e for e in self._ranked if not e.predicted)[:PROCESS_ROWS]

    def predicted_banner(self) -> ConditionEvent | None:
        """Return the alarm for the banner's prediction row."""
        return next((e for e in self._ranked if e.predicted), None)

    def worst(self) -> ConditionEvent | None:
        """Return the alarm that the overview's trend shows: process alarms before predictions."""
        found = [e for e in self._ranked if e.active or not e.acknowledged]
        return min(found, key=lambda e: (e.predicted, rank(e)), default=None)


def rank(event: ConditionEvent) -> tuple[bool, int, bool, int]:
    """Return the order of attention: unacknowledged, then priority, then active, then newest."""
    return (event.acknowledged, event.priority, not event.active, -first_seen_ns(event))


def first_seen_ns(event: ConditionEvent) -> int:
    """Return when the alarm became active, or its event's time where that is unknown."""
    return event.active_ns or event.time_ns


def badge(event: ConditionEvent) -> Badge:
    """Return the badge of an alarm."""
    if event.acknowledged:
        return Badge(event.priority, BadgeState.ACKED)
    return Badge(event.priority, BadgeState.UNACKED if event.active else BadgeState.RETURNED)


def state_text(event: ConditionEvent) -> str:
    """Return an alarm's state in words."""
    if event.active:
        return "ACKED" if event.acknowledged else "UNACK"
    if not event.retain:
        return "Closed"
    return "Cleared, acked" if event.acknowledged else "Cleared, UNACK"
