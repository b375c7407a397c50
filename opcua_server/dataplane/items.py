"""The column items of one subscription as arrays: what each asked for, and what it was told last."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from opcua_server.dataplane.columns import BAD, ColumnStore, Marks
from opcua_server.dataplane.encode import RecordEncoder
from opcua_server.dataplane.samples import SAMPLE, SampleLog, Samples

DISABLED, SAMPLING, REPORTING = 0, 1, 2  # MonitoringMode
STATUS, STATUS_VALUE, STATUS_VALUE_TIMESTAMP = 0, 1, 2  # DataChangeTrigger
_NEVER: Final = 0xFFFFFFFF  # a status that no value has: nothing was told yet
_SLACK_S: Final = 0.005  # a sampling may come that much early, or half an interval or half a tick
_ROOM: Final = 1024  # samples beyond all queues together before the log is trimmed

Slots = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSettings:
    """What a client may ask of one item, revised and checked."""

    handle: int
    mode: int = REPORTING
    stamps: int = 0  # `encode.STAMPS`
    trigger: int = STATUS_VALUE
    deadband: float = 0.0  # in the tag's unit
    has_deadband: bool = False
    interval_s: float = 0.0  # 0: every change
    queue_size: int = 1
    discard_oldest: bool = True


@dataclass(slots=True)
class _Arrays:
    """One entry a slot."""

    id: NDArray[np.uint32]  # rising: new items are appended
    row: NDArray[np.intp]
    kind: NDArray[np.uint8]
    handle: NDArray[np.uint32]
    mode: NDArray[np.uint8]
    stamps: NDArray[np.uint8]
    trigger: NDArray[np.uint8]
    deadband: NDArray[np.float64]
    has_deadband: NDArray[np.bool_]
    interval: NDArray[np.float64]
    slack: NDArray[np.float64]
    queue_size: NDArray[np.int32]
    discard_oldest: NDArray[np.bool_]
    is_trigger: NDArray[np.bool_]
    due: NDArray[np.float64]  # not sampled before, but for the slack
    pending: NDArray[np.bool_]  # changed since, to be sampled when due
    last_value: NDArray[np.float64]
    last_status: NDArray[np.uint32]
    last_source: NDArray[np.int64]


class ItemTable:
    """Samples, filters and queues the column items of one subscription.

    A change is sampled at once where an item was not sampled for an interval, else when the interval is over: never more
    often than asked for, and a tag at rest is told without delay.
    """

    def __init__(self, store: ColumnStore, clock: Callable[[], float]) -> None:
        """Take values of `store`; `clock` gives seconds, monotonic."""
        self._store = store
        self._clock = clock
        self._a = _Arrays(**{field.name: np.empty(0, _DTYPES[field.name]) for field in fields(_Arrays)})
        self._log = SampleLog()  # to be sent
        self._held = SampleLog()  # of items that sample but do not report
        self._bound = _ROOM
        self._all_report = True
        self._has_triggers = False
        self._is_plain = True  # every filter: a change of value or status, however small
        self._encoder: RecordEncoder | None = None
        self.fired: set[int] = set()  # triggering items that took a sample
        self.next_due: float | None = None  # when the earliest pending sample is due

    def __len__(self) -> int:
        return len(self._a.id)

    @property
    def waiting(self) -> int:
        """How many samples wait to be sent, more or less: queues may overflow until they are taken."""
        return self._log.count

    # ---- items ---------------------------------------------------------------------------------------------------

    def add(self, ids: Sequence[int], rows: Sequence[int], settings: Sequence[ItemSettings]) -> None:
        """Add items, with ids above all present ones, and sample each once."""
        first = len(self)
        row = np.asarray(rows, np.intp)
        fresh: dict[str, Any] = {
            "id": ids,
            "row": row,
            "kind": self._store.kinds[row],
            "is_trigger": np.zeros(len(row), np.bool_),
            "due": np.zeros(len(row)),
            "pending": np.zeros(len(row), np.bool_),
            "last_value": np.full(len(row), np.nan),
            "last_status": np.full(len(row), _NEVER),
            "last_source": np.zeros(len(row), np.int64),
            "slack": np.zeros(len(row)),
            **{name: [getattr(each, of) for each in settings] for name, of in _SETTINGS.items()},
        }
        for name, values in fresh.items():
            setattr(
                self._a, name, np.append(getattr(self._a, name), np.asarray(values).astype(_DTYPES[name]))
            )
        self._settle()
        slots = np.arange(first, len(self))
        self._sample(slots[self._a.mode[slots] != DISABLED], self._clock())

    def modify(self, items: Sequence[int], settings: Sequence[ItemSettings]) -> None:
        """Change items; their queues are cut to the new sizes."""
        slots = self._slots(items)
        for name, of in _SETTINGS.items():
            getattr(self._a, name)[slots] = [getattr(each, of) for each in settings]
        self._a.due[slots] = np.minimum(self._a.due[slots], self._clock() + self._a.interval[slots])
        self._settle()
        self._trim()

    def remove(self, items: Sequence[int]) -> None:
        """Drop items with all that is queued for them."""
        gone = np.isin(self._a.id, np.asarray(items, np.uint32))
        numbers = np.where(gone, -1, np.cumsum(~gone) - 1)
        for field in fields(_Arrays):
            setattr(self._a, field.name, getattr(self._a, field.name)[~gone])
        self._log.renumber(numbers)
        self._held.renumber(numbers)
        self._settle()

    def set_mode(self, items: Sequence[int], mode: int) -> None:
        """Switch items; disabled they lose their queues, enabled again they are sampled at once."""
        slots = self._slots(items)
        slots = slots[self._a.mode[slots] != mode]
        was_disabled = slots[self._a.mode[slots] == DISABLED]
        self._a.mode[slots] = mode
        self._settle()
        if not len(slots):
            return
        marked = np.zeros(len(self), np.bool_)
        marked[slots] = True
        waiting = np.concatenate((self._log.remove(marked), self._held.remove(marked)))
        if mode == DISABLED:
            self._a.pending[slots] = False
            self._a.last_status[slots] = _NEVER
            return
        (self._log if mode == REPORTING else self._held).extend(waiting)
        self._sample(was_disabled, self._clock())

    def set_trigger(self, item: int, *, is_trigger: bool) -> None:
        """Say whether samples of an item are to be told by `fired`."""
        self._a.is_trigger[self._slots([item])] = is_trigger
        self._settle()

    def release(self, items: Sequence[int]) -> None:
        """Send what is queued for items that sample but do not report."""
        if self._held.count:
            self._held.trim(self._a.queue_size, self._a.discard_oldest)
            self._log.extend(self._held.remove(np.isin(self._a.id, np.asarray(items, np.uint32))))

    def resend(self) -> None:
        """Queue the present value of every reporting item, changed or not."""
        slots = np.flatnonzero(self._a.mode == REPORTING)
        self._a.last_status[slots] = _NEVER
        self._sample(slots, self._clock())

    # ---- sampling ------------------------------------------------------------------------------------------------

    def columns_put(self, marks: Marks) -> None:
        """Sample the items whose rows are marked, or remember them until they are due."""
        hit = marks[self._a.row]
        if not self._all_report:
            hit &= self._a.mode != DISABLED
        slots = hit.nonzero()[0]
        if not len(slots):
            return
        now = self._clock()
        early = now < self._a.due[slots] - self._a.slack[slots]
        if np.count_nonzero(early):
            self._put_off(slots[early])
            slots = slots[~early]
        self._sample(slots, now)

    def ticks_changed(self) -> None:
        """Keep the beat of tags that come at another pace now."""
        self._settle()

    def sample_due(self) -> None:
        """Sample what was put off and is due by now."""
        if self.next_due is None:
            return
        now = self._clock()
        slots = self._a.pending.nonzero()[0]
        is_due = now >= self._a.due[slots] - self._a.slack[slots]
        self.next_due = None
        self._put_off(slots[~is_due])
        self._sample(slots[is_due], now)

    def _put_off(self, slots: Slots) -> None:
        if not len(slots):
            return
        self._a.pending[slots] = True
        earliest = float(self._a.due[slots].min())
        self.next_due = earliest if self.next_due is None else min(earliest, self.next_due)

    def _sample(self, slots: Slots, now: float) -> None:
        """Compare the present values with what was told last, and queue what passes each item's filter."""
        if not len(slots):
            return
        arrays, store = self._a, self._store
        where = slice(None) if len(slots) == len(self) else slots  # all of them: no copies
        if self.next_due is not None:
            arrays.pending[where] = False
        due = arrays.due[where]
        in_step = now <= due + arrays.slack[where]  # keeps the beat, so that late and early frames even out
        arrays.due[where] = np.where(in_step, due, now) + arrays.interval[where]
        rows = arrays.row[where]
        value, status, source = store.values[rows], store.status[rows], store.source[rows]
        passes = self._passes(where, value, status, source)
        if np.count_nonzero(passes) < len(slots):
            slots = where = slots[passes]
            if not len(slots):
                return
            rows, value, status, source = rows[passes], value[passes], status[passes], source[passes]
        arrays.last_value[where] = value
        arrays.last_status[where] = status
        arrays.last_source[where] = source
        samples = np.empty(len(slots), SAMPLE)
        samples["slot"] = slots
        samples["status"] = status
        samples["value"] = value
        samples["source"] = source
        samples["server"] = store.server[rows]
        self._queue(samples)

    def _passes(
        self,
        where: Slots | slice,
        value: NDArray[np.float64],
        status: NDArray[np.uint32],
        source: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Return which values their items' filters let through (OPC 10000-4, 7.22.2)."""
        arrays = self._a
        last, status_changed = arrays.last_value[where], status != arrays.last_status[where]
        if self._is_plain:
            return ((value != last) & (status < BAD) & ((value == value) | (last == last))) | status_changed
        trigger = arrays.trigger[where]
        with np.errstate(invalid="ignore"):  # from an infinity to the same one is no way at all
            moved = np.abs(value - last) > arrays.deadband[where]
        moved |= np.isnan(value) != np.isnan(last)
        moved &= (status < BAD) & (trigger != STATUS)  # a Bad value is none
        by_time = (trigger == STATUS_VALUE_TIMESTAMP) & ~arrays.has_deadband[where]
        by_time &= source != arrays.last_source[where]
        passes: NDArray[np.bool_] = moved | status_changed | by_time
        return passes

    def _queue(self, samples: Samples) -> None:
        slots = samples["slot"]
        if self._has_triggers:
            self.fired.update(self._a.id[slots[self._a.is_trigger[slots]]].tolist())
        if self._all_report:
            self._log.append(samples)
        else:
            reports = self._a.mode[slots] == REPORTING
            self._log.append(samples[reports])
            self._held.append(samples[~reports])
        if self._log.count > self._bound or self._held.count > self._bound:
            self._trim()

    # ---- sending -------------------------------------------------------------------------------------------------

    def take(self, limit: int) -> tuple[list[bytes], int]:
        """Remove up to `limit` samples from the queues; returns them as records, and how many they are."""
        if self._encoder is None:
            self._encoder = RecordEncoder(self._a.handle, self._a.kind, self._a.stamps)
        self._log.trim(self._a.queue_size, self._a.discard_oldest)
        taken = self._log.take(limit)
        return [self._encoder.encode(samples) for samples in taken], sum(map(len, taken))

    # ---- inside --------------------------------------------------------------------------------------------------

    def _slots(self, items: Sequence[int]) -> Slots:
        slots = np.searchsorted(self._a.id, np.asarray(items, np.uint32))
        assert (self._a.id[slots] == items).all()
        return slots

    def _trim(self) -> None:
        for log in (self._log, self._held):
            log.trim(self._a.queue_size, self._a.discard_oldest)

    def _settle(self) -> None:
        """Work out what follows from the arrays."""
        arrays = self._a
        tick = np.where(self._store.tick_s[arrays.row] > 0.0, self._store.tick_s[arrays.row] / 2.0, _SLACK_S)
        self._encoder = None
        self._is_plain = not arrays.has_deadband.any() and bool((arrays.trigger == STATUS_VALUE).all())
        arrays.slack = np.minimum(arrays.interval / 2.0, tick)
        self._all_report = bool((arrays.mode == REPORTING).all())
        self._has_triggers = bool(arrays.is_trigger.any())
        self._bound = 2 * int(arrays.queue_size.sum()) + _ROOM


_DTYPES: Final[dict[str, str]] = {
    "id": "u4",
    "row": "intp",
    "kind": "u1",
    "handle": "u4",
    "mode": "u1",
    "stamps": "u1",
    "trigger": "u1",
    "deadband": "f8",
    "has_deadband": "?",
    "interval": "f8",
    "slack": "f8",
    "queue_size": "i4",
    "discard_oldest": "?",
    "is_trigger": "?",
    "due": "f8",
    "pending": "?",
    "last_value": "f8",
    "last_status": "u4",
    "last_source": "i8",
}
_SETTINGS: Final = {  # array -> field of `ItemSettings`
    "handle": "handle",
    "mode": "mode",
    "stamps": "stamps",
    "trigger": "trigger",
    "deadband": "deadband",
    "has_deadband": "has_deadband",
    "interval": "interval_s",
    "queue_size": "queue_size",
    "discard_oldest": "discard_oldest",
}
