"""Monitored items as OPC 10000-4 tells of them, one value at a time: what the columns must do is compared with this."""

import math
from dataclasses import dataclass, field, replace

from opcua_server.dataplane.items import ItemSettings
from opcua_server.dataplane.runs import DISABLED, REPORTING
from opcua_server.dataplane.sampling import STATUS, STATUS_VALUE_TIMESTAMP

BAD = 0x80000000
OVERFLOW = 0x480


@dataclass(frozen=True)
class Reading:
    """One value of a tag."""

    value: float
    status: int
    source: int


@dataclass
class SlowItem:
    """One monitored item."""

    settings: ItemSettings
    queue: list[Reading] = field(default_factory=list)
    released: int = 0
    last: Reading | None = None
    not_before: float = 0.0  # the beat of its samplings
    pending: bool = False

    def changed(self, reading: Reading, now: float, slack: float) -> None:
        """Take a change of the tag."""
        if self.settings.mode == DISABLED:
            return
        if now < self.not_before - slack:
            self.pending = True
        else:
            self.sample(reading, now, slack)

    def due(self, reading: Reading, now: float, slack: float) -> None:
        """Sample what was put off, if its time has come and no newer change with it."""
        if self.pending and now >= self.not_before + slack:
            self.sample(reading, now, slack)

    def sample(self, reading: Reading, now: float, slack: float) -> None:
        """Compare with what was told last; queue what passes."""
        self.pending = False
        beat = self.not_before if now <= self.not_before + slack else now
        self.not_before = beat + self.settings.interval_s
        if self.last is None or self.passes(self.last, reading):
            self.last = reading
            self.push(reading)

    def passes(self, last: Reading, new: Reading) -> bool:
        """Apply the filter."""
        settings = self.settings
        if last.status != new.status:
            return True
        if settings.trigger == STATUS:
            return False
        by_time = settings.trigger == STATUS_VALUE_TIMESTAMP and not settings.has_deadband
        if by_time and last.source != new.source:
            return True
        if new.status >= BAD:
            return False
        if math.isnan(last.value) or math.isnan(new.value):
            return math.isnan(last.value) != math.isnan(new.value)
        if last.value == new.value:
            return False
        return abs(new.value - last.value) > settings.deadband

    def push(self, reading: Reading) -> None:
        """Queue one sample by size and policy."""
        size = self.settings.queue_size
        if len(self.queue) < size:
            self.queue.append(reading)
        elif size == 1:
            self.queue = [reading]
        elif self.settings.discard_oldest:
            self.queue = self.queue[1:]
            self.queue[0] = replace(self.queue[0], status=self.queue[0].status | OVERFLOW)
            self.queue.append(reading)
        else:
            self.queue[-1] = replace(reading, status=reading.status | OVERFLOW)

    def set_mode(self, mode: int, reading: Reading, now: float, slack: float) -> None:
        """Switch the item."""
        before, self.settings = self.settings.mode, replace(self.settings, mode=mode)
        if mode == DISABLED:
            self.queue, self.last, self.pending = [], None, False
        elif before == DISABLED:
            self.sample(reading, now, slack)

    def take(self) -> list[Reading]:
        """Send what is queued, if the item reports."""
        if self.settings.mode != REPORTING:
            return []
        taken, self.queue = self.queue, []
        return taken
