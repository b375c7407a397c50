"""Gather what the device tables compare as numpy columns over all devices."""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hmi.state.alarms import AlarmBook, first_seen_ns
from hmi.state.catalogue import Catalogue, Metric
from hmi.state.quality import qualities
from hmi.state.statistics import WindowMean
from hmi.state.tags import TagStore
from hmi.theme.badges import Badge, BadgeState
from hmi.theme.roles import Lamp

Floats = NDArray[np.float64]
NO_BADGE: Final = 99


class Running(IntEnum):
    """The RunningState of the information model."""

    STOPPED = 0
    STARTING = 1
    RUNNING = 2
    STOPPING = 3
    LATCHED = 4
    OFFLINE = 5
    UNKNOWN = 6


RUNNING_TEXT: Final = (
    "Stopped", "Starting", "Running", "Stopping", "Stopped by e-stop", "Offline", "Unknown",
)  # fmt: skip
HEALTH_TEXT: Final = ("Healthy", "Anomaly", "Unknown", "Learning")
HEALTH_UNKNOWN, HEALTH_LEARNING = 2, 3
HEALTH_HINT: Final = {  # what a grade that is no verdict means
    HEALTH_UNKNOWN: "The detectors cannot judge this device now: it stands still, has no detectors or sends no data.",
    HEALTH_LEARNING: "Not enough data yet: the detectors need about a minute of readings, longer after a new setpoint.",
}
_LAMPS: Final = {
    Running.STOPPED: Lamp.STOPPED,
    Running.STARTING: Lamp.CHANGING,
    Running.RUNNING: Lamp.RUNNING,
    Running.STOPPING: Lamp.CHANGING,
    Running.LATCHED: Lamp.LATCHED,
    Running.OFFLINE: Lamp.OFFLINE,
    Running.UNKNOWN: Lamp.OFFLINE,
}


class DeviceColumns:
    """One row a device; `update` gathers from the tag store, painters read the arrays."""

    def __init__(self) -> None:
        self.attach(Catalogue())

    def attach(self, catalogue: Catalogue) -> None:
        """Point the columns at a plant's tags."""
        self.catalogue = catalogue
        n = len(catalogue.devices)
        self._running_ids = catalogue.column("State", "RunningState")
        self._beat_ids = catalogue.column("State", "Heartbeat")
        self._grade_ids = catalogue.column("Health", "HealthGrade")
        self._anomaly_ids = catalogue.column("Health", "Anomaly")
        self._risk_ids = catalogue.column("Health", "FailureProbability")
        self._rul_ids = catalogue.column("Health", "RemainingUsefulLife")
        self._idle_ids = catalogue.column("Health", "IdlePower")
        self.metric_ids = {m: catalogue.metric_column(m) for m in Metric}
        self.metrics: dict[Metric, Floats] = {m: np.full(n, np.nan) for m in Metric}
        self.trusted: dict[Metric, NDArray[np.bool_]] = {m: np.zeros(n, bool) for m in Metric}
        self.running = np.full(n, int(Running.UNKNOWN), np.int64)
        self.health = np.full(n, HEALTH_UNKNOWN, np.int64)
        self.risk: Floats = np.full(n, np.nan)
        self.rul: Floats = np.full(n, np.nan)
        self.idle_kw: Floats = np.full(n, np.nan)
        self.average: Floats = np.full(n, np.nan)
        self.offline_since_s: Floats = np.zeros(n)
        self.last_anomaly_ns = np.zeros(n, np.int64)
        self.priority = np.full(n, NO_BADGE, np.int64)
        self.badges: list[Badge | None] = [None] * n
        self.worst_source: list[str] = [""] * n
        self.worst_message: list[str] = [""] * n
        self._mean = WindowMean(n)

    def __len__(self) -> int:
        return len(self.catalogue.devices)

    def update(self, store: TagStore, now_s: float) -> None:
        """Gather the newest values; `now_s` is monotonic, s."""
        for metric, ids in self.metric_ids.items():
            self.metrics[metric], self.trusted[metric] = _gather(store, ids)
        self.risk, _ = _gather(store, self._risk_ids)
        self.rul, _ = _gather(store, self._rul_ids)
        self.idle_kw, _ = _gather(store, self._idle_ids)
        self._update_running(store)
        self._update_health(store)
        held = np.where(self.trusted[Metric.TEMPERATURE], self.metrics[Metric.TEMPERATURE], np.nan)
        self._mean.add(held, now_s)
        self.average = self._mean.means()

    def _update_running(self, store: TagStore) -> None:
        state, good = _gather(store, self._running_ids)
        known = good & (state >= 0) & (state <= Running.OFFLINE)
        running = np.where(known, np.nan_to_num(state, nan=6, posinf=6, neginf=6), int(Running.UNKNOWN))
        silent = np.zeros(len(self), bool)
        has = self._beat_ids >= 0
        status = store.status[self._beat_ids[has]]
        silent[has] = (status == 0x80310000) | (status == 0x808A0000)  # BadNoCommunication, BadNotConnected
        self.running = np.where(silent, int(Running.OFFLINE), running.astype(np.int64))
        since = store.source_s[self._beat_ids]
        self.offline_since_s = np.where(self.running == Running.OFFLINE, since, 0.0)

    def _update_health(self, store: TagStore) -> None:
        grade, good = _gather(store, self._grade_ids)
        anomaly, anomaly_good = _gather(store, self._anomaly_ids)
        health = np.where(good & (grade >= 0) & (grade < len(HEALTH_TEXT)), np.nan_to_num(grade, nan=2), 2.0)
        from_flag = (self._grade_ids < 0) & anomaly_good & np.isfinite(anomaly)
        self.health = np.where(from_flag, anomaly > 0, health).astype(np.int64)

    def update_alarms(self, book: AlarmBook) -> None:
        """Gather the worst alarm of each device."""
        last = book.last_seen()
        for i, device in enumerate(self.catalogue.devices):
            found = book.of_device(device.tag)
            self.badges[i] = book.worst_of(device.tag)
            self.priority[i] = found[0].priority if found else NO_BADGE
            self.worst_source[i] = found[0].source.rpartition("/")[2] if found else ""
            self.worst_message[i] = found[0].message if found else ""
            seen = first_seen_ns(found[0]) if found else 0
            self.last_anomaly_ns[i] = max(last.get(device.tag, 0), seen)

    def lamp(self, row: int) -> Lamp:
        """Return the fill of a device's square."""
        return _LAMPS[Running(int(self.running[row]))]

    def flashing(self) -> bool:
        """Whether any badge flashes."""
        return any(b is not None and b.state is BadgeState.UNACKED for b in self.badges)

    def attention_order(self) -> NDArray[np.intp]:
        """Return the rows, trouble first, then offline, then by risk."""
        order: NDArray[np.intp] = np.lexsort(
            (-np.nan_to_num(self.risk, nan=-1.0), self.running != Running.OFFLINE, self.priority)
        )
        return order


def _gather(store: TagStore, ids: NDArray[np.intp]) -> tuple[Floats, NDArray[np.bool_]]:
    """Return values and whether each may be trusted; absent tags are NaN."""
    values = np.full(ids.shape, np.nan)
    good = np.zeros(ids.shape, bool)
    has = (ids >= 0) & (ids < len(store.values))
    values[has] = store.values[ids[has]]
    good[has] = qualities(store.status[ids[has]]) == 0
    return values, good
