"""Keep the newest value, status and history of every tag."""

import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from hmi.link.types import PlantModel, SampleBatch, TagInfo, TextSample
from hmi.state.history import History
from hmi.state.quality import NEVER_ARRIVED, Quality, quality, reason
from hmi.theme.numbers import MISSING, NOT_A_NUMBER, number

_RECORDED: Final = frozenset(
    {"Measurements", "Expected", "Setpoints", "Health", "Playback", "Counters", "Simulation", "Energy"}
)
_UNRECORDED_NAMES: Final = frozenset({"Heartbeat", "Anomaly", "HealthGrade"})
_HELD_AFTER_S: Final = 2.5  # s; two and a half of the default ticks: the value stood still
_HOLD_STEP_S: Final = 1.0  # s before its next sample up to which a value is drawn level
_QUIET_NAMES: Final = frozenset({"Heartbeat", "PlantTime"})


@dataclass(frozen=True, slots=True)
class Reading:
    """One tag's newest value as it is to be shown."""

    value: float
    text: str  # without unit
    quality: Quality
    reason: str  # "" where the value is simply good

    @property
    def is_shown_as_good(self) -> bool:
        """Whether the value may be drawn without hatching."""
        return self.quality is Quality.GOOD


UNKNOWN: Final = Reading(float("nan"), MISSING, Quality.BAD, "no value yet")


class TagStore(QObject):
    """Numpy columns over all tags; one signal per batch, one revision for the painters to compare."""

    model_replaced = Signal()
    samples_stored = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tags: tuple[TagInfo, ...] = ()
        self.revision = 0  # grows when anything but heartbeats changed
        self.newest_s = 0.0  # newest source time, s since 1970 UTC
        self._allocate(0)

    def _allocate(self, n: int) -> None:
        self.values: NDArray[np.float64] = np.full(n, np.nan)
        self.status: NDArray[np.uint32] = np.full(n, NEVER_ARRIVED, np.uint32)
        self.source_s: NDArray[np.float64] = np.zeros(n)
        self.arrived_s: NDArray[np.float64] = np.full(n, -np.inf)
        self.texts: dict[int, str] = {}
        self._row: NDArray[np.intp] = np.full(n, -1, np.intp)
        self._quiet: NDArray[np.bool_] = np.zeros(n, bool)
        self._history = History(0, 1)

    def replace_model(self, model: PlantModel) -> None:
        """Start afresh with the tags of a plant; the same tags again keep their values."""
        if self.tags and [t.node_id for t in model.tags] == [t.node_id for t in self.tags]:
            self.tags = model.tags
            self.model_replaced.emit()
            return
        n = max((t.tag_id for t in model.tags), default=-1) + 1
        by_id = {t.tag_id: t for t in model.tags}
        self.tags = tuple(by_id[i] for i in range(n))
        self._allocate(n)
        recorded = [t.tag_id for t in self.tags if _is_recorded(t)]
        self._row[recorded] = np.arange(len(recorded))
        self._quiet[[t.tag_id for t in self.tags if t.name in _QUIET_NAMES or t.group == "Diagnostics"]] = (
            True
        )
        self._history = History(len(recorded))
        self.revision += 1
        self.model_replaced.emit()

    def settle(self) -> None:
        """Take a little more of the memory that the history will need."""
        self._history.settle()

    def store(self, batch: SampleBatch) -> None:
        """Take a batch in; of a tag that occurs twice the last one stays."""
        known = batch.tag_ids < len(self.tags)
        ids = batch.tag_ids[known].astype(np.intp)
        if not ids.size:
            return
        times = batch.source_ns[known] / 1e9
        times = np.where(times > 0, times, time.time())
        self.values[ids] = batch.values[known]
        self.status[ids] = batch.status[known]
        self.source_s[ids] = times
        self.arrived_s[ids] = batch.arrived_s
        self.newest_s = max(self.newest_s, float(times.max()))
        self._record(ids, times, batch.values[known], batch.status[known])
        if not self._quiet[ids].all():
            self.revision += 1
        self.samples_stored.emit()

    def store_texts(self, samples: tuple[TextSample, ...]) -> None:
        """Take new values of text tags in."""
        for sample in samples:
            if sample.tag_id < len(self.tags):
                self.texts[sample.tag_id] = sample.text
                self.status[sample.tag_id] = sample.status
        self.revision += 1
        self.samples_stored.emit()

    def _record(
        self,
        ids: NDArray[np.intp],
        times: NDArray[np.float64],
        values: NDArray[np.float64],
        status: NDArray[np.uint32],
    ) -> None:
        rows = self._row[ids]
        kept = rows >= 0
        drawn = np.where(status >> np.uint32(31), np.nan, values)  # a bad value leaves a gap in the trend
        rows, times, drawn = rows[kept], times[kept], drawn[kept]
        self._hold(rows, times)
        self._history.append_any(rows, times, drawn)

    def _hold(self, rows: NDArray[np.intp], times: NDArray[np.float64]) -> None:
        """Keep a value that did not change level up to its next sample: servers send only what changes."""
        rows, first = np.unique(rows, return_index=True)
        last_s, last = self._history.newest(rows)
        held = np.isfinite(last) & (times[first] - last_s > _HELD_AFTER_S)
        if held.any():
            self._history.append(rows[held], times[first][held] - _HOLD_STEP_S, last[held])

    def note_silence(self) -> None:
        """Leave a gap in every history: nobody knows what the values did while the server was silent."""
        rows = np.flatnonzero(np.isfinite(self._history.newest(np.arange(len(self._history)))[1]))
        self._history.append(rows, np.full(rows.size, self.newest_s), np.full(rows.size, np.nan))

    def reading(self, tag_id: int | None) -> Reading:
        """Return a tag's newest value with its quality in words."""
        if tag_id is None or not 0 <= tag_id < len(self.tags):
            return UNKNOWN
        tag = self.tags[tag_id]
        status = int(self.status[tag_id])
        grade, why = quality(status), reason(status)
        if tag.is_text:
            return Reading(float("nan"), self.texts.get(tag_id, MISSING), grade, why)
        value = float(self.values[tag_id])
        return _shown(value, tag, grade, why)

    def text(self, tag_id: int | None) -> str:
        """Return a tag's newest value as text alone."""
        return self.reading(tag_id).text

    def history(self, tag_id: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return times (s since 1970 UTC) and values of a tag, oldest first; empty where none is kept."""
        row = int(self._row[tag_id]) if 0 <= tag_id < len(self.tags) else -1
        if row < 0:
            return np.empty(0), np.empty(0)
        times, values = self._history.read(row)
        if times.size and np.isfinite(values[-1]) and times[-1] < self.newest_s:
            return np.append(times, self.newest_s), np.append(values, values[-1])
        return times, values

    def history_count(self, tag_id: int) -> int:
        """Return how many samples a tag ever got, to see cheaply whether its trend is out of date."""
        row = int(self._row[tag_id]) if 0 <= tag_id < len(self.tags) else -1
        return self._history.count(row) if row >= 0 else 0


def _is_recorded(tag: TagInfo) -> bool:
    return not tag.is_text and not tag.states and tag.group in _RECORDED and tag.name not in _UNRECORDED_NAMES


def _shown(value: float, tag: TagInfo, grade: Quality, why: str) -> Reading:
    if np.isnan(value) and grade is Quality.BAD:
        return Reading(value, MISSING, grade, why)
    if np.isnan(value):
        return Reading(value, NOT_A_NUMBER, Quality.BAD, NOT_A_NUMBER)
    if tag.states and np.isfinite(value) and 0 <= value < len(tag.states):
        return Reading(value, tag.states[int(value)], grade, why)
    if np.isinf(value):
        return Reading(value, number(value), Quality.BAD, "infinite")
    return Reading(value, number(value, tag.precision), grade, why)
