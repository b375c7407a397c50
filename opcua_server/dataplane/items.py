"""The column items of one subscription: made, changed and switched, and the queues of what was sampled of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from opcua_server.dataplane.encode import RecordEncoder
from opcua_server.dataplane.runs import DISABLED, DTYPES, REPORTING, ItemArrays, Slots
from opcua_server.dataplane.samples import MANY, Round, SampleLog
from opcua_server.dataplane.sampling import STATUS_VALUE, Sampler, slack

_NEVER: Final = 0xFFFFFFFF  # a status that no value has: nothing was told yet
_ROOM: Final = 1024  # samples beyond all queues together before the log is trimmed


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


class ItemTable:
    """Keeps and queues the column items of one subscription; they are sampled together with others'."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        self._block = sampler.block()
        self._run = self._block.runs.add(self._queue)
        self._block.settle()
        self._log = SampleLog()  # to be sent
        self._held = SampleLog()  # of items that sample but do not report
        self._bound = _ROOM
        self._least_queue = 1
        self._all_report = True
        self._has_triggers = False
        self._encoder: RecordEncoder | None = None
        self.fired: set[int] = set()  # triggering items that took a sample

    def __len__(self) -> int:
        return self._run.count

    @property
    def waiting(self) -> int:
        """How many samples wait to be sent, more or less: queues may overflow until they are taken."""
        return self._log.count

    def close(self) -> None:
        """Sample nothing more."""
        runs = self._block.runs
        runs.remove(self._run)
        self._block.settle()
        if not runs.runs:
            self._sampler.forget(self._block)

    # ---- items ---------------------------------------------------------------------------------------------------

    def add(self, ids: Sequence[int], rows: Sequence[int], settings: Sequence[ItemSettings]) -> None:
        """Add items, with ids above all present ones, and sample each once."""
        first = len(self)
        row = np.asarray(rows, np.intp)
        count = len(row)
        fresh: dict[str, Any] = {name: np.zeros(count, dtype) for name, dtype in DTYPES.items()}
        fresh["id"] = ids
        fresh["row"] = row
        fresh["kind"] = self._sampler.store.kinds[row]
        fresh["last_value"] = np.full(count, np.nan)
        fresh["last_status"] = np.full(count, _NEVER)
        for name, of in _SETTINGS.items():
            fresh[name] = [getattr(each, of) for each in settings]
        self._block.runs.extend(self._run, fresh, count)
        self._settle()
        slots = np.arange(first, len(self))
        self._sample(slots[self._a.mode[slots] != DISABLED])

    def modify(self, items: Sequence[int], settings: Sequence[ItemSettings]) -> None:
        """Change items; their queues are cut to the new sizes."""
        arrays, slots = self._a, self._slots(items)
        for name, of in _SETTINGS.items():
            getattr(arrays, name)[slots] = [getattr(each, of) for each in settings]
        now = self._sampler.clock()
        arrays.due[slots] = np.minimum(arrays.due[slots], now + arrays.interval[slots])
        self._settle()
        self._trim()

    def remove(self, items: Sequence[int]) -> None:
        """Drop items with all that is queued for them."""
        gone = np.isin(self._a.id, np.asarray(items, np.uint32))
        numbers = np.where(gone, -1, np.cumsum(~gone) - 1)
        self._block.runs.keep(self._run, ~gone)
        self._log.renumber(numbers)
        self._held.renumber(numbers)
        self._settle()

    def set_mode(self, items: Sequence[int], mode: int) -> None:
        """Switch items; disabled they lose their queues, enabled again they are sampled at once."""
        arrays, slots = self._a, self._slots(items)
        slots = slots[arrays.mode[slots] != mode]
        was_disabled = slots[arrays.mode[slots] == DISABLED]
        arrays.mode[slots] = mode
        self._settle()
        if not len(slots):
            return
        marked = np.zeros(len(self), np.bool_)
        marked[slots] = True
        waiting = np.concatenate((self._log.remove(marked), self._held.remove(marked)))
        if mode == DISABLED:
            arrays.pending[slots] = False
            arrays.last_status[slots] = _NEVER
            return
        (self._log if mode == REPORTING else self._held).extend(waiting)
        self._sample(was_disabled)

    def set_trigger(self, item: int, *, is_trigger: bool) -> None:
        """Say whether samples of an item are to be told by `fired`."""
        self._a.is_trigger[self._slots([item])] = is_trigger
        self._settle()

    def release(self, items: Sequence[int]) -> None:
        """Send what is queued for items that sample but do not report."""
        if self._held.count:
            arrays = self._a
            self._held.trim(arrays.queue_size, arrays.discard_oldest)
            self._log.extend(self._held.remove(np.isin(arrays.id, np.asarray(items, np.uint32))))

    def resend(self) -> None:
        """Queue the present value of every reporting item, changed or not."""
        slots = np.flatnonzero(self._a.mode == REPORTING)
        self._a.last_status[slots] = _NEVER
        self._sample(slots)

    # ---- sending -------------------------------------------------------------------------------------------------

    def take(self, limit: int) -> tuple[list[bytes], int]:
        """Remove up to `limit` samples from the queues; returns them as records, and how many they are."""
        log = self._log
        if log.rounds > min(self._least_queue, MANY):
            log.trim(self._a.queue_size, self._a.discard_oldest)
        before = log.count
        records = [each.records() or self._encoded(each) for each in log.take(limit)]
        return records, before - log.count

    def _encoded(self, sampling: Round) -> bytes:
        if self._encoder is None:
            arrays = self._a
            self._encoder = RecordEncoder(arrays.handle, arrays.kind, arrays.stamps)
        return self._encoder.encode(sampling.samples)

    # ---- inside --------------------------------------------------------------------------------------------------

    @property
    def _a(self) -> ItemArrays:
        return self._block.runs.of(self._run)

    def _slots(self, items: Sequence[int]) -> Slots:
        slots = np.searchsorted(self._a.id, np.asarray(items, np.uint32))
        assert (self._a.id[slots] == items).all()
        return slots

    def _sample(self, slots: Slots) -> None:
        self._block.sample_run(self._run, slots)

    def _queue(self, sampling: Round) -> None:
        """Take what was sampled of these items."""
        if self._has_triggers:
            arrays, slots = self._a, sampling.samples["slot"]
            self.fired.update(arrays.id[slots[arrays.is_trigger[slots]]].tolist())
        if self._all_report:
            self._log.append(sampling)
        else:
            samples = sampling.samples
            reports = self._a.mode[samples["slot"]] == REPORTING
            self._log.append(Round(samples[reports]))
            self._held.append(Round(samples[~reports]))
        if self._log.count > self._bound or self._held.count > self._bound:
            self._trim()

    def _trim(self) -> None:
        for log in (self._log, self._held):
            log.trim(self._a.queue_size, self._a.discard_oldest)

    def _settle(self) -> None:
        """Work out what follows from the arrays."""
        arrays, run = self._a, self._run
        self._encoder = None
        arrays.slack[:] = slack(self._sampler.store, arrays.row, arrays.interval)
        run.is_plain = not arrays.has_deadband.any() and bool((arrays.trigger == STATUS_VALUE).all())
        run.all_enabled = not (arrays.mode == DISABLED).any()
        self._all_report = bool((arrays.mode == REPORTING).all())
        self._has_triggers = bool(arrays.is_trigger.any())
        self._least_queue = int(arrays.queue_size.min()) if len(self) else 1
        self._bound = 2 * int(arrays.queue_size.sum()) + _ROOM
        self._block.settle()
