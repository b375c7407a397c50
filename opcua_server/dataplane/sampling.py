"""Sample the column items of many subscriptions in one go.

A hundred subscriptions of a hundred items each are ten thousand items: numpy looks at all of them in the time in which it
looks at a few hundred one subscription at a time. What comes of it is each subscription's own.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from opcua_server.dataplane.batch import RecentBatches
from opcua_server.dataplane.columns import BAD, ColumnStore, Marks
from opcua_server.dataplane.runs import DISABLED, Run, Runs, Slots
from opcua_server.dataplane.samples import SAMPLE, Round, Samples

STATUS, STATUS_VALUE, STATUS_VALUE_TIMESTAMP = 0, 1, 2  # DataChangeTrigger
_FULL: Final = (
    16_384  # slots of a block that takes no more subscriptions: laying it out anew must not take long
)

Wake = Callable[[float, Callable[[], None]], None]


class Sampler:
    """All column items of a server, in blocks."""

    def __init__(self, store: ColumnStore, clock: Callable[[], float], wake: Wake) -> None:
        """Take values of `store`; `clock` gives seconds, monotonic; `wake` calls back at a time of that clock."""
        self.store = store
        self.clock = clock
        self._wake = wake
        self._blocks: list[Block] = []

    def block(self) -> "Block":
        """Return a block that has room for one more subscription."""
        for block in self._blocks:
            if len(block.runs) < _FULL:
                return block
        block = Block(self.store, self.clock, self._wake)
        self.store.listen(block)
        self._blocks.append(block)
        return block

    def forget(self, block: "Block") -> None:
        """Let go of a block that has no subscription any more."""
        self._blocks.remove(block)
        self.store.forget(block)


class Block:
    """The column items of some subscriptions.

    A change is sampled at once where an item was not sampled for an interval, else when the interval is over and no newer
    change has come in time: never more often than asked for, and a tag at rest is told without delay.
    """

    def __init__(self, store: ColumnStore, clock: Callable[[], float], wake: Wake) -> None:
        self.runs = Runs()
        self._store = store
        self._clock = clock
        self._wake = wake
        self._is_plain = self._all_enabled = True
        self._next_due: float | None = None  # when the earliest pending sample is due
        self._woken_for: float | None = None
        self._recent = RecentBatches()

    def settle(self) -> None:
        """Work out what follows from the arrays, after every change of them."""
        self._is_plain = all(run.is_plain for run in self.runs.runs)
        self._all_enabled = all(run.all_enabled for run in self.runs.runs)
        self._recent.forget()

    def sample_run(self, run: Run, slots: Slots) -> None:
        """Sample items of a run at once; slots are counted from its first."""
        self._sample(slots + run.start, self._clock())

    # ---- what happens --------------------------------------------------------------------------------------------

    def columns_put(self, marks: Marks) -> None:
        """Sample the items whose rows are marked, or remember them until they are due."""
        arrays = self.runs.whole
        hit = marks[arrays.row]
        if not self._all_enabled:
            hit &= arrays.mode != DISABLED
        count = np.count_nonzero(hit)
        if not count:
            return
        now = self._clock()
        if 2 * count > len(hit):  # working through whole arrays is faster than picking most places in them
            early = now < arrays.due - arrays.slack
            early &= hit
            if np.count_nonzero(early):
                self._put_off(early.nonzero()[0])
                hit ^= early
            self._sample_most(hit, now)
            return
        slots = hit.nonzero()[0]
        early = now < arrays.due[slots] - arrays.slack[slots]
        if np.count_nonzero(early):
            self._put_off(slots[early])
            slots = slots[~early]
        self._sample(slots, now)

    def ticks_changed(self) -> None:
        """Keep the beat of tags that come at another pace now."""
        arrays = self.runs.whole
        arrays.slack[:] = slack(self._store, arrays.row, arrays.interval)

    def sample_due(self) -> None:
        """Sample what was put off and is due by now."""
        self._woken_for = None
        if self._next_due is None:
            return
        now, arrays = self._clock(), self.runs.whole
        slots = arrays.pending.nonzero()[0]
        is_due = now >= arrays.due[slots] + arrays.slack[slots]
        self._next_due = None
        self._put_off(slots[~is_due])
        self._sample(slots[is_due], now)

    # ---- inside --------------------------------------------------------------------------------------------------

    def _put_off(self, slots: Slots) -> None:
        if not len(slots):
            return
        arrays = self.runs.whole
        arrays.pending[slots] = True
        # A tag that goes on changing is sampled with its next value, which comes within the slack; one at rest then.
        earliest = float((arrays.due[slots] + arrays.slack[slots]).min())
        self._next_due = earliest if self._next_due is None else min(earliest, self._next_due)
        if self._woken_for is None or self._next_due < self._woken_for:
            self._woken_for = self._next_due
            self._wake(self._woken_for, self.sample_due)

    def _sample(self, slots: Slots, now: float) -> None:
        """Compare the present values with what was told last, and hand out what passes each item's filter."""
        if not len(slots):
            return
        arrays, store = self.runs.whole, self._store
        where = _where(slots)
        if self._next_due is not None:
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
        self._gather(slots, value, status, source, rows)

    def _sample_most(self, hit: NDArray[np.bool_], now: float) -> None:
        """Do the same for most of the items, those that are marked."""
        arrays, store = self.runs.whole, self._store
        if self._next_due is not None:
            arrays.pending &= ~hit
        due = np.where(now <= arrays.due + arrays.slack, arrays.due, now)
        due += arrays.interval
        np.copyto(arrays.due, due, where=hit)
        rows = arrays.row
        value, status, source = store.values[rows], store.status[rows], store.source[rows]
        passes = self._passes(slice(None), value, status, source)
        passes &= hit
        slots = passes.nonzero()[0]
        if not len(slots):
            return
        np.copyto(arrays.last_value, value, where=passes)
        np.copyto(arrays.last_status, status, where=passes)
        np.copyto(arrays.last_source, source, where=passes)
        if len(slots) < len(rows):
            value, status, source, rows = value[slots], status[slots], source[slots], rows[slots]
        self._gather(slots, value, status, source, rows)

    def _gather(
        self,
        slots: Slots,
        value: NDArray[np.float64],
        status: NDArray[np.uint32],
        source: NDArray[np.int64],
        rows: Slots,
    ) -> None:
        samples = np.empty(len(slots), SAMPLE)
        samples["slot"] = slots
        samples["status"] = status
        samples["value"] = value
        samples["source"] = source
        samples["server"] = self._store.server[rows]
        self._hand_out(slots, samples)

    def _passes(
        self,
        where: Slots | slice,
        value: NDArray[np.float64],
        status: NDArray[np.uint32],
        source: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Return which values their items' filters let through (OPC 10000-4, 7.22.2)."""
        arrays = self.runs.whole
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

    def _hand_out(self, slots: Slots, samples: Samples) -> None:
        """Give each run its samples; `slots` rise."""
        runs = self.runs
        if len(runs.runs) == 1:
            runs.runs[0].queue(Round(samples))
            return
        ends = [*np.searchsorted(slots, runs.starts).tolist(), len(slots)]
        samples["slot"] -= runs.base[slots]
        batch = self._recent.add(samples, slots, runs.whole, ends)
        for place, run in enumerate(runs.runs):
            begin, end = ends[place], ends[place + 1]
            if begin < end:  # a copy: who is slow to send keeps its own samples, not everybody's
                run.queue(Round(samples[begin:end].copy(), batch, place))


def slack(store: ColumnStore, rows: Slots, intervals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much samplings may come too early or too late, in seconds: half an interval or half a tick."""
    if not len(store):
        return np.zeros(len(rows))
    ticks = store.tick_s[rows]
    return np.minimum(intervals / 2.0, np.where(ticks > 0.0, ticks / 2.0, _SLACK_S))


def _where(slots: Slots) -> Slots | slice:
    """Return the same slots in a form that needs no copies, if they are next to each other."""
    first, last = int(slots[0]), int(slots[-1])
    return slice(first, last + 1) if last - first + 1 == len(slots) else slots


_SLACK_S: Final = 0.005  # where nobody knows how often a tag can change
