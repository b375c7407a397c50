"""Measure the power that machines draw without working."""

import numpy as np
from numpy.typing import NDArray

from models.slots import SlotTable, pick
from models.smoothing import Smoother

IDLE_BELOW_PERCENT = 20.0  # commanded load under which a running machine does no work
IDLE_TAU_S = 1800.0
PAUSE_S = 300.0  # a pause up to this long belongs to the work; assumption
_ENOUGH_S = 60.0


class IdleMeter:
    """The mean power over about the last half hour that each device drew in long pauses."""

    def __init__(self, n_devices: int) -> None:
        self._mean = Smoother((n_devices,), (IDLE_TAU_S,))
        self._seen_s: NDArray[np.float64] = np.zeros(n_devices)
        self._pause_s: NDArray[np.float64] = np.zeros(n_devices)

    def update(
        self,
        values: NDArray[np.float64],
        status: NDArray[np.uint32],
        table: SlotTable,
        running: NDArray[np.bool_],
        dt_s: float,
    ) -> NDArray[np.float64]:
        """Return the mean idle power in kW; NaN where power or load is unknown, or too little was seen."""
        row = np.where(status >> 30 == 0, values, np.nan)
        power_kw, load_percent = pick(row, table.power), pick(row, table.load)
        is_idle = running & (load_percent < IDLE_BELOW_PERCENT)
        self._pause_s = np.where(is_idle, self._pause_s + dt_s, 0.0)
        is_idle &= self._pause_s > PAUSE_S
        known = np.isfinite(power_kw) & np.isfinite(load_percent)
        idle_kw = np.where(known, np.where(is_idle, power_kw, 0.0), np.nan)
        self._seen_s += np.where(known, dt_s, 0.0)
        means = self._mean.update(idle_kw, dt_s)[:, 0]
        return np.where(self._seen_s >= _ENOUGH_S, means, np.nan)
