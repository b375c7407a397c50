"""The arrays behind column items: what each asked for and was told last, the items of one subscription side by side."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from opcua_server.dataplane.samples import Round

DISABLED, SAMPLING, REPORTING = 0, 1, 2  # MonitoringMode
NO_ROW: Final = -1  # of a slot without an item
_LEAST_ROOM: Final = 16

Slots = NDArray[np.intp]


@dataclass(slots=True)
class ItemArrays:
    """One entry a slot."""

    id: NDArray[np.uint32]  # rising within a run: new items are appended
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


DTYPES: Final[dict[str, str]] = {
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
_NAMES: Final = tuple(each.name for each in fields(ItemArrays))


@dataclass(slots=True, eq=False)
class Run:
    """The slots of one subscription's items, next to each other."""

    queue: Callable[[Round], None]  # takes what was sampled of them; slots are counted from the run's first
    start: int = 0
    count: int = 0
    room: int = 0
    is_plain: bool = True  # every filter: a change of value or status, however small
    all_enabled: bool = True
    view: ItemArrays | None = None


@dataclass(slots=True)
class Runs:
    """Runs of slots in one set of arrays, so that all of them are worked on at once."""

    whole: ItemArrays = field(default_factory=lambda: _blank(0))
    base: Slots = field(default_factory=lambda: np.empty(0, np.intp))  # of each slot, where its run starts
    starts: Slots = field(default_factory=lambda: np.empty(0, np.intp))  # of all runs
    runs: list[Run] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.base)

    def add(self, queue: Callable[[Round], None]) -> Run:
        """Return a new run without slots."""
        run = Run(queue, start=len(self))
        self.runs.append(run)
        self._place()
        return run

    def remove(self, run: Run) -> None:
        """Drop a run with its slots."""
        self.runs.remove(run)
        self._place()

    def of(self, run: Run) -> ItemArrays:
        """Return the part of the arrays that is a run's, to be read and written."""
        if run.view is None:
            part = slice(run.start, run.start + run.count)
            run.view = ItemArrays(**{name: getattr(self.whole, name)[part] for name in _NAMES})
        return run.view

    def extend(self, run: Run, fresh: dict[str, Any], more: int) -> None:
        """Append `more` slots to a run; `fresh` has an array for each name."""
        end = run.count + more
        if end > run.room:
            run.room = max(2 * end, _LEAST_ROOM)
            self._place()
        run.count, run.view = end, None
        arrays = self.of(run)
        for name in _NAMES:
            getattr(arrays, name)[end - more :] = fresh[name]

    def keep(self, run: Run, kept: NDArray[np.bool_]) -> None:
        """Drop the slots of a run that are not marked; the others close up."""
        arrays, left = self.of(run), int(np.count_nonzero(kept))
        for name in _NAMES:
            array = getattr(arrays, name)
            array[:left] = array[kept]
        arrays.row[left:] = NO_ROW
        arrays.pending[left:] = False
        run.count, run.view = left, None

    def _place(self) -> None:
        """Lay all runs out anew, in their order, each with its room."""
        counts = np.array([run.count for run in self.runs], np.intp)
        before = np.array([run.start for run in self.runs], np.intp)
        rooms = np.array([run.room for run in self.runs], np.intp)
        starts = np.cumsum(rooms) - rooms
        fresh = _blank(int(rooms.sum()))
        source, target = _slots(before, counts), _slots(starts, counts)
        for name in _NAMES:
            getattr(fresh, name)[target] = getattr(self.whole, name)[source]
        self.whole, self.starts, self.base = fresh, starts, np.repeat(starts, rooms)
        for run, start in zip(self.runs, starts.tolist(), strict=True):
            run.start, run.view = start, None


def _blank(size: int) -> ItemArrays:
    arrays = ItemArrays(**{name: np.zeros(size, dtype) for name, dtype in DTYPES.items()})
    arrays.row[:] = NO_ROW
    return arrays


def _slots(starts: Slots, counts: Slots) -> Slots:
    """Return the slots of runs that start there and have so many items."""
    return np.repeat(starts - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))
