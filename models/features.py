"""Turn each tick's readings into one row of features per device."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.expected import HALL_TAU_S, N_LOAD_TERMS, Expectation, LoadHistory
from models.layout import Layout
from models.slots import FAMILIES, SLOTS, pick, slot_table, slot_values
from models.smoothing import Smoother

RESIDUAL_TAUS_S = (15.0, 90.0, 600.0)
STATISTICS = ("fast", "mid", "slow", "slope", "change", "spread")
COMMON_FEATURES = ("load_fast", "load_slow")
RUNNING = 2  # the running state in which a machine works

SETTLE_S = 60.0  # a machine that has just started is not judged yet
BASELINE_S = 600.0  # how long a device's own normal is learned
WARM_S = 2700.0  # after a cold start heat settles with time constants up to 25 min: learn nothing before
MOVED_SETTLE_S = 300.0  # after a new setpoint; after a new temperature setpoint it is WARM_S
_BASELINE_ENOUGH_S = 60.0
_LONGEST_GAP_S = 60.0
_SETPOINT_STEP = 1e-3  # of the setpoint itself: smaller changes are rounding
_SETPOINT_RANGE = (
    0.02  # of the setpoint that the laws were learned at: further away they are not known to hold
)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def feature_names() -> tuple[str, ...]:
    """Return the name of every feature column."""
    return (
        *(f"{slot}.{statistic}" for slot in SLOTS for statistic in STATISTICS),
        *COMMON_FEATURES,
        *(f"is_{family}" for family in FAMILIES),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureFrame:
    """What is known about every device after one tick.

    Attributes:
        matrix: shape (n_devices, n_features) float32; NaN where something is unknown.
        ready: shape (n_devices,), the device runs and has run long enough to be judged.
        settling: shape (n_devices,), it runs, but not for long enough yet since its start or its last setpoint.
        expected: shape (n_devices, n_slots), what each slot should read on this device, own unit.
        scale: shape (n_devices, n_slots), how far a healthy reading strays from that, own unit.
    """

    matrix: NDArray[np.float32]
    ready: BoolArray
    settling: BoolArray
    expected: FloatArray
    scale: FloatArray


class FeatureState:
    """The running features of all devices of one plant; training and the tick share it.

    Every reading is compared with what the load lets expect; the residual, in units of its healthy spread,
    is followed at three time constants, as slope, as change against the device's own first ten minutes,
    and as spread. A stop or a new setpoint starts the smoothing afresh; after a repair (the run hours go
    back) the own normal is learned again once the machine is warm. A machine that runs at another setpoint
    than the laws were learned at is neither judged nor learned from.
    """

    def __init__(self, layout: Layout, expectation: Expectation) -> None:
        n, slots = layout.n_devices, len(SLOTS)
        self._table = slot_table(layout)
        self._law = expectation
        self._loads = LoadHistory(n)
        self._hall = Smoother((1,), (HALL_TAU_S,))
        self._residuals = Smoother((n, slots), RESIDUAL_TAUS_S)
        self._squares = Smoother((n, slots), RESIDUAL_TAUS_S[1:2])
        self._baseline_sum: FloatArray = np.zeros((n, slots))
        self._baseline_s: FloatArray = np.zeros((n, slots))
        self._run_s: FloatArray = np.zeros(n)
        self._judge_from_s: FloatArray = np.full(n, SETTLE_S)
        self._learn_from_s: FloatArray = np.full(n, SETTLE_S)  # what runs at first sight is taken for warm
        self._is_repaired: BoolArray = np.zeros(n, dtype=np.bool_)
        units = np.array(layout.tag_unit)
        heats = np.array([column >= 0 and units[column] == "degC" for column in self._table.setpoint])
        self._nominal: FloatArray = np.where(
            self._table.family >= 0, expectation.setpoint[self._table.family], np.nan
        )
        self._is_nominal: BoolArray = np.ones(n, dtype=np.bool_)
        self._moved_settle_s: FloatArray = np.where(heats, WARM_S, MOVED_SETTLE_S)
        self._last_run_hours: FloatArray = np.full(n, np.nan)
        self._last_setpoint: FloatArray = np.full(n, np.nan)
        self._last_t_s = float("nan")
        self._scale = expectation.scale[self._table.family]
        self._one_hot = np.equal.outer(self._table.family, np.arange(len(FAMILIES))).astype(np.float64)

    def update(
        self, values: FloatArray, status: NDArray[np.uint32], running_state: NDArray[np.integer], t_s: float
    ) -> FeatureFrame:
        """Take one tick.

        Args:
            values: shape (n_tags,), in the layout's units.
            status: shape (n_tags,), OPC UA status codes; only Good values count.
            running_state: shape (n_devices,), 2 is running.
            t_s: Time of the tick, any origin; a step back or a gap over a minute counts as a minute at most.
        """
        dt_s = self._elapsed(t_s)
        row = np.where((status >> 30 == 0) & np.isfinite(values), values, np.nan)
        active = (running_state == RUNNING) & (self._table.family >= 0)
        self._forget_what_ended(row, active)
        self._run_s = np.where(active, self._run_s + dt_s, 0.0)
        slots = np.where(active[:, np.newaxis], slot_values(row, self._table), np.nan)
        terms = self._terms(row, slots, active, dt_s)
        law = self._law.expected(terms, self._table.family)
        residual = (slots - law) / self._scale
        statistics, own = self._statistics(residual, dt_s)
        judged, settled = active & self._is_nominal, self._run_s >= self._judge_from_s
        return FeatureFrame(
            matrix=self._matrix(statistics, terms),
            ready=judged & settled,
            settling=judged & ~settled,
            expected=law + np.nan_to_num(own) * self._scale,
            scale=self._scale,
        )

    def _elapsed(self, t_s: float) -> float:
        dt_s = t_s - self._last_t_s
        self._last_t_s = t_s
        if not np.isfinite(dt_s):
            return 1.0
        return float(min(max(dt_s, 0.0), _LONGEST_GAP_S))

    def _forget_what_ended(self, row: FloatArray, active: BoolArray) -> None:
        run_hours, setpoint = pick(row, self._table.run_hours), pick(row, self._table.setpoint)
        self._is_repaired |= run_hours < self._last_run_hours - 1e-9
        moved = np.abs(setpoint - self._last_setpoint) > _SETPOINT_STEP * np.abs(self._last_setpoint)
        self._last_run_hours = np.where(np.isfinite(run_hours), run_hours, self._last_run_hours)
        self._last_setpoint = np.where(np.isfinite(setpoint), setpoint, self._last_setpoint)
        off = np.abs(self._last_setpoint - self._nominal) > _SETPOINT_RANGE * np.abs(self._nominal)
        self._is_nominal = ~off
        for smoother in (self._residuals, self._squares):
            smoother.forget(~active | moved)
        self._loads.forget(~active)
        self._run_s[~active | moved] = 0.0
        self._judge_from_s[~active] = SETTLE_S
        self._learn_from_s[~active] = WARM_S
        self._judge_from_s[moved] = self._learn_from_s[moved] = self._moved_settle_s[moved]
        warm_again = self._is_repaired & active & self._is_nominal & (self._run_s >= self._learn_from_s)
        self._is_repaired &= ~warm_again
        self._baseline_sum[warm_again] = 0.0
        self._baseline_s[warm_again] = 0.0

    def _terms(self, row: FloatArray, slots: FloatArray, active: BoolArray, dt_s: float) -> FloatArray:
        load = np.where(active, pick(row, self._table.load), np.nan)
        terms = self._loads.update(load, dt_s)
        hall_k = self._law.hall_k(terms, self._table.family, slots)
        smoothed = float(self._hall.update(np.array([hall_k]), dt_s)[0, 0])
        column = np.full((len(load), 1), 0.0 if np.isnan(smoothed) else smoothed)
        return np.concatenate((terms, column), axis=1)

    def _statistics(self, residual: FloatArray, dt_s: float) -> tuple[FloatArray, FloatArray]:
        """Return the statistics, shape (n_devices, n_slots, n_statistics), with the devices' own offsets."""
        means = self._residuals.update(residual, dt_s)
        fast, mid, slow = means[..., 0], means[..., 1], means[..., 2]
        own = self._learn_baseline(residual, dt_s)
        spread = np.sqrt(self._squares.update((residual - fast) ** 2, dt_s)[..., 0])
        stacked = np.stack((fast, mid, slow, mid - slow, mid - own, spread), axis=-1)
        return np.where(np.isfinite(residual)[..., np.newaxis], stacked, np.nan), own

    def _learn_baseline(self, residual: FloatArray, dt_s: float) -> FloatArray:
        settled = (self._is_nominal & (self._run_s >= self._learn_from_s))[:, np.newaxis]
        learns = np.isfinite(residual) & settled & (self._baseline_s < BASELINE_S)
        self._baseline_sum += np.where(learns, residual * dt_s, 0.0)
        self._baseline_s += np.where(learns, dt_s, 0.0)
        known = self._baseline_s >= _BASELINE_ENOUGH_S
        return np.where(known, self._baseline_sum / np.where(known, self._baseline_s, 1.0), np.nan)

    def _matrix(self, statistics: FloatArray, terms: FloatArray) -> NDArray[np.float32]:
        n = len(terms)
        # Neither the running time nor the hall's warmth is given: they tell recordings apart, not machines.
        common = terms[:, (1, N_LOAD_TERMS // 2)]
        return np.concatenate((statistics.reshape(n, -1), common, self._one_hot), axis=1).astype(np.float32)
